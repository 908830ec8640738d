//! Points in time, in words.

use jiff::Timestamp;

/// A point in time as a page shows it: relative to the moment in which the page is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    at: Timestamp,
    /// Milliseconds until then; negative when it is past.
    ahead: i64,
}

impl Moment {
    /// The point `at`, seen from `now`; both in milliseconds since the Unix epoch.
    pub fn new(at: i64, now: i64) -> Self {
        let limit = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Self { at: Timestamp::from_millisecond(at).unwrap_or(limit), ahead: at.saturating_sub(now) }
    }

    /// For the `datetime` attribute: RFC 3339, UTC.
    pub fn machine(&self) -> String {
        self.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// The day and the minute: "28 May 2026, 20:26 UTC".
    pub fn full(&self) -> String {
        self.at.strftime("%-d %B %Y, %H:%M UTC").to_string()
    }

    /// The day: "28 May 2026".
    pub fn day(&self) -> String {
        self.at.strftime("%-d %B %Y").to_string()
    }

    /// The distance: "3 hours ago", "just now", "in 12 days". Rounded down, so that it never promises more
    /// than is left.
    pub fn relative(&self) -> String {
        let seconds = self.ahead.unsigned_abs() / 1000;
        let (count, unit) = match seconds {
            0..60 => return if self.ahead > 0 { "in less than a minute" } else { "just now" }.to_owned(),
            60..3_600 => (seconds / 60, "minute"),
            3_600..86_400 => (seconds / 3_600, "hour"),
            _ => (seconds / 86_400, "day"),
        };
        let plural = if count == 1 { "" } else { "s" };
        if self.ahead > 0 { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000_000;

    #[test]
    fn distances_in_words() {
        for (seconds, words) in [
            (0, "just now"),
            (-59, "just now"),
            (59, "in less than a minute"),
            (-60, "1 minute ago"),
            (119, "in 1 minute"),
            (-3 * 3_600, "3 hours ago"),
            (86_399, "in 23 hours"),
            (86_400, "in 1 day"),
            (-400 * 86_400, "400 days ago"),
        ] {
            assert_eq!(Moment::new(NOW + seconds * 1000, NOW).relative(), words, "{seconds} s");
        }
    }

    #[test]
    fn dates_are_utc() {
        let moment = Moment::new(NOW, NOW);
        assert_eq!(moment.machine(), "2026-05-28T20:26:40Z");
        assert_eq!(moment.full(), "28 May 2026, 20:26 UTC");
        assert_eq!(moment.day(), "28 May 2026");
    }

    #[test]
    fn the_ends_of_time_are_no_surprise() {
        assert!(Moment::new(i64::MAX, NOW).machine().starts_with("9999-"));
        assert!(Moment::new(i64::MIN, NOW).relative().ends_with(" days ago"));
    }
}
