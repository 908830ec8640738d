//! An installation that moves to another store: nobody is logged out, and nobody is let in again.

mod broken;
mod logins;
mod many;
mod refusals;

use std::path::Path;

use serde_json::{Value, json};
use xtask::services::fresh;

use crate::support::command::{Done, UNHURRIED, counterfoil_alone, program};
use crate::support::person::counts;
use crate::support::{MODES, Person, Place, Setup};
use logins::Logins;

/// Each start takes another port, which the issuer would follow; and each store would have its secret beside it.
const CONFIG: &str = "[tokens]\nissuer = \"https://issuer.example\"\n[secrets]\nsecret_file = \"counterfoil.secret\"\n";

/// A server at a place, with the same secret as at any other.
fn at(place: &Place) -> Setup {
    Setup::default().config(CONFIG).at(place)
}

/// Does something by a command beside the server.
#[track_caller]
fn operate(folder: &Path, place: &Place, arguments: &[&str]) {
    let mut command = program(folder);
    command.args(arguments).args(["--secret-file", "counterfoil.secret"]).envs(place.variables()).envs([UNHURRIED]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The arguments of a copy, with the URLs in files, as they hold passwords.
fn copying(folder: &Path, from: &Place, to: &Place) -> Vec<String> {
    let mut arguments = vec!["store".to_owned(), "copy".to_owned()];
    for (flag, place) in [("from", from), ("to", to)] {
        let (store, sessions) = place.urls();
        for (flag, url) in [(flag.to_owned(), Some(store)), (format!("{flag}-sessions"), sessions)] {
            if let Some(url) = url {
                std::fs::write(folder.join(format!("{flag}.url")), format!("{url}\n")).unwrap();
                arguments.extend([format!("--{flag}"), format!("@{flag}.url")]);
            }
        }
    }
    arguments
}

/// Copies, and returns what became of it.
#[track_caller]
fn copy(folder: &Path, from: &Place, to: &Place, more: &[&str]) -> Done {
    let arguments = copying(folder, from, to);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
    counterfoil_alone(folder, &arguments)
}

/// Copies, and returns the answer.
#[track_caller]
fn copied(folder: &Path, from: &Place, to: &Place) -> Value {
    let done = copy(folder, from, to, &["--json"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

/// Moves a server in use from one place to another, and sees that its users do not notice.
#[track_caller]
fn nobody_notices_a_move(from: &Place, to: &Place) {
    let mut server = at(from).start();
    let logins = Logins::new(&server, from);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    let answer = copied(server.folder(), from, to);
    assert_eq!(answer["source"], answer["target"]);
    assert_eq!((&answer["was_complete"], &answer["source"]["users"]), (&json!(false), &json!(2)));
    let again = copied(server.folder(), from, to);
    assert_eq!((&again["was_complete"], &again["target"]), (&json!(true), &answer["target"]));
    server.start_again_as(at(to));
    logins.are_as_before(&server);
    let newcomer = Person::named(&server, "newcomer");
    for mode in MODES {
        assert!(counts(&server, &newcomer.logs_in(&server, &mode)), "{}: a new login", mode.client);
    }
}

#[test]
fn every_credential_counts_on_after_a_move_from_sqlite_to_sqlite() {
    nobody_notices_a_move(&Place::file("counterfoil.db"), &Place::file("moved.db"));
}

#[test]
fn every_credential_counts_on_after_a_move_from_sqlite_to_postgres_redis() {
    nobody_notices_a_move(&Place::file("counterfoil.db"), &Place::postgres_redis());
}

#[test]
fn every_credential_counts_on_after_a_move_from_sqlite_to_mariadb() {
    nobody_notices_a_move(&Place::file("counterfoil.db"), &Place::mariadb());
}

#[test]
fn every_credential_counts_on_after_a_move_from_postgres_to_mariadb_redis_cluster() {
    nobody_notices_a_move(&Place::postgres(), &Place::mariadb_redis_cluster());
}

#[test]
fn every_credential_counts_on_after_a_move_from_postgres_redis_to_sqlite() {
    nobody_notices_a_move(&Place::postgres_redis(), &Place::file("moved.db"));
}

#[test]
fn every_credential_counts_on_after_a_move_beside_sessions_that_stay() {
    let keys = fresh::redis().unwrap();
    nobody_notices_a_move(&Place::sqlite_with_sessions(&keys), &Place::postgres().with_sessions(&keys));
}

#[test]
fn every_credential_counts_on_after_a_move_from_mariadb_to_postgres() {
    nobody_notices_a_move(&Place::mariadb(), &Place::postgres());
}
