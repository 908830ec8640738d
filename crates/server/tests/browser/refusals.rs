//! What goes wrong is said where everybody notices it, and nothing that was typed is lost but the password.

use serde_json::json;

use crate::browser::{Browser, PASSWORD};
use crate::server::Server;

#[test]
fn a_wrong_password_is_announced_and_the_name_is_kept() {
    let server = Server::start();
    let browser = Browser::start();
    browser.register(&server, "alice");
    browser.go(&server.at("/login"));
    assert_eq!(browser.count("[role=alert], [aria-invalid]"), 0);
    browser.fill("username", "alice");
    browser.fill("password", "this is not the password");
    browser.press("Log in");

    assert!(browser.is_focused("[role=alert]"), "the focus is on the message, so that it is read first");
    assert!(browser.title().starts_with("Error: "));
    assert_eq!(browser.value("#username"), "alice");
    assert_eq!(browser.value("#password"), "");
    assert!(!browser.source().contains("this is not the password"));
    for field in ["#username", "#password"] {
        assert_eq!(browser.attribute(field, "aria-invalid").as_deref(), Some("true"), "{field}");
        let described = browser.attribute(field, "aria-describedby").unwrap();
        assert!(!browser.text(&format!("#{described}")).is_empty(), "{field}");
    }
    browser.follow("Back to the username");
    assert!(browser.is_focused("#username"));
    // Chromium remarks on the status, and on nothing else.
    let complaints = browser.complaints();
    assert!(matches!(complaints.as_slice(), [one] if one.contains("status of 401")), "{complaints:?}");

    browser.fill("password", PASSWORD);
    browser.press("Log in");
    browser.arrives_at("/dashboard");
}

#[test]
fn a_refused_registration_leads_to_each_field_that_is_wrong() {
    let server = Server::start();
    let browser = Browser::start();
    browser.register(&server, "alice");
    browser.go(&server.at("/register"));
    browser.fill("username", "bob");
    browser.fill("email", "bob@example.com");
    browser.fill("password", "short");
    browser.press("Register");
    assert!(browser.is_focused("[role=alert]"));
    assert_eq!((browser.value("#username").as_str(), browser.value("#email").as_str()), ("bob", "bob@example.com"));
    assert_eq!(browser.attribute("#password", "aria-invalid").as_deref(), Some("true"));
    assert_eq!(browser.attribute("#username", "aria-invalid"), None);
    let link = browser.text("[role=alert] a");
    browser.follow(&link);
    assert!(browser.is_focused("#password"), "{link:?} leads to the field");

    browser.fill("username", "alice");
    browser.fill("password", PASSWORD);
    browser.press("Register");
    assert!(browser.text("#username-error").contains("Somebody else has this name"));
    assert_eq!(browser.run("return document.activeElement.getAttribute('role')", &json!([])), "alert");
}

#[test]
fn a_refused_change_of_password_says_which_of_the_two_is_wrong() {
    let server = Server::start();
    let browser = Browser::start();
    browser.register(&server, "alice");
    browser.log_in(&server, "alice");
    browser.fill("current_password", "this is not the password");
    browser.fill("new_password", "seven quiet harbours 12");
    browser.press("Change password");
    assert!(browser.is_focused("[role=alert]"));
    assert_eq!(browser.attribute("#current_password", "aria-invalid").as_deref(), Some("true"));
    assert_eq!(browser.attribute("#new_password", "aria-invalid"), None);
    browser.fill("current_password", PASSWORD);
    browser.fill("new_password", "short");
    browser.press("Change password");
    assert!(!browser.text("#new_password-error").is_empty());
    assert_eq!(browser.attribute("#current_password", "aria-invalid"), None);
}
