//! Many logins at once: those who are logged in do not notice, and those who cannot be served are told so at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::scope;

use crate::support::person::counts;
use crate::support::{Answer, MODES, Person, Server, Setup, Ticket};

const LOGINS: usize = 64;

/// The answers to all logins, sent at once, in the order in which they came; and how many checks were made meanwhile.
fn storm(server: &Server, person: &Person, ticket: &Ticket) -> (Vec<Answer>, usize) {
    let (begin, over, left) = (Barrier::new(LOGINS + 1), AtomicBool::new(false), AtomicUsize::new(LOGINS));
    let answers = std::sync::Mutex::new(Vec::new());
    let checks = scope(|scope| {
        for _ in 0..LOGINS {
            scope.spawn(|| {
                begin.wait();
                let answer = server.send(&person.login_to("api"));
                answers.lock().unwrap().push(answer);
                if left.fetch_sub(1, SeqCst) == 1 {
                    over.store(true, SeqCst);
                }
            });
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
    let config = "[passwords]\nmemory_kib = 131072\niterations = 2\nworkers = 1\nqueue = 2\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    let (answers, checks) = storm(&server, &person, &ticket);
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(checks > done, "{checks} checks beside {done} hashes");
    assert!(done > 0 && done < LOGINS, "{done} of {LOGINS} were done");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(503);
        let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer}");
    }
    // Those who were put off did not wait for those who were served: nearly all of them had their answer before the last hash.
    let last = answers.iter().rposition(|answer| answer.status == 200).unwrap();
    let before = answers[..last].iter().filter(|answer| answer.status == 503).count();
    assert!(before * 2 > LOGINS - done, "{before} of {} were put off before the last login was done", LOGINS - done);
    // And afterwards all is as it was.
    person.logs_in(&server, &MODES[2]);
}
