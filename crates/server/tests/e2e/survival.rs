//! What a process that ends in the middle of things leaves behind.

use std::io::Read;

use serde_json::json;
use xtask::services;

use crate::support::command::counterfoil;
use crate::support::person::counts;
use crate::support::request::under_way;
use crate::support::{MODES, PASSWORD, Person, Request, Setup, Ticket};

/// Each start takes another port, which the issuer would follow.
const ISSUER: &str = "[tokens]\nissuer = \"https://issuer.example\"\n";

/// Each mode four times, and a kill after each.
const CYCLES: usize = 4;

#[test]
fn what_was_logged_out_stays_out_after_kill_9() {
    let mut server = Setup::default().config(ISSUER).mortal().start();
    let person = Person::new(&server);
    let alive = MODES.map(|mode| person.logs_in(&server, &mode));
    let mut dead: Vec<Ticket> = Vec::new();
    for mode in [MODES; CYCLES].concat() {
        let ticket = person.logs_in(&server, &mode);
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        server.kill();
        dead.push(ticket);
        server.start_again();
        let last = dead.last().unwrap();
        assert!(!counts(&server, last), "{}", mode.client);
        if last.refresh.is_some() {
            server.send(&last.refreshing()).refusal(401, "invalid-grant");
        }
    }
    assert!(dead.iter().all(|ticket| !counts(&server, ticket)));
    assert!(alive.iter().all(|ticket| counts(&server, ticket)), "what was not ended counts on");
}

#[test]
fn every_way_of_ending_logins_survives_kill_9() {
    let mut server = Setup::default().config(ISSUER).mortal().start();
    for mode in MODES {
        let person = Person::new(&server);
        let tickets = || MODES.map(|mode| person.logs_in(&server, &mode));
        let (ending, others) = (person.logs_in(&server, &mode), tickets());
        server.send(&ending.on(Request::delete("/sessions"))).expect(204);
        let (changing, more) = (person.logs_in(&server, &mode), tickets());
        let change = json!({ "current_password": PASSWORD, "new_password": "nine yellow lemons" });
        let answer = server.send(&changing.on(Request::post("/password").json(&change))).expect(204);
        let changed = mode.after_change(&changing, &answer);
        server.kill();
        server.start_again();
        for ended in others.iter().chain(&more).chain([&ending]) {
            assert!(!counts(&server, ended), "{}", mode.client);
        }
        assert!(counts(&server, &changed), "{}", mode.client);
        assert_eq!(counts(&server, &changing), mode.cookie.is_none(), "{}", mode.client);
    }
}

#[test]
fn tk_07_reuse_is_seen_after_kill_9() {
    let mut server = Setup::default().config(ISSUER).mortal().start();
    for mode in [MODES[1], MODES[2]] {
        let used = Person::new(&server).logs_in(&server, &mode);
        let next = mode.ticket(&server.send(&used.refreshing()).expect(200));
        let last = mode.ticket(&server.send(&next.refreshing()).expect(200));
        server.kill();
        server.start_again();
        assert!(counts(&server, &last));
        server.send(&used.refreshing()).refusal(401, "invalid-grant");
        server.send(&last.refreshing()).refusal(401, "invalid-grant");
        assert!(!counts(&server, &last));
    }
}

#[test]
fn a_repeated_refresh_gets_the_same_successor_after_kill_9() {
    let mut server = Setup::default().config(ISSUER).start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let before = Ticket::bearer(&server.send(&ticket.refreshing()).expect(200));
    server.kill();
    server.start_again();
    let after = Ticket::bearer(&server.send(&ticket.refreshing()).expect(200));
    assert_eq!(before.refresh, after.refresh);
    server.send(&after.refreshing()).expect(200);
}

#[test]
fn session_data_survives_kill_9() {
    let mut server = Setup::default().config(ISSUER).start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[0]);
    let data = json!({ "cart": [1, 2, 3] });
    server.send(&ticket.on(Request::put("/sessions/current/data").json(&data))).expect(204);
    server.kill();
    server.start_again();
    assert_eq!(server.send(&ticket.on(Request::get("/sessions/current/data"))).expect(200).json(), data);
}

#[test]
fn sigterm_finishes_a_login_in_flight() {
    // One hash takes about a second, so that there is a middle of things.
    let config = "[passwords]\nmemory_kib = 131072\niterations = 4\nworkers = 1\n[server]\nshutdown_grace = \"5m\"\n";
    let mut server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let mut idle = server.connect();
    let mut stream = under_way(&server, &person.login_to("api"));
    server.terminate();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("refresh_token"), "{answer}\n{}", server.log());
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    // Whoever has said nothing is not waited for.
    assert!(!server.log().contains("cut off"), "{}", server.log());
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest);
    assert!(rest.is_empty());
}

#[test]
fn sigterm_is_heard_from_the_first_line_on() {
    for _ in 0..5 {
        let mut server = Setup::default().start();
        server.terminate();
        assert_eq!(server.wait().code(), Some(0), "{}", server.log());
        assert!(server.log().contains("stopped"), "{}", server.log());
    }
}

#[test]
fn sigterm_ends_an_idle_server() {
    let mut server = Setup::default().start();
    Person::new(&server);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn ss_09_a_disabled_user_is_out_in_every_mode() {
    let server = Setup::default().start();
    let (person, other) = (Person::new(&server), Person::new(&server));
    let tickets = MODES.map(|mode| person.logs_in(&server, &mode));
    let bystander = other.logs_in(&server, &MODES[2]);
    // What the server remembers of a credential must not outlive the command either.
    assert!(tickets.iter().all(|ticket| counts(&server, ticket)));
    let done = counterfoil(server.folder(), &["user", "disable", &person.username], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(tickets.iter().all(|ticket| !counts(&server, ticket)), "the command has waited for the server");
    assert!(counts(&server, &bystander));
    server.send(&person.login_to("web")).refusal(401, "invalid-credentials");

    let done = counterfoil(server.folder(), &["user", "enable", &person.username], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(tickets.iter().all(|ticket| !counts(&server, ticket)), "what has ended stays ended");
    assert!(counts(&server, &person.logs_in(&server, &MODES[1])));
}

#[test]
fn the_port_of_a_killed_server_can_be_had_at_once() {
    let address = format!("127.0.0.1:{}", services::free_port().unwrap());
    let setup = Setup::default().argument("--listen").argument(&address);
    let mut server = setup.start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    server.kill();
    server.start_again();
    assert!(counts(&server, &ticket), "the issuer is the same, so the token counts");
}

#[test]
fn two_servers_on_one_database_are_one_system() {
    let first = Setup::default().config(ISSUER).start();
    let person = Person::new(&first);
    let second = Setup::default().config(ISSUER).beside(&first);
    for mode in MODES {
        let ticket = person.logs_in(&first, &mode);
        assert!(counts(&second, &ticket), "{}", mode.client);
        second.send(&ticket.on(Request::post("/logout"))).expect(204);
        assert!(!counts(&first, &ticket), "{}: at once", mode.client);
    }
}
