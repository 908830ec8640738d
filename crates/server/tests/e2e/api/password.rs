//! `POST /password`

use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::support::person::counts;
use crate::support::{Answer, MODES, PASSWORD, Person, Request, Server, Shared, Ticket};

static SHARED: Shared = Shared::new();

const NEXT: &str = "nine yellow lemons in a bowl";

fn change(current: &str, new: &str) -> Request {
    Request::post("/password").json(&json!({ "current_password": current, "new_password": new }))
}

fn login(server: &Server, person: &Person, password: &str) -> u16 {
    let body = json!({ "username": person.username, "password": password, "client": "device" });
    server.send(&Request::post("/login").json(&body)).status
}

#[test]
fn pw_06_every_other_login_ends_and_this_one_stays() {
    let server = SHARED.server();
    for changing in MODES {
        let person = Person::new(&server);
        let ticket = person.logs_in(&server, &changing);
        let others = MODES.map(|mode| person.logs_in(&server, &mode));
        let answer = server.send(&ticket.on(change(PASSWORD, NEXT))).expect(204);
        let ticket = changing.after_change(&ticket, &answer);
        assert!(counts(&server, &ticket), "{}", changing.client);
        for other in &others {
            assert!(!counts(&server, other), "{} ends {:?}", changing.client, other.cookie);
            if other.refresh.is_some() {
                server.send(&other.refreshing()).refusal(401, "invalid-grant");
            }
        }
        if ticket.refresh.is_some() {
            assert!(counts(&server, &changing.ticket(&server.send(&ticket.refreshing()).expect(200))));
        }
        assert_eq!(login(&server, &person, PASSWORD), 401);
        assert_eq!(login(&server, &person, NEXT), 200);
    }
}

#[test]
fn ss_03_whoever_asks_by_a_cookie_gets_a_new_id_and_the_old_one_is_dead() {
    let server = SHARED.server();
    for mode in MODES.iter().filter(|mode| mode.cookie.is_some()) {
        let person = Person::new(&server);
        let old = person.logs_in(&server, mode);
        server.send(&old.on(Request::put("/sessions/current/data").json(&json!({ "basket": 1 })))).expect(204);
        let exchanged = Request::post("/exchange").json(&json!({ "client": "device" }));
        let exchanged = MODES[4].ticket(&server.send(&old.on(exchanged)).expect(200));
        let before = session(&server, &old);
        let answer = server.send(&old.on(change(PASSWORD, NEXT))).expect(204);
        assert!(answer.body.is_empty(), "{answer}");
        let new = mode.ticket(&answer);
        assert!(new.text != old.text && (new.refresh.is_none() || new.refresh != old.refresh));
        for ended in [&old, &exchanged] {
            assert!(!counts(&server, ended), "{}", mode.client);
        }
        if old.refresh.is_some() {
            server.send(&old.refreshing()).refusal(401, "invalid-grant");
            assert!(counts(&server, &mode.ticket(&server.send(&new.refreshing()).expect(200))));
        }
        // It is another login, and all that there is.
        let after = session(&server, &new);
        assert_ne!(before, after);
        let listed = server.send(&new.on(Request::get("/sessions"))).expect(200).json();
        assert_eq!((listed["sessions"].as_array().map(Vec::len), &listed["sessions"][0]["id"]), (Some(1), &after));
        let data = server.send(&new.on(Request::get("/sessions/current/data"))).expect(200).json();
        assert_eq!(data, json!({ "basket": 1 }), "what the app keeps is the user's still");
    }
}

#[test]
fn ss_03_the_old_id_is_dead_before_the_answer_is_read() {
    let server = SHARED.server();
    for mode in MODES.iter().filter(|mode| mode.cookie.is_some()) {
        let old = Person::new(&server).logs_in(&server, mode);
        let request = old.on(change(PASSWORD, NEXT));
        let mut stream = server.connect();
        stream.write_all(&request.to_bytes(server.port())).unwrap();
        let mut first = [0];
        stream.read_exact(&mut first).unwrap();
        assert!(!counts(&server, &old), "{}", mode.client);
        let mut rest = first.to_vec();
        stream.read_to_end(&mut rest).unwrap();
        assert!(counts(&server, &mode.ticket(&Answer::parse(&rest).unwrap().expect(204))));
    }
}

#[test]
fn ss_03_a_refused_change_replaces_nothing() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        for (current, new) in [("wrong", NEXT), (PASSWORD, "short")] {
            let answer = server.send(&ticket.on(change(current, new)));
            assert!(answer.status >= 400 && answer.set_cookies().is_empty(), "{answer}");
        }
        assert!(counts(&server, &ticket), "{}", mode.client);
    }
}

fn session(server: &Server, ticket: &Ticket) -> Value {
    server.send(&ticket.on(Request::get("/profile"))).expect(200).json()["credential"]["session"].clone()
}

#[test]
fn pw_06_lg_13_without_the_current_password_nothing_changes() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let (ticket, other) = (person.logs_in(&server, &mode), person.logs_in(&server, &mode));
        for wrong in ["", "seven green bottles", &PASSWORD.to_uppercase(), &format!("{PASSWORD} ")] {
            server.send(&ticket.on(change(wrong, NEXT))).problem(401);
        }
        assert!(counts(&server, &ticket) && counts(&server, &other), "{}", mode.client);
    }
    server.send(&change(PASSWORD, NEXT)).is_anonymous();
    assert_eq!((login(&server, &person, PASSWORD), login(&server, &person, NEXT)), (200, 401));
}

#[test]
fn tk_02_a_wrong_current_password_is_told_from_a_bad_credential() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        let answer = server.send(&ticket.on(change("seven green bottles", NEXT)));
        answer.refusal(401, "invalid-credentials");
        // RFC 6750 §3: with a credential, an error is said.
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        let told = r#"Bearer error="invalid_token", error_description="The current password is wrong.""#;
        assert_eq!(challenge, told, "{answer}");
        assert!(counts(&server, &ticket), "{}", mode.client);
        // One that does not count is told so, whatever the password.
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        server.send(&ticket.on(change(PASSWORD, NEXT))).is_refused();
    }
}

#[test]
fn a_new_password_that_is_too_weak_is_refused_with_the_reason() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[2]);
    let refused = server.send(&ticket.on(change(PASSWORD, "fourteen chars")));
    refused.refusal_naming(422, "15");
    refused.refusal_naming(422, "new_password");
    server.send(&ticket.on(change(PASSWORD, &"x".repeat(1025)))).refusal_naming(422, "1024");
    let own = format!("{}-{}", person.email, person.username);
    server.send(&ticket.on(change(PASSWORD, &own))).problem(422);
    assert_eq!(login(&server, &person, PASSWORD), 200);
}

#[test]
fn wb_03_another_site_changes_no_password() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES.iter().filter(|mode| mode.cookie.is_some()) {
        let ticket = person.logs_in(&server, mode);
        server.send(&ticket.alone_on(change(PASSWORD, NEXT))).refusal(403, "cross-site");
    }
    assert_eq!(login(&server, &person, PASSWORD), 200);
}
