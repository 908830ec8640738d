//! PostgreSQL: a pool of connections, each with its prepared statements.

mod connect;
mod driver;
mod error;
mod fault;
mod inspection;
mod lease;
mod listener;
mod open;
mod pipeline;
#[cfg(test)]
mod tests;
mod texts;
mod tls;
mod transaction;
mod value;

use std::sync::Arc;

use counterfoil_core::store::Stores;

use crate::address::ServerUrl;
use crate::look::Looked;
use crate::server::{Fault, Options, ServerError};
use crate::sql::{Dialect, Driver, Placeholders, SqlStore};
use connect::Connector;
use driver::Postgres;
pub use listener::Listener;
use listener::WAKE;

/// How PostgreSQL spells the schema.
pub(crate) const DIALECT: Dialect = Dialect {
    placeholders: Placeholders::Numbered,
    integer: "bigint",
    // Whatever the database's own collation is: this one compares bytes.
    word: "text collate \"C\"",
    text: "text collate \"C\"",
    id: "bytea",
    hash: "bytea",
    bytes: "bytea",
    keyed: "",
    counted: "",
    single: "",
};

/// A store in a database of PostgreSQL.
///
/// Other processes may use the database at the same time. Text that holds the character U+0000, which PostgreSQL cannot keep,
/// is never found and refused as damaged when it is written.
#[derive(Clone)]
pub struct PostgresStore {
    driver: Arc<Postgres>,
}

impl PostgresStore {
    /// Connects, and brings the tables up to this build's schema; an empty database gets them if the options say so. A database
    /// that is not ours, not fit or from a newer version is left as it is.
    pub async fn open(url: &ServerUrl, options: &Options) -> Result<Self, ServerError> {
        let connector = open::open(url, options).await?;
        Ok(Self { driver: Arc::new(driver(connector, url, options)?) })
    }

    /// A database as it is, with what reads it. Nothing is changed.
    pub(crate) async fn look(url: &ServerUrl, options: &Options) -> Result<Looked<impl Driver + use<>>, ServerError> {
        let open::Look { connector, version, weaknesses } = open::look(url, options).await?;
        Ok(Looked { version, driver: driver(connector, url, options)?, weaknesses })
    }

    /// This store in every role.
    pub fn stores(&self) -> Stores {
        SqlStore::new(Arc::<Postgres>::clone(&self.driver)).waking(WAKE).stores()
    }

    /// Something that is woken when another process appends to the log.
    pub fn changes(&self) -> Listener {
        self.driver.listener()
    }
}

fn driver(connector: Connector, url: &ServerUrl, options: &Options) -> Result<Postgres, ServerError> {
    Postgres::new(connector, options).map_err(|error| ServerError {
        product: open::PRODUCT,
        place: url.place(),
        fault: Fault::Other,
        source: Some(Box::new(error)),
    })
}
