//! WCAG 2.2 contrast of the style sheet's colours, in both schemes.

use std::collections::HashMap;

const CSS: &str = include_str!("../../assets/counterfoil.css");

/// Text and what it stands on: 4.5 to 1 (WCAG 1.4.3).
const TEXT: &[(&str, &str)] = &[
    ("text", "page"),
    ("text", "card"),
    ("text", "danger-soft"),
    ("text", "good-soft"),
    ("muted", "page"),
    ("muted", "card"),
    ("link", "page"),
    ("link", "card"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-stub", "stub"),
    ("on-punch", "punch"),
    ("danger", "page"),
    ("danger", "card"),
    ("danger", "danger-soft"),
    ("good", "good-soft"),
];

/// Edges of controls and of the focus, and what they stand on: 3 to 1 (WCAG 1.4.11, 2.4.13).
const EDGES: &[(&str, &str)] = &[
    ("field-line", "card"),
    ("field-line", "page"),
    ("accent", "card"),
    ("accent", "page"),
    ("danger", "card"),
    ("focus", "page"),
    ("focus", "card"),
    ("focus", "danger-soft"),
];

#[test]
fn text_and_edges_stand_out_in_both_schemes() {
    for (scheme, colours) in [("light", light()), ("dark", dark())] {
        for (pairs, least) in [(TEXT, 4.5), (EDGES, 3.0)] {
            for (front, back) in pairs {
                let ratio = contrast(colours[front], colours[back]);
                assert!(ratio >= least, "{scheme}: {front} on {back} has {ratio:.2}, needs {least}");
            }
        }
    }
}

#[test]
fn the_dark_scheme_leaves_no_colour_out() {
    let light = light();
    let own = colours(dark_block());
    for name in light.keys() {
        assert!(own.contains_key(name), "{name} is not set for the dark scheme");
    }
}

/// WCAG's own anchor points, so that the measure can be trusted.
#[test]
fn the_measure_is_wcags() {
    assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 1e-9);
    assert!((contrast([0x77, 0x77, 0x77], [255, 255, 255]) - 4.48).abs() < 0.01);
}

fn light() -> HashMap<&'static str, [u8; 3]> {
    colours(block(CSS))
}

fn dark() -> HashMap<&'static str, [u8; 3]> {
    let mut all = light();
    all.extend(colours(dark_block()));
    all
}

fn dark_block() -> &'static str {
    block(CSS.split_once("@media (prefers-color-scheme: dark)").unwrap().1)
}

/// The declarations of the first `:root` in `css`.
fn block(css: &'static str) -> &'static str {
    css.split_once(":root {").unwrap().1.split_once('}').unwrap().0
}

/// The opaque colours among the custom properties of `block`.
fn colours(block: &'static str) -> HashMap<&'static str, [u8; 3]> {
    let found: HashMap<_, _> = block
        .split(';')
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"))
        .filter(|(_, hex)| hex.len() == 6)
        .map(|(name, hex)| (name, [0, 2, 4].map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())))
        .collect();
    assert!(found.len() > 15, "the style sheet is not written as this test reads it");
    found
}

/// WCAG 2.2, "contrast ratio" and "relative luminance".
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}
