//! The budget of an account: how many wrong passwords it stands, and how long each next one has to wait.

use std::time::Duration;

use super::Limits;
use crate::Timestamp;
use crate::store::Tally;

/// The first wait. Each further failure doubles it.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// After a day without a failure the waits begin anew. What counts towards the lock goes on.
const CALM: Duration = Duration::from_hours(24);

/// What is remembered of a name that is nobody's lasts this long after the last failure.
const NOBODY: Duration = Duration::from_hours(30 * 24);

/// Whether a password may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Open,
    /// Not for that long.
    Wait(Duration),
    /// Not until the account has another password (NIST SP 800-63B-4 §3.2.2).
    Locked,
}

/// Judges an account by what is known of it.
pub(super) fn judge(tally: Option<&Tally>, limits: &Limits, now: Timestamp) -> Verdict {
    let Some(tally) = living(tally, now) else { return Verdict::Open };
    if tally.failures >= limits.lock_after {
        return Verdict::Locked;
    }
    let wait = delay(tally.recent, limits);
    let opens_at = tally.noted_at.after(wait);
    // Where the node that noted it has a clock that is ahead, that is waited for as well, and said.
    if wait.is_zero() || now >= opens_at { Verdict::Open } else { Verdict::Wait(opens_at.since(now)) }
}

/// What is known after one more failure. Of what belongs to nobody, for a while.
pub(super) fn failed(tally: Option<&Tally>, is_somebodys: bool, now: Timestamp) -> Tally {
    let (failures, recent) = match living(tally, now) {
        None => (0, 0),
        Some(tally) if now.since(tally.noted_at) >= CALM => (tally.failures, 0),
        Some(tally) => (tally.failures, tally.recent),
    };
    Tally {
        failures: failures.saturating_add(1),
        recent: recent.saturating_add(1),
        noted_at: now,
        expires_at: (!is_somebodys).then(|| now.after(NOBODY)),
    }
}

/// What is still remembered.
fn living(tally: Option<&Tally>, now: Timestamp) -> Option<&Tally> {
    tally.filter(|tally| tally.expires_at.is_none_or(|expires_at| now < expires_at))
}

/// How long to wait after so many failures.
fn delay(recent: u32, limits: &Limits) -> Duration {
    match recent.checked_sub(limits.free_failures) {
        None => Duration::ZERO,
        Some(doublings) => {
            let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
            FIRST_DELAY.saturating_mul(factor).min(limits.longest_delay)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { free_failures: 3, ..Limits::DEFAULT };

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_900_000_000).after(Duration::from_secs(seconds))
    }

    /// Fails as soon as it may, `times` times, and returns the waits before each but the first.
    fn waits(times: u32, limits: &Limits) -> (Vec<u64>, Tally) {
        let (mut now, mut waits) = (at(0), Vec::new());
        let mut tally = failed(None, true, now);
        for _ in 1..times {
            let wait = match judge(Some(&tally), limits, now) {
                Verdict::Open => Duration::ZERO,
                Verdict::Wait(wait) => wait,
                Verdict::Locked => break,
            };
            waits.push(wait.as_secs());
            now = now.after(wait);
            tally = failed(Some(&tally), true, now);
        }
        (waits, tally)
    }

    #[test]
    fn lg_04_each_failure_doubles_the_wait_up_to_the_longest() {
        let expected = [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600];
        assert_eq!(waits(17, &LIMITS).0, expected);
    }

    #[test]
    fn lg_03_the_hundredth_failure_in_a_row_locks_for_ever() {
        let (waits, tally) = waits(1_000, &LIMITS);
        assert_eq!((waits.len(), tally.failures), (99, 100));
        assert_eq!(judge(Some(&tally), &LIMITS, at(u64::MAX / 4_000)), Verdict::Locked);
        assert_eq!(tally.expires_at, None);
    }

    #[test]
    fn a_day_of_calm_takes_the_waits_away_and_not_the_count() {
        let (_, tally) = waits(20, &LIMITS);
        let later = tally.noted_at.after(CALM);
        assert_eq!(judge(Some(&tally), &LIMITS, later), Verdict::Open);
        let next = failed(Some(&tally), true, later);
        assert_eq!((next.failures, next.recent), (21, 1));
        assert_eq!(judge(Some(&next), &LIMITS, later), Verdict::Open);
    }

    #[test]
    fn a_wait_is_as_long_as_it_is_said_though_another_clock_is_ahead() {
        let tally = |recent| Tally { failures: recent, recent, noted_at: at(100), expires_at: None };
        assert_eq!(judge(Some(&tally(1)), &LIMITS, at(0)), Verdict::Open);
        for (now, left) in [(0, 102), (60, 42), (101, 1)] {
            assert_eq!(judge(Some(&tally(4)), &LIMITS, at(now)), Verdict::Wait(Duration::from_secs(left)));
        }
        assert_eq!(judge(Some(&tally(4)), &LIMITS, at(102)), Verdict::Open);
    }

    #[test]
    fn what_is_nobodys_is_forgotten_after_a_month() {
        let tally = failed(None, false, at(0));
        assert_eq!(tally.expires_at, Some(at(30 * 86_400)));
        let locked = Tally { failures: 100, ..tally };
        assert_eq!(judge(Some(&locked), &LIMITS, at(30 * 86_400 - 1)), Verdict::Locked);
        assert_eq!(judge(Some(&locked), &LIMITS, at(30 * 86_400)), Verdict::Open);
        assert_eq!(failed(Some(&locked), false, at(30 * 86_400)).failures, 1);
    }

    proptest! {
        #[test]
        fn lg_04_delays_never_shrink(free in 1..100_u32, longest in 0..100_000_u64, recent in 0..u32::MAX) {
            let limits = Limits { free_failures: free, longest_delay: Duration::from_secs(longest), ..Limits::DEFAULT };
            let (this, next) = (delay(recent, &limits), delay(recent.saturating_add(1), &limits));
            prop_assert!(this <= next && next <= limits.longest_delay);
            prop_assert_eq!(this.is_zero(), recent < free || longest == 0);
        }
    }
}
