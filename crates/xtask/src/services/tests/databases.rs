//! PostgreSQL and MariaDB.

use std::time::Duration;

use super::super::address::Address;
use super::super::postgres::psql;
use super::super::program::CHANGE;
use super::super::{MariaDb, Options, Postgres};
use super::{assert_gone, processes_in, tls};

/// The same story for both. `$processes`: how many work for it when nobody is connected, at least.
macro_rules! story {
    ($server:ty, $processes:literal) => {{
        let mut server = <$server>::start(&Options::default().durable().set("max_connections", "23")).unwrap();
        let folder = server.folder().to_owned();
        let mut setting = server.query("show variables like 'max_connections'");
        if setting.is_err() {
            setting = server.query("show max_connections");
        }
        assert!(setting.unwrap().ends_with("23"));
        server.query("create table t (n int)").unwrap();
        server.query("insert into t values (1), (2)").unwrap();

        assert!(processes_in(&folder).len() >= $processes);
        server.pause().unwrap();
        let why = server.query("select 1").unwrap_err().to_string();
        assert!(why.contains("does not answer") || why.contains("reading initial"), "{why}");
        server.resume().unwrap();
        assert_eq!(server.query("select sum(n) from t").unwrap(), "3");

        server.kill().unwrap();
        assert!(server.query("select 1").is_err());
        assert!(server.pause().unwrap_err().to_string().ends_with("is not running"));
        server.start_again().unwrap();
        assert_eq!(server.query("select sum(n) from t").unwrap(), "3");
        assert!(server.start_again().unwrap_err().to_string().ends_with("is running already"));

        server.stop().unwrap();
        assert_eq!(processes_in(&folder).len(), 0);
        server.start_again().unwrap();
        assert_eq!(server.query("select sum(n) from t").unwrap(), "3");

        let password = server.url().split([':', '@']).nth(2).unwrap().to_owned();
        assert_eq!(password.len(), 32);
        assert!(!format!("{server:?}").contains(&password));
        assert!(!std::fs::read_to_string(folder.join("log")).unwrap().contains(&password));

        // Also of a server that does not move.
        server.pause().unwrap();
        drop(server);
        assert_gone(&folder);
    }};
}

#[test]
fn postgres_answers_fails_as_told_and_keeps_what_was_committed() {
    story!(Postgres, 5);
}

#[test]
fn mariadb_answers_fails_as_told_and_keeps_what_was_committed() {
    story!(MariaDb, 1);
}

#[test]
fn a_paused_postgres_answers_no_open_connection() {
    let mut server = Postgres::start(&Options::default()).unwrap();
    assert_eq!(server.query("show fsync").unwrap(), "off");
    let address = Address::parse(&server.url(), "its URL").unwrap();
    let question = std::thread::spawn(move || psql(&address, "select pg_sleep(3), 'slept'", CHANGE));
    // By then it is connected: its backend sleeps, in a process group of its own.
    let asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    while server.query(asleep).unwrap() != "1" {}
    server.pause().unwrap();
    std::thread::sleep(Duration::from_millis(4500));
    assert!(!question.is_finished());
    server.resume().unwrap();
    assert_eq!(question.join().unwrap().unwrap(), "|slept");
}

#[test]
fn nothing_is_left_of_a_killed_postgres() {
    let mut server = Postgres::start(&Options::default()).unwrap();
    let folder = server.folder().to_owned();
    let lock = std::fs::read_to_string(folder.join("data/postmaster.pid")).unwrap();
    let segment = lock.lines().nth(6).unwrap().split_whitespace().nth(1).unwrap().to_owned();
    let there = || {
        let list = std::fs::read_to_string("/proc/sysvipc/shm").unwrap();
        list.lines().any(|line| line.split_whitespace().nth(1) == Some(segment.as_str()))
    };
    server.kill().unwrap();
    assert!(there());
    drop(server);
    assert_gone(&folder);
    assert!(!there());
}

#[test]
fn what_a_killed_mariadb_left_unfinished_is_in_its_folder() {
    let server = MariaDb::start(&Options::default()).unwrap();
    assert_eq!(server.query("select @@tmpdir").unwrap(), server.folder().to_str().unwrap());
}

#[test]
fn databases_speak_tls() {
    let (options, _folder) = tls();
    let server = Postgres::start(&options).unwrap();
    assert_eq!(server.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()").unwrap(), "t");
    let server = MariaDb::start(&options).unwrap();
    let cipher = server.query("show status like 'Ssl_cipher'").unwrap();
    assert!(cipher.len() > "Ssl_cipher\t".len(), "{cipher}");
}

#[test]
fn a_setting_that_the_server_does_not_know_is_told() {
    let options = Options::default().set("no_such_setting", "1");
    for error in [Postgres::start(&options).unwrap_err(), MariaDb::start(&options).unwrap_err()] {
        assert!(error.to_string().contains("no_such_setting"), "{error}");
    }
}
