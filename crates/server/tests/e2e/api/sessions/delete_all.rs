//! `DELETE /sessions`

use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn ss_10_logged_out_everywhere_in_every_mode() {
    let server = SHARED.server();
    for ending in MODES {
        let person = Person::new(&server);
        let bystander = Person::new(&server).logs_in(&server, &MODES[0]);
        let ticket = person.logs_in(&server, &ending);
        let others = MODES.map(|mode| person.logs_in(&server, &mode));
        let answer = server.send(&ticket.on(Request::delete("/sessions"))).expect(204);
        assert!(ending.cookie.is_none_or(|name| answer.set_cookie(name).clears()), "{answer}");
        for other in others.iter().chain([&ticket]) {
            assert!(!counts(&server, other), "{} ends {:?}", ending.client, other.cookie);
            if other.refresh.is_some() {
                server.send(&other.refreshing()).refusal(401, "invalid-grant");
            }
        }
        assert!(counts(&server, &bystander));
        assert!(counts(&server, &person.logs_in(&server, &ending)), "a new login counts");
    }
}

#[test]
fn the_one_that_asks_may_be_spared() {
    let server = SHARED.server();
    for ending in MODES {
        let person = Person::new(&server);
        let ticket = person.logs_in(&server, &ending);
        let others = MODES.map(|mode| person.logs_in(&server, &mode));
        let answer = server.send(&ticket.on(Request::delete("/sessions?keep=current"))).expect(204);
        assert!(answer.set_cookies().is_empty(), "its cookies stay: {answer}");
        for other in &others {
            assert!(!counts(&server, other), "{} ends {:?}", ending.client, other.cookie);
        }
        assert!(counts(&server, &ticket), "{}", ending.client);
        if ticket.refresh.is_some() {
            let renewed = ending.ticket(&server.send(&ticket.refreshing()).expect(200));
            assert!(counts(&server, &renewed), "{}", ending.client);
        }
        // Again: whoever was spared once is spared twice.
        server.send(&ticket.on(Request::delete("/sessions?keep=current"))).expect(204);
        assert!(counts(&server, &ticket), "{}", ending.client);
    }
}

#[test]
fn what_else_is_to_be_kept_is_not_guessed() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[2]);
    for query in ["?keep=all", "?keep=", "?keeep=current"] {
        let answer = server.send(&ticket.on(Request::delete(&format!("/sessions{query}"))));
        assert!(matches!(answer.status, 400 | 422), "{query}: {answer}");
        assert!(counts(&server, &ticket), "{query}");
    }
}

#[test]
fn nobody_is_logged_out_by_another_site() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[0]);
    server.send(&ticket.alone_on(Request::delete("/sessions"))).refusal(403, "cross-site");
    server.send(&Request::delete("/sessions")).is_anonymous();
    assert!(counts(&server, &ticket));
}
