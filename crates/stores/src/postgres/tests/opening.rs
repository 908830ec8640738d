//! What is opened, what is refused in which words, and that a refusal changes nothing.

use std::net::TcpListener;
use std::time::Duration;

use secrecy::SecretString;

use super::*;
use crate::server::{Fault, ServerError};
use crate::sql::schema;

/// A password that nobody has, to be looked for in what is shown.
const WRONG: &str = "trustno1";

async fn open(url: &ServerUrl) -> Result<PostgresStore, ServerError> {
    PostgresStore::open(url, &Options { connections: 2, ..Options::patient() }).await
}

/// The error of an opening, in which no password is shown.
async fn refused(url: &ServerUrl) -> ServerError {
    let error = open(url).await.err().unwrap();
    let mut shown = format!("{error} {error:?} {url} {url:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(deeper) = source {
        shown = format!("{shown} {deeper} {deeper:?}");
        source = deeper.source();
    }
    for password in [Some(WRONG), url.password.as_ref().map(ExposeSecret::expose_secret)].into_iter().flatten() {
        assert!(!shown.contains(password), "{shown}");
    }
    error
}

fn user(url: &ServerUrl, name: &str, password: Option<&str>) -> ServerUrl {
    ServerUrl { user: Some(name.to_owned()), password: password.map(SecretString::from), ..url.clone() }
}

/// A user who may log in and nothing else, called like the database.
fn stranger(database: &Database) -> ServerUrl {
    let name = database.name();
    database.query(&format!("create role {name} login password 'swordfish'")).unwrap();
    user(&url(&database.url()), name, Some("swordfish"))
}

/// The statement that an error says to run.
fn advice(error: &ServerError) -> String {
    error.to_string().split('`').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart_of_ours() {
    let (stores, (store, database)) = fresh().await;
    assert!(stores.facts.change_fact("colour", None, Some("blue")).await.unwrap());
    drop((stores, store));
    let stores = open(&url(&database.url())).await.unwrap().stores();
    assert_eq!(stores.facts.fact("colour").await.unwrap().as_deref(), Some("blue"));
}

#[tokio::test]
async fn a_look_makes_no_table_and_changes_none() {
    const TABLES: &str = "select count(*) from pg_tables where schemaname = 'public'";
    let database = fresh::postgres().unwrap();
    let address = database.url().parse().unwrap();
    let look = async || crate::look(&address, &Options::patient()).await.unwrap().0;
    assert!(matches!(look().await, crate::Seen::Nothing));
    assert_eq!(database.query(TABLES).unwrap().trim(), "0");
    open(&url(&database.url())).await.unwrap();
    let crate::Seen::Records(stores) = look().await else { panic!("there are tables") };
    assert_eq!((stores.keys.list().await.unwrap(), stores.nodes.list().await.unwrap()), (vec![], vec![]));
    assert!(stores.facts.change_fact("colour", None, Some("blue")).await.is_err());
    database.query("update schema_version set version = 3").unwrap();
    assert!(matches!(look().await, crate::Seen::Older { found: 3, known: schema::VERSION }));
    let weak = crate::look(&address, &Options::patient()).await.unwrap().1;
    let syncs = database.query("show fsync").unwrap().trim() == "on";
    let of_it: &[_] = if syncs { &[] } else { &[crate::Shortcoming::FsyncOff] };
    assert_eq!(weak.into_iter().map(|weakness| weakness.what).collect::<Vec<_>>(), of_it);
    assert_eq!(database.query("select version from schema_version").unwrap().trim(), "3");
}

#[tokio::test]
async fn whoever_only_looks_or_changes_makes_no_store() {
    const TABLES: &str = "select count(*) from pg_tables where schemaname = 'public'";
    let database = fresh::postgres().unwrap();
    let place = crate::Place::of(database.url().parse().unwrap());
    let error = crate::open_existing(&place, &Options::patient()).await.err().unwrap();
    assert!(matches!(&error, crate::OpenError::Server(error) if error.fault == Fault::Empty), "{error}");
    assert_eq!(database.query(TABLES).unwrap().trim(), "0");
    open(&url(&database.url())).await.unwrap();
    crate::open_existing(&place, &Options::patient()).await.map(drop).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_nodes_may_start_at_once() {
    let database = fresh::postgres().unwrap();
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let url = url(&database.url());
        nodes.spawn(async move { open(&url).await.map(drop) });
    }
    for opened in nodes.join_all().await {
        opened.unwrap();
    }
    assert_eq!(database.query("select version from schema_version").unwrap().trim(), schema::VERSION.to_string());
}

#[tokio::test]
async fn who_does_not_answer_is_named() {
    let mut there = url("postgres://me:trustno1@127.0.0.1:9/mine");
    let error = refused(&there).await;
    assert_eq!(
        error.to_string(),
        "PostgreSQL at 127.0.0.1:9: it cannot be reached: start it, or correct the host and port in the address"
    );
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    there.hosts[0].port = silent.local_addr().unwrap().port();
    let options = Options { timeout: Duration::from_millis(200), ..Options::default() };
    let error = PostgresStore::open(&there, &options).await.err().unwrap();
    assert_eq!(error.fault, Fault::Silent(options.timeout));
}

#[tokio::test]
async fn a_wrong_login_is_refused() {
    let database = fresh::postgres().unwrap();
    let right = url(&database.url());
    let name = right.user.clone().unwrap();
    assert_eq!(refused(&user(&right, &name, Some(WRONG))).await.fault, Fault::Login);
    assert_eq!(refused(&user(&right, "nobody", Some(WRONG))).await.fault, Fault::Login);
    assert_eq!(refused(&user(&right, &name, None)).await.fault, Fault::NoPassword);
}

#[tokio::test]
async fn a_missing_database_is_made_as_the_error_says() {
    let database = fresh::postgres().unwrap();
    let name = format!("{}\"Two", database.name());
    let missing = ServerUrl { database: Some(name.clone()), ..url(&database.url()) };
    let error = refused(&missing).await;
    assert_eq!(advice(&error), format!("create database \"{}\" owner \"counterfoil\"", name.replace('"', "\"\"")));
    database.query(&advice(&error)).unwrap();
    open(&missing).await.unwrap();
    database.query(&format!("drop database \"{}\" with (force)", name.replace('"', "\"\""))).unwrap();
}

#[tokio::test]
async fn each_missing_privilege_is_granted_as_the_error_says() {
    let database = fresh::postgres().unwrap();
    let stranger = stranger(&database);
    database.query(&format!("revoke connect on database {} from public", database.name())).unwrap();
    database.query("revoke all on schema public from public").unwrap();
    let mut missing = Vec::new();
    let mut made = false;
    loop {
        let Err(error) = open(&stranger).await else { break };
        let Fault::Privilege { what, .. } = &error.fault else { panic!("{error}") };
        missing.push(what.clone());
        database.query(&advice(&error)).unwrap();
        // Now that the schema may be used, somebody else makes the tables.
        if missing.len() == 2 && !made {
            database.query(&format!("revoke create on schema public from {}", database.name())).unwrap();
            made = true;
        }
        if missing.len() == 3 {
            database.query(&format!("revoke create on schema public from {}", database.name())).unwrap();
            open(&url(&database.url())).await.unwrap();
        }
        assert!(missing.len() < 6, "{missing:?}");
    }
    let expected = [
        "connect to the database",
        "use any schema of the database",
        "make tables in the schema \"public\"",
        "read and write its tables",
    ];
    assert_eq!(missing, expected);
    open(&stranger).await.unwrap().stores().facts.ready().await.unwrap();
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    let database = fresh::postgres().unwrap();
    let url = url(&database.url());
    database.query("create table notes (text text)").unwrap();
    let error = refused(&url).await;
    assert_eq!(error.fault, Fault::Foreign("notes".to_owned()));
    // Flyway's table has this name too.
    database.query("create table schema_version (installed_rank int, version varchar(50))").unwrap();
    assert_eq!(refused(&url).await.fault, Fault::Foreign("schema_version".to_owned()));
    assert_eq!(database.query("select count(*) from pg_tables where schemaname = 'public'").unwrap().trim(), "2");
    // In a schema of its own it disturbs nobody.
    database
        .query(
            "create schema theirs; alter table notes set schema theirs; alter table schema_version set schema theirs",
        )
        .unwrap();
    open(&url).await.unwrap();
}

#[tokio::test]
async fn our_tables_are_found_although_a_nearer_schema_has_come_up() {
    let (stores, (_store, database)) = fresh().await;
    stores.facts.change_fact("colour", None, Some("blue")).await.unwrap();
    database.query("create schema counterfoil").unwrap();
    let stores = open(&url(&database.url())).await.unwrap().stores();
    assert_eq!(stores.facts.fact("colour").await.unwrap().as_deref(), Some("blue"));
}

#[tokio::test]
async fn a_newer_or_damaged_schema_is_left_alone() {
    let (_stores, (_store, database)) = fresh().await;
    let url = url(&database.url());
    database.query("update schema_version set version = 7").unwrap();
    assert_eq!(refused(&url).await.fault, Fault::Newer { found: 7, known: schema::VERSION });
    database.query("update schema_version set version = 0").unwrap();
    assert!(matches!(refused(&url).await.fault, Fault::Damaged(_)));
    database.query("delete from schema_version").unwrap();
    assert!(matches!(refused(&url).await.fault, Fault::Damaged(_)));
    database.query(&format!("insert into schema_version values ({})", schema::VERSION)).unwrap();
    open(&url).await.unwrap();
    database.query("drop table facts").unwrap();
    assert_eq!(refused(&url).await.fault, Fault::Damaged("the table `facts` is missing".to_owned()));
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_character_is_refused() {
    let database = fresh::postgres().unwrap();
    let name = format!("{}_latin", database.name());
    database.query(&format!("create database {name} encoding 'LATIN1' locale 'C' template template0")).unwrap();
    let error = refused(&ServerUrl { database: Some(name.clone()), ..url(&database.url()) }).await;
    assert!(error.to_string().contains("encoded in LATIN1"), "{error}");
    database.query(&format!("drop database {name} with (force)")).unwrap();
}

#[tokio::test]
async fn a_server_without_a_free_connection_says_so() {
    let database = fresh::postgres().unwrap();
    let stranger = stranger(&database);
    database.query(&format!("alter role {} connection limit 0", database.name())).unwrap();
    assert_eq!(refused(&stranger).await.fault, Fault::Full);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_version_1_is_brought_up_to_date_by_one_of_many_and_its_logins_live() {
    let database = fresh::postgres().unwrap();
    let statements = schema::version_1::statements(&crate::postgres::DIALECT, |hex| format!("'\\x{hex}'::bytea"));
    database.query(&statements.join(";\n")).unwrap();
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let url = url(&database.url());
        nodes.spawn(async move { open(&url).await.unwrap().stores() });
    }
    for stores in nodes.join_all().await {
        schema::version_1::assert_lives(&stores).await;
        database.query("update families set generation = 4, position = 0").unwrap();
    }
    assert_eq!(database.query(schema::READ_VERSION).unwrap().trim(), schema::VERSION.to_string());
}
