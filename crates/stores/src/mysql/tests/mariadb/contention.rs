//! Transactions in each other's way, and callers that go away.

use std::sync::Arc;

use counterfoil_core::revocation::Position;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;
use crate::mysql::open;
use crate::sql::{Driver as _, Outcome, Step};

const ADD: &str = "insert into facts (name, content) values (?, ?)";
const CHANGE: &str = "update facts set content = ? where name = ?";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deadlocks_are_nobodys_concern() {
    let (stores, database) = store().await;
    let driver = Arc::new(open::open(&address(&database.url()), &Options::default()).await.unwrap());
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
    let options = Options { timeout: Duration::from_secs(3), ..Options::default() };
    let stores = MySqlStore::open(&address(&database.url()), &options).await.unwrap().stores();
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
    let start = Instant::now();
    assert!(is_unavailable(&stores.revocations.append(&entry()).await));
    assert!(start.elapsed() < options.timeout + Duration::from_millis(300));
    assert_eq!(stores.revocations.head().await.unwrap(), Position(1), "the others are not left alone for that");
    tamper(&mut other, "rollback").await;
    assert_eq!(stores.revocations.append(&entry()).await.unwrap(), Position(2));
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_transaction_behind() {
    let (_, database) = store().await;
    let options = Options { connections: 1, ..Options::default() };
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
    let options = Options { connections: 2, ..Options::default() };
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
