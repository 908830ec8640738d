//! Which tests prove what: a test's name begins with the requirement's id, `jw_06_…`, or with several of them,
//! `pw_03_pw_04_…` or `jw_12_to_jw_16_…`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::code::{code_of, has_word};
use super::super::tree::{File, Finding, Tree};
use super::demands::Id;

/// A test that claims to prove something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Proof {
    pub(super) path: String,
    pub(super) name: String,
}

/// What the tests of a tree claim.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    pub(super) of: BTreeMap<Id, BTreeSet<Proof>>,
    /// Those with names like an id's that are none, and functions with such a name that no runner of tests knows.
    pub(super) odd: Vec<Finding>,
}

impl Proofs {
    pub(super) fn read(tree: &Tree) -> Self {
        let files: Vec<(&File, String)> = tree.rust().map(|file| (file, code_of(&file.text))).collect();
        let mut proofs = Self::default();
        for (file, code) in &files {
            for (line, name) in functions(code).filter(|(_, name)| looks_like_a_proof(name)) {
                let ids = ids(name);
                if ids.is_empty() {
                    proofs.odd.push(file.finding(line, format!("{name} names no requirement")));
                } else if !(has_test_attribute(code, line) || is_listed(file, name, &files)) {
                    proofs.odd.push(file.finding(line, format!("{name} is no test")));
                }
                for id in ids {
                    proofs.of.entry(id).or_default().insert(Proof { path: file.path.clone(), name: name.to_owned() });
                }
            }
        }
        proofs
    }
}

/// Every `fn`, with the number of its line from 0.
fn functions(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let name = |line: &'_ str| -> Option<usize> { Some(line.find("fn ")? + 3) };
    code.lines().enumerate().filter_map(move |(number, line)| {
        let at = name(line).filter(|at| has_word(line, "fn") || *at == 3)?;
        let rest = &line[at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        Some((number, &rest[..end]))
    })
}

/// Two letters, two digits, and more.
fn looks_like_a_proof(name: &str) -> bool {
    let mut parts = name.split('_');
    let letters = parts.next().is_some_and(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_lowercase()));
    let digits = parts.next().is_some_and(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()));
    letters && digits && parts.next().is_some()
}

/// What a name begins with.
fn ids(name: &str) -> Vec<Id> {
    let mut parts = name.split('_').peekable();
    let (mut ids, mut begun): (Vec<Id>, Option<Id>) = (Vec::new(), None);
    while let Some(part) = parts.next() {
        if part == "to" && !ids.is_empty() && begun.is_none() {
            begun = ids.pop();
            continue;
        }
        let Some(id) = parts.peek().and_then(|number| Id::of(part, number)) else { break };
        parts.next();
        match begun.take() {
            Some(first) => ids.extend(first.onwards().take_while(|between| *between <= id)),
            None => ids.push(id),
        }
    }
    // `jw_12_to_be_…` is no range.
    ids.extend(begun);
    ids
}

/// Whether the attributes before a function make it a test.
fn has_test_attribute(code: &str, line: usize) -> bool {
    let lines: Vec<&str> = code.lines().take(line).collect();
    let attributes =
        lines.iter().rev().map(|line| line.trim()).take_while(|line| line.is_empty() || line.starts_with("#["));
    attributes.into_iter().any(|line| line == "#[test]" || line.starts_with("#[tokio::test"))
}

/// Whether it stands in a list that a macro makes tests of, in the same crate.
fn is_listed(file: &File, name: &str, files: &[(&File, String)]) -> bool {
    let folder = |path: &str| path.split('/').take(2).collect::<Vec<_>>().join("/");
    let listed = |line: &str| line.trim().strip_suffix(',').is_some_and(|item| item == name);
    files
        .iter()
        .filter(|(other, _)| folder(&other.path) == folder(&file.path))
        .any(|(_, code)| code.lines().any(listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let proofs = Proofs::read(&Tree::of(files));
        let proven = proofs.of.iter().flat_map(|(id, of)| of.iter().map(move |proof| format!("{id} {}", proof.name)));
        (proven.collect(), proofs.odd.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_test_proves_what_its_name_begins_with() {
        for (name, proven) in [
            ("jw_06_crit", vec!["JW-06"]),
            ("pw_03_pw_04_every", vec!["PW-03", "PW-04"]),
            ("jw_12_to_jw_14_x", vec!["JW-12", "JW-13", "JW-14"]),
            ("jw_12_to_be_sure", vec!["JW-12"]),
            ("tk_04_of_32_callers", vec!["TK-04"]),
            ("of_two_who_ask", vec![]),
        ] {
            let text = format!("#[test]\nfn {name}() {{}}\n");
            let expected: Vec<String> = proven.iter().map(|id| format!("{id} {name}")).collect();
            assert_eq!(found(&[("crates/a/src/t.rs", &text)]), (expected, Vec::new()));
        }
    }

    #[test]
    fn a_function_that_is_no_test_proves_nothing() {
        let bare = "fn jw_06_crit() {}\n";
        assert_eq!(found(&[("crates/a/t.rs", bare)]).1, ["crates/a/t.rs:1: jw_06_crit is no test"]);
        let commented = "// #[test]\nfn jw_06_crit() {}\n";
        assert_eq!(found(&[("crates/a/t.rs", commented)]).1.len(), 1);
        for tested in [
            "#[tokio::test]\n#[expect(x, reason = \"y\")]\nasync fn jw_06_crit() {}",
            "proptest! {\n    #[test]\n    fn jw_06_crit(x in 0..3) {}\n}",
            "over_each_store! {\n    jw_06_crit,\n}\nasync fn jw_06_crit() {}",
        ] {
            assert_eq!(found(&[("crates/a/t.rs", tested)]).1, [""; 0], "{tested}");
        }
        // A part of a test may be called after what it is about.
        assert_eq!(found(&[("crates/a/t.rs", "fn jw_06(record: &Value) {}\n")]), (Vec::new(), Vec::new()));
        // A list of another crate makes it none.
        assert_eq!(found(&[("crates/a/t.rs", bare), ("crates/b/t.rs", "jw_06_crit,")]).1.len(), 1);
        assert_eq!(found(&[("crates/a/t.rs", bare), ("crates/a/src/p.rs", "jw_06_crit,")]).1.len(), 0);
    }

    #[test]
    fn a_name_like_an_id_must_be_one() {
        let (proven, odd) = found(&[("crates/a/t.rs", "#[test]\nfn jv_06_crit() {}\n")]);
        assert_eq!((proven.len(), odd), (0, vec!["crates/a/t.rs:2: jv_06_crit names no requirement".to_owned()]));
    }
}
