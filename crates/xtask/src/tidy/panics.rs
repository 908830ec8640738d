//! What a program must not do, and what must not be hidden.

use super::code::code_of;
use super::tree::{Finding, Tree};

/// What ends a thread, or was meant for a moment.
const PANICS: [&str; 7] = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "dbg!(", ".unwrap_err()"];

/// What silences a lint or a test.
const SILENCERS: [&str; 4] = ["#[allow(", "#![allow(", "#[ignore", ", allow("];

pub(super) fn panics(tree: &Tree) -> Vec<Finding> {
    let sources = tree.sources();
    sources
        .flat_map(|file| file.lines_with(&file.program(), |line| PANICS.iter().any(|panic| line.contains(panic))))
        .collect()
}

pub(super) fn silenced(tree: &Tree) -> Vec<Finding> {
    let rust = tree.rust();
    rust.flat_map(|file| {
        file.lines_with(&code_of(&file.text), |line| SILENCERS.iter().any(|silencer| line.contains(silencer)))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_found_outside_tests_alone() {
        for panic in ["x.unwrap();", "x.expect(why);", "panic!(why);", "todo!();", "unimplemented!();", "dbg!(x);"] {
            let bare = format!("fn f() {{\n {panic}\n}}");
            let tested = format!("#[cfg(test)]\nmod tests {{\n fn f() {{ {panic} }}\n}}\n// {panic}");
            let tree = Tree::of(&[
                ("crates/a/src/bad.rs", bare.as_str()),
                ("crates/a/src/good.rs", tested.as_str()),
                ("crates/a/src/tests.rs", bare.as_str()),
                ("crates/a/tests/t.rs", bare.as_str()),
            ]);
            let found: Vec<String> = panics(&tree).iter().map(ToString::to_string).collect();
            assert_eq!(found, [format!("crates/a/src/bad.rs:2: {panic}")]);
        }
    }

    #[test]
    fn silenced_lints_and_tests_are_found_everywhere() {
        for silencer in ["#[allow(dead_code)]", "#![allow(dead_code)]", "#[ignore]", "#[ignore = \"slow\"]"] {
            let text = format!("{silencer}\nfn f() {{}}");
            assert_eq!(silenced(&Tree::of(&[("crates/a/tests/t.rs", text.as_str())])).len(), 1, "{silencer}");
        }
        assert_eq!(silenced(&Tree::of(&[("a.rs", "#[cfg_attr(test, allow(x))]")])).len(), 1);
        assert_eq!(silenced(&Tree::of(&[("a.rs", "#[expect(x)] // #[allow(x)]")])), []);
    }
}
