//! Waiting on a machine that is busy with other things: for what must come, and for so long that it comes on any.

use std::io::{ErrorKind, Read, Result};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often is looked, and for how long.
const PAUSE: Duration = Duration::from_millis(50);
const LIMIT: Duration = Duration::from_secs(90);

/// Whether it comes to be so.
pub(crate) fn comes(mut is_so: impl FnMut() -> bool) -> bool {
    found(|| is_so().then_some(())).is_some()
}

/// Reads some bytes. Where a read has a time-out, it is interrupted when this process is stopped and goes on (signal(7)).
pub(crate) fn read(from: &mut impl Read, bytes: &mut [u8]) -> Result<usize> {
    loop {
        match from.read(bytes) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// What is found in the end.
#[expect(clippy::disallowed_methods, reason = "processes are waited for by the machine's clock")]
pub(crate) fn found<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        let found = look();
        if found.is_some() || begun.elapsed() > LIMIT {
            return found;
        }
        sleep(PAUSE);
    }
}
