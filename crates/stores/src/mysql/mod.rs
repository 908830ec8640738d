//! MySQL or MariaDB: a small pool of connections, each query a prepared statement, each write a transaction.

mod connect;
mod driver;
mod failure;
mod fault;
mod migrate;
mod open;
mod pool;
mod sound;
mod statement;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use counterfoil_core::store::Stores;

use crate::address::ServerUrl;
use crate::look::Looked;
use crate::server::{Options, ServerError};
use crate::sql::{Dialect, Driver, Placeholders, SqlStore};

/// How MySQL and MariaDB spell the schema.
///
/// Text is kept as the bytes of its UTF-8. The collations that both servers have fold cases, or take `alice ` for `alice`;
/// bytes are compared byte for byte by either.
pub(crate) const DIALECT: Dialect = Dialect {
    placeholders: Placeholders::Question,
    integer: "bigint",
    // 255 characters of up to 4 bytes.
    word: "varbinary(1020)",
    text: "longblob",
    // Not `binary`, which would fill up what is too short.
    id: "varbinary(16)",
    hash: "varbinary(32)",
    bytes: "longblob",
    keyed: TABLE,
    counted: TABLE,
    // Group replication and many who rent out MySQL demand a key (`sql_require_primary_key`).
    single: ", only_row tinyint not null default 1 primary key",
};

/// What follows the columns of every table. The comment tells that it is ours.
const TABLE: &str = "engine = InnoDB row_format = dynamic comment = 'Counterfoil'";
/// The comment of a table that is ours.
const OURS: &str = "Counterfoil";

/// A store in a database of MySQL or MariaDB.
#[derive(Clone)]
pub struct MySqlStore {
    stores: Stores,
}

impl MySqlStore {
    /// Connects, and brings the tables up to this build's schema; an empty database gets them if the options say so. What is not
    /// ours, or newer, is left as it is.
    pub async fn open(url: &ServerUrl, options: &Options) -> Result<Self, ServerError> {
        let driver = open::open(url, options).await?;
        Ok(Self { stores: SqlStore::new(Arc::new(driver)).stores() })
    }

    /// A database as it is, with what reads it. Nothing is changed.
    pub(crate) async fn look(url: &ServerUrl, options: &Options) -> Result<Looked<impl Driver + use<>>, ServerError> {
        open::look(url, options).await
    }

    /// This store in every role.
    pub fn stores(&self) -> Stores {
        self.stores.clone()
    }
}
