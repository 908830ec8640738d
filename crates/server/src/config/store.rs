//! `[store]`: where the records are kept.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use toml::Value as Toml;

use super::reader::Section;
use super::schema;
use super::value::Setting;

/// Where users, sessions, keys and revocations are kept.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Store {
    /// `sqlite:PATH`, or `memory:` for a trial that forgets everything at its end.
    #[schemars(schema_with = "schema::of::<StoreUrl>")]
    pub url: StoreUrl,
    /// How often records that have expired are deleted.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub purge_every: Duration,
}

impl Default for Store {
    fn default() -> Self {
        Self { url: StoreUrl::Sqlite("counterfoil.db".into()), purge_every: Duration::from_mins(5) }
    }
}

impl Store {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let purge = Duration::from_secs(1)..=Duration::from_hours(24);
        Self { url: at.value("url", default.url), purge_every: at.within("purge_every", default.purge_every, purge) }
    }
}

/// Which store, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// This process's memory.
    Memory,
    /// A SQLite file, relative to the folder that the server was started in.
    Sqlite(PathBuf),
}

impl StoreUrl {
    /// Reads `memory:` or `sqlite:PATH`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("memory", "") => Some(Self::Memory),
            ("sqlite", path) if is_path(path) => Some(Self::Sqlite(path.into())),
            _ => None,
        }
    }

    /// The file that the store is kept in, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Sqlite(path) => Some(path),
        }
    }
}

/// SQLite would read `:memory:` and `file:` in ways of its own, and `//` is what people write before a host.
fn is_path(path: &str) -> bool {
    !path.is_empty() && !path.contains('\0') && !path.starts_with([':', '?']) && !path.starts_with("//")
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

impl Setting for StoreUrl {
    fn expected() -> String {
        "\"sqlite:PATH\" or \"memory:\"".to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        Self::parse(value.as_str()?)
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.to_string()))
    }
}
