//! A store that does not answer: unsure is neither yes nor no (LO-06).

mod harm;
mod servers;
mod sqlite;
mod start;

use crate::support::{Answer, Place, Setup};

/// A node among several that come after each other on one place.
fn node(place: &Place) -> Setup {
    Setup::default().at(place).variable("COUNTERFOIL_SECRET", &"any node of them ".repeat(2))
}

#[track_caller]
pub(super) fn is_put_off(answer: &Answer) {
    answer.problem(503);
    let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
    assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer}");
    assert!(answer.set_cookies().is_empty(), "nobody throws a login away: {answer}");
}
