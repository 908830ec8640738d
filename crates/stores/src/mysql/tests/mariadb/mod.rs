//! Against real servers: the one that all tests of a run share, or one of its own where a test harms it.

use counterfoil_core::store::Stores;
use xtask::services::fresh::{self, Database};

use crate::MySqlStore;
use crate::address::{ServerUrl, StoreUrl};
use crate::server::{Options, ServerError};

counterfoil_core::conformance!(promises, store().await);

/// A store in a new database, which goes away with the test.
async fn store() -> (Stores, Database) {
    let database = fresh::mariadb().unwrap();
    let store = open(&database.url()).await.unwrap();
    (store.stores(), database)
}

async fn open(url: &str) -> Result<MySqlStore, ServerError> {
    MySqlStore::open(&address(url), &Options::default()).await
}

fn address(url: &str) -> ServerUrl {
    let StoreUrl::MySql(url) = url.parse().unwrap() else { panic!("not an address of MySQL") };
    url
}
