//! A store that does not answer: unsure is neither yes nor no (LO-06).

mod full;
mod harm;
mod servers;
mod sqlite;
mod start;

use std::time::Instant;

use crate::support::Answer;

#[expect(clippy::disallowed_methods, reason = "it is measured how long a server of another process takes")]
fn now() -> Instant {
    Instant::now()
}

#[track_caller]
pub(super) fn is_put_off(answer: &Answer) {
    answer.problem(503);
    let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
    assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer}");
    assert!(answer.set_cookies().is_empty(), "nobody throws a login away: {answer}");
    assert_eq!(answer.header("clear-site-data"), None, "nor what goes with it: {answer}");
}
