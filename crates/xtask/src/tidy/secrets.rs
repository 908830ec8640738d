//! How secrets are compared: in constant time, by `subtle`, and never by `==`, which ends at the first difference (CR-03).

use super::tree::{File, Finding, Tree};

/// Where credentials, keys and codes are judged.
const PLACES: [&str; 6] = [
    "crates/core/src/authority/",
    "crates/core/src/credential/",
    "crates/core/src/keys/",
    "crates/core/src/password/hash",
    "crates/core/src/verifier/",
    "crates/server/src/api/",
];

/// What a value is called there that somebody may guess byte by byte.
const GUESSED: [&str; 8] = ["secret", "hash", "tag", "mac", "digest", "computed", "code", "credential"];

/// What holds a secret in clear.
const IN_CLEAR: [&str; 3] = ["Zeroizing<", "SecretString", "SecretBox"];

/// An `==` beside something that may be guessed.
pub(super) fn compared(tree: &Tree) -> Vec<Finding> {
    let places = tree.sources().filter(|file| PLACES.iter().any(|place| file.path.starts_with(place)));
    places.flat_map(|file| file.lines_with(&file.program(), compares_by_bytes)).collect()
}

fn compares_by_bytes(line: &str) -> bool {
    let sides = |at: usize| {
        let left = line[..at]
            .trim_end()
            .trim_end_matches("()")
            .rsplit([' ', '(', '!', '&', '*', '|'])
            .next()
            .unwrap_or_default();
        let right = line[at + 2..].trim_start().split([' ', ')', ',', ';']).next().unwrap_or_default();
        [left, right].into_iter().any(is_guessed)
    };
    ["==", "!="].iter().any(|sign| line.match_indices(sign).any(|(at, _)| sides(at)))
}

/// Whether an operand ends with such a name: `family.hash`, `token.hash()`, `&expected_tag[..]`.
fn is_guessed(operand: &str) -> bool {
    let name = operand.split(['(', '[', '?']).next().unwrap_or(operand);
    let name = name.strip_suffix(".as_bytes").or_else(|| name.strip_suffix(".as_ref")).unwrap_or(name);
    let last = name.rsplit(['.', ':', '&', '*']).next().unwrap_or(name);
    // `error.code()` is another code.
    last.split('_').any(|word| GUESSED.contains(&word)) && !name.contains("error") && !last.contains("len")
}

/// A type that holds a secret in clear and can be compared by `==`.
pub(super) fn comparable(tree: &Tree) -> Vec<Finding> {
    tree.sources().flat_map(|file| types(file, &file.program())).collect()
}

fn types(file: &File, program: &str) -> Vec<Finding> {
    let lines: Vec<&str> = program.lines().collect();
    let derives = lines.iter().enumerate().filter(|(_, line)| line.contains("#[derive(") && line.contains("PartialEq"));
    let held = |at: usize| {
        let body = lines.iter().skip(at + 1).scan(false, |ended, line| {
            let more = !*ended;
            *ended |= line.starts_with('}') || line.trim_end().ends_with(';');
            more.then_some(*line)
        });
        body.into_iter().any(|line| IN_CLEAR.iter().any(|held| line.contains(held)))
    };
    derives
        .filter(|(at, _)| held(*at))
        .map(|(at, _)| file.finding(at, "what it holds is compared byte by byte"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FILE: &str = "crates/core/src/credential/x.rs";

    #[test]
    fn cr_03_a_secret_that_is_compared_byte_by_byte_is_found() {
        for line in [
            "if family.hash == token.hash() {",
            "if presented.secret.as_bytes() != expected {",
            "if expected != *computed {",
            "let ok = a && &expected_tag[..] == b;",
            "self.0 == other.code",
            "if token.hash() == family.0 {",
        ] {
            assert_eq!(compared(&Tree::of(&[(FILE, line)])).len(), 1, "{line}");
        }
        for line in [
            "if family.hash.matches(&token.hash()) {",
            "if a.id == b.id && self.tag(token).ct_eq(&token.tag).into() {",
            "if error.code() == Some(X) {",
            "if salt.len() != Params::SALT_BYTES {",
            "// family.hash == token.hash()",
        ] {
            assert_eq!(compared(&Tree::of(&[(FILE, line)])), [], "{line}");
        }
    }

    #[test]
    fn cr_03_a_type_that_makes_it_easy_is_found() {
        let found = |text: &str| comparable(&Tree::of(&[(FILE, text)])).len();
        assert_eq!(found("#[derive(Clone, PartialEq)]\nstruct Token {\n    secret: Zeroizing<[u8; 32]>,\n}\n"), 1);
        assert_eq!(found("#[derive(PartialEq, Eq)]\nstruct Token(SecretString);\n"), 1);
        assert_eq!(found("#[derive(Clone)]\nstruct Token {\n    secret: Zeroizing<[u8; 32]>,\n}\n"), 0);
        assert_eq!(found("#[derive(PartialEq)]\nstruct Id(u8);\nstruct Token(SecretString);\n"), 0);
    }

    #[test]
    fn cr_03_no_secret_of_ours_is_compared_byte_by_byte() {
        let tree = Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
        assert_eq!(compared(&tree), []);
        assert_eq!(comparable(&tree), []);
        // What is done instead is there, in the files that this looks at.
        let constant = tree.sources().filter(|file| file.text.contains(".ct_eq(")).count();
        assert!(constant >= 3, "{constant}");
    }
}
