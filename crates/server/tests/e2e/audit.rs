//! Who did what, from where, and how it went: written down before it is answered, and not to be changed unseen.

use serde_json::{Value, json};

use crate::support::command::counterfoil;
use crate::support::patience::found;
use crate::support::{MODES, PASSWORD, Person, Request, Server, Setup};

const NEW: &str = "six quiet otters reading";

/// All that is written down in a server's database, by the command.
#[track_caller]
fn records(server: &Server) -> Vec<Value> {
    let done = counterfoil(server.folder(), &["audit", "list", "--after", "0", "--json"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    serde_json::from_str::<Value>(&done.stdout).unwrap().as_array().unwrap().clone()
}

/// The same, once there are so many of an event: what nobody waits for is written a moment later.
#[track_caller]
fn records_with(server: &Server, event: &str) -> Vec<Value> {
    let there = |records: &Vec<Value>| records.iter().any(|record| record["event"] == event);
    found(|| Some(records(server)).filter(there)).unwrap_or_else(|| records(server))
}

fn events(records: &[Value]) -> Vec<&str> {
    records.iter().map(|record| record["event"].as_str().unwrap()).collect()
}

#[track_caller]
fn typed(server: &Server, arguments: &[&str]) {
    let done = counterfoil(server.folder(), arguments, "");
    assert_eq!(done.code, Some(0), "{arguments:?}: {done:?}");
}

/// What people do, by HTTP.
fn people(server: &Server) -> Person {
    let (web, api) = (MODES[0], MODES[2]);
    let person = Person::new(server);
    server.send(&person.login(&json!({ "password": "not the right one at all" }))).problem(401);
    let ticket = person.logs_in(server, &web);
    let change = |current: &str| json!({ "current_password": current, "new_password": NEW });
    server.send(&ticket.on(Request::post("/password").json(&change("nor is this the right one")))).problem(401);
    let changed = server.send(&ticket.on(Request::post("/password").json(&change(PASSWORD)))).expect(204);
    let ticket = web.after_change(&ticket, &changed);
    server.send(&ticket.on(Request::delete("/sessions?keep=current"))).expect(204);
    server.send(&ticket.on(Request::post("/logout"))).expect(204);
    // A refresh token from before the last one comes back.
    let first = api.ticket(&server.send(&person.login(&json!({ "client": "api", "password": NEW }))).expect(200));
    let second = api.ticket(&server.send(&first.refreshing()).expect(200));
    server.send(&second.refreshing()).expect(200);
    server.send(&first.refreshing()).problem(401);
    // An exchange, and then another site's form.
    let ticket = web.ticket(&server.send(&person.login(&json!({ "client": "web", "password": NEW }))).expect(200));
    server.send(&ticket.on(Request::post("/exchange").json(&json!({ "client": "device" })))).expect(200);
    let forged = ticket.alone_on(Request::delete("/sessions").header("Sec-Fetch-Site", "cross-site"));
    server.send(&forged).problem(403);
    person
}

/// What strangers do: they guess until the account is locked, and register until they have to wait.
fn strangers(server: &Server) {
    let person = Person::new(server);
    for _ in 0..2 {
        server.send(&person.login(&json!({ "password": "a guess of somebody else" }))).problem(401);
    }
    let third = json!({ "username": "one-too-many", "password": PASSWORD });
    server.send(&Request::post("/register").json(&third)).problem(429);
}

#[test]
fn lo_01_tk_05_each_event_of_a_journey_is_written_down_once() {
    let config =
        "[log]\nformat = \"json\"\n[throttle]\nfree_failures = 100\nlock_after = 2\naddress_registrations = 2\n";
    let mut server = Setup::default().config(config).start();
    records_with(&server, "sys_startup");
    let person = people(&server);
    records_with(&server, "malicious_csrf");
    strangers(&server);
    for arguments in [
        &["user", "roles", &person.username, "--add", "admin"][..],
        &["user", "disable", &person.username],
        &["user", "enable", &person.username],
        &["key", "rotate"],
        &["revoke", "--client", "api"],
        &["user", "delete", &person.username, "--yes"],
        &["store", "restored", "--yes"],
    ] {
        typed(&server, arguments);
    }
    server.terminate();
    server.wait();
    let records = records(&server);
    let expected = [
        "sys_startup",
        "user_created",
        "authn_login_fail",
        "authn_login_success",
        "session_created",
        "authn_password_change_fail",
        "authn_password_change",
        "authn_token_revoked",
        "session_logout",
        "authn_login_success",
        "authn_token_created",
        "authn_token_reuse",
        "authn_login_success",
        "session_created",
        "authn_token_created",
        "malicious_csrf",
        "user_created",
        "authn_login_fail",
        "authn_login_lock",
        "authn_login_fail",
        "excess_rate_limit_exceeded",
        "authz_change",
        "user_archived",
        "user_updated",
        "authz_admin",
        "authn_token_revoked",
        "user_deleted",
        "sys_store_restored",
        "sys_shutdown",
    ];
    assert_eq!(events(&records), expected);
    for (record, number) in records.iter().zip(1..) {
        assert_eq!(record["number"], number, "there is no gap");
        assert_complete(record);
    }
    assert_eq!(records[3]["user_id"], *person.id);
    assert_eq!(records[3]["actor"], format!("user {}", person.id));
    assert!(records[11]["outcome"] == "failure" && records[11]["user_id"] == *person.id, "{}", records[11]);
    assert_eq!(records[21]["details"], json!({ "roles": ["admin", "user"] }));
    // The log says the same, and what is not kept.
    let log = server.log();
    let said = |event: &str| log.matches(&format!("\"event\":\"{event}\"")).count();
    for event in &expected[..21] {
        assert_eq!(said(event), expected[..21].iter().filter(|other| *other == event).count(), "{event}: {log}");
    }
    assert_eq!(said("session_renewed"), 2, "{log}");
    let verified = counterfoil(server.folder(), &["audit", "verify"], "");
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.starts_with("All 29 records are what was written."), "{verified:?}");
}

/// Each record says when (UTC), who, from where, in which request and how it went.
#[track_caller]
fn assert_complete(record: &Value) {
    let text = |name: &str| record[name].as_str().unwrap_or_else(|| panic!("no {name}: {record}"));
    assert!(text("at").ends_with('Z') && text("at").parse::<jiff::Timestamp>().is_ok(), "{record}");
    assert!(["success", "failure"].contains(&text("outcome")), "{record}");
    let actor = text("actor");
    let is_of_a_request = record["request_id"].is_string();
    assert_eq!(is_of_a_request, actor == "nobody" || actor.starts_with("user "), "{record}");
    assert!(is_of_a_request || actor == "system" || actor.starts_with("operator"), "{record}");
    if is_of_a_request {
        assert_eq!(text("ip"), "127.0.0.1", "{record}");
    }
}

#[test]
fn lo_04_every_line_about_an_event_says_when_who_where_and_how() {
    let mut server = Setup::default().config("[log]\nformat = \"json\"\n").start();
    people(&server);
    records_with(&server, "malicious_csrf");
    server.terminate();
    server.wait();
    let mut events = 0;
    for line in server.log().lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["message"] != "audit" {
            continue;
        }
        events += 1;
        for name in ["timestamp", "level", "event", "outcome", "actor", "source", "request_id"] {
            assert!(line[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {line}");
        }
        let at = line["timestamp"].as_str().unwrap();
        assert!(at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok(), "{line}");
        let is_of_the_server = line["actor"] == "system";
        assert_eq!(line["source"] == "local" && line["request_id"] == "-", is_of_the_server, "{line}");
    }
    assert!(events > 15, "{}", server.log());
}

#[test]
fn lo_03_what_strangers_call_themselves_stays_on_its_line() {
    let mut server = Setup::default().config("[log]\nformat = \"json\"\n").start();
    let person = Person::new(&server);
    let hostile = "a\\r\\n\" }{ {\"event\":\"authn_login_success\"} \u{7f}'; drop table audit; --";
    let visible: String = hostile.chars().filter(|c| !c.is_control()).collect();
    let typed = "a\r\nforged\u{1b}[31m\u{2028}\"}";
    let with_agent = |request: Request| request.header("User-Agent", &visible).header("X-Forwarded-For", &visible);
    server.send(&with_agent(person.login(&json!({ "password": "not the right one at all" })))).problem(401);
    let nobody = json!({ "username": typed, "password": typed });
    server.send(&with_agent(Request::post("/login").json(&nobody))).problem(401);
    let forged = format!("eyJhbGciOiJFUzI1NiIsImtpZCI6Ilx1MjAyOFxyXG4ifQ.e30.{}", "A".repeat(86));
    server.send(&with_agent(Request::get("/profile").bearer(&forged))).problem(401);
    server.terminate();
    server.wait();
    for line in server.log().lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_ne!(line["event"], "authn_login_success", "nobody has logged in");
    }
    let records = records(&server);
    let failed: Vec<_> = records.iter().filter(|record| record["event"] == "authn_login_fail").collect();
    assert_eq!(failed.len(), 2);
    assert!(failed.iter().all(|record| record["user_agent"] == *visible), "{failed:?}");
    assert!(failed[1]["details"]["unknown_name"].is_string() && !format!("{failed:?}").contains("forged"));
    let listed = counterfoil(server.folder(), &["audit", "list"], "").stdout;
    assert_eq!(listed.lines().count(), records.len() + 1, "one line each, and the head: {listed}");
    assert!(!listed.contains(|c: char| c.is_control() && c != '\n'), "{listed:?}");
}

#[test]
fn lo_07_what_was_answered_is_written_down_though_the_server_is_killed() {
    let mut server = Setup::default().mortal().start();
    let web = MODES[0];
    let person = Person::new(&server);
    for (done, event) in [(0, "session_logout"), (1, "authn_password_change"), (2, "authn_token_revoked")] {
        let password = if done < 2 { PASSWORD } else { NEW };
        let login = person.login(&json!({ "client": "web", "password": password }));
        let ticket = web.ticket(&server.send(&login).expect(200));
        let request = match done {
            0 => Request::post("/logout"),
            1 => Request::post("/password").json(&json!({ "current_password": PASSWORD, "new_password": NEW })),
            _ => Request::delete("/sessions"),
        };
        server.send(&ticket.on(request)).expect(204);
        server.kill();
        let last = records(&server).pop().unwrap();
        assert_eq!((last["event"].as_str(), last["user_id"].as_str()), (Some(event), Some(&*person.id)), "{last}");
        server.start_again();
    }
    typed(&server, &["user", "disable", &person.username]);
    server.kill();
    assert_eq!(records(&server).pop().unwrap()["event"], "user_archived");
    let verified = counterfoil(server.folder(), &["audit", "verify", "--json"], "");
    let verified: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!((&verified["intact"], &verified["findings"]), (&json!(true), &json!([])));
}
