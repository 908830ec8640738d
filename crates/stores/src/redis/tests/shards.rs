//! A cluster whose nodes go and whose slots move.

use std::collections::HashSet;
use std::time::Duration;

use counterfoil_core::store::{StoreError, Stores};
use tokio::time::Instant;
use xtask::services::{Options, RedisCluster};

use super::{Keys, PATIENCE, SOONER_OR_LATER, hash, id, reference, session, stores_within};
use crate::redis::{names, slot};

/// Which of three nodes has a key, as they shared the slots.
fn owner(key: &str) -> usize {
    (0..3).find(|at| (at * 16_384 / 3..(at + 1) * 16_384 / 3).contains(&usize::from(slot::of(key.as_bytes())))).unwrap()
}

/// Sessions of which everything, pointer, index and all, is on the nodes that are asked for, and others of which nothing is.
async fn open_many(stores: &Stores) {
    for number in 1..=40 {
        stores.sessions.open(&session(number, number), &reference(number, number)).await.unwrap();
    }
}

#[tokio::test]
async fn the_keys_of_other_nodes_go_on_when_one_is_killed() {
    let options = Options::default().durable().set("cluster-require-full-coverage", "no");
    let mut cluster = RedisCluster::start(&options).unwrap();
    let stores = stores_within(&cluster.url(), PATIENCE).await;
    let names = Keys::at(&cluster.url()).await.names;
    open_many(&stores).await;
    cluster.nodes_mut()[1].kill().unwrap();
    let (mut alive, mut dead) = (0, 0);
    for number in 1..=40 {
        let pointer = names.pointer(&names::reference(&hash(number)));
        let lost = [pointer, names.session(id(number))].iter().any(|key| owner(key) == 1);
        match stores.sessions.by_reference(&hash(number)).await {
            Ok(Some(_)) if !lost => alive += 1,
            Err(StoreError::Unavailable(_)) if lost => dead += 1,
            other => panic!("{number}, lost: {lost}: {other:?}"),
        }
    }
    assert!(alive > 5 && dead > 5, "{alive} and {dead}");
    assert!(stores.sessions.ready().await.is_err());
    cluster.nodes_mut()[1].start_again().unwrap();
    let start = Instant::now();
    loop {
        let mut all = true;
        for number in 1..=40 {
            all &= stores.sessions.by_reference(&hash(number)).await.is_ok_and(|found| found.is_some());
        }
        if all && stores.sessions.ready().await.is_ok() {
            break;
        }
        assert!(start.elapsed() < SOONER_OR_LATER, "it does not resume by itself");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_slot_that_moves_loses_nothing() {
    let cluster = RedisCluster::start(&Options::default()).unwrap();
    let stores = stores_within(&cluster.url(), PATIENCE).await;
    let names = Keys::at(&cluster.url()).await.names;
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    let key = names.session(id(1));
    let (from, to) = (owner(&key), (owner(&key) + 1) % 3);
    let (source, target) = (&cluster.nodes()[from], &cluster.nodes()[to]);
    let (source_id, target_id) =
        (source.query(&["CLUSTER", "MYID"]).unwrap(), target.query(&["CLUSTER", "MYID"]).unwrap());
    let number = slot::of(key.as_bytes()).to_string();

    target.query(&["CLUSTER", "SETSLOT", &number, "IMPORTING", &source_id]).unwrap();
    source.query(&["CLUSTER", "SETSLOT", &number, "MIGRATING", &target_id]).unwrap();
    assert!(stores.sessions.by_reference(&hash(1)).await.unwrap().is_some(), "it has not moved yet");
    let password = cluster.url().split_once("//:").unwrap().1.split_once('@').unwrap().0.to_owned();
    let port = target.port().to_string();
    source.query(&["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "AUTH", &password, "KEYS", &key]).unwrap();
    assert!(stores.sessions.by_reference(&hash(1)).await.unwrap().is_some(), "it has moved, its slot has not (ASK)");
    assert!(stores.sessions.attach(&reference(2, 1)).await.unwrap(), "scripts are sent on too");
    let taken = stores.sessions.open(&session(1, 1), &reference(9, 1)).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");

    for node in [target, source] {
        node.query(&["CLUSTER", "SETSLOT", &number, "NODE", &target_id]).unwrap();
    }
    assert!(stores.sessions.by_reference(&hash(2)).await.unwrap().is_some(), "the slot has moved (MOVED)");
    assert_eq!(stores.sessions.count().await.unwrap().references, 2);
    assert!(stores.sessions.end(id(1), &[]).await.unwrap());
    assert_eq!(stores.sessions.by_reference(&hash(1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_replica_takes_over_by_itself() {
    // Until then a master that is silent is not taken for dead.
    let options = Options::default().set("cluster-node-timeout", "5000");
    let mut cluster = RedisCluster::start_with_replicas(&options, 1).unwrap();
    let stores = stores_within(&cluster.url(), PATIENCE).await;
    open_many(&stores).await;
    // What was acknowledged just now may not have reached the replica; that is not what this is about.
    cluster.wait_for_replicas().unwrap();
    cluster.nodes_mut()[0].kill().unwrap();
    let start = Instant::now();
    loop {
        let mut found = 0;
        for number in 1..=40 {
            match stores.sessions.by_reference(&hash(number)).await {
                Ok(Some(_)) => found += 1,
                Ok(None) => panic!("an outage is not an absence"),
                Err(_) => (),
            }
        }
        if found == 40 {
            break;
        }
        assert!(start.elapsed() < 2 * SOONER_OR_LATER, "only {found} came back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The master that went is given up in its own time.
    let start = Instant::now();
    while stores.sessions.open(&session(99, 1), &reference(99, 99)).await.is_err() {
        assert!(start.elapsed() < SOONER_OR_LATER, "nothing is written");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_export_that_a_restart_or_a_move_comes_between_misses_nothing() {
    let options = Options::default().durable();
    let mut cluster = RedisCluster::start(&options).unwrap();
    let stores = stores_within(&cluster.url(), PATIENCE).await;
    for number in 1..=300 {
        stores.sessions.open(&session(number, number), &reference(number, number)).await.unwrap();
    }
    let mut seen = HashSet::new();
    let mut page = stores.sessions.export(None, 20).await.unwrap();
    for turn in 0.. {
        assert!(turn < 500, "it does not end");
        seen.extend(page.logins.into_iter().map(|login| login.session.id));
        let Some(next) = page.next else { break };
        if turn == 2 {
            // Another run walks through its keys in another order.
            cluster.stop().unwrap();
            cluster.start_again().unwrap();
        }
        page = loop {
            match stores.sessions.export(Some(&next), 20).await {
                Ok(page) => break page,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
    }
    assert_eq!(seen.len(), 300);
}

#[tokio::test]
async fn a_node_that_has_forgotten_the_cluster_is_not_believed() {
    let cluster = RedisCluster::start(&Options::default()).unwrap();
    let stores = stores_within(&cluster.url(), PATIENCE).await;
    let [forgetful, heir, _] = cluster.nodes() else { panic!("three nodes") };
    for node in cluster.nodes() {
        node.query(&["CLUSTER", "DELSLOTSRANGE", "0", "5460"]).unwrap();
    }
    heir.query(&["CLUSTER", "ADDSLOTSRANGE", "0", "5460"]).unwrap();
    // As after the loss of its disk: it is the first that is asked, and knows of nobody.
    for command in [&["FLUSHALL"][..], &["CLUSTER", "RESET", "HARD"]] {
        forgetful.query(command).unwrap();
    }
    let start = Instant::now();
    for number in 1..=40 {
        while stores.sessions.open(&session(number, number), &reference(number, number)).await.is_err() {
            assert!(start.elapsed() < SOONER_OR_LATER, "it asks only the one that knows nothing");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert_eq!(stores_within(&cluster.url(), PATIENCE).await.sessions.count().await.unwrap().sessions, 40);
}
