//! Against real servers: the one that all tests of a run share, or one of its own where a test harms it.

mod commit;
mod contention;
mod migration;
mod opening;
mod outage;
mod secrecy;
mod tls;

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::revocation::Target;
use counterfoil_core::store::{Announcement, StoreError, Stores};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use xtask::services::fresh::{self, Database};

use crate::MySqlStore;
use crate::address::{ServerUrl, StoreUrl};
use crate::server::{Fault, Options, ServerError};

counterfoil_core::conformance!(promises, store().await);

#[tokio::test]
async fn text_is_compared_byte_for_byte() {
    let (stores, _database) = store().await;
    let spellings = ["alice", "Alice", "alicé", "alice\u{301}", "alice ", "alice\0", " alice"];
    for (number, name) in spellings.iter().enumerate() {
        assert!(stores.facts.change_fact(name, None, Some(name)).await.unwrap(), "{name:?} is a name of its own");
        for other in spellings.iter().filter(|other| *other != name) {
            assert!(!stores.facts.change_fact(name, Some(other), Some("changed")).await.unwrap(), "{name:?} {other:?}");
        }
        for name in &spellings[..=number] {
            assert_eq!(stores.facts.fact(name).await.unwrap().as_deref(), Some(*name));
        }
    }
}

/// A store in a new database, which goes away with the test.
async fn store() -> (Stores, Database) {
    let database = fresh::mariadb().unwrap();
    let store = open(&database.url()).await.unwrap();
    (store.stores(), database)
}

async fn open(url: &str) -> Result<MySqlStore, ServerError> {
    MySqlStore::open(&address(url), &Options::patient()).await
}

/// Why a server is not taken.
async fn refusal(url: &str) -> ServerError {
    open(url).await.err().unwrap()
}

fn address(url: &str) -> ServerUrl {
    let StoreUrl::MySql(url) = url.parse().unwrap() else { panic!("not an address of MySQL") };
    url
}

/// A store with few connections and short waits, on tables that are there.
async fn hasty_store(url: &str) -> Stores {
    open(url).await.unwrap();
    let options = Options { connections: 8, timeout: Duration::from_secs(3), ..Options::default() };
    MySqlStore::open(&address(url), &options).await.unwrap().stores()
}

/// A connection past the store.
async fn connection(url: &str) -> MySqlConnection {
    let options: MySqlConnectOptions = url.parse().unwrap();
    options.ssl_mode(MySqlSslMode::Disabled).connect().await.unwrap()
}

/// Lets SQL loose on a database, past the store.
async fn tamper(connection: &mut MySqlConnection, sql: &str) {
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}

fn entry() -> [Announcement; 1] {
    [Announcement { target: Target::Ring, expires_at: Timestamp::from_millis(1) }]
}

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}
