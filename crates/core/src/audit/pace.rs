//! Leaving room for others who write to the same log.
//!
//! Who has just written knows where the log ends, and who was too late has to read that first. So a process with enough to write would
//! always be the faster one, and nobody else would come in. Therefore it stops now and then, for as long as others need to find
//! out where the log ends and to write.

use std::time::Duration;

/// For how long it writes on end when it has seen nobody else.
const STRETCH: Duration = Duration::from_millis(100);
/// For so long after others have written, it stops after each write. Who comes meanwhile waits for that, and all who do are one write.
const COMPANY: Duration = Duration::from_secs(10);
/// For how long it stops, at least and at most; in between, for twice as long as its last write took.
const ROOM: Duration = Duration::from_millis(20);
const MOST_ROOM: Duration = Duration::from_millis(200);
/// How many times whoever was too late tries again at once, and for how many milliseconds at most it waits after that.
const EAGER: u64 = 4;
const WAIT: u64 = 5;

/// When this process has written, and when others have. By the monotonic clock.
#[derive(Default)]
pub(super) struct Pace {
    /// Since when there was no room for others.
    since: Duration,
    ended: Duration,
    took: Duration,
    met: Option<Duration>,
}

impl Pace {
    /// How long to wait at `now` before the next write.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let in_company = self.met.is_some_and(|met| now.saturating_sub(met) < COMPANY);
        if self.ended == Duration::ZERO || !in_company && now.saturating_sub(self.since) < STRETCH {
            return Duration::ZERO;
        }
        self.room().saturating_sub(now.saturating_sub(self.ended))
    }

    /// Notes a write of this process.
    pub(super) fn wrote(&mut self, began: Duration, ended: Duration) {
        if began.saturating_sub(self.ended) >= self.room() {
            self.since = began;
        }
        (self.ended, self.took) = (ended, ended.saturating_sub(began));
    }

    /// Notes that somebody else has written.
    pub(super) const fn met_others(&mut self, now: Duration) {
        self.met = Some(now);
    }

    fn room(&self) -> Duration {
        (self.took * 2).clamp(ROOM, MOST_ROOM)
    }
}

/// How long to wait before the next attempt, after so many that came too late. `lot` gives each its own part of it.
pub(super) fn retry_after(round: u64, lot: impl FnOnce(u64) -> u64) -> Duration {
    Duration::from_millis(if round < EAGER { 0 } else { lot(WAIT + 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn who_writes_on_end_stops_now_and_then() {
        let (mut pace, mut now, mut stopped) = (Pace::default(), ms(1000), Vec::new());
        for _ in 0..110 {
            let wait = pace.wait(now);
            if !wait.is_zero() {
                stopped.push((now, wait));
            }
            pace.wrote(now + wait, now + wait + ms(3));
            now += wait + ms(3);
        }
        let expected = [(ms(1102), ms(20)), (ms(1224), ms(20)), (ms(1346), ms(20))];
        assert_eq!(stopped, expected);
        assert_eq!(pace.wait(now + ms(100)), ms(0), "there was room anyway");
    }

    #[test]
    fn who_has_met_others_stops_after_each_write() {
        let mut pace = Pace::default();
        pace.met_others(ms(1000));
        assert_eq!(pace.wait(ms(1000)), ms(0), "it has not written yet");
        pace.wrote(ms(1000), ms(1030));
        assert_eq!(pace.wait(ms(1030)), ms(60));
        assert_eq!(pace.wait(ms(1050)), ms(40));
        pace.wrote(ms(1090), ms(2090));
        assert_eq!(pace.wait(ms(2090)), MOST_ROOM);
        pace.wrote(ms(12_000), ms(12_001));
        assert_eq!(pace.wait(ms(12_001)), ms(0), "that was long ago");
    }
}
