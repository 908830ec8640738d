//! The promises of every store, kept by this one, and what only a file can promise.

mod audit;
mod damage;
mod looking;
mod opening;
mod processes;
mod queue;

use std::path::PathBuf;
use std::time::Duration;

use counterfoil_core::password::Params;
use counterfoil_core::store::Stores;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{SqliteOptions, SqliteStore};

counterfoil_core::conformance!(promises, fresh());

/// A store in a new file, and the folder that goes away with the test.
fn fresh() -> (Stores, (SqliteStore, TempDir)) {
    let (path, folder) = place();
    let options = SqliteOptions { busy_timeout: Duration::from_secs(60), ..SqliteOptions::default() };
    let store = SqliteStore::open(&path, &options).unwrap();
    (store.stores(), (store, folder))
}

/// Where a file could be.
fn place() -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (folder.path().join("test.db"), folder)
}

/// Lets SQL loose on a file, past the store.
fn tamper(path: &std::path::Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// Known and unknown users take alike (LG-02). The best of three rounds counts, as other tests run beside it. By default there are few
/// samples, of hashes that hide nothing, and a wide bound; `COUNTERFOIL_TEST_SAMPLES=2000`, with the hashes of a server and
/// nothing else running, is held to the requirement's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lg_02_time_does_not_tell_who_has_an_account() {
    let samples = std::env::var("COUNTERFOIL_TEST_SAMPLES").ok().and_then(|text| text.parse().ok());
    let (samples, bound) = samples.map_or((400, 0.15), |samples: usize| (samples, 0.05));
    let hashing = (samples > 400).then(Params::default);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (stores, _alive) = fresh();
        seen.push(
            counterfoil_core::store::conformance::guessing::known_by_time(stores, samples, hashing.clone()).await,
        );
        if seen.iter().any(|share| (share - 0.5).abs() <= bound) {
            eprintln!("account or nobody's name, by time alone: {seen:.3?}");
            return;
        }
    }
    panic!("the time that a refusal takes tells who has an account: {seen:.3?}");
}
