//! A file that another program keeps for itself.

use rusqlite::Connection;

use super::is_put_off;
use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Server, Setup};

/// Another program that keeps the database for itself, until this is dropped.
fn outage(server: &Server) -> Connection {
    let database = Connection::open(server.database()).unwrap();
    database.execute_batch("begin immediate").unwrap();
    database
}

/// For so long what another program holds up is waited for, each time.
const CONFIG: &str = "[store]\ntimeout = \"3s\"\n";

#[test]
fn tk_11_lo_06_what_cannot_be_made_durable_is_not_said_to_be_done() {
    let server = Setup::default().config(CONFIG).start();
    let person = Person::new(&server);
    let tickets = MODES.map(|mode| person.logs_in(&server, &mode));
    let outage = outage(&server);
    std::thread::scope(|scope| {
        for ticket in &tickets {
            scope.spawn(|| is_put_off(&server.send(&ticket.on(Request::post("/logout")))));
            scope.spawn(|| is_put_off(&server.send(&ticket.on(Request::delete("/sessions")))));
            let Some(refresh) = &ticket.refresh else { continue };
            scope.spawn(|| is_put_off(&server.send(&ticket.refreshing())));
            if ticket.cookie.is_some() {
                let stops = [Request::get("/refresh/page"), Request::post("/refresh/logout")];
                for stop in stops.map(|stop| stop.cookie("refresh_token", refresh).same_origin()) {
                    let server = &server;
                    scope.spawn(move || is_put_off(&server.send(&stop)));
                }
            }
        }
        scope.spawn(|| is_put_off(&server.send(&person.login_to("web"))));
        // What needs no writing goes on.
        assert!(tickets.iter().all(|ticket| counts(&server, ticket)));
    });
    drop(outage);
    for (mode, ticket) in MODES.iter().zip(&tickets) {
        assert!(counts(&server, ticket), "{}", mode.client);
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        assert!(!counts(&server, ticket), "{}", mode.client);
    }
}

#[test]
fn whoever_is_logged_in_without_a_record_logs_in_during_an_outage() {
    let server = Setup::default().config(CONFIG).start();
    let person = Person::new(&server);
    let outage = outage(&server);
    let ticket = person.logs_in(&server, &MODES[3]);
    assert!(counts(&server, &ticket), "nothing is stored about it");
    drop(outage);
}
