//! The promises of every store, kept by this one, and what only a file can promise.

use counterfoil_core::store::Stores;
use tempfile::TempDir;

use super::{SqliteOptions, SqliteStore};

/// A store in a new file, and the folder that goes away with the test.
fn fresh() -> (Stores, (SqliteStore, TempDir)) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("test.db"), &SqliteOptions::default()).unwrap();
    (store.stores(), (store, folder))
}

counterfoil_core::conformance!(promises, fresh());
