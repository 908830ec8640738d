//! What is opened, what is refused, and that a refusal changes nothing.

use std::fs;
use std::path::Path;
use std::time::Duration;

use counterfoil_core::revocation::{Position, Target};
use counterfoil_core::store::Announcement;
use rusqlite::Connection;

use super::super::{OpenError, SqliteOptions, SqliteStore};
use super::{place, tamper};
use crate::sql::schema;

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, &SqliteOptions { busy_timeout: Duration::from_millis(60), ..SqliteOptions::default() })
}

/// The error of an opening, which has left the file as it was.
fn refused(path: &Path) -> OpenError {
    let before = fs::read(path).unwrap();
    let error = open(path).err().unwrap();
    assert!(fs::read(path).unwrap() == before, "the file has changed");
    error
}

fn entry() -> [Announcement; 1] {
    [Announcement { target: Target::Ring, expires_at: counterfoil_core::Timestamp::from_millis(1) }]
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let (path, _folder) = place();
    for position in 1..=3 {
        let store = open(&path).unwrap();
        assert_eq!(store.stores().revocations.append(&entry()).await.unwrap(), Position(position));
    }
    let entries = open(&path).unwrap().stores().revocations.after(Position(0), 10).await.unwrap();
    assert_eq!(entries.len(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn new_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (path, folder) = place();
    let store = open(&path).unwrap();
    store.stores().revocations.append(&entry()).await.unwrap();
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn closing_leaves_one_file() {
    let (path, folder) = place();
    let store = open(&path).unwrap();
    let stores = store.stores();
    stores.revocations.append(&entry()).await.unwrap();
    drop(store);
    drop(stores);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn several_may_make_the_same_file_at_once() {
    let (path, _folder) = place();
    std::thread::scope(|scope| {
        let openers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| SqliteStore::open(&path, &SqliteOptions::default()))).collect();
        for opener in openers {
            opener.join().unwrap().unwrap();
        }
    });
}

#[test]
fn every_connection_is_set_to_lose_nothing() {
    let (path, _folder) = place();
    open(&path).unwrap();
    let connection = super::super::reader::connect(&path, Duration::ZERO).unwrap();
    let setting = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(setting("synchronous"), 2, "full");
    assert_eq!(setting("foreign_keys"), 1);
    assert_eq!(setting("cell_size_check"), 1);
    assert_eq!(setting("read_uncommitted"), 0);
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(journal, "wal");
}

#[test]
fn a_missing_folder_is_named() {
    let (path, folder) = place();
    let error = open(&folder.path().join("nowhere").join("test.db")).err().unwrap();
    assert!(matches!(&error, OpenError::NoFolder { folder } if folder.ends_with("nowhere")), "{error}");
    assert!(!path.exists());
}

#[test]
fn what_is_no_database_is_left_alone() {
    let (path, folder) = place();
    for content in [&b"just a note, and not a short one"[..], b"x", b"SQLite format 2\0 and more"] {
        fs::write(&path, content).unwrap();
        assert!(matches!(refused(&path), OpenError::NotADatabase { .. }));
    }
    assert!(matches!(open(folder.path()).err().unwrap(), OpenError::NotADatabase { .. }), "a folder is no file");
}

#[test]
fn an_empty_file_is_a_new_one() {
    let (path, _folder) = place();
    fs::write(&path, b"").unwrap();
    open(&path).unwrap();
}

#[test]
fn another_programs_database_is_left_alone() {
    let (path, _folder) = place();
    tamper(&path, "create table notes (text)");
    assert!(matches!(refused(&path), OpenError::Foreign { .. }));
    tamper(&path, "pragma application_id = 1234");
    assert!(matches!(refused(&path), OpenError::Foreign { .. }));
}

#[test]
fn a_newer_versions_file_is_left_alone() {
    let (path, _folder) = place();
    open(&path).unwrap();
    tamper(&path, "update schema_version set version = 7");
    let error = refused(&path);
    assert!(matches!(error, OpenError::Newer { found: 7, known: schema::VERSION, .. }));
    let newer = format!("made by a newer Counterfoil (schema 7, this one knows {})", schema::VERSION);
    assert!(error.to_string().contains(&newer), "{error}");
}

#[test]
fn a_file_without_its_version_is_left_alone() {
    let (path, _folder) = place();
    open(&path).unwrap();
    tamper(&path, "delete from schema_version");
    assert!(matches!(refused(&path), OpenError::Damaged { .. }));
}

#[test]
fn a_file_that_somebody_keeps_to_himself_is_reported_as_locked() {
    let (path, _folder) = place();
    open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("pragma locking_mode = exclusive; begin immediate; update log_head set position = 5; commit")
        .unwrap();
    let error = open(&path).err().unwrap();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    drop(other);
    open(&path).unwrap();
}

#[test]
fn a_file_that_somebody_is_writing_to_opens() {
    let (path, _folder) = place();
    open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("begin immediate; update log_head set position = 5").unwrap();
    open(&path).unwrap();
}

#[test]
fn what_sqlite_refuses_is_told_apart() {
    let error = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
    let path = Path::new("test.db");
    assert!(matches!(OpenError::of(path, error(rusqlite::ffi::SQLITE_READONLY)), OpenError::NotWritable { .. }));
    assert!(matches!(OpenError::of(path, error(rusqlite::ffi::SQLITE_CANTOPEN)), OpenError::NotWritable { .. }));
    assert!(matches!(OpenError::of(path, error(rusqlite::ffi::SQLITE_BUSY)), OpenError::Locked { .. }));
    assert!(matches!(OpenError::of(path, error(rusqlite::ffi::SQLITE_FULL)), OpenError::Sqlite { .. }));
}
