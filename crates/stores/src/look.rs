//! A look at what is kept somewhere, which changes nothing: no file and no table is made, and nothing is brought up to date.

use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::store::{StoreError, Stores};

use crate::sql::{Driver, Outcome, Row, SqlStore, Step, Value, schema};
use crate::{MySqlStore, OpenError, Options, Place, PostgresStore, SqliteStore, StoreUrl};

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

/// Looks at a place. Sessions that are kept elsewhere are left aside: asking a stored login fails, or finds none.
///
/// # Errors
/// As [`open`](crate::open), where that would find more wrong than an older version.
pub async fn look(place: &Place, options: &Options) -> Result<Seen, OpenError> {
    Ok(match &place.store {
        StoreUrl::Memory => Seen::Nothing,
        StoreUrl::Sqlite(path) => match SqliteStore::look(path)? {
            Some((version, readers)) => Seen::of(version, Reading(readers)),
            None => Seen::Nothing,
        },
        StoreUrl::Postgres(url) => {
            let (version, driver) = PostgresStore::look(url, options).await?;
            Seen::of(version, Reading(driver))
        }
        StoreUrl::MySql(url) => {
            let (version, driver) = MySqlStore::look(url, options).await?;
            Seen::of(version, Reading(driver))
        }
    })
}

impl Seen {
    fn of(version: i64, driver: impl Driver + 'static) -> Self {
        match version {
            0 => Self::Nothing,
            found if found < schema::VERSION => Self::Older { found, known: schema::VERSION },
            _ => Self::Records(SqlStore::new(Arc::new(driver)).stores()),
        }
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
