//! Transactions in each other's way, and callers that go away.

use std::sync::Arc;

use counterfoil_core::revocation::Position;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;
use crate::mysql::connect::Connector;
use crate::mysql::open as opening;
use crate::sql::{Driver as _, Outcome, Step};

const ADD: &str = "insert into facts (name, content) values (?, ?)";
const CHANGE: &str = "update facts set content = ? where name = ?";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deadlocks_are_nobodys_concern() {
    let (stores, database) = store().await;
    let driver = Arc::new(opening::open(&address(&database.url()), &Options::patient()).await.unwrap());
    for name in ["a", "b"] {
        driver.write(vec![Step::one(ADD, vec![name.into(), "0".into()])]).await.unwrap();
    }
    let mut writers = JoinSet::new();
    for number in 0..16 {
        let driver = Arc::clone(&driver);
        writers.spawn(async move {
            for _ in 0..10 {
                // Half of them lock in one order, half in the other.
                let (first, second) = if number % 2 == 0 { ("a", "b") } else { ("b", "a") };
                let change = |name: &str| Step::one(CHANGE, vec![number.to_string().into(), name.into()]);
                let outcome = driver.write(vec![change(first), change(second)]).await.unwrap();
                assert!(matches!(outcome, Outcome::Done(_)));
            }
        });
    }
    writers.join_all().await;
    let (a, b) = (stores.facts.fact("a").await.unwrap(), stores.facts.fact("b").await.unwrap());
    assert!(a == b && a.is_some(), "a transaction is whole: {a:?} {b:?}");
    let deadlocks = "show global status like 'innodb_deadlocks'";
    assert!(!database.query(deadlocks).unwrap().trim().ends_with("\t0"), "there were some");
}

#[tokio::test]
async fn a_lock_is_waited_for_and_then_given_up() {
    let (_, database) = store().await;
    let stores = open(&database.url()).await.unwrap().stores();
    let mut other = connection(&database.url()).await;
    tamper(&mut other, "start transaction").await;
    tamper(&mut other, "update log_head set position = position").await;

    let log = stores.revocations.clone();
    let waiting = tokio::spawn(async move { log.append(&entry()).await });
    // Longer than the server lets a statement wait: it is tried again.
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert!(!waiting.is_finished());
    assert_eq!(stores.revocations.head().await.unwrap(), Position(0), "reading goes on");
    tamper(&mut other, "rollback").await;
    assert_eq!(waiting.await.unwrap().unwrap(), Position(1));

    tamper(&mut other, "start transaction").await;
    tamper(&mut other, "update log_head set position = position").await;
    let options = Options { timeout: Duration::from_secs(6), ..Options::default() };
    let hasty = MySqlStore::open(&address(&database.url()), &options).await.unwrap().stores();
    let given_up = tokio::time::timeout(Duration::from_secs(60), hasty.revocations.append(&entry())).await;
    assert!(is_unavailable(&given_up.unwrap()));
    assert_eq!(hasty.revocations.head().await.unwrap(), Position(1), "the others are not left alone for that");
    tamper(&mut other, "rollback").await;
    assert_eq!(stores.revocations.append(&entry()).await.unwrap(), Position(2));
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_transaction_behind() {
    let (_, database) = store().await;
    let options = Options { connections: 1, ..Options::patient() };
    let stores = MySqlStore::open(&address(&database.url()), &options).await.unwrap().stores();
    let mut other = connection(&database.url()).await;
    tamper(&mut other, "start transaction").await;
    tamper(&mut other, "update log_head set position = position").await;
    let entries = entry();
    let append = stores.revocations.append(&entries);
    assert!(tokio::time::timeout(Duration::from_millis(200), append).await.is_err());
    tamper(&mut other, "rollback").await;
    assert_eq!(stores.revocations.append(&entry()).await.unwrap(), Position(1), "nothing of it was committed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn more_callers_than_connections_take_turns() {
    let (_, database) = store().await;
    let options = Options { connections: 2, ..Options::patient() };
    let stores = MySqlStore::open(&address(&database.url()), &options).await.unwrap().stores();
    let mut callers = JoinSet::new();
    for number in 0..32 {
        let facts = stores.facts.clone();
        callers.spawn(async move { facts.change_fact(&number.to_string(), None, Some("1")).await.unwrap() });
    }
    assert!(callers.join_all().await.into_iter().all(|done| done));
    let connected = format!(
        "select count(*) from information_schema.processlist where db = '{}' and command <> 'Killed'",
        database.name()
    );
    let connected: u32 = database.query(&connected).unwrap().trim().parse().unwrap();
    // Those of this store, of the one that made the tables, and the one that asks.
    assert!(connected <= 2 + 1 + 1, "{connected}");
}

#[tokio::test]
async fn a_purge_looks_at_nothing_that_is_alive() {
    let (stores, database) = store().await;
    let purge = async |now: i64| {
        let now = Timestamp::from_millis(now);
        let grants = stores.sessions.purge_grants(now, 500).await.unwrap();
        stores.sessions.purge(now, 500).await.unwrap() + grants + stores.revocations.purge(now, 500).await.unwrap()
    };
    let mut other = connection(&database.url()).await;
    // One that has expired, and so many others that the way by the expiry is the short one.
    let rows = "select seq, if(seq = 1, 5, 5000) as ends, unhex(md5(seq)) as id from seq_1_to_2000";
    for sql in [
        format!(
            "insert into sessions select id, 'u', 'c', 'token', 0, '', 0, 0, ends, null, null, '{{}}', 0 from ({rows}) as s"
        ),
        format!(
            "insert into session_references select id, unhex(md5(2000)), 'c', '', null, null, ends, 0 from ({rows}) as s"
        ),
        format!("insert into revocations select seq, '{{}}', ends from ({rows}) as s"),
        "analyze table sessions, session_references, revocations".to_owned(),
    ] {
        tamper(&mut other, &sql).await;
    }
    // In the way of whoever reads all rows to find some.
    for sql in [
        "start transaction",
        "update sessions set last_seen_at = 1 where id = unhex(md5(7))",
        "update session_references set client = 'd' where hash = unhex(md5(7))",
        "update revocations set target = '' where position = 7",
    ] {
        tamper(&mut other, sql).await;
    }
    assert_eq!(purge(5).await, 3, "of each kind one");
    tamper(&mut other, "rollback").await;
}

#[tokio::test]
async fn a_node_that_falls_silent_in_a_transaction_keeps_no_lock() {
    let (_, database) = store().await;
    let mut silent = Connector::new(&address(&database.url())).unwrap().connect().await.unwrap();
    tamper(&mut silent, "start transaction").await;
    tamper(&mut silent, "update log_head set position = position").await;
    let stores = open(&database.url()).await.unwrap().stores();
    let start = Instant::now();
    while stores.revocations.append(&entry()).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "the log is locked still");
    }
}
