//! Every page under axe-core, which finds what a program can find of WCAG 2.2 AA.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::tour::every_page;

const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

fn axe() -> String {
    let modules = std::env::var("COUNTERFOIL_TEST_NODE_MODULES")
        .unwrap_or_else(|_| panic!("COUNTERFOIL_TEST_NODE_MODULES is not set: see tests/browser/README.md"));
    std::fs::read_to_string(format!("{modules}/axe-core/axe.min.js")).unwrap()
}

/// What axe finds: each rule that is broken, with the elements that break it.
fn violations(browser: &Browser, axe: &str) -> Value {
    if browser.run("return typeof axe", &json!([])) == "undefined" {
        browser.run(axe, &json!([]));
    }
    // The size of targets (WCAG 2.2 §2.5.8) is off until asked for.
    let options = json!({"runOnly": {"type": "tag", "values": TAGS}, "rules": {"target-size": {"enabled": true}}});
    browser.run_async(
        "const done = arguments[1];
         axe.run(document, arguments[0]).then(
             found => done(found.violations.map(rule => [rule.id, rule.nodes.map(node => node.failureSummary + node.html)])),
             error => done(String(error)))",
        &json!([options]),
    )
}

#[test]
fn no_page_breaks_a_rule() {
    let axe = axe();
    every_page(|browser, page| {
        for (width, scheme) in [(320, "light"), (360, "dark"), (1440, "light"), (1440, "dark")] {
            browser.resize(width, 800, 1);
            browser.prefer(scheme);
            assert_eq!(violations(browser, &axe), json!([]), "{page} at {width} px, {scheme}");
        }
    });
}

#[test]
fn axe_sees_what_is_wrong() {
    let axe = axe();
    let browser = Browser::start();
    browser.go("data:text/html,<title>x</title><button></button><p style='color:silver;background:white'>pale</p>");
    let found = violations(&browser, &axe).to_string();
    for rule in ["button-name", "color-contrast", "html-has-lang"] {
        assert!(found.contains(rule), "{rule}: {found}");
    }
}
