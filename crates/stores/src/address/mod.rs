//! Where a store is: the addresses that people write, read strictly. A password in one is never shown.

mod server;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use server::{Host, ServerUrl, Tls};

/// Where an installation keeps its records: everything in one store, or the sessions in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Users, keys, the revocation log and, if no other place is named for them, sessions.
    pub store: StoreUrl,
    /// Sessions and refresh families, if they are kept elsewhere.
    pub sessions: Option<SessionsUrl>,
}

/// A store for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `memory:`, this process's memory.
    Memory,
    /// `sqlite:PATH`, a file, relative to the folder that the process was started in.
    Sqlite(PathBuf),
    /// `postgres://…`
    Postgres(ServerUrl),
    /// `mysql://…`, MariaDB as well.
    MySql(ServerUrl),
}

/// A store for sessions alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsUrl {
    /// `redis://…` or, with TLS, `rediss://…`
    Redis(ServerUrl),
    /// `redis+cluster://host,host` or, with TLS, `rediss+cluster://host,host`
    RedisCluster(ServerUrl),
}

/// Why an address cannot be read. It never quotes the address, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No such kind of store.
    #[error("expected {0}")]
    Scheme(&'static str),
    /// The kind is known; what follows is wrong.
    #[error("{scheme}: {why}; write it like {example}")]
    Form {
        /// What stands before the colon.
        scheme: &'static str,
        /// What is wrong.
        why: String,
        /// How it could look.
        example: &'static str,
    },
}

impl Place {
    /// Everything in one store.
    pub const fn of(store: StoreUrl) -> Self {
        Self { store, sessions: None }
    }

    /// The addresses of servers among its own.
    pub fn servers(&self) -> impl Iterator<Item = &ServerUrl> {
        let store = match &self.store {
            StoreUrl::Postgres(url) | StoreUrl::MySql(url) => Some(url),
            StoreUrl::Memory | StoreUrl::Sqlite(_) => None,
        };
        let sessions = self.sessions.as_ref().map(|(SessionsUrl::Redis(url) | SessionsUrl::RedisCluster(url))| url);
        store.into_iter().chain(sessions)
    }
}

impl StoreUrl {
    /// What may be written, for people.
    pub const EXPECTED: &'static str = "\"sqlite:PATH\", \"postgres://user:password@host/database\", \"mysql://user:password@host/database\" or \"memory:\"";

    /// The file that the store is kept in, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Memory | Self::Postgres(_) | Self::MySql(_) => None,
        }
    }
}

impl SessionsUrl {
    /// What may be written, for people.
    pub const EXPECTED: &'static str =
        "\"redis://:password@host\", \"rediss://…\" with TLS, or \"redis+cluster://:password@host,host\"";
}

impl FromStr for StoreUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if is_path(path) => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", rest)) => ServerUrl::parse("postgres", rest).map(Self::Postgres),
            Some(("mysql" | "mariadb", rest)) => ServerUrl::parse("mysql", rest).map(Self::MySql),
            _ => Err(AddressError::Scheme(Self::EXPECTED)),
        }
    }
}

impl FromStr for SessionsUrl {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            Some(("redis", rest)) => ServerUrl::parse("redis", rest).map(Self::Redis),
            Some(("rediss", rest)) => ServerUrl::parse("rediss", rest).map(Self::Redis),
            Some(("redis+cluster", rest)) => ServerUrl::parse("redis+cluster", rest).map(Self::RedisCluster),
            Some(("rediss+cluster", rest)) => ServerUrl::parse("rediss+cluster", rest).map(Self::RedisCluster),
            _ => Err(AddressError::Scheme(Self::EXPECTED)),
        }
    }
}

/// SQLite would read `:memory:` and `file:` in ways of its own, and `//` is what people write before a host.
fn is_path(path: &str) -> bool {
    !path.is_empty() && !path.contains('\0') && !path.starts_with([':', '?']) && !path.starts_with("//")
}

/// As it was written, but for the password, for which `***` stands.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) | Self::MySql(url) => url.fmt(f),
        }
    }
}

/// As it was written, but for the password, for which `***` stands.
impl fmt::Display for SessionsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redis(url) | Self::RedisCluster(url) => url.fmt(f),
        }
    }
}
