//! Having to wait before the next guess: what is said of it is true.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use tempfile::NamedTempFile;

use crate::support::{Answer, PASSWORD, Person, Server, Setup};

/// A server whose clock goes ahead by hand, and somebody who has an account there.
struct House {
    server: Server,
    person: Person,
    clock: NamedTempFile,
    ahead: u64,
}

impl House {
    fn new(config: &str) -> Self {
        let clock = NamedTempFile::new().unwrap();
        let path = clock.path().to_str().unwrap();
        let server = Setup::default().config(config).variable("TEST_CLOCK_ERROR_FILE", path).start();
        let person = Person::new(&server);
        Self { server, person, clock, ahead: 0 }
    }

    fn guess(&self, password: &str) -> Answer {
        self.server.send(&self.person.login(&json!({ "password": password })))
    }

    /// Lets so much time go by, and asks until the server has noticed.
    fn guess_after(&mut self, seconds: u64, password: &str, noticed: impl Fn(&Answer) -> bool) -> Answer {
        self.ahead += seconds;
        fs::write(self.clock.path(), (self.ahead * 1_000).to_string()).unwrap();
        for _ in 0..600 {
            let answer = self.guess(password);
            if noticed(&answer) {
                return answer;
            }
            sleep(Duration::from_millis(100));
        }
        panic!("the clock stands still")
    }
}

/// For how long the answer says to wait.
#[track_caller]
fn wait(answer: &Answer) -> u64 {
    answer.refusal(429, "too-many-attempts");
    let seconds = answer.header("retry-after").unwrap().parse().unwrap();
    let said = format!("The next one counts in {seconds} s;");
    assert!(answer.text().contains(&said), "{answer}");
    seconds
}

#[test]
fn lg_04_the_right_password_counts_after_the_time_that_is_said_and_not_before() {
    let mut house = House::new("[throttle]\nfree_failures = 1\n");
    let wrong = "seven green bottles on the floor";
    for _ in 0..10 {
        // Longer than any of these waits.
        house.guess_after(1_000, wrong, |answer| answer.status != 429).expect(401);
    }
    let seconds = wait(&house.guess(PASSWORD));
    assert!((400..=512).contains(&seconds), "{seconds}");
    // No machine is so busy that the rest goes by meanwhile.
    let answer = house.guess_after(seconds - 100, PASSWORD, |answer| wait(answer) <= 100);
    let rest = wait(&answer);
    house.guess_after(rest, PASSWORD, |answer| answer.status != 429).expect(200);
}
