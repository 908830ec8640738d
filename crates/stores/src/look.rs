//! A look at what is kept somewhere, which changes nothing: no file and no table is made, and nothing is brought up to date.

use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::store::{StoreError, Stores};

use crate::server::{ServerError, Weakness};
use crate::sql::{Driver, Outcome, Row, SqlStore, Step, Value, schema};
use crate::{MySqlStore, OpenError, Options, PostgresStore, RedisStore, SessionsUrl, SqliteStore, StoreUrl};

/// What there is at a place.
pub enum Seen {
    /// Nothing yet: the first start makes it.
    Nothing,
    /// Tables of an older version. The next start brings them up to date.
    Older {
        /// Their version.
        found: i64,
        /// This build's.
        known: i64,
    },
    /// Tables of this build's version, to be read alone: whatever would write fails.
    Records(Stores),
}

/// A database that can be used.
pub(crate) struct Looked<D> {
    /// The version of its tables; 0 if there are none.
    pub(crate) version: i64,
    /// What reads it.
    pub(crate) driver: D,
    pub(crate) weaknesses: Vec<Weakness>,
}

/// Looks at a store, and says what is weak at the server that keeps it.
///
/// # Errors
/// As [`open`](crate::open), where that would find more wrong than an older version.
pub async fn look(url: &StoreUrl, options: &Options) -> Result<(Seen, Vec<Weakness>), OpenError> {
    Ok(match url {
        StoreUrl::Memory => (Seen::Nothing, Vec::new()),
        StoreUrl::Sqlite(path) => match SqliteStore::look(path)? {
            Some((version, driver)) => Seen::of(Looked { version, driver, weaknesses: Vec::new() }),
            None => (Seen::Nothing, Vec::new()),
        },
        StoreUrl::Postgres(url) => Seen::of(PostgresStore::look(url, options).await?),
        StoreUrl::MySql(url) => Seen::of(MySqlStore::look(url, options).await?),
    })
}

/// Looks at the place for sessions, and says what is weak there. Nothing is written: whether that is allowed is not tried.
///
/// # Errors
/// As [`open`](crate::open).
pub async fn look_at_sessions(url: &SessionsUrl, options: &Options) -> Result<Vec<Weakness>, ServerError> {
    RedisStore::look(url, options).await
}

impl Seen {
    fn of(looked: Looked<impl Driver + 'static>) -> (Self, Vec<Weakness>) {
        let seen = match looked.version {
            0 => Self::Nothing,
            found if found < schema::VERSION => Self::Older { found, known: schema::VERSION },
            _ => Self::Records(SqlStore::new(Arc::new(Reading(looked.driver))).stores()),
        };
        (seen, looked.weaknesses)
    }
}

/// A driver that is not let write.
struct Reading<D>(D);

#[async_trait]
impl<D: Driver> Driver for Reading<D> {
    async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.0.read(sql, params).await
    }

    async fn write(&self, _: Vec<Step>) -> Result<Outcome, StoreError> {
        Err(StoreError::Unavailable("the store is looked at, and not to be changed".into()))
    }
}
