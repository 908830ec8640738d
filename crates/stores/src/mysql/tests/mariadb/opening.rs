//! What is refused, in a sentence that says what to do, and that a refusal changes nothing.

use std::time::Duration;

use counterfoil_core::revocation::Position;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use xtask::services::fresh::{self, Database};
use xtask::services::{self, MariaDb};

use super::*;
use crate::sql::schema;

/// An address like `url` with another login.
fn with_login(url: &str, login: &str) -> String {
    format!("mysql://{login}@{}", url.rsplit_once('@').unwrap().1)
}

/// The address of a database for a user of its own, who may do `rights` there.
async fn limited(database: &Database, rights: &str) -> String {
    let (name, mut admin) = (database.name(), connection(&database.url()).await);
    tamper(&mut admin, &format!("create or replace user {name}@'127.0.0.1' identified by 'limited'")).await;
    if !rights.is_empty() {
        tamper(&mut admin, &format!("grant {rights} on {name}.* to {name}@'127.0.0.1'")).await;
    }
    with_login(&database.url(), &format!("{name}:limited"))
}

fn tables(database: &Database) -> String {
    database.query("show tables").unwrap()
}

#[tokio::test]
async fn what_was_stored_is_there_when_it_is_opened_again() {
    let (stores, database) = store().await;
    assert_eq!(stores.revocations.append(&entry()).await.unwrap(), Position(1));
    let again = open(&database.url()).await.unwrap().stores();
    assert_eq!(again.revocations.append(&entry()).await.unwrap(), Position(2));
    assert_eq!(stores.revocations.head().await.unwrap(), Position(2));
}

#[tokio::test]
async fn nobody_there() {
    let error = refusal("mysql://u:hunter2@127.0.0.1:9/d").await;
    assert_eq!(error.fault, Fault::Unreachable);
    assert_eq!(
        error.to_string(),
        "MySQL or MariaDB at 127.0.0.1:9: it cannot be reached: start it, or correct the host and port in the address"
    );
    let error = refusal("mysql://u:hunter2@nowhere.invalid/d?sslmode=disable").await;
    assert_eq!(error.fault, Fault::Unreachable);
}

#[tokio::test]
async fn somebody_who_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = address(&format!("mysql://u:p@{}/d", listener.local_addr().unwrap()));
    let options = Options { timeout: Duration::from_millis(300), ..Options::default() };
    let opened = tokio::time::timeout(Duration::from_secs(60), MySqlStore::open(&url, &options)).await;
    let error = opened.unwrap().err().unwrap();
    assert_eq!(error.fault, Fault::Silent(options.timeout));
    assert!(error.to_string().contains("it did not answer within 0.3 s"), "{error}");
}

#[tokio::test]
async fn somebody_who_hangs_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let error = refusal(&format!("mysql://u:p@{place}/d")).await;
    assert!(
        error.to_string().contains("it closed the connection: see its log, or correct the host and port"),
        "{error}"
    );
}

#[tokio::test]
async fn a_wrong_login() {
    let database = fresh::mariadb().unwrap();
    for login in ["counterfoil:wrong", "nobody:wrong"] {
        assert_eq!(refusal(&with_login(&database.url(), login)).await.fault, Fault::Login);
    }
    let error = refusal(&with_login(&database.url(), "counterfoil")).await;
    assert_eq!(error.fault, Fault::NoPassword);
    assert!(error.to_string().ends_with("it asks for a password, and the address has none"), "{error}");
}

#[tokio::test]
async fn a_login_by_other_means_than_a_password() {
    let database = fresh::mariadb().unwrap();
    let name = database.name();
    database.query(&format!("create user {name}@'127.0.0.1' identified via unix_socket")).unwrap();
    let error = refusal(&with_login(&database.url(), &format!("{name}:p"))).await;
    let remedy = format!("run `alter user '{name}'@'%' identified by '…'` there");
    assert!(matches!(&error.fault, Fault::Unfit(text) if text.contains(&remedy)), "{error:?}");
    database.query(&format!("drop user {name}@'127.0.0.1'")).unwrap();
}

#[tokio::test]
async fn a_password_that_must_not_be_sent_in_the_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    tokio::spawn(async move { mysql_8(&mut listener.accept().await.unwrap().0).await });
    let error = refusal(&format!("mysql://u:p@{place}/d")).await;
    assert!(
        error.to_string().contains("`caching_sha2_password`, which needs TLS: name `sslmode=verify-full`"),
        "{error:?}"
    );
}

/// The beginning of a login to MySQL 8 without TLS, up to its public key.
async fn mysql_8(client: &mut TcpStream) {
    // Protocol 10, version, connection, half of a nonce; then what it is capable of: protocol 4.1 with methods by name.
    let mut greeting = b"\x0a8.0.36\0\x01\0\0\0saltsalt\0".to_vec();
    greeting.extend(b"\x08\x82\xff\x02\0\x08\0\x15\0\0\0\0\0\0\0\0\0\0saltsaltsalt\0caching_sha2_password\0");
    // More to do: all of the login. Then the key.
    for (sequence, packet) in [(0, greeting), (2, vec![1, 4]), (4, b"\x01no key".to_vec())] {
        let length = u8::try_from(packet.len()).unwrap();
        client.write_all(&[&[length, 0, 0, sequence][..], &packet].concat()).await.unwrap();
        let _length = client.read(&mut [0; 1024]).await.unwrap();
    }
}

#[tokio::test]
async fn no_such_database() {
    let database = fresh::mariadb().unwrap();
    let error = refusal(&format!("{}x", database.url())).await;
    let statement = format!("create database {}x character set utf8mb4", database.name());
    assert_eq!(error.fault, Fault::NoDatabase(statement.clone()));
    database.query(&statement).unwrap();
    open(&format!("{}x", database.url())).await.unwrap();
    database.query(&format!("drop database {}x", database.name())).unwrap();
}

#[tokio::test]
async fn a_right_that_one_table_lacks_is_missed_at_the_start() {
    let database = fresh::mariadb().unwrap();
    open(&database.url()).await.unwrap();
    let (url, name) = (limited(&database, "select, insert, update").await, database.name());
    for table in tables(&database).split_whitespace().filter(|table| *table != "sessions") {
        database.query(&format!("grant delete on {name}.{table} to {name}@'127.0.0.1'")).unwrap();
    }
    let Fault::Privilege { what, .. } = refusal(&url).await.fault else { panic!("another fault") };
    assert!(what.starts_with("`delete`"), "{what}");
}

#[tokio::test]
async fn rights_that_are_missing_are_named_and_suffice_once_they_are_given() {
    let database = fresh::mariadb().unwrap();
    let refused = async |rights: &str, what: &str| {
        let error = refusal(&limited(&database, rights).await).await;
        let Fault::Privilege { what: found, grant } = &error.fault else { panic!("{rights}: {error}") };
        assert!(found.starts_with(what), "{rights}: {error}");
        grant.split('`').nth(1).unwrap().to_owned()
    };
    refused("", "use the database").await;
    refused("select", "`create`").await;
    assert_eq!(tables(&database), "");
    let grant = refused("select, insert, update, delete, create", "`").await;
    let url = limited(&database, "").await;
    database.query(&grant.replace("'%'", "'127.0.0.1'")).unwrap();
    open(&url).await.unwrap();

    refused("insert, update, delete", "`select`").await;
    for (rights, missing) in [
        ("select", "`update`"),
        ("select, insert, delete", "`update`"),
        ("select, update, delete", "`insert`"),
        ("select, update, insert", "`delete`"),
    ] {
        refused(rights, missing).await;
    }
    open(&limited(&database, "select, insert, update, delete").await).await.unwrap();
    database.query(&format!("drop user {}@'127.0.0.1'", database.name())).unwrap();
}

#[tokio::test]
async fn a_user_without_connections_left() {
    let database = fresh::mariadb().unwrap();
    let url = limited(&database, "all").await;
    let name = database.name();
    database.query(&format!("alter user {name}@'127.0.0.1' with max_user_connections 1")).unwrap();
    let _only = connection(&url).await;
    assert_eq!(refusal(&url).await.fault, Fault::Full);
    database.query(&format!("drop user {name}@'127.0.0.1'")).unwrap();
}

#[tokio::test]
async fn another_programs_tables_are_left_alone() {
    let database = fresh::mariadb().unwrap();
    for table in ["notes", "schema_version"] {
        database.query(&format!("create or replace table {table} (version int)")).unwrap();
        let before = tables(&database);
        assert!(matches!(refusal(&database.url()).await.fault, Fault::Foreign(_)), "{table}");
        assert_eq!(tables(&database), before);
    }
    database.query("drop table notes, schema_version").unwrap();
    open(&database.url()).await.unwrap();
    database.query("create table notes (text text)").unwrap();
    open(&database.url()).await.unwrap();
}

#[tokio::test]
async fn a_newer_versions_tables_are_left_alone() {
    let (_stores, database) = store().await;
    database.query("update schema_version set version = 7").unwrap();
    let error = refusal(&database.url()).await;
    assert_eq!(error.fault, Fault::Newer { found: 7, known: schema::VERSION });
    let newer = format!("made by a newer Counterfoil (schema 7, this one knows {})", schema::VERSION);
    assert!(error.to_string().contains(&newer), "{error}");
    assert_eq!(database.query("select version from schema_version").unwrap().trim(), "7");
}

#[tokio::test]
async fn tables_without_their_version_are_left_alone() {
    let (_stores, database) = store().await;
    for damage in ["delete from schema_version", "drop table schema_version"] {
        database.query(damage).unwrap();
        assert!(matches!(refusal(&database.url()).await.fault, Fault::Damaged(_)), "{damage}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_writes() {
    let server = MariaDb::start(&services::Options::default()).unwrap();
    server.query("set global read_only = 1").unwrap();
    let error = refusal(&server.url()).await;
    assert_eq!(error.fault, Fault::ReadOnly);
    server.query("set global read_only = 0").unwrap();
    // As strict as MySQL with `sql_require_primary_key`.
    server.query("set global innodb_force_primary_key = 1").unwrap();
    let stores = open(&server.url()).await.unwrap().stores();
    server.query("set global max_allowed_packet = 65536").unwrap();
    assert!(refusal(&server.url()).await.to_string().contains("set `max_allowed_packet = 16M`"));
    stores.facts.ready().await.unwrap();
}
