//! People who are logged in, and others who were, while their installation moves.

use serde_json::{Value, json};

use super::operate;
use crate::support::person::counts;
use crate::support::{MODES, Mode, Person, Place, Request, Server, Ticket};

/// Logins of every mode: some alive, some refreshed, some ended.
pub(super) struct Logins {
    alive: Vec<(Mode, Ticket)>,
    /// The last ticket of a family, and one that it has replaced two rotations ago.
    refreshed: Vec<(Mode, Ticket, Ticket)>,
    ended: Vec<Ticket>,
    data: (Ticket, Value),
}

impl Logins {
    /// Makes them on a server at a place.
    pub(super) fn new(server: &Server, place: &Place) -> Self {
        let (person, other) = (Person::new(server), Person::new(server));
        let alive: Vec<_> = MODES.iter().map(|mode| (*mode, person.logs_in(server, mode))).collect();
        let data = (person.logs_in(server, &MODES[0]), json!({ "cart": [1, 2.5, "ü"] }));
        server.send(&data.0.on(Request::put("/sessions/current/data").json(&data.1))).expect(204);
        let refreshes = MODES.iter().filter(|mode| mode.refresh);
        let refreshed = refreshes.map(|mode| {
            let first = person.logs_in(server, mode);
            let next = mode.ticket(&server.send(&first.refreshing()).expect(200));
            (*mode, mode.ticket(&server.send(&next.refreshing()).expect(200)), first)
        });
        let refreshed = refreshed.collect();
        let mut ended: Vec<_> = MODES.iter().map(|mode| person.logs_in(server, mode)).collect();
        for ticket in &ended {
            server.send(&ticket.on(Request::post("/logout"))).expect(204);
        }
        ended.extend(MODES.iter().map(|mode| other.logs_in(server, mode)));
        operate(server.folder(), place, &["user", "disable", &other.username]);
        // What was signed before must find its key among the retired ones.
        operate(server.folder(), place, &["key", "rotate"]);
        Self { alive, refreshed, ended, data }
    }

    /// That every one of them is what it was.
    #[track_caller]
    pub(super) fn are_as_before(&self, server: &Server) {
        for (mode, ticket) in &self.alive {
            assert!(counts(server, ticket), "{}", mode.client);
            if mode.refresh {
                let next = mode.ticket(&server.send(&ticket.refreshing()).expect(200));
                assert!(counts(server, &next), "{}: refreshed", mode.client);
            }
        }
        for ticket in &self.ended {
            assert!(!counts(server, ticket), "what has ended stays ended");
            if ticket.refresh.is_some() {
                server.send(&ticket.refreshing()).refusal(401, "invalid-grant");
            }
        }
        let (ticket, data) = &self.data;
        assert_eq!(server.send(&ticket.on(Request::get("/sessions/current/data"))).expect(200).json(), *data);
        for (mode, last, replaced) in &self.refreshed {
            assert!(counts(server, last), "{}", mode.client);
            server.send(&replaced.refreshing()).refusal(401, "invalid-grant");
            assert!(!counts(server, last), "{}: the reuse has ended the family", mode.client);
        }
    }
}
