//! The budget of an address: a bucket that leaks, by the generic cell rate algorithm (ITU-T I.371 §A).
//!
//! `noted_at` is when the bucket will be empty again. Each drop puts that off by its share of the window, and there is room
//! while it is no further away than the window.

use std::time::Duration;

use crate::Timestamp;
use crate::store::Tally;

/// So many guesses that were not looked at cost as much as a failure.
const ASKED_PER_DROP: u32 = 10;

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

    /// With a small part of a drop more in it, for a guess that was not looked at. `None` once it is half full, or where no
    /// failure would fit any more: impatience alone must not close an address to the others behind it.
    pub(super) fn charged_for_asking(&self, tally: Option<&Tally>, now: Timestamp) -> Option<Tally> {
        let empty_at = empty_after(self.share() / ASKED_PER_DROP, tally, now);
        let failures = tally.filter(|tally| tally.noted_at > now).map_or(0, |tally| tally.failures);
        let charged = Tally { failures, recent: 0, noted_at: empty_at, expires_at: Some(empty_at) };
        let is_tolerable = empty_at.since(now) <= self.window / 2 && self.full_for(Some(&charged), now).is_none();
        is_tolerable.then_some(charged)
    }

    /// When it would be empty after one more drop.
    fn filled(&self, tally: Option<&Tally>, now: Timestamp) -> Timestamp {
        empty_after(self.share(), tally, now)
    }

    /// In which a drop leaks away.
    fn share(&self) -> Duration {
        self.window / self.capacity.max(1)
    }
}

/// When a bucket would be empty that has to leak for so much longer.
fn empty_after(share: Duration, tally: Option<&Tally>, now: Timestamp) -> Timestamp {
    tally.map_or(now, |tally| tally.noted_at.max(now)).after(share.max(Duration::from_millis(1)))
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
    fn asking_in_vain_never_fills_a_bucket_beyond_its_half() {
        for (capacity, most) in [(1, 0), (2, 10), (3, 15), (4, 20), (300, 1_500)] {
            let bucket = Bucket { capacity, window: Duration::from_secs(3_600) };
            let (mut tally, mut charged) = (None, 0);
            while let Some(next) = bucket.charged_for_asking(tally.as_ref(), at(0)) {
                assert_eq!((next.failures, next.expires_at), (0, Some(next.noted_at)));
                (tally, charged) = (Some(next), charged + 1);
            }
            assert_eq!(charged, most, "{capacity}");
            assert_eq!(bucket.full_for(tally.as_ref(), at(0)), None);
        }
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
