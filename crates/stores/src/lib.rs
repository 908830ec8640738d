//! Where Counterfoil keeps its records.
//!
//! [`open`] takes a place: a store for everything (memory, SQLite, PostgreSQL, MySQL or MariaDB), and if wanted Redis or
//! Redis Cluster for the sessions. All stores keep the same promises, which one suite checks:
//! `counterfoil_core::store::conformance`.

pub mod address;
mod look;
pub mod memory;
pub mod mysql;
pub mod postgres;
pub mod redis;
pub mod server;
pub mod sql;
pub mod sqlite;

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::{StoreError, Stores};

pub use address::{AddressError, Place, ServerUrl, SessionsUrl, StoreUrl};
pub use look::{Seen, look, look_at_sessions};
pub use memory::MemoryStore;
pub use mysql::MySqlStore;
pub use postgres::PostgresStore;
pub use redis::RedisStore;
pub use server::{Options, ServerError, Shortcoming, Weakness};
pub use sqlite::{ChangeCounter, SqliteOptions, SqliteStore};

use server::AskEachTime;

/// A place that has been opened.
pub struct Opened {
    /// The stores in every role.
    pub stores: Stores,
    /// Tells when to look at the revocation log.
    pub changes: Box<dyn Changes>,
}

/// Tells whether a store has changed, at the cost of microseconds, so that a follower of its log can ask often.
#[async_trait]
pub trait Changes: Send {
    /// Ends once anybody may have written since [`Self::changed`] was last called, where the store lets that be known, and
    /// after `at_most` in any case.
    async fn wait(&mut self, at_most: Duration);

    /// Whether anybody outside this process has written since the last call or, at the first, since this was made. A write of
    /// this process may count as well.
    fn changed(&mut self) -> Result<bool, StoreError>;
}

/// Why a place was not opened. Nothing in it has been overwritten.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file that cannot be used.
    #[error(transparent)]
    File(#[from] sqlite::OpenError),
    /// A server that cannot be used.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// Opens a place. What is new there is set up, if the options say so; what is older is brought up to date. A server whose password goes over a
/// network in clear is warned about in the log.
pub async fn open(place: &Place, options: &Options) -> Result<Opened, OpenError> {
    let mut opened = open_store(&place.store, options).await?;
    if let Some(url) = &place.sessions {
        let sessions = RedisStore::open(url, opened.stores.revocations.clone(), options).await?;
        opened.stores = sessions.beside(opened.stores);
    }
    for url in place.servers().filter(|url| url.is_readable_on_the_way()) {
        tracing::warn!(
            server = url.place(),
            "what is sent to this server, its password included, can be read on the way: write {} in its address",
            url.with_tls()
        );
    }
    Ok(opened)
}

/// The same for whoever only looks, or changes what is there already: a store that is not there is said and not made, be it a file or the
/// tables of a server's database. What is older is brought up to date.
pub async fn open_existing(place: &Place, options: &Options) -> Result<Opened, OpenError> {
    open(place, &Options { make: false, ..options.clone() }).await
}

async fn open_store(url: &StoreUrl, options: &Options) -> Result<Opened, OpenError> {
    Ok(match url {
        StoreUrl::Memory => {
            let store = MemoryStore::new();
            Opened { stores: store.stores(), changes: Box::new(store) }
        }
        StoreUrl::Sqlite(path) => {
            let store = SqliteStore::open(path, &SqliteOptions { make: options.make, ..SqliteOptions::default() })?;
            Opened { stores: store.stores(), changes: Box::new(store.changes()?) }
        }
        StoreUrl::Postgres(url) => {
            let store = PostgresStore::open(url, options).await?;
            Opened { stores: store.stores(), changes: Box::new(store.changes()) }
        }
        StoreUrl::MySql(url) => {
            let store = MySqlStore::open(url, options).await?;
            Opened { stores: store.stores(), changes: Box::new(AskEachTime) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_on_this_machine_opens() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        for store in [StoreUrl::Memory, StoreUrl::Sqlite(file.clone())] {
            let mut opened = open(&Place::of(store), &Options::default()).await.unwrap();
            opened.stores.facts.ready().await.unwrap();
            opened.changes.changed().unwrap();
        }
        assert!(file.exists());
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_not_made_for_a_look() {
        let folder = tempfile::tempdir().unwrap();
        let (file, empty) = (folder.path().join("test.db"), folder.path().join("empty.db"));
        std::fs::write(&empty, "").unwrap();
        for path in [&file, &empty, &folder.path().join("nowhere/test.db")] {
            let place = Place::of(StoreUrl::Sqlite(path.clone()));
            let opened = open_existing(&place, &Options::default()).await.map(drop);
            assert!(matches!(opened, Err(OpenError::File(sqlite::OpenError::Missing { .. }))), "{opened:?}");
        }
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["empty.db"]);
        open(&Place::of(StoreUrl::Sqlite(file.clone())), &Options::default()).await.map(drop).unwrap();
        open_existing(&Place::of(StoreUrl::Sqlite(file)), &Options::default()).await.map(drop).unwrap();
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named_without_its_password() {
        // Port 9 is given to a service that throws away what it gets; nothing listens there.
        for text in ["postgres://u:hunter2@127.0.0.1:9/d", "mysql://u:hunter2@127.0.0.1:9/d"] {
            let Err(error) = open(&Place::of(text.parse().unwrap()), &Options::default()).await else {
                panic!("{text} was opened")
            };
            let text = format!("{error} {error:?}");
            assert!(text.contains("127.0.0.1:9"), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
