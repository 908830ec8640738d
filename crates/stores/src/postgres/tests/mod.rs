//! The promises of every store, kept by this one, and what only a server can promise.

mod driver;
mod lost_answers;
mod opening;
mod outages;
mod tls;
mod wakeups;

use counterfoil_core::store::Stores;
use secrecy::ExposeSecret;
use xtask::services::fresh::{self, Database};

use super::PostgresStore;
use crate::address::{ServerUrl, StoreUrl};
use crate::server::Options;

counterfoil_core::conformance!(promises, fresh().await);

/// A store in a new database, which goes away with the test.
async fn fresh() -> (Stores, (PostgresStore, Database)) {
    let database = fresh::postgres().unwrap();
    let store = PostgresStore::open(&url(&database.url()), &Options::patient()).await.unwrap();
    (store.stores(), (store, database))
}

fn url(text: &str) -> ServerUrl {
    match text.parse() {
        Ok(StoreUrl::Postgres(url)) => url,
        other => panic!("{other:?}"),
    }
}
