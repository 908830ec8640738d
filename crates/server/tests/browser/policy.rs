//! The pages keep to their own content security policy: the browser has nothing to complain of.

use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::server::Server;
use crate::tour::every_page;

#[test]
fn no_page_makes_the_browser_complain() {
    every_page(|browser, page| {
        // It remarks on every page with an error's status.
        let complaints = browser.complaints();
        assert!(complaints.iter().all(|complaint| complaint.contains("with a status of 4")), "{page}: {complaints:?}");
    });
}

#[test]
fn what_the_policy_forbids_is_complained_of() {
    let server = Server::start();
    let browser = Browser::start();
    browser.go(&server.at("/login"));
    browser.run("document.querySelector('main').innerHTML = '<p style=\"color: red\">'", &json!([]));
    for _ in 0..600 {
        if let [complaint, ..] = browser.complaints().as_slice() {
            assert!(complaint.contains("style-src 'self'"), "{complaint}");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("a style was let through");
}
