//! `POST /exchange`

use serde_json::json;

use crate::support::person::counts;
use crate::support::token::peek;
use crate::support::{MODES, Person, Request, Setup, Shared, Ticket};

static SHARED: Shared = Shared::new();

fn to(client: &str) -> Request {
    Request::post("/exchange").json(&json!({ "client": client }))
}

#[test]
fn what_comes_of_it_ends_with_the_login() {
    let server = SHARED.server();
    for from in MODES.iter().filter(|mode| mode.stored) {
        let person = Person::new(&server);
        let login = person.logs_in(&server, from);
        let exchanged = MODES.map(|mode| mode.ticket(&server.send(&login.on(to(mode.client))).expect(200)));
        let sessions = server.send(&login.on(Request::get("/sessions"))).expect(200).json();
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "one login: {sessions}");
        // Whichever of them logs out, they all do.
        server.send(&exchanged[3].on(Request::post("/logout"))).expect(204);
        for ticket in exchanged.iter().chain([&login]) {
            assert!(!counts(&server, ticket), "{}", from.client);
        }
    }
}

#[test]
fn a_client_that_does_not_allow_it_is_like_one_that_is_not_there() {
    let config = "[clients.vault]\nkind = \"token\"\nexchange = false\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        for client in ["vault", "nobody", ""] {
            server.send(&ticket.on(to(client))).problem(403);
        }
    }
    assert!(counts(&server, &person.logs_in_to(&server, "vault")));
}

#[test]
fn tk_09_it_widens_and_prolongs_nothing() {
    let config = "[clients.narrow]\nkind = \"jwt\"\nlifetime = \"1m\"\nrefresh = \"none\"\nscopes = [\"a\", \"b\"]\n\
                  [clients.wide]\nkind = \"jwt\"\nlifetime = \"1d\"\nrefresh = \"30d\"\nscopes = [\"a\", \"b\", \"c\"]\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let login = server.send(&person.login(&json!({ "client": "narrow", "scope": "a" }))).expect(200);
    let (_, before) = peek(&Ticket::bearer(&login).text);
    let answer = server.send(&Ticket::bearer(&login).on(to("wide"))).expect(200);
    let (_, after) = peek(&Ticket::bearer(&answer).text);
    assert_eq!(after["scope"], "a", "{after}");
    assert!(after["exp"].as_u64() <= before["exp"].as_u64(), "{before} {after}");
    assert_eq!(after["auth_time"], before["auth_time"]);
}

#[test]
fn a_refused_exchange_says_why() {
    let server = SHARED.server();
    server.send(&to("api")).is_anonymous();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    server.send(&ticket.on(Request::post("/exchange").json(&json!({})))).refusal_naming(422, "client");
    server.send(&ticket.on(Request::post("/exchange").json(&json!({ "client": 7 })))).refusal_naming(422, "client");
}
