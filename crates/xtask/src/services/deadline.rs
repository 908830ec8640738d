//! How long is waited.

use std::time::{Duration, Instant};

/// A moment until which something must have happened.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    begun: Instant,
    limit: Duration,
}

impl Deadline {
    #[expect(clippy::disallowed_methods, reason = "processes are waited for by the machine's clock")]
    pub(super) fn after(limit: Duration) -> Self {
        Self { begun: Instant::now(), limit }
    }

    pub(super) fn elapsed(self) -> Duration {
        self.begun.elapsed()
    }

    pub(super) fn is_over(self) -> bool {
        self.elapsed() >= self.limit
    }

    /// Asks every `pause` until there is an answer, or `None` when time is up.
    pub(super) fn poll<T>(self, pause: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            if let Some(answer) = ask() {
                return Some(answer);
            }
            if self.is_over() {
                return None;
            }
            std::thread::sleep(pause);
        }
    }
}
