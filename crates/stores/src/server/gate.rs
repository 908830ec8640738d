//! Leaving a server alone that does not answer: what comes meanwhile fails at once instead of waiting as well.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use counterfoil_core::store::StoreError;
use tokio::time::Instant;

/// For how long a server is left alone after the first failure in a row, and at most.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// The way to a server. After a failure it is closed for a moment, each time twice as long, up to a second; when that is
/// over, one call is let through to try it.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// Whether it is closed. Read on the way of every call; the lock is taken only while it is.
    closed: AtomicBool,
    pause: Mutex<Option<Pause>>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    length: Duration,
}

/// A call was not made because the last one before it had failed.
#[derive(Debug, thiserror::Error)]
#[error("the server has just failed, and is tried again in a moment")]
struct LeftAlone;

impl Gate {
    /// Lets a call through, or not.
    pub(crate) fn enter(&self) -> Result<(), StoreError> {
        if !self.closed.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *pause {
            Some(pause) if Instant::now() < pause.until => Err(StoreError::Unavailable(Box::new(LeftAlone))),
            // This one tries. Until it has, the others stay away, in case that it fails too.
            Some(pause) => {
                pause.length = (pause.length * 2).min(LONGEST);
                pause.until = Instant::now() + pause.length;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The server has answered, be it with a refusal.
    pub(crate) fn answered(&self) {
        if self.closed.load(Ordering::Acquire) {
            *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.closed.store(false, Ordering::Release);
        }
    }

    /// The server has not answered, or cannot be reached.
    pub(crate) fn failed(&self) {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        // Calls that were under way together fail together: that is one failure.
        if pause.is_none() {
            *pause = Some(Pause { until: Instant::now() + FIRST, length: FIRST });
        }
        self.closed.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failure_closes_it_for_a_moment_and_an_answer_opens_it() {
        let gate = Gate::default();
        assert!(gate.enter().is_ok());
        gate.failed();
        assert!(matches!(gate.enter(), Err(StoreError::Unavailable(_))));
        tokio::time::advance(FIRST).await;
        assert!(gate.enter().is_ok(), "one may try");
        assert!(gate.enter().is_err(), "and only one");
        gate.answered();
        assert!(gate.enter().is_ok() && gate.enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn it_never_stays_closed_for_more_than_a_second() {
        let gate = Gate::default();
        for _ in 0..20 {
            gate.failed();
            tokio::time::advance(LONGEST).await;
            assert!(gate.enter().is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_fail_together_count_as_one() {
        let gate = Gate::default();
        for _ in 0..1_000 {
            gate.failed();
        }
        tokio::time::advance(FIRST * 2).await;
        assert!(gate.enter().is_ok());
    }
}
