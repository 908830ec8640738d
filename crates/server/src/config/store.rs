//! `[store]`: where the records are kept.

use std::time::Duration;

use counterfoil_stores::StoreUrl;
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

impl Setting for StoreUrl {
    fn expected() -> String {
        Self::EXPECTED.to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.to_string()))
    }
}
