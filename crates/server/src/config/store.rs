//! `[store]`: where the records are kept.

use std::time::Duration;

use counterfoil_stores::{AddressError, Options, Place, ServerUrl, SessionsUrl, StoreUrl};
use schemars::JsonSchema;
use toml::Value as Toml;

use super::mistake::Origin;
use super::reader::Section;
use super::schema;
use super::value::Setting;

/// Where users, sessions, keys and revocations are kept, and how the servers are used that keep them.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Store {
    /// Everything, or everything but the sessions: `sqlite:PATH`, `postgres://user:password@host/database`, `mysql://…`
    /// (MariaDB as well), or `memory:` for a trial that forgets everything at its end.
    #[schemars(schema_with = "schema::of::<StoreUrl>")]
    pub url: StoreUrl,
    /// Sessions and refresh tokens, if they are kept elsewhere: `redis://:password@host`, `rediss://…` with TLS,
    /// `redis+cluster://:password@host,host`. Not said, they are where everything else is.
    #[schemars(schema_with = "schema::of::<Option<SessionsUrl>>")]
    pub sessions: Option<SessionsUrl>,
    /// The most connections that this node opens to each server. 0 takes four for each processor, at least 8 and at most 64.
    #[schemars(range(max = 1000))]
    pub connections: u32,
    /// How long a server may take for anything: to be reached, to have a connection free, to answer. After that, what needs
    /// it is answered 503.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub timeout: Duration,
    /// How often records that have expired are deleted.
    #[schemars(schema_with = "schema::of::<Duration>")]
    pub purge_every: Duration,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: StoreUrl::Sqlite("counterfoil.db".into()),
            sessions: None,
            connections: 0,
            timeout: Duration::from_secs(3),
            purge_every: Duration::from_mins(5),
        }
    }
}

impl Store {
    pub(super) fn read(at: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let timeout = Duration::from_millis(100)..=Duration::from_mins(1);
        let purge = Duration::from_secs(1)..=Duration::from_hours(24);
        let store = Self {
            url: at.value("url", default.url),
            sessions: at.value("sessions", default.sessions),
            connections: at.within("connections", default.connections, 0..=1000),
            timeout: at.within("timeout", default.timeout, timeout),
            purge_every: at.within("purge_every", default.purge_every, purge),
        };
        if store.url == StoreUrl::Memory && store.sessions.is_some() {
            at.refuse(
                "sessions",
                "sessions cannot outlive the log of what was revoked, which `memory:` forgets: choose another `url`, or \
                 leave this one out",
            );
        }
        let url = match &store.url {
            StoreUrl::Postgres(url) | StoreUrl::MySql(url) => Some(url),
            StoreUrl::Memory | StoreUrl::Sqlite(_) => None,
        };
        let sessions = store.sessions.as_ref().map(|(SessionsUrl::Redis(url) | SessionsUrl::RedisCluster(url))| url);
        warn_of_readable_password(at, "url", url);
        warn_of_readable_password(at, "sessions", sessions);
        warn_of_readable_way(at, "url", url);
        warn_of_readable_way(at, "sessions", sessions);
        store
    }

    /// Where the records are.
    pub fn place(&self) -> Place {
        Place { store: self.url.clone(), sessions: self.sessions.clone() }
    }

    /// How the servers are used that keep them.
    pub fn options(&self) -> Options {
        let default = Options::default();
        let connections = usize::try_from(self.connections).ok().filter(|connections| *connections > 0);
        Options { connections: connections.unwrap_or(default.connections), timeout: self.timeout, ..default }
    }
}

/// A process cannot hide its arguments from the other users of the machine.
fn warn_of_readable_password(at: &mut Section<'_, '_>, key: &str, url: Option<&ServerUrl>) {
    if url.is_some_and(|url| url.password.is_some()) && matches!(at.origin(key), Some(Origin::Flag(_))) {
        at.warn(
            key,
            "everybody on this machine can read the password in the list of processes: put the address into the \
             environment or the configuration file",
        );
    }
}

/// Allowed, as the way may be protected by other means.
fn warn_of_readable_way(at: &mut Section<'_, '_>, key: &str, url: Option<&ServerUrl>) {
    if let Some(url) = url.filter(|url| url.is_readable_on_the_way()) {
        let what = if url.password.is_some() { "the password and all that is stored" } else { "all that is stored" };
        at.warn(
            key,
            &format!(
                "{what} can be read on the way to {}, which is not this machine: write {}",
                url.place(),
                url.with_tls()
            ),
        );
    }
}

impl Setting for StoreUrl {
    fn expected() -> String {
        Self::EXPECTED.to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn fault(value: &Toml) -> Option<String> {
        value.as_str()?.parse::<Self>().err().as_ref().map(AddressError::to_string)
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.to_string()))
    }
}

impl Setting for SessionsUrl {
    fn expected() -> String {
        Self::EXPECTED.to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn fault(value: &Toml) -> Option<String> {
        value.as_str()?.parse::<Self>().err().as_ref().map(AddressError::to_string)
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.to_string()))
    }
}
