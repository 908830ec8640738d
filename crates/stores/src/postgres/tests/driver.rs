//! The driver below the store: its sessions, its transactions, its errors.

use std::error::Error;
use std::sync::Arc;

use counterfoil_core::store::StoreError;
use tokio::task::JoinSet;

use super::super::connect::Connector;
use super::super::driver::Postgres;
use super::*;
use crate::sql::{Driver as _, Expect, Outcome, Step};

const ADD: &str = "insert into facts (name, content) values (?, ?)";
const CHANGE: &str = "update facts set content = ? where name = ?";
const COUNT: &str = "select count(*) from facts";

async fn driver() -> (Arc<Postgres>, Database) {
    let (_stores, (store, database)) = fresh().await;
    (Arc::clone(&store.driver), database)
}

fn shown(error: &StoreError) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(deeper) = source {
        shown = format!("{shown} {deeper} {deeper:?}");
        source = deeper.source();
    }
    shown
}

async fn facts(driver: &Postgres) -> i64 {
    match driver.read(COUNT, Vec::new()).await.unwrap().pop().and_then(|mut row| row.pop()) {
        Some(crate::sql::Value::Int(count)) => count,
        _ => panic!("no count"),
    }
}

#[tokio::test]
async fn a_session_loses_nothing_and_writes_only_in_a_transaction_that_says_so() {
    let (_driver, database) = driver().await;
    let connector = Connector::new(&url(&database.url()), &Options::default()).unwrap();
    database.query(&format!("alter database {} set synchronous_commit = off", database.name())).unwrap();
    let (client, _task) = connector.connect().await.unwrap();
    for (name, value) in [
        ("synchronous_commit", "on"),
        ("application_name", "counterfoil"),
        ("default_transaction_isolation", "read committed"),
        ("lock_timeout", "2s"),
        ("statement_timeout", "6s"),
        ("idle_in_transaction_session_timeout", "6s"),
    ] {
        let row = client.query_one(&format!("show {name}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), value, "{name}");
    }
    let error = client.batch_execute("update log_head set position = 5").await.err().unwrap();
    assert_eq!(error.code().unwrap().code(), "25006");
    client.batch_execute("begin read write; update log_head set position = 5; commit").await.unwrap();
    // A default that asks for more stays.
    database.query(&format!("alter database {} set synchronous_commit = remote_apply", database.name())).unwrap();
    let (client, _task) = connector.connect().await.unwrap();
    let row = client.query_one("show synchronous_commit", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "remote_apply");
}

#[tokio::test]
async fn a_transaction_is_whole_or_nothing_and_the_first_step_decides() {
    let (driver, _database) = driver().await;
    let add = |name: &str| Step::one(ADD, vec![name.into(), "x".into()]);
    let nobody = || Step::one(CHANGE, vec!["y".into(), "nobody".into()]);
    let outcome = driver.write(vec![add("a"), add("b"), Step::any(COUNT, Vec::new())]).await.unwrap();
    let Outcome::Done(effects) = outcome else { panic!("it was refused") };
    assert_eq!(effects.iter().map(|effect| effect.count).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(facts(&driver).await, 2);
    for (steps, at) in [(vec![add("c"), nobody(), add("a")], 1), (vec![nobody(), add("c")], 0), (vec![nobody()], 0)] {
        assert!(matches!(driver.write(steps).await.unwrap(), Outcome::Refused { step } if step == at));
    }
    let all = || Step { sql: "update facts set content = 'z'", params: Vec::new(), expect: Expect::Rows(3) };
    assert!(matches!(driver.write(vec![all()]).await.unwrap(), Outcome::Refused { step: 0 }));
    for (steps, at) in [(vec![add("c"), add("a"), nobody()], 1), (vec![add("a")], 0)] {
        let Outcome::Conflict { step, constraint } = driver.write(steps).await.unwrap() else { panic!("no conflict") };
        assert_eq!((step, constraint.as_str()), (at, "facts_pkey"));
    }
    assert_eq!(facts(&driver).await, 2);
    assert!(matches!(driver.write(Vec::new()).await.unwrap(), Outcome::Done(effects) if effects.is_empty()));
}

#[tokio::test]
async fn a_second_row_of_what_there_is_one_of_is_damage() {
    let (stores, (_store, database)) = fresh().await;
    database.query("insert into log_head values (1)").unwrap();
    let error = stores.facts.ready().await.err().unwrap();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn text_that_cannot_be_kept_is_never_found_and_refused() {
    let (stores, _keep) = fresh().await;
    assert_eq!(stores.facts.fact("a\0").await.unwrap(), None);
    for (name, content) in [("a\0", "x"), ("a", "x\0")] {
        let error = stores.facts.change_fact(name, None, Some(content)).await.err().unwrap();
        assert!(error.to_string().contains("U+0000"), "{error}");
    }
    assert_eq!(stores.facts.fact("a").await.unwrap(), None);
}

#[tokio::test]
async fn an_error_shows_no_value() {
    let (driver, _database) = driver().await;
    let step = Step::one("insert into facts (name, content) values (?, null)", vec!["hunter2".into()]);
    let error = driver.write(vec![step]).await.err().unwrap();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(shown(&error).contains("23502") && !shown(&error).contains("hunter2"), "{}", shown(&error));
    let error = driver.write(vec![Step::one(ADD, vec!["hunter2".into(), 5_i64.into()])]).await.err().unwrap();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(!shown(&error).contains("hunter2"), "{}", shown(&error));
}

#[tokio::test]
async fn a_changed_table_is_damage_named_without_its_contents() {
    let (driver, database) = driver().await;
    assert_eq!(facts(&driver).await, 0);
    database.query("drop table facts").unwrap();
    assert!(matches!(driver.read(COUNT, Vec::new()).await.err().unwrap(), StoreError::Damaged { .. }));
    assert!(matches!(
        driver.write(vec![Step::one(ADD, vec!["a".into(), "b".into()])]).await.err().unwrap(),
        StoreError::Damaged { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_from_before_a_change_of_the_tables_are_prepared_anew() {
    const ALL: &str = "select * from facts";
    let (driver, database) = driver().await;
    let together = || async {
        let mut readers = JoinSet::new();
        for _ in 0..8 {
            let driver = Arc::clone(&driver);
            readers.spawn(async move { driver.read(ALL, Vec::new()).await.map(drop) });
        }
        readers.join_all().await
    };
    for column in ["note", "more", "last"] {
        for read in together().await {
            read.unwrap();
        }
        database.query(&format!("alter table facts add column {column} text")).unwrap();
        // More connections have the old statement than tries are made.
        driver.read(ALL, Vec::new()).await.map(drop).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_tried_again() {
    let (_stores, (store, database)) = fresh().await;
    drop(store);
    database.query(&format!("alter database {} set deadlock_timeout = '10ms'", database.name())).unwrap();
    let driver = PostgresStore::open(&url(&database.url()), &Options::patient()).await.unwrap().driver;
    let add = |name: &str| Step::one(ADD, vec![name.into(), "0".into()]);
    driver.write(vec![add("a"), add("b")]).await.unwrap();
    let before = deadlocks(&database);
    for _ in 0..200 {
        let mut racers = JoinSet::new();
        for names in [["a", "b"], ["b", "a"]] {
            let driver = Arc::clone(&driver);
            let change = move |name: &str| Step::one(CHANGE, vec!["1".into(), name.into()]);
            racers.spawn(async move {
                let pause = Step::any("select 1 from pg_sleep(0.02)", Vec::new());
                driver.write(vec![change(names[0]), pause, change(names[1])]).await
            });
        }
        for outcome in racers.join_all().await {
            assert!(matches!(outcome.unwrap(), Outcome::Done(_)));
        }
        if deadlocks(&database) > before {
            return;
        }
    }
    panic!("there was no deadlock to get over");
}

fn deadlocks(database: &Database) -> u64 {
    let count = "select pg_stat_get_db_deadlocks(oid) from pg_database where datname = current_database()";
    database.query(count).unwrap().trim().parse().unwrap()
}
