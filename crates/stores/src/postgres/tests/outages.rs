//! Servers that stop, hang, are killed or cut off, and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_core::store::StoreError;
use tokio::task::JoinSet;
use tokio::time::Instant;
use xtask::services::{Options as Settings, Postgres, Proxy};

use super::*;

/// For how long anything may take where it is to fail.
const TIMEOUT: Duration = Duration::from_secs(4);
/// In which time all comes to an end, on a busy machine too. What is paused would stand still for ever.
const PATIENCE: Duration = Duration::from_secs(60);

async fn open(text: &str) -> PostgresStore {
    PostgresStore::open(&url(text), &Options { connections: 8, timeout: TIMEOUT, ..Options::default() }).await.unwrap()
}

/// Makes as many connections as there are callers.
async fn warm_up(stores: &Stores) {
    let mut callers = JoinSet::new();
    for _ in 0..6 {
        let stores = stores.clone();
        callers.spawn(async move { stores.facts.ready().await });
    }
    for ready in callers.join_all().await {
        ready.unwrap();
    }
}

/// Waits until the store works again, for reading and for writing.
async fn recovery(stores: &Stores) {
    let begun = Instant::now();
    while stores.facts.ready().await.is_err() || stores.revocations.head().await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "it does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_two_calls_is_not_noticed() {
    let mut server = Postgres::start(&Settings::default()).unwrap();
    let stores = PostgresStore::open(&url(&server.url()), &Options::patient()).await.unwrap().stores();
    for kill in [false, true] {
        warm_up(&stores).await;
        if kill { server.kill() } else { server.stop() }.unwrap();
        server.start_again().unwrap();
        stores.facts.ready().await.unwrap();
        stores.revocations.head().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_has_closed_are_replaced() {
    let (stores, (_store, database)) = fresh().await;
    for _ in 0..5 {
        warm_up(&stores).await;
        let closed = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                      where application_name = 'counterfoil' and datname = current_database()";
        assert_ne!(database.query(closed).unwrap().trim(), "0");
        // The client may not have read the farewell yet: a read is tried again, and so is a write that was not sent.
        stores.revocations.head().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        stores.facts.ready().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_server_is_unavailable_in_time_and_comes_back() {
    let mut server = Postgres::start(&Settings::default()).unwrap();
    let stores = open(&server.url()).await.stores();
    warm_up(&stores).await;
    server.pause().unwrap();
    let begun = Instant::now();
    let (written, read) = tokio::join!(stores.facts.ready(), stores.revocations.head());
    assert!(matches!(written, Err(StoreError::Unavailable(_))) && matches!(read, Err(StoreError::Unavailable(_))));
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    // Now it is left alone for a moment at a time, so that requests do not pile up.
    let mut waited = 0;
    for _ in 0..40 {
        let begun = Instant::now();
        assert!(matches!(stores.revocations.head().await, Err(StoreError::Unavailable(_))));
        waited += usize::from(begun.elapsed() >= TIMEOUT);
    }
    assert!(waited < 20, "most of them do not wait: {waited}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.resume().unwrap();
    recovery(&stores).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_or_stalled_is_unavailable_and_comes_back() {
    let database = fresh::postgres().unwrap();
    let direct = url(&database.url());
    let proxy = Proxy::to(direct.host().port).unwrap();
    let through = database.url().replace(&format!(":{}/", direct.host().port), &format!(":{}/", proxy.port()));
    let stores = open(&through).await.stores();
    for cut in [true, false] {
        warm_up(&stores).await;
        if cut {
            proxy.cut();
        } else {
            proxy.stall();
        }
        assert!(matches!(stores.facts.ready().await, Err(StoreError::Unavailable(_))));
        assert!(matches!(stores.revocations.head().await, Err(StoreError::Unavailable(_))));
        proxy.restore().unwrap();
        recovery(&stores).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let mut server = Postgres::start(&Settings::default().durable()).unwrap();
    let stores = open(&server.url()).await.stores();
    let mut acknowledged = Vec::new();
    for round in 0..2 {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut writers = JoinSet::new();
        for writer in 0..16 {
            let (stores, stop, done) = (stores.clone(), Arc::clone(&stop), Arc::clone(&done));
            writers.spawn(async move {
                let mut names = Vec::new();
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let name = format!("{round} {writer} {number}");
                    match stores.facts.change_fact(&name, None, Some("x")).await {
                        Ok(added) => {
                            assert!(added, "{name} was there, although nobody was told");
                            names.push(name);
                            done.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(StoreError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
                        Err(error) => panic!("{error}"),
                    }
                }
                names
            });
        }
        let begun = Instant::now();
        while done.load(Ordering::Relaxed) < 64 {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing is written");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.kill().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.store(true, Ordering::Relaxed);
        let names: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
        acknowledged.extend(names);
        server.start_again().unwrap();
        recovery(&stores).await;
    }
    for name in acknowledged {
        assert_eq!(stores.facts.fact(&name).await.unwrap().as_deref(), Some("x"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_goes_away_leaves_neither_a_lock_nor_a_statement() {
    let (stores, (store, database)) = fresh().await;
    stores.facts.change_fact("colour", None, Some("blue")).await.unwrap();
    let connector = super::super::connect::Connector::new(&url(&database.url()), &Options::patient()).unwrap();
    let (holder, _task) = connector.connect().await.unwrap();
    holder.batch_execute("begin read write; update facts set content = 'red'").await.unwrap();
    let waiting =
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    let change = stores.facts.change_fact("colour", Some("blue"), Some("green"));
    let gone = tokio::time::timeout(Duration::from_millis(500), change).await;
    assert!(gone.is_err(), "it did not wait for the lock");
    let begun = Instant::now();
    while database.query(waiting).unwrap().trim() != "0" {
        // The server itself would give up after two thirds of the store's time.
        assert!(begun.elapsed() < Duration::from_secs(18), "it still waits for the lock");
    }
    holder.batch_execute("rollback").await.unwrap();
    assert!(stores.facts.change_fact("colour", Some("blue"), Some("green")).await.unwrap());
    drop(store);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_to_be_had_is_unavailable_and_closes_nothing() {
    let (stores, (_store, database)) = fresh().await;
    drop(stores);
    let stores = open(&database.url()).await.stores();
    stores.facts.change_fact("colour", None, Some("blue")).await.unwrap();
    let connector = super::super::connect::Connector::new(&url(&database.url()), &Options::patient()).unwrap();
    let (holder, _task) = connector.connect().await.unwrap();
    holder.batch_execute("begin read write; update facts set content = 'red'").await.unwrap();
    let error = stores.facts.change_fact("colour", Some("blue"), Some("green")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    // The server has answered, so nobody else is turned away.
    assert_eq!(stores.facts.fact("colour").await.unwrap().as_deref(), Some("blue"));
}

/// Makes a replica of a server, or a primary again.
fn become_replica(server: &mut Postgres, replica: bool) {
    let mark = std::path::Path::new(server.query("show data_directory").unwrap().trim()).join("standby.signal");
    server.stop().unwrap();
    if replica { std::fs::write(mark, "") } else { std::fs::remove_file(mark) }.unwrap();
    server.start_again().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_neither_opened_nor_read() {
    let mut server = Postgres::start(&Settings::default()).unwrap();
    let stores = open(&server.url()).await.stores();
    become_replica(&mut server, true);
    let error = PostgresStore::open(&url(&server.url()), &Options::patient()).await.err().unwrap();
    assert_eq!(error.fault, crate::server::Fault::ReadOnly);
    // It could be read, but what it knows may be of the past.
    assert!(matches!(stores.revocations.head().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(stores.facts.ready().await, Err(StoreError::Unavailable(_))));
    become_replica(&mut server, false);
    recovery(&stores).await;
}
