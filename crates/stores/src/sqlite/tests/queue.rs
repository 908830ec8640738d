//! Writes that wait, and for how long.

use std::task::Poll;
use std::time::Duration;

use counterfoil_core::store::StoreError;
use rusqlite::Connection;

use super::super::{SqliteOptions, SqliteStore};
use super::{fresh, place};

/// Holds the lock of a file's writers.
fn hold(store: &SqliteStore) -> Connection {
    let other = Connection::open(&store.path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    other
}

#[tokio::test]
async fn a_write_waits_for_another_process_and_then_gives_up() {
    let (path, _folder) = place();
    let options = SqliteOptions { busy_timeout: Duration::from_millis(80), ..SqliteOptions::default() };
    let store = SqliteStore::open(&path, &options).unwrap();
    let stores = store.stores();
    let other = hold(&store);
    assert!(matches!(stores.facts.change_fact("a", None, Some("1")).await, Err(StoreError::Unavailable(_))));
    assert_eq!(stores.facts.fact("a").await.unwrap(), None, "reading goes on");
    drop(other);
    assert!(stores.facts.change_fact("a", None, Some("2")).await.unwrap(), "and so does writing, after it");
}

#[tokio::test]
async fn a_write_is_done_as_soon_as_the_other_process_is() {
    let (stores, (store, _folder)) = fresh();
    let other = hold(&store);
    let waiting = tokio::spawn(async move { stores.facts.change_fact("a", None, Some("1")).await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(!waiting.is_finished(), "nothing is acknowledged before it is committed");
    drop(other);
    assert!(waiting.await.unwrap().unwrap());
}

#[tokio::test]
async fn more_writes_than_may_wait_are_refused_at_once() {
    let (path, _folder) = place();
    let store = SqliteStore::open(&path, &SqliteOptions { queue: 2, ..SqliteOptions::default() }).unwrap();
    let stores = store.stores();
    let other = hold(&store);
    let names: Vec<_> = (0..12).map(|number| format!("fact {number}")).collect();
    let mut writes: Vec<_> = names.iter().map(|name| stores.facts.change_fact(name, None, Some("1"))).collect();
    let mut results = Vec::new();
    for write in &mut writes {
        // Refused writes are ready when first polled; the others wait.
        results.push(match poll_once(write) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        });
    }
    drop(other);
    let mut accepted = 0;
    for ((name, write), result) in names.iter().zip(writes).zip(results) {
        let refused = match result {
            Some(result) => result.is_err(),
            None => write.await.is_err(),
        };
        assert_eq!(stores.facts.fact(name).await.unwrap().is_some(), !refused);
        accepted += usize::from(!refused);
    }
    assert!((2..12).contains(&accepted), "{accepted} of 12 were accepted while two may wait");
}

/// What a future is after it was polled once.
fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn closing_finishes_what_was_accepted() {
    let (path, _folder) = place();
    let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
    let stores = store.stores();
    let facts = stores.facts.clone();
    let mut write = facts.change_fact("a", None, Some("1"));
    // Whoever asked goes away at once.
    drop(poll_once(&mut write));
    drop(write);
    drop((facts, stores, store));
    let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
    assert_eq!(store.stores().facts.fact("a").await.unwrap().as_deref(), Some("1"));
}
