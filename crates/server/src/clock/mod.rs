//! The machine's clocks.

use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use counterfoil_core::{Clock, Timestamp};

#[cfg(unix)]
mod steady;
#[cfg(debug_assertions)]
mod wrong;

/// The machine's wall clock, and a monotonic one that also counts the time for which the machine is suspended.
#[derive(Debug)]
pub struct SystemClock {
    #[cfg(not(unix))]
    begun: std::time::Instant,
}

impl SystemClock {
    /// The machine's clocks from now on.
    #[cfg_attr(not(unix), expect(clippy::disallowed_methods, reason = "this is where time comes from"))]
    #[cfg_attr(unix, expect(clippy::missing_const_for_fn, reason = "elsewhere it reads a clock"))]
    pub fn start() -> Self {
        Self {
            #[cfg(not(unix))]
            begun: std::time::Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        #[cfg(debug_assertions)]
        let millis = millis.saturating_add(wrong::millis());
        Timestamp::from_millis(millis)
    }

    #[cfg(unix)]
    fn monotonic(&self) -> Duration {
        steady::elapsed()
    }

    #[cfg(not(unix))]
    fn monotonic(&self) -> Duration {
        self.begun.elapsed()
    }

    fn pause(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(length))
    }
}
