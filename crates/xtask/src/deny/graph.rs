//! What cargo says of the workspace and everything that it is built of.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// `cargo metadata`, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Graph {
    pub(crate) packages: Vec<Package>,
    pub(crate) resolve: Resolve,
}

/// A crate of one version.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// SPDX, or what its author took for that.
    pub(crate) license: Option<String>,
    /// `None` for what lies in this repository.
    pub(crate) source: Option<String>,
    /// What its manifest asks for.
    pub(crate) dependencies: Vec<Asked>,
}

/// A line of a manifest's dependencies.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) uses_default_features: bool,
    /// Set for another crate of this repository.
    pub(crate) path: Option<String>,
}

/// Which package uses which.
#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Used>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Used {
    pub(crate) pkg: String,
    pub(crate) dep_kinds: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Kind {
    /// `None` for what is in the program; `dev` and `build` otherwise.
    pub(crate) kind: Option<String>,
}

impl Graph {
    /// As the lock file has it. Nothing is fetched.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--offline", "--all-features"])
            .current_dir(root)
            .output()
            .map_err(|why| format!("cargo does not start: {why}"))?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|why| format!("cargo metadata: {why}"))
    }

    /// Those that lie in this repository.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    /// Those that come from elsewhere.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_some())
    }
}
