//! Making the tables: by many at once, and after somebody who did not come to the end.

use counterfoil_core::revocation::Position;
use tokio::task::JoinSet;

use super::*;
use crate::mysql::fault::Faults;
use crate::mysql::open::Opening;
use crate::mysql::{DIALECT, migrate};
use crate::sql::schema;

/// Every column of every key.
const INDEXES: &str = "select table_name, index_name, column_name, seq_in_index, non_unique from information_schema.statistics \
                       where table_schema = database() order by 1, 2, 4";

/// That there is one of each thing of which there must be one.
fn assert_whole(database: &Database) {
    let once = "select (select count(*) from log_head), (select count(*) from schema_version), (select version from schema_version)";
    assert_eq!(database.query(once).unwrap().trim(), format!("1\t1\t{}", schema::VERSION));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_nodes_may_make_the_tables_at_once() {
    let database = fresh::mariadb().unwrap();
    let mut nodes = JoinSet::new();
    for _ in 0..10 {
        let url = database.url();
        nodes.spawn(async move { open(&url).await.unwrap().stores().revocations.append(&entry()).await.unwrap() });
    }
    let mut positions = nodes.join_all().await;
    positions.sort();
    assert_eq!(positions, (1..=10).map(Position).collect::<Vec<_>>());
    assert_whole(&database);
}

#[tokio::test]
async fn whoever_only_looks_or_changes_makes_no_table() {
    const TABLES: &str = "select count(*) from information_schema.tables where table_schema = database()";
    let database = fresh::mariadb().unwrap();
    let address = database.url().parse().unwrap();
    let look = async || crate::look(&address, &Options::patient()).await.unwrap().0;
    assert!(matches!(look().await, crate::Seen::Nothing));
    let place = crate::Place::of(database.url().parse().unwrap());
    let error = crate::open_existing(&place, &Options::patient()).await.err().unwrap();
    assert!(matches!(&error, crate::OpenError::Server(error) if error.fault == Fault::Empty), "{error}");
    assert_eq!(database.query(TABLES).unwrap().trim(), "0");
    open(&database.url()).await.unwrap();
    crate::open_existing(&place, &Options::patient()).await.map(drop).unwrap();
    let crate::Seen::Records(stores) = look().await else { panic!("there are tables") };
    assert_eq!((stores.keys.list().await.unwrap(), stores.nodes.list().await.unwrap()), (vec![], vec![]));
    assert!(stores.facts.change_fact("colour", None, Some("blue")).await.is_err());
    tamper(&mut connection(&database.url()).await, "update schema_version set version = 3").await;
    assert!(matches!(look().await, crate::Seen::Older { found: 3, known: schema::VERSION }));
    assert_eq!(database.query("select version from schema_version").unwrap().trim(), "3");
}

#[tokio::test]
async fn what_was_interrupted_is_finished_wherever_that_was() {
    let statements = schema::migrations(&DIALECT, 0);
    // Nothing was interrupted the first time.
    let mut expected = None;
    for done in 0..statements.len() {
        let database = fresh::mariadb().unwrap();
        let mut before = connection(&database.url()).await;
        for statement in &statements[..done] {
            tamper(&mut before, statement).await;
        }
        let stores = open(&database.url()).await.unwrap_or_else(|error| panic!("{done}: {error}")).stores();
        assert_eq!(stores.revocations.append(&entry()).await.unwrap(), Position(1), "{done}");
        assert_whole(&database);
        let indexes = database.query(INDEXES).unwrap();
        assert_eq!(*expected.get_or_insert_with(|| indexes.clone()), indexes, "{done}");
    }
}

#[tokio::test]
async fn what_was_interrupted_is_not_finished_over_another_programs_table() {
    let database = fresh::mariadb().unwrap();
    let mut before = connection(&database.url()).await;
    for statement in &schema::migrations(&DIALECT, 0)[..2] {
        tamper(&mut before, statement).await;
    }
    tamper(&mut before, "create table users (name text)").await;
    assert_eq!(refusal(&database.url()).await.fault, Fault::Foreign("users".to_owned()));
}

#[tokio::test]
async fn a_database_of_version_1_is_brought_up_to_date_and_its_logins_live() {
    let version_1 = schema::version_1::statements(&DIALECT, |hex| format!("x'{hex}'"));
    let missing = schema::migrations(&DIALECT, 1);
    // As it was, or as somebody left it who did not come to the end.
    for done in 0..missing.len() {
        let database = fresh::mariadb().unwrap();
        let mut before = connection(&database.url()).await;
        for statement in version_1.iter().chain(&missing[..done]) {
            tamper(&mut before, statement).await;
        }
        let stores = open(&database.url()).await.unwrap_or_else(|error| panic!("{done}: {error}")).stores();
        schema::version_1::assert_lives(&stores).await;
        assert_whole(&database);
    }
}

/// As on two nodes of a cluster, which do not know of each other's locks.
#[tokio::test]
async fn what_another_node_has_made_meanwhile_is_what_was_to_be_made() {
    let database = fresh::mariadb().unwrap();
    let (url, options) = (address(&database.url()), Options::patient());
    let connection = connection(&database.url()).await;
    let mut slower = Opening { connection, faults: Faults::of(&url), options: &options };
    let faster = open(&database.url()).await.unwrap().stores();
    faster.revocations.append(&entry()).await.unwrap();
    for sql in schema::migrations(&DIALECT, 0) {
        migrate::execute(&mut slower, sql.clone()).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    assert_whole(&database);
    assert_eq!(faster.revocations.append(&entry()).await.unwrap(), Position(2));
}
