//! Waiting on a machine that is busy with other things: for what must come, and for so long that it comes on any.

use std::thread::sleep;
use std::time::Duration;

/// How often is looked, and for how long: a minute and what the looks take.
const PAUSE: Duration = Duration::from_millis(50);
const LOOKS: usize = 1200;

/// Whether it comes to be so.
pub(crate) fn comes(mut is_so: impl FnMut() -> bool) -> bool {
    found(|| is_so().then_some(())).is_some()
}

/// What is found in the end.
pub(crate) fn found<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    (0..LOOKS).find_map(|time| {
        sleep(if time == 0 { Duration::ZERO } else { PAUSE });
        look()
    })
}
