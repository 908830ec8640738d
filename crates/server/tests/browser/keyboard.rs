//! Everything can be done with Tab, Enter and the letters, and where one is can always be seen.

use serde_json::json;

use crate::browser::{Browser, ENTER, PASSWORD, TAB};
use crate::server::Server;

/// Presses Tab until the focus is on what `css` selects. Each stop on the way must be visible.
fn tab_to(browser: &Browser, css: &str) {
    for _ in 0..20 {
        browser.keys(TAB);
        let stop = browser.run(
            "const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
             return {there: at.matches(arguments[0]), what: at.outerHTML.slice(0, 100),
                 outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
                 inside: box.width > 0 && box.top >= 0 && box.left >= 0
                     && box.bottom <= innerHeight && box.right <= innerWidth}",
            &json!([css]),
        );
        assert_eq!((&stop["outlined"], &stop["inside"]), (&json!(true), &json!(true)), "{stop}");
        if stop["there"] == true {
            return;
        }
    }
    panic!("Tab does not lead to {css}");
}

#[test]
fn register_log_in_and_log_out_without_a_mouse() {
    let server = Server::start();
    let browser = Browser::start();
    browser.go(&server.at("/register"));
    tab_to(&browser, "#username");
    browser.keys("alice");
    tab_to(&browser, "#password");
    browser.keys(PASSWORD);
    tab_to(&browser, "button[type=submit]");
    browser.keys(ENTER);
    browser.arrives_at("/login?notice=registered");

    tab_to(&browser, "#username");
    browser.keys("alice");
    tab_to(&browser, "#password");
    browser.keys(PASSWORD);
    browser.keys(ENTER);
    browser.arrives_at("/dashboard");

    tab_to(&browser, "#new_password");
    browser.go(&server.at("/dashboard"));
    tab_to(&browser, "form[action='/logout'] button");
    browser.keys(ENTER);
    browser.arrives_at("/login?notice=logged-out");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_first_stop_skips_what_every_page_repeats() {
    let server = Server::start();
    let browser = Browser::start();
    browser.go(&server.at("/login"));
    browser.keys(TAB);
    assert!(browser.is_focused("a.skip"));
    browser.keys(ENTER);
    assert!(browser.is_focused("main"));
    browser.keys(TAB);
    assert!(browser.is_focused("#username"));
}
