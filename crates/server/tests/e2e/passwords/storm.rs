//! Many logins at once: those who are logged in do not notice, and those who cannot be served are told so at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::scope;

use serde_json::json;

use crate::support::person::counts;
use crate::support::{Answer, MODES, PASSWORD, Person, Request, Server, Setup, Ticket};

const LOGINS: usize = 64;

/// The answers to all logins, sent at once, in the order in which they came; and how many checks were made meanwhile. Nobody has
/// the names, which costs the same hashes, and no account's own budget is in the way.
fn storm(server: &Server, ticket: &Ticket) -> (Vec<Answer>, usize) {
    let (begin, over, left) = (Barrier::new(LOGINS + 1), AtomicBool::new(false), AtomicUsize::new(LOGINS));
    let answers = std::sync::Mutex::new(Vec::new());
    let checks = scope(|scope| {
        let log_in = |number: usize| {
            let body = json!({ "username": format!("nobody{number}"), "password": PASSWORD });
            begin.wait();
            let answer = server.send(&Request::post("/login").json(&body));
            answers.lock().unwrap().push(answer);
            if left.fetch_sub(1, SeqCst) == 1 {
                over.store(true, SeqCst);
            }
        };
        for number in 0..LOGINS {
            scope.spawn(move || log_in(number));
        }
        begin.wait();
        let mut checks = 0;
        while !over.load(SeqCst) {
            assert!(counts(server, ticket), "a check failed after {checks}");
            checks += 1;
        }
        checks
    });
    (answers.into_inner().unwrap(), checks)
}

#[test]
fn checks_go_on_while_64_logins_run() {
    // One hash at a time, two waiting, and each takes many times as long as a check.
    let config = "[passwords]\nmemory_kib = 131072\niterations = 2\nworkers = 1\nqueue = 2\n\
                  [server]\nmax_connections_per_address = 1000\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    let (answers, checks) = storm(&server, &ticket);
    let done = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(checks > done, "{checks} checks beside {done} hashes");
    assert!(done > 0 && done < LOGINS, "{done} of {LOGINS} were done");
    for answer in answers.iter().filter(|answer| answer.status != 401) {
        answer.problem(503);
        let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer}");
    }
    // Those who were put off did not wait for those who were served: nearly all of them had their answer before the last hash.
    let last = answers.iter().rposition(|answer| answer.status == 401).unwrap();
    let before = answers[..last].iter().filter(|answer| answer.status == 503).count();
    assert!(before * 2 > LOGINS - done, "{before} of {} were put off before the last login was done", LOGINS - done);
    // And afterwards all is as it was.
    person.logs_in(&server, &MODES[2]);
}
