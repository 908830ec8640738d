//! The supply of foreign code: what may be used, and what is.

mod graph;
mod licence;
mod policy;
mod rules;
mod sbom;

use std::fs;
use std::path::Path;

use graph::Graph;
use policy::Policy;
use rules::{RULES, Supply};

/// Checks what the lock file names. Nothing is fetched.
///
/// # Errors
/// What breaks which rule, or why that cannot be told.
pub(crate) fn check(root: &Path) -> Result<String, String> {
    let supply = Supply {
        graph: Graph::read(root)?,
        policy: Policy::read(&read(root, "deny.toml")?)?,
        reasons: read(root, "docs/dependencies.md")?,
    };
    let mut lines = Vec::new();
    for (rule, broken) in
        RULES.iter().map(|(rule, check)| (rule, check(&supply))).filter(|(_, broken)| !broken.is_empty())
    {
        lines.push(format!("{rule}:"));
        lines.extend(broken.into_iter().map(|what| format!("  {what}")));
    }
    if !lines.is_empty() {
        return Err(lines.join("\n"));
    }
    Ok(format!("deny: {} rules hold for {} crates", RULES.len(), supply.graph.foreign().count()))
}

/// The parts list of the program, as JSON.
pub(crate) fn bill_of_materials(root: &Path) -> Result<String, String> {
    let bill = sbom::bill(&Graph::read(root)?, &read(root, "Cargo.lock")?)?;
    Ok(format!("{bill:#}"))
}

fn read(root: &Path, path: &str) -> Result<String, String> {
    fs::read_to_string(root.join(path)).map_err(|why| format!("{path}: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn cr_01_no_crate_is_banned() {
        let graph = Graph::read(&root()).unwrap();
        let policy = Policy::read(&read(&root(), "deny.toml").unwrap()).unwrap();
        assert!(policy.bans.deny.iter().any(|ban| ban.spec == "rsa"), "the ban itself is there");
        for package in graph.foreign() {
            let ban = policy.bans.deny.iter().find(|ban| ban.is(&package.name, &package.version));
            assert!(ban.is_none(), "{}: {}", package.name, ban.map_or("", |ban| &ban.reason));
        }
    }

    #[test]
    fn cr_02_what_the_program_is_built_of_is_known_and_allowed() {
        assert_eq!(check(&root()).as_ref().err(), None);
        let security = read(&root(), "SECURITY.md").unwrap();
        assert!(security.contains("## Times for fixes"), "the times are stated");
    }

    #[test]
    fn cr_02_the_parts_list_has_every_part_once_with_its_checksum() {
        let bill: Value = serde_json::from_str(&bill_of_materials(&root()).unwrap()).unwrap();
        let parts = bill["components"].as_array().unwrap();
        let mut names: Vec<&str> = parts.iter().map(|part| part["purl"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        let part = |name: &str| parts.iter().find(|part| part["name"] == name);
        for linked in ["aws-lc-rs", "axum", "rustls", "tokio", "rusqlite", "counterfoil-core"] {
            assert!(part(linked).is_some(), "{linked}");
        }
        for only_tested_with in ["proptest", "jsonwebtoken", "criterion", "insta"] {
            assert!(part(only_tested_with).is_none(), "{only_tested_with}");
        }
        let bare: Vec<_> = parts.iter().filter(|part| part["hashes"].is_null()).map(|part| &part["name"]).collect();
        assert_eq!(bare, ["counterfoil-core", "counterfoil-guard", "counterfoil-stores"]);
        let references: Vec<_> = bill["dependencies"].as_array().unwrap().iter().map(|one| &one["ref"]).collect();
        assert_eq!(references.len(), parts.len() + 1, "each says what it uses, and so does the program");
    }
}
