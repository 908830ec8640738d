//! `POST /password`

use serde_json::json;

use crate::support::person::counts;
use crate::support::{MODES, PASSWORD, Person, Request, Server, Shared};

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
        server.send(&ticket.on(change(PASSWORD, NEXT))).expect(204);
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
