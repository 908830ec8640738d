//! That a look changes nothing, whatever is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use counterfoil_core::revocation::{Position, Target};
use counterfoil_core::store::{Announcement, StoreError};

use super::{place, tamper};
use crate::sql::schema;
use crate::{OpenError, Options, Seen, StoreUrl};

async fn look(path: &Path) -> Result<Seen, OpenError> {
    crate::look(&StoreUrl::Sqlite(path.to_owned()), &Options::default()).await.map(|(seen, _)| seen)
}

fn open(path: &Path) -> super::SqliteStore {
    super::SqliteStore::open(path, &super::SqliteOptions::default()).unwrap()
}

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

fn entry() -> [Announcement; 1] {
    [Announcement { target: Target::Ring, expires_at: counterfoil_core::Timestamp::from_millis(1) }]
}

#[tokio::test]
async fn what_is_not_there_is_not_made() {
    let (path, folder) = place();
    assert!(matches!(look(&path).await, Ok(Seen::Nothing)));
    assert!(matches!(look(&folder.path().join("no").join("folder.db")).await, Ok(Seen::Nothing)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(&path, b"").unwrap();
    assert!(matches!(look(&path).await, Ok(Seen::Nothing)), "an empty file has no tables, and gets none");
    assert_eq!(files(folder.path()), [("test.db".to_owned(), Vec::new())].into());
}

#[tokio::test]
async fn an_older_file_stays_an_older_one() {
    let (path, folder) = place();
    let statements = schema::version_1::statements(&crate::sqlite::DIALECT, |hex| format!("x'{hex}'"));
    tamper(&path, &format!("{}; pragma application_id = {}", statements.join(";\n"), 0x4346_4F49));
    for journal in ["delete", "wal"] {
        tamper(&path, &format!("pragma journal_mode = {journal}"));
        let before = files(folder.path());
        let seen = look(&path).await.unwrap();
        assert!(matches!(seen, Seen::Older { found: 1, known: schema::VERSION }), "{journal}");
        assert_eq!(files(folder.path()), before, "{journal}");
    }
}

#[tokio::test]
async fn a_file_at_rest_is_read_and_nothing_comes_to_lie_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    // What means something in a URI means nothing in a path.
    let path = folder.path().join("a b%41?mode=memory#ä.db");
    open(&path).stores().revocations.append(&entry()).await.unwrap();
    let before = files(folder.path());
    assert_eq!(before.len(), 1);
    let Seen::Records(stores) = look(&path).await.unwrap() else { panic!("there are tables") };
    assert_eq!(stores.revocations.after(Position(0), 10).await.unwrap().len(), 1);
    assert_eq!(stores.nodes.list().await.unwrap(), []);
    assert!(matches!(stores.revocations.append(&entry()).await, Err(StoreError::Unavailable(_))));
    drop(stores);
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn a_file_in_use_shows_what_was_written_last() {
    let (path, folder) = place();
    let store = open(&path);
    store.stores().revocations.append(&entry()).await.unwrap();
    let kept =
        |folder: &Path| files(folder).into_iter().filter(|(name, _)| !name.ends_with("-shm")).collect::<Vec<_>>();
    let before = kept(folder.path());
    let Seen::Records(stores) = look(&path).await.unwrap() else { panic!("there are tables") };
    assert_eq!(stores.revocations.after(Position(0), 10).await.unwrap().len(), 1);
    assert!(stores.revocations.append(&entry()).await.is_err());
    drop(stores);
    assert!(kept(folder.path()) == before);
    assert_eq!(store.stores().revocations.append(&entry()).await.unwrap(), Position(2), "its user goes on");
}

#[tokio::test]
async fn who_comes_while_it_is_looked_at_shows() {
    let (path, _folder) = place();
    open(&path).stores().revocations.append(&entry()).await.unwrap();
    let Seen::Records(stores) = look(&path).await.unwrap() else { panic!("there are tables") };
    let count = async || stores.revocations.after(Position(0), 10).await.unwrap().len();
    assert_eq!(count().await, 1);
    let server = open(&path);
    server.stores().revocations.append(&entry()).await.unwrap();
    assert_eq!(count().await, 2, "beside the server");
    drop(server);
    assert_eq!(count().await, 2, "after it");
    open(&path).stores().revocations.append(&entry()).await.unwrap();
    assert_eq!(count().await, 3, "of one that has come and gone");
    drop(stores);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_beside_those_who_come_and_go_finds_nothing_broken() {
    let (path, _folder) = place();
    let entries = |count| std::iter::repeat_with(|| entry()[0].clone()).take(count).collect::<Vec<_>>();
    open(&path).stores().revocations.append(&entries(2_000)).await.unwrap();
    let writing = tokio::spawn({
        let path = path.clone();
        async move {
            for _ in 0..12 {
                // Each is checkpointed into the file at its end.
                open(&path).stores().revocations.append(&entries(500)).await.unwrap();
            }
        }
    });
    let (mut looks, mut least) = (0, 0);
    while !writing.is_finished() || looks == 0 {
        let Seen::Records(stores) = look(&path).await.unwrap_or_else(|error| panic!("after {looks}: {error:?}")) else {
            panic!("there are tables")
        };
        let count = stores.revocations.after(Position(0), 100_000).await.unwrap().len();
        assert!(count >= least && count % 500 == 0, "{count} after {least}");
        (looks, least) = (looks + 1, count);
    }
    writing.await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_used_is_told_as_at_an_opening() {
    let (path, _folder) = place();
    fs::write(&path, b"a letter to my aunt").unwrap();
    assert!(matches!(look(&path).await, Err(OpenError::File(super::super::OpenError::NotADatabase { .. }))));
    fs::remove_file(&path).unwrap();
    tamper(&path, "create table notes (text)");
    assert!(matches!(look(&path).await, Err(OpenError::File(super::super::OpenError::Foreign { .. }))));
}
