//! How long, with how many, and by which seed: from variables, so that one program makes the short runs and the long ones.

use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

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
}

impl Plan {
    pub(crate) fn read() -> Self {
        let any = || std::hash::RandomState::new().build_hasher().finish();
        let plan = Self {
            length: Duration::from_secs(number("CHAOS_SECONDS").unwrap_or(20)),
            seed: number("CHAOS_SEED").unwrap_or_else(any),
            nodes: number("CHAOS_NODES").map_or(3, |count| usize::try_from(count).unwrap()),
            workers: number("CHAOS_WORKERS").map_or(16, |count| usize::try_from(count).unwrap()),
        };
        println!("CHAOS_SEED={} CHAOS_SECONDS={} CHAOS_NODES={}", plan.seed, plan.length.as_secs(), plan.nodes);
        plan
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
