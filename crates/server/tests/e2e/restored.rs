//! A backup of the store is put back, while servers are stopped or under a running one.

use std::path::Path;

use serde_json::json;
use xtask::services::fresh;

use crate::support::patience::comes;
use crate::support::person::counts;
use crate::support::{MODES, Person, Place, Request, Server, Setup, Ticket, command};

/// Makes a copy of the database, as an operator would while a server runs.
fn back_up(server: &Server, to: &Path) {
    let connection = rusqlite::Connection::open(server.database()).unwrap();
    connection.execute("vacuum into ?1", [to.to_str().unwrap()]).unwrap();
}

/// Puts a copy back where servers are stopped: the file, without what belonged to the other one.
fn put_back(server: &Server, from: &Path) {
    for end in ["db-wal", "db-shm"] {
        let _ = std::fs::remove_file(server.database().with_extension(end));
    }
    std::fs::copy(from, server.database()).unwrap();
}

/// Puts a copy's rows back under a running server, in one step.
fn put_under(server: &Server, from: &Path) {
    let connection = rusqlite::Connection::open(server.database()).unwrap();
    connection.execute("attach ?1 as copy", [from.to_str().unwrap()]).unwrap();
    let mut tables = connection.prepare("select name from copy.sqlite_master where type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let tables = tables.iter().filter(|name| !name.starts_with("sqlite_"));
    let steps =
        tables.map(|name| format!("delete from main.{name}; insert into main.{name} select * from copy.{name};"));
    let steps = steps.collect::<Vec<_>>().concat();
    connection.execute_batch(&format!("pragma foreign_keys = off; begin immediate; {steps} commit;")).unwrap();
}

/// Logins from before a backup and from after it, all of which have ended.
fn ended(server: &Server, back_up: impl FnOnce()) -> (Person, Vec<Ticket>) {
    let person = Person::new(server);
    let mut tickets: Vec<_> = MODES.map(|mode| person.logs_in(server, &mode)).into();
    back_up();
    for ticket in &tickets {
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
    }
    for mode in MODES {
        let ticket = person.logs_in(server, &mode);
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        tickets.push(ticket);
    }
    assert!(!tickets.iter().any(|ticket| counts(server, ticket)));
    (person, tickets)
}

fn lets_in(server: &Server, person: &Person) {
    for mode in MODES {
        let ticket = person.logs_in(server, &mode);
        assert!(counts(server, &ticket), "{}", mode.client);
    }
}

#[test]
fn what_had_ended_stays_ended_when_a_restore_is_declared() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let mut server = Setup::default().mortal().start();
    let (person, tickets) = ended(&server, || back_up(&server, &copy));
    server.kill();
    put_back(&server, &copy);
    let done = command::counterfoil(server.folder(), &["store", "restored", "--yes", "--json"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    let said: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(said, json!({ "restored": true }));
    server.start_again();
    assert!(!tickets.iter().any(|ticket| counts(&server, ticket)));
    lets_in(&server, &person);
}

#[test]
fn a_running_server_sees_that_its_store_is_an_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let server = Setup::default().start();
    let (person, tickets) = ended(&server, || back_up(&server, &copy));
    sees_it(&server, &person, &tickets, || put_under(&server, &copy));
}

fn sees_it(server: &Server, person: &Person, tickets: &[Ticket], put_under: impl FnOnce()) {
    let live = MODES.map(|mode| person.logs_in(server, &mode));
    assert!(live.iter().all(|ticket| counts(server, ticket)));
    put_under();
    assert!(server.writes("sys_store_restored"), "{}", server.log());
    // It reads on in the same breath.
    assert!(comes(|| server.ask(&Request::get("/readyz")).status == 200), "{}", server.log());
    assert!(!live.iter().chain(tickets).any(|ticket| counts(server, ticket)));
    lets_in(server, person);
}

/// What backs a database up and puts it back, under servers that run, in the language of both kinds.
struct Tables<'a> {
    query: &'a dyn Fn(&str) -> String,
    names: Vec<String>,
}

impl<'a> Tables<'a> {
    fn of(query: &'a dyn Fn(&str) -> String, all: &str) -> Self {
        let mut names: Vec<String> = query(all).split_whitespace().map(str::to_owned).collect();
        // Others refer to these.
        names.sort_by_key(|name| name != "sessions");
        assert!(names.iter().any(|name| name == "revocations"), "{names:?}");
        Self { query, names }
    }

    fn back_up(&self) {
        for name in &self.names {
            (self.query)(&format!("create table copy_of_{name} as select * from {name}"));
        }
    }

    fn put_back(&self) {
        let step = |name: &String| format!("delete from {name}; insert into {name} select * from copy_of_{name};");
        let steps: String = self.names.iter().map(step).collect();
        (self.query)(&format!("begin; {steps} commit;"));
    }
}

/// Two nodes, of which one is killed and comes back to the older database.
fn on_a_server_of_databases(url: String, query: &dyn Fn(&str) -> String, all: &str) {
    let setup = Setup::node(&Place::at(url, None)).mortal();
    let (server, mut other) = (setup.clone().start(), setup.start());
    let tables = Tables::of(query, all);
    let (person, tickets) = ended(&server, || tables.back_up());
    other.kill();
    sees_it(&server, &person, &tickets, || tables.put_back());
    other.start_again();
    assert!(!tickets.iter().any(|ticket| counts(&other, ticket)));
    lets_in(&other, &person);
}

#[test]
fn on_postgres_a_running_server_sees_that_its_store_is_an_older_one() {
    let database = fresh::postgres().unwrap();
    let query = |text: &str| database.query(text).unwrap();
    let all = "select tablename from pg_tables where schemaname = 'public'";
    on_a_server_of_databases(database.url(), &query, all);
}

#[test]
fn on_mariadb_a_running_server_sees_that_its_store_is_an_older_one() {
    let database = fresh::mariadb().unwrap();
    let query = |text: &str| database.query(text).unwrap();
    let all = "select table_name from information_schema.tables where table_schema = database()";
    on_a_server_of_databases(database.url(), &query, all);
}
