//! A bound on what strangers can make us write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Event;

/// So many records of an event are kept at once, and after that one in each interval.
const BURST: u32 = 120;
const INTERVAL: Duration = Duration::from_secs(1);

/// How many records of each event were kept by this process, and how many were not.
#[derive(Default)]
pub(super) struct Floods(Mutex<HashMap<Event, Flood>>);

#[derive(Default)]
struct Flood {
    /// When, by the monotonic clock, as much will have been allowed as was kept.
    paid_until: Duration,
    passed_over: u64,
}

impl Floods {
    /// Whether the next record of `event` is kept at `now`, and then how many were not since the last one that was.
    pub(super) fn admit(&self, event: Event, now: Duration) -> Option<u64> {
        let mut floods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flood = floods.entry(event).or_default();
        let paid_until = flood.paid_until.max(now) + INTERVAL;
        if paid_until > now + INTERVAL * BURST {
            flood.passed_over += 1;
            return None;
        }
        flood.paid_until = paid_until;
        Some(std::mem::take(&mut flood.passed_over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_one_record_a_second_that_counts_the_others() {
        let floods = Floods::default();
        let admit = |seconds| floods.admit(Event::LoginFail, Duration::from_secs(seconds));
        let kept = (0..1000).filter_map(|_| admit(50)).count();
        assert_eq!(kept, 120);
        assert_eq!(admit(51), Some(880));
        assert_eq!(admit(51), None);
        assert_eq!(admit(52), Some(1));
        assert_eq!(floods.admit(Event::Csrf, Duration::from_secs(51)), Some(0), "each event has its own");
        assert_eq!((0..1000).filter_map(|_| admit(1000)).count(), 120, "what was saved up is bounded");
    }
}
