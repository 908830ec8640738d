//! No page needs JavaScript.

use crate::browser::{Browser, PASSWORD};
use crate::server::Server;

const SCRIPTED: &str = "data:text/html,<title>off</title><script>document.title='on'</script>";

#[test]
fn everything_works_without_javascript() {
    let browser = Browser::without_script();
    browser.go(SCRIPTED);
    assert_eq!(browser.title(), "off", "this browser runs no script");

    let server = Server::start();
    browser.register(&server, "alice");
    browser.go(&server.at("/login"));
    browser.fill("username", "alice");
    browser.fill("password", "this is not the password");
    browser.press("Log in");
    assert!(!browser.text("[role=alert]").is_empty());
    browser.fill("password", PASSWORD);
    browser.press("Log in");
    browser.arrives_at("/dashboard");

    let other = Browser::start();
    other.go(SCRIPTED);
    assert_eq!(other.title(), "on", "others do, so that the first look can fail");
    other.log_in(&server, "alice");
    browser.go(&server.at("/dashboard"));
    browser.press("End all other logins");
    browser.arrives_at("/dashboard?notice=others-ended");
    other.go(&server.at("/dashboard"));
    other.arrives_at("/login?return_to=%2Fdashboard");

    browser.fill("current_password", PASSWORD);
    browser.fill("new_password", "seven quiet harbours 12");
    browser.press("Change password");
    browser.arrives_at("/dashboard?notice=password-changed");
    browser.press("Log out");
    browser.arrives_at("/login?notice=logged-out");
}
