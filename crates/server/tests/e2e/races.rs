//! What ends must stay ended, also for whoever was half-way through at that moment.

use std::thread::scope;

use serde_json::json;

use crate::support::person::counts;
use crate::support::{Answer, MODES, Mode, PASSWORD, Person, Request, Server, Shared, Ticket};

static SHARED: Shared = Shared::new();

/// Sends the requests at once, twice each, beside a request that ends the login. Returns its answer, and what was handed out.
fn beside(server: &Server, ending: &Request, others: &[(Request, Mode)]) -> (Answer, Vec<Ticket>) {
    scope(|scope| {
        let sent = |(request, mode): &(Request, Mode)| {
            let answer = server.send(request);
            (answer.status == 200).then(|| mode.ticket(&answer))
        };
        let asking: Vec<_> = others.iter().chain(others).map(|other| scope.spawn(move || sent(other))).collect();
        let ended = server.send(ending).expect(204);
        (ended, asking.into_iter().filter_map(|asked| asked.join().unwrap()).collect())
    })
}

#[track_caller]
fn none_counts(server: &Server, tickets: &[Ticket]) {
    for ticket in tickets {
        assert!(!counts(server, ticket), "{:?} {}", ticket.cookie, &ticket.text[..5]);
        if ticket.refresh.is_some() {
            server.send(&ticket.refreshing()).refusal(401, "invalid-grant");
        }
    }
}

#[test]
fn a_refresh_or_an_exchange_under_way_does_not_outlive_a_logout() {
    let server = SHARED.server();
    for mode in [MODES[1], MODES[2], MODES[0], MODES[4]].iter().cycle().take(16) {
        let ticket = Person::new(&server).logs_in(&server, mode);
        let exchange = |to: Mode| (ticket.on(Request::post("/exchange").json(&json!({ "client": to.client }))), to);
        let mut others = vec![exchange(MODES[0]), exchange(MODES[2]), exchange(MODES[3])];
        if mode.refresh {
            others.push((ticket.refreshing(), *mode));
        }
        let (_, issued) = beside(&server, &ticket.on(Request::post("/logout")), &others);
        none_counts(&server, &issued);
        none_counts(&server, &[ticket]);
    }
}

#[test]
fn a_login_under_way_does_not_outlive_a_change_of_its_password() {
    let server = SHARED.server();
    for mode in MODES {
        let person = Person::new(&server);
        let ticket = person.logs_in(&server, &mode);
        let change = json!({ "current_password": PASSWORD, "new_password": "nine yellow lemons" });
        let logins = MODES.map(|mode| (person.login_to(mode.client), mode));
        let (answer, issued) = beside(&server, &ticket.on(Request::post("/password").json(&change)), &logins);
        none_counts(&server, &issued);
        assert!(counts(&server, &mode.after_change(&ticket, &answer)), "{}", mode.client);
    }
}

#[test]
fn what_a_request_under_way_uses_does_not_come_back() {
    let server = SHARED.server();
    for mode in MODES.iter().cycle().take(15) {
        let ticket = Person::new(&server).logs_in(&server, mode);
        scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..4).for_each(|_| drop(server.send(&ticket.on(Request::get("/profile"))))));
            }
            server.send(&ticket.on(Request::post("/logout"))).expect(204);
            none_counts(&server, std::slice::from_ref(&ticket));
        });
        none_counts(&server, &[ticket]);
    }
}

#[test]
fn of_many_who_want_one_name_one_gets_it() {
    let server = SHARED.server();
    for (username, email) in [("wanted", "mine"), ("WANTED", "another"), ("other", "mine")] {
        let body = json!({ "username": username, "email": format!("{email}@example.com"), "password": PASSWORD });
        let request = Request::post("/register").json(&body);
        let mut statuses: Vec<_> = scope(|scope| {
            let asking: Vec<_> = (0..6).map(|_| scope.spawn(|| server.send(&request).status)).collect();
            asking.into_iter().map(|asked| asked.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        let first = if username == "wanted" { 201 } else { 409 };
        assert_eq!(statuses, [[first].as_slice(), &[409; 5]].concat(), "{username}");
    }
}
