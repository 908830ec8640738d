//! What a tree of dependencies must be like: each rule is a function from it to what breaks it.

use std::collections::BTreeMap;

use super::graph::{Graph, Package};
use super::licence::permitted;
use super::policy::Policy;

/// What rules look at.
pub(super) struct Supply {
    pub(super) graph: Graph,
    pub(super) policy: Policy,
    /// `docs/dependencies.md`.
    pub(super) reasons: String,
}

pub(super) type Rule = (&'static str, fn(&Supply) -> Vec<String>);

pub(super) const RULES: &[Rule] = &[
    ("each crate's licence is among those that deny.toml allows", licences),
    ("each crate comes from a registry that deny.toml allows", sources),
    ("no crate is one that deny.toml bans", bans),
    ("we use nothing that std has", superseded),
    ("no crate is there in two versions, but for those that deny.toml names", duplicates),
    ("each crate that we use says which of its features it is used for", features),
    ("each crate that we use has its reason in docs/dependencies.md", reasons),
];

/// What std has learnt. Others may still use it.
const SUPERSEDED: [&str; 2] = ["lazy_static", "once_cell"];

fn named(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

fn licences(supply: &Supply) -> Vec<String> {
    let allowed = &supply.policy.licenses.allow;
    let refused = supply.graph.packages.iter().filter_map(|package| {
        let licence = package.license.as_deref().unwrap_or_default();
        let why = match permitted(licence, allowed) {
            Some(true) => return None,
            Some(false) => format!("{licence} is not allowed"),
            None => format!("`{licence}` is no licence that could be read"),
        };
        Some(format!("{}: {why}", named(package)))
    });
    refused.collect()
}

fn sources(supply: &Supply) -> Vec<String> {
    let registries = &supply.policy.sources.allow_registry;
    let known =
        |source: &str| source.strip_prefix("registry+").is_some_and(|url| registries.iter().any(|one| one == url));
    let strange = supply.graph.foreign().filter_map(|package| {
        let source = package.source.as_deref().filter(|source| !known(source))?;
        Some(format!("{} is from {source}", named(package)))
    });
    strange.collect()
}

fn bans(supply: &Supply) -> Vec<String> {
    let found = supply.graph.packages.iter().filter_map(|package| {
        let ban = supply.policy.bans.deny.iter().find(|ban| ban.is(&package.name, &package.version))?;
        Some(format!("{}: {}", named(package), ban.reason))
    });
    found.collect()
}

fn superseded(supply: &Supply) -> Vec<String> {
    let asked = supply.graph.own().flat_map(|own| own.dependencies.iter().map(move |asked| (own, asked)));
    let found = asked.filter(|(_, asked)| SUPERSEDED.contains(&asked.name.as_str()));
    found.map(|(own, asked)| format!("{} uses {}", own.name, asked.name)).collect()
}

fn duplicates(supply: &Supply) -> Vec<String> {
    let skipped =
        |package: &&Package| supply.policy.bans.skip.iter().any(|one| one.is(&package.name, &package.version));
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in supply.graph.packages.iter().filter(|package| !skipped(package)) {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    several.map(|(name, versions)| format!("{name}: {}", versions.join(", "))).collect()
}

fn features(supply: &Supply) -> Vec<String> {
    let asked = supply.graph.own().flat_map(|own| own.dependencies.iter().map(move |asked| (own, asked)));
    let whole = asked.filter(|(_, asked)| asked.path.is_none() && asked.uses_default_features);
    whole.map(|(own, asked)| format!("{} uses {} without `default-features = false`", own.name, asked.name)).collect()
}

fn reasons(supply: &Supply) -> Vec<String> {
    let said = said(&supply.reasons);
    let asked = supply.graph.own().flat_map(|own| own.dependencies.iter());
    let mut lost: Vec<&str> = asked
        .filter(|asked| asked.path.is_none())
        .map(|asked| asked.name.as_str())
        .filter(|name| !said.contains(name))
        .collect();
    lost.sort_unstable();
    lost.dedup();
    lost.into_iter().map(|name| format!("{name} has no row")).collect()
}

/// The crates in the first column of the tables, where the second says what for. A remark may follow in parentheses.
fn said(table: &str) -> Vec<&str> {
    let rows = table.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let names = cells.next()?;
        cells.next().filter(|purpose| !purpose.is_empty()).map(|_| names)
    });
    rows.flat_map(|names| names.split(',')).map(|name| name.split('(').next().unwrap_or(name).trim()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const POLICY: &str = r#"
        [licenses]
        allow = ["MIT"]
        [sources]
        allow-registry = ["https://good.example/index"]
        [bans]
        deny = [{ crate = "rsa", reason = "it tells" }]
        skip = [{ crate = "old@1", reason = "somebody needs it" }]
    "#;

    fn foreign(name: &str, version: &str) -> Value {
        let source = "registry+https://good.example/index";
        json!({ "id": format!("{name} {version}"), "name": name, "version": version, "license": "MIT", "source": source, "dependencies": [] })
    }

    fn own(asked: &Value) -> Value {
        json!({ "id": "own", "name": "own", "version": "0.1.0", "license": "MIT", "source": null, "dependencies": [asked] })
    }

    /// What breaks which rule, by the rule's number.
    fn broken(packages: &[Value], reasons: &str) -> Vec<(usize, String)> {
        let graph = json!({ "packages": packages, "resolve": { "nodes": [] } });
        let supply = Supply {
            graph: serde_json::from_value(graph).unwrap(),
            policy: Policy::read(POLICY).unwrap(),
            reasons: reasons.to_owned(),
        };
        RULES
            .iter()
            .enumerate()
            .flat_map(|(at, (_, rule))| rule(&supply).into_iter().map(move |what| (at, what)))
            .collect()
    }

    fn with(mut package: Value, member: &str, value: Value) -> Value {
        package[member] = value;
        package
    }

    #[test]
    fn each_rule_finds_what_breaks_it_and_nothing_else() {
        let bare = json!({ "name": "good", "uses_default_features": false, "path": null });
        let reason = "| good | something | better |";
        for (packages, finding) in [
            (vec![foreign("good", "1.0.0"), own(&bare)], None),
            (vec![foreign("old", "1.2.0"), foreign("old", "2.0.0")], None),
            (
                vec![with(foreign("a", "1.0.0"), "license", json!("GPL-3.0-only"))],
                Some((0, "a 1.0.0: GPL-3.0-only is not allowed")),
            ),
            (
                vec![with(foreign("a", "1.0.0"), "license", Value::Null)],
                Some((0, "a 1.0.0: `` is no licence that could be read")),
            ),
            (
                vec![with(foreign("a", "1.0.0"), "source", json!("git+https://x"))],
                Some((1, "a 1.0.0 is from git+https://x")),
            ),
            (vec![foreign("rsa", "0.9.0")], Some((2, "rsa 0.9.0: it tells"))),
            (vec![foreign("new", "1.0.0"), foreign("new", "2.0.0")], Some((4, "new: 1.0.0, 2.0.0"))),
            (vec![foreign("old", "2.0.0"), foreign("old", "3.0.0")], Some((4, "old: 2.0.0, 3.0.0"))),
            (
                vec![own(&with(bare.clone(), "uses_default_features", json!(true)))],
                Some((5, "own uses good without `default-features = false`")),
            ),
            (vec![own(&with(bare.clone(), "name", json!("unsaid")))], Some((6, "unsaid has no row"))),
        ] {
            let expected: Vec<_> = finding.into_iter().map(|(rule, what)| (rule, what.to_owned())).collect();
            assert_eq!(broken(&packages, reason), expected, "{packages:?}");
        }
        let lazy = own(&with(bare, "name", json!("lazy_static")));
        assert_eq!(broken(&[lazy], "| lazy_static | x | y |"), [(3, "own uses lazy_static".to_owned())]);
    }

    #[test]
    fn a_row_without_a_purpose_is_no_reason() {
        assert_eq!(said("text a\n| a, b (with c) | for d | e |\n| f | | g |\n|---|---|"), ["a", "b", "---"]);
    }
}
