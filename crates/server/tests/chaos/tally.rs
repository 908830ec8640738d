//! How much of each has happened, so that a run in which nothing did is no success.

use std::collections::BTreeMap;
use std::fmt;

use crate::history::{Act, Event, Said};

/// The numbers of events, by what they were and what was said.
pub(crate) struct Tally(BTreeMap<&'static str, BTreeMap<&'static str, usize>>);

impl Tally {
    pub(crate) fn of(history: &[Event]) -> Self {
        let mut counts: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
        for event in history {
            let what = match &event.act {
                Act::LogIn { .. } => "login",
                Act::Check { .. } => "check",
                Act::Refresh { .. } => "refresh",
                Act::Exchange { .. } => "exchange",
                Act::End(end) => end.what,
                Act::Fault(_) => "fault",
            };
            let said = match event.said {
                Said::Yes => "yes",
                Said::No => "no",
                Said::Unknown => "unknown",
                Said::Later => "later",
                Said::Nothing => "nothing",
                Said::Odd(_) => "odd",
            };
            *counts.entry(what).or_default().entry(said).or_default() += 1;
        }
        Self(counts)
    }

    fn count(&self, what: &str, said: &str) -> usize {
        self.0.get(what).and_then(|counts| counts.get(said)).copied().unwrap_or_default()
    }

    /// Of what too little has happened for the checker to have seen something.
    pub(crate) fn lacks(&self) -> Option<(&'static str, &'static str)> {
        let least = [
            ("login", "yes", 10),
            ("check", "yes", 50),
            ("check", "no", 20),
            ("refresh", "yes", 3),
            ("exchange", "yes", 3),
            ("logout", "yes", 5),
            ("DELETE /sessions", "yes", 1),
            ("fault", "yes", 3),
        ];
        let few = least.into_iter().find(|(what, said, least)| self.count(what, said) < *least);
        few.map(|(what, said, _)| (what, said))
    }

    /// Fails unless enough has happened.
    pub(crate) fn is_a_run(&self) {
        assert_eq!(self.lacks(), None, "too little has happened: {self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, counts) in &self.0 {
            let counts: Vec<_> = counts.iter().map(|(said, count)| format!("{count} {said}")).collect();
            write!(f, "{what}: {}; ", counts.join(", "))?;
        }
        Ok(())
    }
}
