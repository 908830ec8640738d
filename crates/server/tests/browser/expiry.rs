//! A client whose access token expires while its page is looked at.

use std::thread::sleep;
use std::time::Duration;

use crate::browser::{Browser, PASSWORD};
use crate::server::Server;

/// Long enough for a token that lasts two seconds, counted in whole ones.
const EXPIRY: Duration = Duration::from_millis(3500);

#[test]
fn nobody_is_thrown_out_by_an_expired_token_and_logging_out_still_does_it() {
    let server = Server::configured("[clients.web]\nkind = \"jwt\"\nlifetime = \"2s\"\nrefresh = \"1h\"\n");
    let browser = Browser::start();
    browser.register(&server, "alice");
    browser.log_in(&server, "alice");
    sleep(EXPIRY);
    browser.go(&server.at("/dashboard"));
    browser.arrives_at("/dashboard");
    assert_eq!((browser.text(".holder strong"), browser.count("li.login")), ("alice".to_owned(), 1));
    sleep(EXPIRY);
    browser.fill("current_password", PASSWORD);
    browser.fill("new_password", "seven quiet harbours 12");
    browser.press("Change password");
    browser.arrives_at("/dashboard?notice=not-done");
    assert!(browser.text("[role=status]").starts_with("Nothing was changed"));
    sleep(EXPIRY);
    browser.press("Log out");
    browser.arrives_at("/login?notice=logged-out");
    assert_eq!(browser.text("[role=status]"), "You are logged out.");
    browser.go(&server.at("/dashboard"));
    browser.arrives_at("/login?return_to=%2Fdashboard");
    assert_eq!(browser.complaints(), [""; 0]);
}
