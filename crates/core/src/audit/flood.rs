//! A bound on what strangers, and each user, can make us write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Entry, Event};
use crate::id::UserId;

/// So many users have a flood of their own before it is looked whose is over.
const SOME: usize = 1024;
/// For so many it is remembered how many of their records were not kept, though their flood is over.
const MOST: usize = 8 * SOME;

/// Whose records there is a bound on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// All strangers', of an event.
    Strangers(Event),
    /// One user's, of what they can do as often as they like.
    User(UserId),
}

impl Source {
    /// Who may have brought `entry` about as often as they like.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        if entry.event.is_strangers() {
            return Some(Self::Strangers(entry.event));
        }
        entry.user.filter(|_| entry.is_at_will).map(Self::User)
    }

    /// So many of its records are kept at once, and after that one in each interval.
    const fn bound(self) -> (u32, Duration) {
        match self {
            Self::Strangers(_) => (120, Duration::from_secs(1)),
            Self::User(_) => (30, Duration::from_mins(1)),
        }
    }
}

/// How many records of each source were kept by this process, and how many were not.
pub(super) struct Floods(Mutex<Known>);

struct Known {
    floods: HashMap<Source, Flood>,
    /// At how many of them it is looked which are over.
    look_at: usize,
}

#[derive(Default)]
struct Flood {
    /// When, by the monotonic clock, as much will have been allowed as was kept.
    paid_until: Duration,
    passed_over: u64,
}

impl Default for Floods {
    fn default() -> Self {
        Self(Mutex::new(Known { floods: HashMap::new(), look_at: SOME }))
    }
}

impl Floods {
    /// Whether the next record of `source` is kept at `now`, and then how many were not since the last one that was.
    pub(super) fn admit(&self, source: Source, now: Duration) -> Option<u64> {
        let (burst, interval) = source.bound();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.forget(now);
        let flood = known.floods.entry(source).or_default();
        let paid_until = flood.paid_until.max(now) + interval;
        if paid_until > now + interval * burst {
            flood.passed_over += 1;
            return None;
        }
        flood.paid_until = paid_until;
        Some(std::mem::take(&mut flood.passed_over))
    }
}

impl Known {
    /// Forgets the users who could begin anew, whenever there are twice as many as there were left. Of those of whom a record was not
    /// kept, the next one is to say so; unless that are too many.
    fn forget(&mut self, now: Duration) {
        if self.floods.len() < self.look_at {
            return;
        }
        let is_on = |source: &Source, flood: &Flood| matches!(source, Source::Strangers(_)) || flood.paid_until > now;
        self.floods.retain(|source, flood| is_on(source, flood) || flood.passed_over > 0);
        if self.floods.len() > MOST {
            self.floods.retain(|source, flood| is_on(source, flood));
        }
        self.look_at = SOME.max(self.floods.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_flood_leaves_one_record_a_second_that_counts_the_others() {
        let floods = Floods::default();
        let admit = |at| floods.admit(Source::Strangers(Event::LoginFail), seconds(at));
        let kept = (0..1000).filter_map(|_| admit(50)).count();
        assert_eq!(kept, 120);
        assert_eq!(admit(51), Some(880));
        assert_eq!(admit(51), None);
        assert_eq!(admit(52), Some(1));
        assert_eq!(floods.admit(Source::Strangers(Event::Csrf), seconds(51)), Some(0), "each event has its own");
        assert_eq!((0..1000).filter_map(|_| admit(1000)).count(), 120, "what was saved up is bounded");
    }

    #[test]
    fn a_user_in_a_loop_leaves_one_record_a_minute_and_is_in_nobodys_way() {
        let floods = Floods::default();
        let user = |number| Source::User(UserId::from_bytes([number; 16]));
        let kept = (0..3600).filter(|at| floods.admit(user(1), seconds(*at)).is_some()).count();
        assert_eq!(kept, 30 + 59);
        assert_eq!(floods.admit(user(2), seconds(3600)), Some(0));
    }

    #[test]
    fn users_who_have_been_quiet_are_forgotten() {
        let floods = Floods::default();
        let user = |number: u128| Source::User(UserId::from_bytes(number.to_be_bytes()));
        for number in 0..10_000 {
            // Each is over after a minute, and one comes in each tenth of a second.
            floods.admit(user(number), Duration::from_millis(u64::try_from(number).unwrap() * 100));
        }
        assert!(floods.0.lock().unwrap().floods.len() < 2 * SOME);
        assert!(
            (0..40).filter(|_| floods.admit(user(9_999), seconds(1000)).is_some()).count() == 29,
            "not those who go on"
        );
    }

    #[test]
    fn what_was_not_kept_is_told_though_many_others_came() {
        let floods = Floods::default();
        let user = |number: u32| Source::User(UserId::from_bytes(u128::from(number).to_be_bytes()));
        assert_eq!((0..40).filter(|_| floods.admit(user(0), seconds(0)).is_some()).count(), 30);
        for number in 1..10_000 {
            floods.admit(user(number), seconds(3_600 + u64::from(number)));
        }
        assert_eq!(floods.admit(user(0), seconds(20_000)), Some(10));
        // So many cannot all be remembered.
        for number in 0..17_000 {
            for _ in 0..31 {
                floods.admit(user(number), seconds(100_000 + u64::from(number)));
            }
        }
        assert!(floods.0.lock().unwrap().floods.len() <= 2 * MOST);
    }
}
