//! A server that is stopped, killed, paused or cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use counterfoil_core::revocation::Position;
use tokio::task::JoinSet;
use tokio::time::Instant;
use xtask::services::{self, MariaDb, Proxy};

use super::*;

/// Calls at once, so that all connections are in use.
async fn many(stores: &Stores) -> Vec<Result<Option<String>, StoreError>> {
    let mut calls = JoinSet::new();
    for _ in 0..16 {
        let facts = stores.facts.clone();
        calls.spawn(async move { facts.fact("a").await });
    }
    calls.join_all().await
}

/// In which time all comes to an end, on a busy machine too. What is paused would stand still for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until all connections work, and the store writes. Where there is little time for each call, some may fail before.
async fn works(stores: &Stores) {
    let start = Instant::now();
    while stores.facts.ready().await.is_err() || !many(stores).await.iter().all(Result::is_ok) {
        assert!(start.elapsed() < PATIENCE, "it does not work");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restart_between_two_calls_is_not_noticed() {
    let mut server = MariaDb::start(&services::Options::default()).unwrap();
    let stores = MySqlStore::open(&address(&server.url()), &Options::patient()).await.unwrap().stores();
    for round in 1..=3 {
        assert!(many(&stores).await.iter().all(Result::is_ok));
        server.stop().unwrap();
        server.start_again().unwrap();
        if round == 2 {
            assert_eq!(stores.revocations.append(&entry()).await.unwrap(), Position(1));
        }
        for result in many(&stores).await {
            result.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_paused_server_is_unavailable_in_time_and_comes_back() {
    let mut server = MariaDb::start(&services::Options::default()).unwrap();
    let stores = hasty_store(&server.url()).await;
    works(&stores).await;
    server.pause().unwrap();
    let start = Instant::now();
    assert!(many(&stores).await.iter().all(is_unavailable));
    assert!(is_unavailable(&stores.facts.change_fact("a", None, Some("1")).await));
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.resume().unwrap();
    works(&stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_way_that_is_cut_or_blocked_comes_back() {
    let database = fresh::mariadb().unwrap();
    let url = database.url();
    let (login, place) = url.rsplit_once('@').unwrap();
    let (server, name) = place.split_once('/').unwrap();
    let proxy = Proxy::to(server.rsplit_once(':').unwrap().1.parse().unwrap()).unwrap();
    let stores = hasty_store(&format!("{login}@127.0.0.1:{}/{name}", proxy.port())).await;
    for stalled in [false, true] {
        works(&stores).await;
        if stalled {
            proxy.stall();
        } else {
            proxy.cut();
        }
        for _ in 0..2 {
            let start = Instant::now();
            assert!(many(&stores).await.iter().all(is_unavailable));
            assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
        }
        proxy.restore().unwrap();
        works(&stores).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_a_kill() {
    let mut server = MariaDb::start(&services::Options::default().durable()).unwrap();
    let stores = open(&server.url()).await.unwrap().stores();
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (stores, acknowledged) = (stores.clone(), Arc::clone(&acknowledged));
        writers.spawn(async move {
            let (mut facts, mut last) = (0, Position(0));
            loop {
                let Ok(added) = stores.facts.change_fact(&format!("{writer} {facts}"), None, Some("1")).await else {
                    break;
                };
                assert!(added);
                facts += 1;
                let Ok(position) = stores.revocations.append(&entry()).await else { break };
                last = position;
                acknowledged.fetch_add(2, Ordering::Relaxed);
            }
            (writer, facts, last)
        });
    }
    while acknowledged.load(Ordering::Relaxed) < 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.kill().unwrap();
    let written = writers.join_all().await;
    assert!(is_unavailable(&stores.facts.ready().await));
    server.start_again().unwrap();
    works(&stores).await;
    for (writer, facts, last) in written {
        for number in 0..facts {
            assert!(stores.facts.fact(&format!("{writer} {number}")).await.unwrap().is_some(), "{writer} {number}");
        }
        assert!(stores.revocations.head().await.unwrap() >= last);
    }
    let entries = stores.revocations.after(Position(0), usize::MAX).await.unwrap();
    let head = stores.revocations.head().await.unwrap().0;
    assert!(entries.iter().map(|entry| entry.position.0).eq(1..=head), "the log has no gap");
}
