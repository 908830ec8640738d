//! How long, with how many, and by which seed: from variables, so that one program makes the short runs and the long ones.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

/// By how many milliseconds the nodes' wall clocks may be off: one of these for each, and at times another.
pub(crate) type Clocks = &'static [i64];
pub(crate) const RIGHT: Clocks = &[0];
/// No more than `nodes::CONFIG` allows for (`leeway`), so that every promise holds.
pub(crate) const STEPS: Clocks = &[-2_000, -600, 0, 900, 2_000];
/// So much that logins end before their time, or after it. What was revoked must stay so.
pub(crate) const FAR_OFF: Clocks = &[-20 * HOUR, -2 * HOUR, 0, 2 * HOUR, 72 * HOUR];
const HOUR: i64 = 3_600_000;

/// What a run is to be like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// `CHAOS_SECONDS`: for how long.
    pub(crate) length: Duration,
    /// `CHAOS_SEED`: the same choices as in another run. Who comes first is not chosen, so a run is never quite the same.
    pub(crate) seed: u64,
    /// `CHAOS_NODES`.
    pub(crate) nodes: usize,
    /// `CHAOS_WORKERS`: the people's threads.
    pub(crate) workers: usize,
    pub(crate) clocks: Clocks,
}

impl Plan {
    pub(crate) fn read(clocks: Clocks) -> Self {
        let any = || std::hash::RandomState::new().build_hasher().finish();
        let plan = Self {
            length: Duration::from_secs(number("CHAOS_SECONDS").unwrap_or(20)),
            seed: number("CHAOS_SEED").unwrap_or_else(any),
            nodes: number("CHAOS_NODES").map_or(3, |count| usize::try_from(count).unwrap()),
            workers: number("CHAOS_WORKERS").map_or(16, |count| usize::try_from(count).unwrap()),
            clocks,
        };
        println!("CHAOS_SEED={} CHAOS_SECONDS={} CHAOS_NODES={}", plan.seed, plan.length.as_secs(), plan.nodes);
        plan
    }

    /// Whether there is time for rare things that take long.
    pub(crate) fn is_long(&self) -> bool {
        self.length >= Duration::from_secs(300)
    }

    /// By how much two clocks may be apart.
    pub(crate) fn skew(&self) -> Duration {
        let (first, last) = (self.clocks.iter().min(), self.clocks.iter().max());
        Duration::from_millis(last.zip(first).map_or(0, |(last, first)| last.abs_diff(*first)))
    }
}

/// `CHAOS_CYCLES`: how often a store is killed after a logout.
pub(crate) fn cycles() -> usize {
    number("CHAOS_CYCLES").map_or(20, |count| usize::try_from(count).unwrap())
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not `{text}`")))
}
