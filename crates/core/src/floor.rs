//! A clock that never goes back.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::{Clock, Timestamp};

/// Another clock, whose wall clock never goes back and never shows less than its floor.
///
/// When the clock within is set back, this one goes on from what it has shown, at the pace of the monotonic clock, until the
/// other has come up with it. So what has expired stays expired; and what counts still expires in its time.
pub struct FloorClock {
    inner: Arc<dyn Clock>,
    /// The most by which the wall clock was ahead of the monotonic one, in milliseconds.
    ahead: AtomicI64,
}

impl FloorClock {
    /// A clock without a floor as yet.
    pub fn new(inner: Arc<dyn Clock>) -> Self {
        Self { inner, ahead: AtomicI64::new(i64::MIN) }
    }

    /// From now on it is `floor` or later. Returns by how much the clock within is behind that.
    pub fn raise(&self, floor: Timestamp) -> Duration {
        let now = self.inner.now();
        self.ahead.fetch_max(floor.as_millis().saturating_sub(self.steady()), Ordering::Relaxed);
        floor.since(now)
    }

    fn steady(&self) -> i64 {
        i64::try_from(self.inner.monotonic().as_millis()).unwrap_or(i64::MAX)
    }
}

impl Clock for FloorClock {
    fn now(&self) -> Timestamp {
        let steady = self.steady();
        let ahead = self.inner.now().as_millis().saturating_sub(steady);
        let most = self.ahead.load(Ordering::Relaxed);
        if ahead > most {
            self.ahead.fetch_max(ahead, Ordering::Relaxed);
        }
        Timestamp::from_millis(ahead.max(most).saturating_add(steady))
    }

    fn monotonic(&self) -> Duration {
        self.inner.monotonic()
    }

    fn pause(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.inner.pause(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows what it is told to: the wall clock, and the monotonic one.
    struct Told(AtomicI64, AtomicI64);

    impl Clock for Told {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }

        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.1.load(Ordering::SeqCst).unsigned_abs())
        }

        fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::ready(()))
        }
    }

    #[test]
    fn it_never_goes_back_and_never_stands_still() {
        let told = Arc::new(Told(AtomicI64::new(10_000), AtomicI64::new(500)));
        let clock = FloorClock::new(Arc::<Told>::clone(&told));
        let shows = |wall, steady| {
            told.0.store(wall, Ordering::SeqCst);
            told.1.store(steady, Ordering::SeqCst);
            clock.now().as_millis()
        };
        assert_eq!(shows(10_000, 500), 10_000);
        assert_eq!(shows(12_000, 600), 12_000, "it was set forward");
        assert_eq!(shows(3_000, 650), 12_050, "it was set back");
        assert_eq!(shows(3_100, 750), 12_150);
        assert_eq!(shows(13_000, 800), 13_000, "it has come up");
    }

    #[test]
    fn it_shows_no_less_than_its_floor() {
        let told = Arc::new(Told(AtomicI64::new(10_000), AtomicI64::new(500)));
        let clock = FloorClock::new(Arc::<Told>::clone(&told));
        assert_eq!(clock.raise(Timestamp::from_millis(9_000)), Duration::ZERO);
        assert_eq!(clock.now().as_millis(), 10_000);
        assert_eq!(clock.raise(Timestamp::from_millis(15_000)), Duration::from_secs(5));
        assert_eq!(clock.now().as_millis(), 15_000);
        told.1.store(700, Ordering::SeqCst);
        assert_eq!(clock.now().as_millis(), 15_200);
    }
}
