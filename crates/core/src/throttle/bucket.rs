//! The budget of an address: a bucket that leaks, by the generic cell rate algorithm (ITU-T I.371 §A).
//!
//! `noted_at` is when the bucket will be empty again. Each drop puts that off by its share of the window, and there is room
//! while it is no further away than the window.

use std::time::Duration;

use crate::Timestamp;
use crate::store::Tally;

/// How much a bucket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bucket {
    /// So many drops.
    pub(super) capacity: u32,
    /// In which a full one runs out.
    pub(super) window: Duration,
}

impl Bucket {
    /// For how long no further drop fits; nothing when one does.
    pub(super) fn full_for(&self, tally: Option<&Tally>, now: Timestamp) -> Option<Duration> {
        if self.capacity == 0 {
            return None;
        }
        let limit = now.after(self.window);
        let then = self.filled(tally, now);
        (then > limit).then(|| then.since(limit))
    }

    /// With one more drop in it.
    pub(super) fn charged(&self, tally: Option<&Tally>, now: Timestamp) -> Tally {
        let empty_at = self.filled(tally, now);
        let living = tally.filter(|tally| tally.noted_at > now);
        Tally {
            failures: living.map_or(0, |tally| tally.failures).saturating_add(1),
            recent: 0,
            noted_at: empty_at,
            expires_at: Some(empty_at),
        }
    }

    /// When it would be empty after one more drop.
    fn filled(&self, tally: Option<&Tally>, now: Timestamp) -> Timestamp {
        let share = self.window / self.capacity.max(1);
        tally.map_or(now, |tally| tally.noted_at.max(now)).after(share.max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_seconds(1_900_000_000).after(Duration::from_millis(millis))
    }

    #[test]
    fn a_full_bucket_says_when_the_next_drop_fits() {
        let bucket = Bucket { capacity: 4, window: Duration::from_secs(40) };
        let mut tally = None;
        for _ in 0..4 {
            assert_eq!(bucket.full_for(tally.as_ref(), at(0)), None);
            tally = Some(bucket.charged(tally.as_ref(), at(0)));
        }
        assert_eq!(bucket.full_for(tally.as_ref(), at(0)), Some(Duration::from_secs(10)));
        assert_eq!(bucket.full_for(tally.as_ref(), at(9_999)), Some(Duration::from_millis(1)));
        assert_eq!(bucket.full_for(tally.as_ref(), at(10_000)), None);
        assert_eq!(tally.unwrap().expires_at, Some(at(40_000)), "empty, it is forgotten");
    }

    #[test]
    fn a_bucket_of_nothing_is_never_full() {
        let bucket = Bucket { capacity: 0, window: Duration::from_secs(40) };
        assert_eq!(bucket.full_for(Some(&bucket.charged(None, at(0))), at(0)), None);
    }

    proptest! {
        /// Whoever comes as often as they may gets no more than the capacity, and what has leaked meanwhile.
        #[test]
        fn no_more_than_the_capacity_and_what_leaks_fits(capacity in 1..50_u32, gaps in prop::collection::vec(0..5_000_u64, 1..200)) {
            let bucket = Bucket { capacity, window: Duration::from_secs(60) };
            let (mut tally, mut now, mut taken) = (None, 0, 0_u64);
            for gap in gaps {
                now += gap;
                if bucket.full_for(tally.as_ref(), at(now)).is_none() {
                    tally = Some(bucket.charged(tally.as_ref(), at(now)));
                    taken += 1;
                }
            }
            let share = 60_000 / u64::from(capacity);
            prop_assert!(taken <= u64::from(capacity) + now / share + 1);
        }
    }
}
