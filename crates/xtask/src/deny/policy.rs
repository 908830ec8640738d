//! `deny.toml`, as far as it can be held without a network. Its form is cargo-deny's, so that this reads what is needed and
//! leaves the rest to it.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    pub(super) licenses: Licences,
    pub(super) sources: Sources,
    pub(super) bans: Bans,
}

#[derive(Debug, Deserialize)]
pub(super) struct Licences {
    pub(super) allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Sources {
    pub(super) allow_registry: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Bans {
    pub(super) deny: Vec<Crate>,
    pub(super) skip: Vec<Crate>,
}

/// A crate, with a version or without one, and why it is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Crate {
    #[serde(rename = "crate")]
    pub(super) spec: String,
    pub(super) reason: String,
}

impl Policy {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|why| format!("deny.toml: {why}"))
    }
}

impl Crate {
    /// Whether it means this one: `base64@0.22` is every 0.22.
    pub(super) fn is(&self, name: &str, version: &str) -> bool {
        match self.spec.split_once('@') {
            None => self.spec == name,
            Some((wanted, series)) => {
                let rest = version.strip_prefix(series);
                wanted == name && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_all_its_versions_and_no_other() {
        let spec = |spec: &str| Crate { spec: spec.to_owned(), reason: String::new() };
        assert!(spec("rsa").is("rsa", "0.9.0") && !spec("rsa").is("rsa2", "0.9.0"));
        assert!(spec("base64@0.2").is("base64", "0.2.1") && spec("base64@0.2").is("base64", "0.2"));
        assert!(!spec("base64@0.2").is("base64", "0.22.1") && !spec("base64@0.2").is("other", "0.2.1"));
    }
}
