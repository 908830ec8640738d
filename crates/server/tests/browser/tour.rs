//! Every page, in every state that looks different.

use crate::browser::{Browser, PASSWORD};
use crate::server::Server;

/// Leads a browser to every page, and calls `look` with the page's name at each.
pub(crate) fn every_page(look: impl Fn(&Browser, &str)) {
    let server = Server::start();
    let browser = Browser::start();
    let visit = |path: &str, name: &str| {
        browser.go(&server.at(path));
        look(&browser, name);
    };
    browser.go(&server.setup_link);
    look(&browser, "set up");
    browser.fill("username", "root");
    browser.fill("password", "short");
    browser.press("Make the administrator");
    browser.text("[role=alert]");
    look(&browser, "set up, refused");
    visit("/setup?code=wrong", "set up, wrong link");

    visit("/register", "register");
    browser.fill("username", "no such name!");
    browser.fill("email", "alice@example");
    browser.fill("password", "short");
    browser.press("Register");
    browser.text("[role=alert]");
    look(&browser, "register, refused");
    browser.register(&server, "a-name-of-as-many-characters-as-fit");
    look(&browser, "log in, registered");
    browser.register(&server, "alice");

    visit("/login", "log in");
    browser.fill("username", "alice");
    browser.fill("password", "this is not the password");
    browser.press("Log in");
    browser.text("[role=alert]");
    look(&browser, "log in, refused");
    visit("/login?password=astray", "a form gone astray");

    browser.log_in(&server, "alice");
    look(&browser, "account, one login");
    let other = Browser::start();
    other.log_in(&server, "alice");
    visit("/dashboard?notice=login-ended", "account, two logins");
    browser.fill("current_password", PASSWORD);
    browser.fill("new_password", "short");
    browser.press("Change password");
    browser.text("[role=alert]");
    look(&browser, "account, password refused");

    visit("/nothing/here", "not found");
    visit("/problems/invalid-credentials", "a problem explained");
}
