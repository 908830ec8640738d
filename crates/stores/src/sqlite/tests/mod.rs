//! The promises of every store, kept by this one, and what only a file can promise.

mod damage;
mod opening;
mod processes;
mod queue;

use std::path::PathBuf;

use counterfoil_core::store::Stores;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{SqliteOptions, SqliteStore};

counterfoil_core::conformance!(promises, fresh());

/// A store in a new file, and the folder that goes away with the test.
fn fresh() -> (Stores, (SqliteStore, TempDir)) {
    let (path, folder) = place();
    let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
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
