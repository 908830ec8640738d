//! The parts list of the program `counterfoil`, as `CycloneDX` 1.6.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::graph::{Graph, Node, Package};

/// The package that is shipped.
const PROGRAM: &str = "counterfoil";

/// Every crate that the program is linked from, what each uses, and the checksum that the lock file has of it.
pub(super) fn bill(graph: &Graph, lock: &str) -> Result<Value, String> {
    let checksums = checksums(lock)?;
    let packages: BTreeMap<&str, &Package> =
        graph.packages.iter().map(|package| (package.id.as_str(), package)).collect();
    let nodes: BTreeMap<&str, &Node> = graph.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let root = graph.own().find(|package| package.name == PROGRAM).ok_or("there is no such program")?;

    let (mut reached, mut next) = (BTreeSet::from([root.id.as_str()]), vec![root.id.as_str()]);
    let mut uses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    while let Some(id) = next.pop() {
        let used: Vec<&str> = nodes.get(id).into_iter().flat_map(|node| linked(node)).collect();
        next.extend(used.iter().filter(|id| reached.insert(id)));
        uses.insert(id, used);
    }
    let component = |id: &&str| packages.get(id).map(|package| component(package, &checksums));
    let reference = |id: &str| packages.get(id).map(|package| purl(package));
    let dependency = |(id, used): (&&str, &Vec<&str>)| {
        let used: Vec<_> = used.iter().filter_map(|id| reference(id)).collect();
        json!({ "ref": reference(id), "dependsOn": used })
    };
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": describe(root, "application") },
        "components": reached.iter().filter(|id| **id != root.id).filter_map(component).collect::<Vec<_>>(),
        "dependencies": uses.iter().map(dependency).collect::<Vec<_>>(),
    }))
}

/// What of a package's dependencies is in the program, and not only in its tests or its build.
fn linked(node: &Node) -> impl Iterator<Item = &str> {
    let used = node.deps.iter().filter(|used| used.dep_kinds.iter().any(|kind| kind.kind.is_none()));
    used.map(|used| used.pkg.as_str())
}

fn component(package: &Package, checksums: &BTreeMap<(String, String), String>) -> Value {
    let mut component = describe(package, "library");
    if let Some(checksum) = checksums.get(&(package.name.clone(), package.version.clone())) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

fn describe(package: &Package, kind: &str) -> Value {
    // A slash is no SPDX.
    let licence = package.license.as_deref().unwrap_or_default().replace(" / ", "/").replace('/', " OR ");
    json!({
        "type": kind,
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        "purl": purl(package),
        "licenses": [{ "expression": licence }],
    })
}

fn purl(package: &Package) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

/// What the lock file says of each name and version.
fn checksums(lock: &str) -> Result<BTreeMap<(String, String), String>, String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock: Lock = toml::from_str(lock).map_err(|why| format!("Cargo.lock: {why}"))?;
    let known = lock.package.into_iter().filter_map(|one| Some(((one.name, one.version), one.checksum?)));
    Ok(known.collect())
}
