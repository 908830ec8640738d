//! The first administrator.

use crate::browser::{Browser, PASSWORD};
use crate::server::Server;

#[test]
fn the_link_that_was_printed_makes_one_administrator() {
    let server = Server::start();
    let browser = Browser::start();
    browser.go(&server.setup_link);
    // Looking at it again does not use it up, nor does a mistake.
    browser.go(&server.setup_link);
    assert_eq!(browser.text("h1"), "Set up this server");
    browser.fill("username", "root");
    browser.fill("password", "short");
    browser.press("Make the administrator");
    assert!(browser.is_focused("[role=alert]"));
    assert_eq!(browser.value("#username"), "root");
    browser.fill("password", PASSWORD);
    browser.press("Make the administrator");
    browser.arrives_at("/login?notice=registered");
    browser.log_in(&server, "root");
    assert!(browser.text("[aria-labelledby=profile] dl").contains("admin"));

    browser.go(&server.setup_link);
    assert_eq!(browser.text("h1"), "Not set up");
    assert_eq!(browser.count("form[action='/setup']"), 0);
}
