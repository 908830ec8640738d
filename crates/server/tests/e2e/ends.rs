//! Two processes on one store: when one has answered that a login has ended, the other refuses it at once.

use std::time::{Duration, Instant};

use crate::support::command::counterfoil;
use crate::support::patience::comes;
use crate::support::person::counts;
use crate::support::{MODES, Mode, Person, Place, Request, Server, Setup, Ticket};

/// A lease that nobody waits for by chance, and the lease of those who are waited for.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_secs(2);
/// Of several ends that nobody has to wait for, the shortest: a busy machine may hold up some of them.
const ENDS: usize = 4;
/// In which time all comes to an end, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

macro_rules! set_ups {
    ($($name:ident: $cycles:literal)*) => { $(
        mod $name {
            use super::*;

            #[test]
            fn what_one_node_has_ended_the_other_refuses_at_once() {
                refuses_at_once(&Place::$name(), $cycles);
            }

            #[test]
            fn a_paused_node_refuses_from_its_first_answer_on() {
                is_paused(&Place::$name());
            }

            #[test]
            fn nobody_waits_for_a_node_that_was_stopped() {
                was_stopped(&Place::$name());
            }
        }
    )* };
}
set_ups!(postgres: 200 mariadb: 20 sqlite: 200);

/// Two nodes; on SQLite, on one file.
fn two(place: &Place, setup: fn(&Place) -> Setup) -> (Server, Server) {
    let first = setup(place).start();
    let second = setup(place);
    let second = if place.is_file() { second.beside(&first) } else { second.start() };
    (first, second)
}

#[expect(clippy::disallowed_methods, reason = "an answer is timed")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed())
}

fn log_out(server: &Server, ticket: &Ticket) -> Duration {
    timed(|| server.send(&ticket.on(Request::post("/logout"))).expect(204)).1
}

/// Another credential of each kind without a password being hashed each time.
fn exchanged(server: &Server, person: &Person, mode: &Mode) -> Ticket {
    let stateless = MODES.iter().find(|mode| mode.client == "stateless").unwrap();
    let from = person.logs_in(server, stateless);
    let request = from.on(Request::post("/exchange").json(&serde_json::json!({ "client": mode.client })));
    mode.ticket(&server.send(&request).expect(200))
}

fn refuses_at_once(place: &Place, cycles: usize) {
    let (first, mut second) = two(place, Setup::node);
    let person = Person::new(&first);
    let mut alone = Vec::new();
    let mut took = Vec::new();
    let kinds = MODES.iter().filter(|mode| mode.client != "stateless").cycle();
    for (cycle, mode) in kinds.take(cycles).enumerate() {
        let ticket = exchanged(&first, &person, mode);
        assert!(counts(&first, &ticket) && counts(&second, &ticket), "{}", mode.client);
        // Each in turn is the one that ends it.
        let (here, there) = if cycle % 2 == 0 { (&first, &second) } else { (&second, &first) };
        took.push(log_out(here, &ticket));
        assert!(!counts(there, &ticket), "{} in cycle {cycle}", mode.client);
        assert!(!counts(here, &ticket), "{} in cycle {cycle}", mode.client);
    }
    assert!(took.iter().max() < Some(&LONG), "nobody's lease had to run out: {took:?}");
    second.terminate();
    second.wait();
    for _ in 0..cycles.min(50) {
        alone.push(log_out(&first, &exchanged(&first, &person, &MODES[0])));
    }
    println!("logout with two nodes: {}", spread(took));
    println!("logout with one node: {}", spread(alone));
}

/// The middle, the worst of a hundred and the worst.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len() - 1)).copied().unwrap_or_default();
    format!("p50 {:?}, p99 {:?}, max {:?}", at(50), at(99), at(100))
}

fn is_paused(place: &Place) {
    let (first, second) = two(place, |place| Setup::node(place).mortal());
    let person = Person::new(&first);
    // A stateless token is accepted without the feed, as its client says.
    let modes = || MODES.iter().filter(|mode| mode.client != "stateless");
    for _ in 0..2 {
        let tickets: Vec<_> = modes().cycle().take(1 + ENDS).map(|mode| person.logs_in(&first, mode)).collect();
        assert!(tickets.iter().all(|ticket| counts(&second, ticket)));
        second.signal("-STOP");
        let took = log_out(&first, &tickets[0]);
        assert!(took < SHORT + PATIENCE, "{took:?}");
        // It is given up: nobody waits for it again.
        let took: Vec<_> = tickets[1..].iter().map(|ticket| log_out(&first, ticket)).collect();
        assert!(took.iter().min() < Some(&SHORT), "{took:?}");
        // What comes while it stands still is answered when it goes on.
        std::thread::scope(|scope| {
            let asked: Vec<_> = tickets
                .iter()
                .map(|ticket| scope.spawn(|| second.ask(&ticket.alone_on(Request::get("/profile"))).status))
                .collect();
            std::thread::sleep(Duration::from_millis(100));
            second.signal("-CONT");
            for asked in asked {
                let status = asked.join().unwrap();
                assert!([401, 503].contains(&status), "{status}");
            }
        });
        for ticket in &tickets {
            for _ in 0..5 {
                let status = second.ask(&ticket.alone_on(Request::get("/profile"))).status;
                assert!([401, 503].contains(&status), "{status}");
            }
        }
        // And it comes back.
        let ticket = person.logs_in(&first, &MODES[0]);
        assert!(comes(|| second.ask(&Request::get("/readyz")).status == 200), "{}", second.log());
        assert!(counts(&second, &ticket));
        log_out(&first, &ticket);
        assert!(!counts(&second, &ticket));
    }
}

fn was_stopped(place: &Place) {
    let (first, mut second) = two(place, Setup::node);
    let person = Person::new(&first);
    let ticket = person.logs_in(&first, &MODES[0]);
    second.terminate();
    assert_eq!(second.wait().code(), Some(0), "{}", second.log());
    let took = log_out(&first, &ticket);
    assert!(took < LONG, "{took:?}");
}

#[test]
fn a_command_waits_for_the_servers() {
    let first = Setup::default().start();
    let person = Person::new(&first);
    for _ in 0..5 {
        let ticket = person.logs_in(&first, &MODES[0]);
        assert!(counts(&first, &ticket));
        let done = counterfoil(first.folder(), &["user", "disable", &person.username], "");
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(!counts(&first, &ticket));
        let done = counterfoil(first.folder(), &["user", "enable", &person.username], "");
        assert_eq!(done.code, Some(0), "{done:?}");
    }
}
