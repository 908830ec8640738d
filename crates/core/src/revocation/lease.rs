//! For how long a verifier may answer from memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A verifier's right to believe its own copy of the log. Every word from the feed renews it; without one it runs out.
///
/// Measured by the monotonic clock: a step of the wall clock neither ends nor lengthens it.
#[derive(Debug)]
pub struct Lease {
    length: Duration,
    until: AtomicU64,
}

impl Lease {
    /// The longest that a lease may be: for so long an end is waited for where the leases of others are not known.
    pub const LONGEST: Duration = Duration::from_secs(60);

    /// A lease of `length` that has not begun.
    pub const fn new(length: Duration) -> Self {
        Self { length, until: AtomicU64::new(0) }
    }

    /// Renews it. `asked_at` is when the question was put whose answer renews it, not when the answer came: what
    /// happened in between may be missing from the answer.
    pub fn renew(&self, asked_at: Duration) {
        self.until.fetch_max(micros(asked_at.saturating_add(self.length)), Ordering::Release);
    }

    /// Ends it. Whoever renews it afterwards gives it a new beginning.
    pub fn end(&self) {
        self.until.store(0, Ordering::Release);
    }

    /// Whether it has not run out at `now`.
    pub fn holds(&self, now: Duration) -> bool {
        micros(now) < self.until.load(Ordering::Acquire)
    }

    /// How long a lease lasts after its last renewal.
    pub const fn length(&self) -> Duration {
        self.length
    }
}

fn micros(at: Duration) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_out_unless_renewed_and_never_shrinks() {
        let at = Duration::from_secs;
        let lease = Lease::new(at(2));
        assert!(!lease.holds(at(0)), "not before the first word from the feed");
        lease.renew(at(10));
        assert!(lease.holds(at(11)) && !lease.holds(at(12)));
        lease.renew(at(11));
        lease.renew(at(10));
        assert!(lease.holds(at(12)), "a late answer to an older question takes nothing away");
    }
}
