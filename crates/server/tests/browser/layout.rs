//! Every page fits every window, in light and in dark.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::tour::every_page;

/// CSS pixels: WCAG 2.2 §1.4.10 asks for 320; a small phone, a tablet, a desk.
pub(crate) const WIDTHS: [u32; 4] = [320, 360, 768, 1440];

/// The elements that stick out of the window at the right, or the window's own overflow.
fn overflow(browser: &Browser) -> Value {
    browser.run(
        "const wide = document.scrollingElement.scrollWidth, out = [...document.body.querySelectorAll('*')]
             .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80));
         return wide > innerWidth ? [wide, innerWidth, out] : null",
        &json!([]),
    )
}

#[test]
fn no_page_scrolls_sideways() {
    every_page(|browser, page| {
        for width in WIDTHS {
            browser.resize(width, 800, 1);
            assert_eq!(browser.run("return innerWidth", &json!([])), width);
            assert_eq!(overflow(browser), Value::Null, "{page} at {width} px");
        }
        // The look can fail.
        browser.run("document.querySelector('h1').style.width = '2000px'", &json!([]));
        assert_ne!(overflow(browser), Value::Null);
    });
}

#[test]
fn each_scheme_has_colours_of_its_own() {
    let seen = RefCell::new(BTreeSet::new());
    every_page(|browser, page| {
        let colours = ["light", "dark"].map(|scheme| {
            browser.prefer(scheme);
            let script = "const s = getComputedStyle(document.body); return s.backgroundColor + ' ' + s.color";
            browser.run(script, &json!([])).to_string()
        });
        assert_ne!(colours[0], colours[1], "{page}");
        seen.borrow_mut().extend(colours);
    });
    assert_eq!(seen.into_inner().len(), 2, "all pages share the two schemes");
}
