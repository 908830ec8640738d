//! Which requirement is proven by which test, so that no list of it can drift from what is true.

mod demands;
mod proofs;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use super::tree::{File, Finding, Tree};
use demands::{Demand, Id, Level};
use proofs::Proofs;

const DEMANDS: &str = "docs/security/requirements.toml";
const TABLE: &str = "docs/security/requirements.md";

/// Writes the table anew. Returns what must hold and has no test, a line for each.
pub(crate) fn write(root: &Path) -> Result<String, String> {
    let tree = Tree::read(root)?;
    let file = tree.file(DEMANDS).ok_or_else(|| format!("{DEMANDS} is missing"))?;
    let (demands, proofs) = (demands::read(&file.text)?, Proofs::read(&tree));
    std::fs::write(root.join(TABLE), table::markdown(&demands, &proofs)).map_err(|why| format!("{TABLE}: {why}"))?;
    let lines = open(&demands, &proofs).map(|(id, demand)| format!("no test: {id}: {}", demand.what));
    Ok(std::iter::once(format!("wrote {TABLE}")).chain(lines).collect::<Vec<_>>().join("\n"))
}

/// That the table is what the tests prove.
pub(super) fn current(tree: &Tree) -> Vec<Finding> {
    with_demands(tree, |file, demands| match tree.file(TABLE) {
        Some(table) if table.text == table::markdown(demands, &Proofs::read(tree)) => Vec::new(),
        Some(table) => vec![table.finding(0, "it is out of date: run `cargo xtask requirements`")],
        None => vec![file.finding(0, format!("there is no {TABLE}: run `cargo xtask requirements`"))],
    })
}

/// That what must hold is proven, or says why it cannot be.
pub(super) fn proven(tree: &Tree) -> Vec<Finding> {
    with_demands(tree, |file, demands| {
        let proofs = Proofs::read(tree);
        let line = |id: Id| file.text.lines().position(|line| line == format!("[{id}]")).unwrap_or(0);
        let empty = open(demands, &proofs).map(|(id, _)| file.finding(line(id), format!("{id} has no test")));
        let there = demands.iter().filter(|(id, demand)| demand.not_yet.is_some() && proofs.of.contains_key(id));
        empty
            .chain(there.map(|(id, _)| file.finding(line(*id), format!("{id} is not there yet, but has a test"))))
            .collect()
    })
}

/// That tests name what is demanded.
pub(super) fn named(tree: &Tree) -> Vec<Finding> {
    with_demands(tree, |_, demands| {
        let proofs = Proofs::read(tree);
        let unknown = proofs.of.iter().filter(|(id, _)| !demands.contains_key(id));
        let lost = unknown.flat_map(|(id, tests)| tests.iter().map(move |test| (id, test)));
        let lost = lost.filter_map(|(id, test)| {
            Some(tree.file(&test.path)?.finding(0, format!("{}: there is no requirement {id}", test.name)))
        });
        lost.chain(proofs.odd).collect()
    })
}

fn with_demands(tree: &Tree, check: impl FnOnce(&File, &BTreeMap<Id, Demand>) -> Vec<Finding>) -> Vec<Finding> {
    let Some(file) = tree.file(DEMANDS) else { return Vec::new() };
    match demands::read(&file.text) {
        Ok(demands) => check(file, &demands),
        Err(why) => vec![file.finding(0, why)],
    }
}

fn open<'a>(demands: &'a BTreeMap<Id, Demand>, proofs: &'a Proofs) -> impl Iterator<Item = (Id, &'a Demand)> {
    let must = demands.iter().filter(|(_, demand)| demand.level == Level::M && demand.not_yet.is_none());
    must.filter(|(id, _)| !proofs.of.contains_key(id)).map(|(id, demand)| (*id, demand))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JW_06: &str = "[JW-06]\nwhat = \"d\"\nsource = \"s\"\nlevel = \"M\"\n";
    const TEST: (&str, &str) = ("crates/a/t.rs", "#[test]\nfn jw_06_crit() {}\n");

    fn texts(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_must_hold_and_has_no_test_is_found() {
        assert_eq!(texts(&proven(&Tree::of(&[(DEMANDS, JW_06)]))), [format!("{DEMANDS}:1: JW-06 has no test")]);
        assert_eq!(proven(&Tree::of(&[(DEMANDS, JW_06), TEST])), []);
        assert_eq!(proven(&Tree::of(&[(DEMANDS, &JW_06.replace('M', "S"))])), []);
        let not_yet = format!("{JW_06}not_yet = \"why\"\n");
        assert_eq!(proven(&Tree::of(&[(DEMANDS, &not_yet)])), []);
        assert_eq!(proven(&Tree::of(&[(DEMANDS, &not_yet), TEST])).len(), 1, "it is there, after all");
    }

    #[test]
    fn a_test_of_nothing_demanded_is_found() {
        let other = JW_06.replace("06", "07");
        assert_eq!(
            texts(&named(&Tree::of(&[(DEMANDS, &other), TEST]))),
            ["crates/a/t.rs:1: jw_06_crit: there is no requirement JW-06"]
        );
        assert_eq!(named(&Tree::of(&[(DEMANDS, JW_06), TEST])), []);
    }

    #[test]
    fn a_table_of_yesterday_is_found() {
        let demands = demands::read(JW_06).unwrap();
        let table = table::markdown(&demands, &Proofs::read(&Tree::of(&[TEST])));
        assert!(table.contains("[`jw_06_crit`](../../crates/a/t.rs)"), "{table}");
        assert_eq!(current(&Tree::of(&[(DEMANDS, JW_06), (TABLE, &table), TEST])), []);
        assert_eq!(current(&Tree::of(&[(DEMANDS, JW_06), (TABLE, &table)])).len(), 1);
        assert_eq!(current(&Tree::of(&[(DEMANDS, JW_06), TEST])).len(), 1);
    }
}
