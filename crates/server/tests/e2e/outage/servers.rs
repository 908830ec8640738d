//! Servers that are stopped, killed, paused and cut off while people are logged in.

use std::time::Duration;

use xtask::services::{MariaDb, Postgres, Redis, RedisCluster};

use super::harm::{self, Harm, Victim};
use super::{is_put_off, now};
use crate::support::patience::{comes, found};
use crate::support::person::counts;
use crate::support::{Answer, MODES, Person, Place, Request, Server, Setup, Ticket};

/// Short, so that the test is.
const CONFIG: &str = "[store]\ntimeout = \"1s\"\n[revocation]\nlease = \"1s\"\ninterval = \"50ms\"\n";
/// What nobody waits for: a store that stands still would for ever.
const LONGEST: Duration = Duration::from_secs(40);

#[test]
fn lo_06_postgres_goes_away_and_comes_back() {
    let mut store = Victim::<Postgres>::start();
    for harm in Harm::ALL {
        let place = Place::at(store.url(harm), None);
        outage(&place, Part::Store, &mut store, harm);
    }
}

#[test]
fn lo_06_mariadb_goes_away_and_comes_back() {
    let mut store = Victim::<MariaDb>::start();
    for harm in Harm::ALL {
        let place = Place::at(store.url(harm), None);
        outage(&place, Part::Store, &mut store, harm);
    }
}

#[test]
fn lo_06_postgres_redis_loses_either_and_gets_it_back() {
    let (mut store, mut sessions) = (Victim::<Postgres>::start(), Victim::<Redis>::start());
    for harm in Harm::ALL {
        let place = Place::at(store.url(Harm::Stop), Some(sessions.url(harm)));
        outage(&place, Part::Sessions, &mut sessions, harm);
        let place = Place::at(store.url(harm), Some(sessions.url(Harm::Stop)));
        outage(&place, Part::Store, &mut store, harm);
    }
}

#[test]
fn mariadb_redis_cluster_loses_either_and_gets_it_back() {
    let (mut store, mut sessions) = (Victim::<MariaDb>::start(), Victim::<RedisCluster>::start());
    let place = Place::at(store.url(Harm::Stop), Some(sessions.url(Harm::Stop)));
    for harm in [Harm::Kill, Harm::Pause] {
        outage(&place, Part::Sessions, &mut sessions, harm);
    }
    outage(&place, Part::Store, &mut store, Harm::Kill);
}

#[test]
fn postgres_is_not_missed_for_what_is_remembered_while_the_lease_holds() {
    let mut store = Victim::<Postgres>::start();
    let config = CONFIG.replace("lease = \"1s\"", "lease = \"1m\"");
    let server = Setup::node(&Place::at(store.url(Harm::Kill), None)).config(&config).mortal().start();
    let person = somebody(&server, "alice");
    let tickets = MODES.map(|mode| person.logs_in(&server, &mode));
    let unseen = MODES.map(|mode| person.logs_in(&server, &mode));
    assert!(tickets.iter().all(|ticket| counts(&server, ticket)));
    store.suffer(Harm::Kill);
    for (mode, (ticket, unseen)) in MODES.iter().zip(tickets.iter().zip(&unseen)) {
        soon(&server, &ticket.on(Request::get("/verify"))).expect(200);
        let answer = soon(&server, &unseen.on(Request::get("/verify")));
        if mode.kind == "jwt" { drop(answer.expect(200)) } else { is_put_off(&answer) }
    }
}

/// What is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Store,
    Sessions,
}

fn outage<S: harm::Server>(place: &Place, part: Part, victim: &mut Victim<S>, harm: Harm) {
    let server = Setup::node(place).config(CONFIG).mortal().start();
    // Others have been here before.
    let person = somebody(&server, &format!("{part:?}{harm:?}").to_lowercase());
    let tickets = MODES.map(|mode| person.logs_in(&server, &mode));
    let spent = MODES.map(|mode| person.logs_in(&server, &mode));
    let ended = MODES.map(|mode| person.logs_in(&server, &mode));
    for ticket in &ended {
        log_out(&server, ticket);
    }
    assert!(tickets.iter().all(|ticket| counts(&server, ticket)), "{part:?} {harm:?}");

    victim.suffer(harm);
    says_what_is_down(&server, part);
    what_needs_it_is_put_off(&server, &person, part, &spent);
    what_does_not_goes_on(&server, &person, part, &tickets);

    victim.recover(harm);
    let serves = || server.ask(&Request::get("/readyz")).status == 200;
    assert!(comes(serves), "{part:?} {harm:?}: it does not serve again\n{}", server.log());
    for (mode, ticket) in MODES.iter().zip(&tickets) {
        assert!(counts(&server, ticket), "{} {part:?} {harm:?}", mode.client);
    }
    for (mode, ticket) in MODES.iter().zip(&ended) {
        assert!(!counts(&server, ticket), "{} {part:?} {harm:?}", mode.client);
    }
    for (mode, ticket) in MODES.iter().zip(&tickets) {
        if ticket.refresh.is_some() {
            assert!(counts(&server, &mode.ticket(&server.send(&ticket.refreshing()).expect(200))));
        }
        log_out(&server, ticket);
        assert!(!counts(&server, ticket), "{} {part:?} {harm:?}", mode.client);
        assert!(counts(&server, &person.logs_in(&server, mode)), "{} {part:?} {harm:?}", mode.client);
    }
}

/// Somebody with an account, on a server that gives its store little time: of a registration that was put off nobody knows.
#[track_caller]
fn somebody(server: &Server, name: &str) -> Person {
    let mut names = (0..).map(|number| format!("{name}{number}"));
    found(|| Person::try_named(server, &names.next()?)).unwrap()
}

/// Ends a login. One that was put off may have been done.
#[track_caller]
fn log_out(server: &Server, ticket: &Ticket) {
    let mut put_off = false;
    let done = found(|| {
        let answer = server.ask(&ticket.on(Request::post("/logout")));
        put_off |= answer.status == 503;
        (answer.status != 503).then_some(answer)
    });
    let done = done.unwrap();
    assert!(done.status == 204 || put_off && done.status == 401, "{done}");
}

/// The answer, which comes in time.
#[track_caller]
fn soon(server: &Server, request: &Request) -> Answer {
    let asked = now();
    let answer = server.ask(request);
    assert!(asked.elapsed() < LONGEST, "{} {} took {:?}", request.method, request.target, asked.elapsed());
    answer
}

/// `/readyz` names the part within a lease, and the process lives.
fn says_what_is_down(server: &Server, part: Part) {
    let (down, up) = match part {
        Part::Store => ("store", "sessions"),
        Part::Sessions => ("sessions", "store"),
    };
    let mut last = None;
    let is_said = || {
        let answer = soon(server, &Request::get("/readyz"));
        let health = answer.json();
        let names_it = answer.status == 503 && health[down] == "unavailable";
        // Without the log, what is remembered counts for a moment still.
        let feed = health["feed"] == if part == Part::Sessions { "ok" } else { "unavailable" };
        let rest = health[up].is_null() || health[up] == "ok";
        last = Some(answer);
        names_it && feed && rest
    };
    assert!(comes(is_said), "it still says {last:?}");
    soon(server, &Request::get("/healthz")).expect(200);
}

/// Each answer is 503 and takes no cookie away. The tickets may be used up by it: a server that was paused may do later what
/// nobody waits for any more.
fn what_needs_it_is_put_off(server: &Server, person: &Person, part: Part, tickets: &[Ticket; 5]) {
    let mut requests = vec![person.login_to("web"), person.login_to("spa"), person.login_to("device")];
    if part == Part::Store {
        let stranger = serde_json::json!({ "username": "stranger", "password": crate::support::PASSWORD });
        requests.extend([person.login_to("stateless"), Request::post("/register").json(&stranger)]);
        requests.push(Request::post("/register").json(&stranger).in_browser());
        let passwords = serde_json::json!({ "current_password": crate::support::PASSWORD, "new_password": "nine blue whales afloat" });
        requests.extend(tickets.iter().map(|ticket| ticket.on(Request::post("/password").json(&passwords))));
    }
    for (mode, ticket) in MODES.iter().zip(tickets) {
        let known_without = part == Part::Sessions && mode.kind == "jwt";
        if !known_without {
            requests.push(ticket.on(Request::get("/profile")));
            requests.push(ticket.on(Request::get("/dashboard")).in_browser());
            requests.push(ticket.on(Request::post("/exchange").json(&serde_json::json!({ "client": "device" }))));
            requests.push(ticket.on(Request::delete("/sessions?keep=current")));
        }
        if mode.kind == "session" {
            requests.push(ticket.on(Request::get("/refresh/page")).in_browser());
        }
        if mode.kind != "jwt" {
            requests.push(ticket.on(Request::get("/verify")));
        }
        if mode.stored {
            requests.push(ticket.on(Request::get("/sessions/current/data")));
            requests.push(ticket.on(Request::delete("/sessions/0197a3b0-0000-7000-8000-000000000000")));
            requests.push(ticket.on(Request::get("/sessions")));
            requests.push(ticket.on(Request::post("/logout")));
        }
        if ticket.refresh.is_some() {
            requests.push(ticket.refreshing());
        }
    }
    std::thread::scope(|scope| {
        for request in &requests {
            scope.spawn(move || {
                let answer = soon(server, request);
                if request.is_in_browser() {
                    assert_eq!(answer.status, 503, "{} {}: {answer}", request.method, request.target);
                    assert!(answer.header("retry-after").is_some() && answer.set_cookies().is_empty(), "{answer}");
                } else {
                    is_put_off(&answer);
                }
            });
        }
    });
}

/// What is known without the part that is down.
fn what_does_not_goes_on(server: &Server, person: &Person, part: Part, tickets: &[Ticket; 5]) {
    for (mode, ticket) in MODES.iter().zip(tickets) {
        let verify = || soon(server, &ticket.on(Request::get("/verify")));
        // The log tells of every end while it can be read, so what is remembered counts: but for the moments in which a busy
        // machine does not let the node read it.
        if part == Part::Sessions || mode.client == "stateless" {
            assert!(comes(|| verify().status == 200), "{}: {}", mode.client, verify());
        } else {
            is_put_off(&verify());
        }
    }
    if part == Part::Sessions {
        for mode in MODES.iter().filter(|mode| mode.client == "stateless") {
            assert!(counts(server, &person.logs_in(server, mode)), "nothing is stored about it");
        }
    }
    soon(server, &Request::get("/login").in_browser()).expect(200);
    soon(server, &Request::get("/.well-known/jwks.json")).expect(200);
}
