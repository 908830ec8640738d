//! `DELETE /sessions/{id}`

use serde_json::json;

use crate::support::person::counts;
use crate::support::{MODES, Mode, Person, Request, Server, Shared, Ticket};

static SHARED: Shared = Shared::new();

fn end(id: &str) -> Request {
    Request::delete(&format!("/sessions/{id}"))
}

/// A login, and what its session is called.
#[track_caller]
fn login(server: &Server, person: &Person, mode: &Mode) -> (Ticket, String) {
    let answer = server.send(&person.login_to(mode.client)).expect(200);
    let id = answer.json()["credential"]["session"].as_str().unwrap_or_default().to_owned();
    (mode.ticket(&answer), id)
}

#[test]
fn ss_10_any_login_ends_any_other_of_its_user() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for ending in MODES {
        let (ticket, _) = login(&server, &person, &ending);
        for mode in MODES.iter().filter(|mode| mode.stored) {
            let (victim, id) = login(&server, &person, mode);
            let (bystander, _) = login(&server, &person, mode);
            server.send(&ticket.on(end(&id))).expect(204);
            assert!(!counts(&server, &victim), "{} ends {}", ending.client, mode.client);
            assert!(counts(&server, &bystander));
            if victim.refresh.is_some() {
                server.send(&victim.refreshing()).refusal(401, "invalid-grant");
            }
            server.send(&ticket.on(end(&id))).problem(404);
        }
        assert!(counts(&server, &ticket));
    }
}

#[test]
fn all_that_a_login_was_renewed_to_ends_with_it() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for ending in MODES {
        let (ticket, _) = login(&server, &person, &ending);
        for mode in MODES.iter().filter(|mode| mode.refresh) {
            let (first, id) = login(&server, &person, mode);
            let renewed = mode.ticket(&server.send(&first.refreshing()).expect(200));
            let again = mode.ticket(&server.send(&renewed.refreshing()).expect(200));
            let exchange = Request::post("/exchange").json(&json!({ "client": "device" }));
            let exchanged = MODES[4].ticket(&server.send(&again.on(exchange)).expect(200));
            let victims = [first, renewed, again, exchanged];
            assert!(victims.iter().all(|victim| counts(&server, victim)));
            let listed = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
            let is_it = |session: &&serde_json::Value| session["id"] == *id;
            assert_eq!(listed["sessions"].as_array().unwrap().iter().filter(is_it).count(), 1, "{listed}");
            server.send(&ticket.on(end(&id))).expect(204);
            for victim in &victims {
                assert!(!counts(&server, victim), "{} ends {}", ending.client, mode.client);
                if victim.refresh.is_some() {
                    server.send(&victim.refreshing()).refusal(401, "invalid-grant");
                }
            }
            let listed = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
            assert_eq!(listed["sessions"].as_array().unwrap().iter().filter(is_it).count(), 0, "{listed}");
        }
    }
}

#[test]
fn a_login_may_end_itself() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES.iter().filter(|mode| mode.stored) {
        let (ticket, id) = login(&server, &person, mode);
        server.send(&ticket.on(end(&id))).expect(204);
        assert!(!counts(&server, &ticket), "{}", mode.client);
    }
}

#[test]
fn ss_10_a_foreign_login_is_like_one_that_is_not_there() {
    let server = SHARED.server();
    let (person, stranger) = (Person::new(&server), Person::new(&server));
    let (victim, foreign) = login(&server, &stranger, &MODES[0]);
    let (ticket, _) = login(&server, &person, &MODES[2]);
    let refused = server.send(&ticket.on(end(&foreign)));
    refused.problem(404);
    let unknown = server.send(&ticket.on(end("0190b5e0-7a3c-7e8f-8a6b-1c2d3e4f5a6b")));
    unknown.problem(404);
    assert_eq!(refused.json(), unknown.json(), "nobody learns which ids exist");
    for id in ["nonsense", "current", "%00", "..%2f..", &"x".repeat(2000)] {
        server.send(&ticket.on(end(id))).problem(404);
    }
    assert!(counts(&server, &victim));
}

#[test]
fn nobody_ends_a_login_without_one() {
    let server = SHARED.server();
    let (victim, id) = login(&server, &Person::new(&server), &MODES[0]);
    server.send(&end(&id)).is_anonymous();
    server.send(&victim.alone_on(end(&id))).refusal(403, "cross-site");
    assert!(counts(&server, &victim));
}
