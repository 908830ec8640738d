//! An audit log that cannot be written: it is told, nothing new is done without its record, and a command lets it go on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::command::counterfoil;
use crate::support::patience::found;
use crate::support::{MODES, PASSWORD, Person, Request, Server, Setup};

/// Lets SQL loose on a server's database.
fn tamper(server: &Server, sql: &str) {
    let database = rusqlite::Connection::open(server.database()).unwrap();
    database.busy_timeout(Duration::from_secs(30)).unwrap();
    database.execute_batch(sql).unwrap();
}

#[track_caller]
fn verified(server: &Server) -> (Option<i32>, Value) {
    let done = counterfoil(server.folder(), &["audit", "verify", "--json"], "");
    (done.code, serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}")))
}

/// A server, somebody with a login on it, and something in the way of its log.
fn stuck(sql: &str) -> (Server, Person) {
    let server = Setup::default().start();
    assert!(server.writes("sys_startup"), "{}", server.log());
    let person = Person::new(&server);
    person.logs_in(&server, &MODES[0]);
    let ready = readiness_once(&server, "ok");
    assert_eq!(ready, json!({ "status": "ok", "store": "ok", "audit": "ok", "feed": "ok" }));
    tamper(&server, sql);
    (server, person)
}

/// What was found is told for half a second.
#[track_caller]
fn readiness_once(server: &Server, audit: &str) -> Value {
    let look =
        || Some(server.send(&Request::get("/readyz")).expect(200).json()).filter(|ready| ready["audit"] == audit);
    found(look).unwrap_or_else(|| panic!("it is never {audit}: {}", server.log()))
}

fn goes_on_once_repaired(sql: &str, broken: &str) {
    let (server, person) = stuck(sql);
    let (web, stateless) = (MODES[0], MODES[3]);
    server.send(&person.login_to(web.client)).problem(503);
    let ticket = person.logs_in(&server, &stateless);
    // It is told: to whoever keeps the server running, and in the log with what to do.
    // What goes on without it is not taken from everybody: the server is ready.
    let ready = readiness_once(&server, "unavailable");
    assert_eq!(ready, json!({ "status": "ok", "store": "ok", "audit": "unavailable", "feed": "ok" }));
    assert!(server.writes("the audit log cannot be written"), "{}", server.log());
    assert!(server.writes("`counterfoil audit repair` lets it go on"), "{}", server.log());
    // What cannot be done twice is not done without its record; what ends something is.
    let new = json!({ "username": "newcomer", "password": PASSWORD });
    for _ in 0..2 {
        server.send(&Request::post("/register").json(&new)).problem(503);
    }
    let added = counterfoil(server.folder(), &["user", "add", "other", "--password-stdin"], "four sleepy badgers\n");
    assert!(added.code == Some(1) && added.stderr.contains("`counterfoil audit repair`"), "{added:?}");
    server.send(&ticket.on(Request::delete("/sessions"))).problem(503);
    server.send(&ticket.on(Request::get("/profile"))).problem(401);
    let (code, found) = verified(&server);
    assert_eq!(code, Some(1), "{found}");
    assert!(found["findings"].as_array().unwrap().contains(&json!(broken)), "{found}");

    let repaired = counterfoil(server.folder(), &["audit", "repair", "--json"], "");
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    let repaired: Value = serde_json::from_str(&repaired.stdout).unwrap();
    assert_eq!(repaired["repaired"], true, "{repaired}");
    readiness_once(&server, "ok");
    server.send(&Request::post("/register").json(&new)).expect(201);
    person.logs_in(&server, &web);
    let again = counterfoil(server.folder(), &["audit", "repair"], "");
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), "The audit log can be written. Nothing was changed.\n"));
    // Nothing is hidden.
    let (code, found) = verified(&server);
    let number = repaired["record"].as_u64().unwrap();
    let findings = found["findings"].as_array().unwrap();
    let last = findings.last().unwrap();
    assert_eq!(
        last.as_str().unwrap(),
        format!(
            "the log could not go on as it was, and was let go on by `audit repair` with record {number}, which says what was in the way"
        )
    );
    assert_eq!(code, Some(1));
    let listed = counterfoil(server.folder(), &["audit", "list", "--after", "0", "--json"], "");
    let listed: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
    let record = listed.iter().find(|record| record["event"] == "sys_audit_repaired").unwrap();
    assert!(record["actor"].as_str().unwrap().starts_with("operator") && record["number"] == number, "{record}");
    // The revocation that was done is written down by now.
    assert!(listed.iter().any(|record| record["event"] == "authn_token_revoked"), "{listed:?}");
}

#[test]
fn a_record_beyond_the_end_is_told_and_the_log_goes_on_when_an_operator_says_so() {
    let stray = "insert into audit (number, at, event, user_id, content, tag) \
                 select number + 1, 0, 'user_created', null, '{\"outcome\":\"success\",\"actor\":\"system\"}', '' from audit_ends";
    goes_on_once_repaired(stray, "record 5 stands beyond the end of the log");
}

#[test]
fn a_log_without_its_ends_is_told_and_goes_on_when_an_operator_says_so() {
    let broken = "where the log begins and ends is not there, or cannot be read";
    goes_on_once_repaired("delete from audit_ends", broken);
}

#[test]
fn an_end_where_no_log_comes_is_told_and_the_log_goes_on_when_an_operator_says_so() {
    let far = "update audit_ends set number = 9223372036854775807";
    goes_on_once_repaired(far, "the end of the log, at 9223372036854775807, was not put there by a server");
    // The tag of no record, as nobody writes it.
    let nought = format!("update audit_ends set tag = '{}'", "A".repeat(43));
    goes_on_once_repaired(&nought, "where the log begins and ends is not there, or cannot be read");
}
