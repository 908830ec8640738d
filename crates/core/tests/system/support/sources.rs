//! Time and randomness that tests decide on.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use counterfoil_core::{Clock, Entropy, EntropyError, Timestamp};
use tokio::task::{Id, try_id};

/// A clock set by hand. The wall clock may step; the monotonic one only goes on.
pub struct HandClock {
    wall: AtomicI64,
    monotonic: AtomicU64,
    /// How often each task has paused.
    pauses: Mutex<HashMap<Id, usize>>,
}

impl Default for HandClock {
    /// A whole second, so that a token's lifetime is exact.
    fn default() -> Self {
        Self { wall: AtomicI64::new(1_800_000_000_000), monotonic: AtomicU64::new(1_000_000), pauses: Mutex::default() }
    }
}

impl HandClock {
    /// Time goes by, on both clocks.
    pub fn pass(&self, by: Duration) {
        self.pass_on_the_wall(by);
        self.pass_unseen(by);
    }

    /// Only the wall clock goes forward: somebody has set it.
    pub fn pass_on_the_wall(&self, by: Duration) {
        self.wall.fetch_add(i64::try_from(by.as_millis()).unwrap(), SeqCst);
    }

    /// Only the wall clock goes back.
    pub fn step_back(&self, by: Duration) {
        self.wall.fetch_sub(i64::try_from(by.as_millis()).unwrap(), SeqCst);
    }

    /// How often a task has paused, between two looks at what it waits for.
    pub fn pauses(&self, task: Id) -> usize {
        self.pauses.lock().unwrap().get(&task).copied().unwrap_or_default()
    }

    /// Only the monotonic clock goes on.
    pub fn pass_unseen(&self, by: Duration) {
        self.monotonic.fetch_add(u64::try_from(by.as_micros()).unwrap(), SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.load(SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.monotonic.load(SeqCst))
    }

    /// Gives the test its turn, which may let time go by.
    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        if let Some(task) = try_id() {
            *self.pauses.lock().unwrap().entry(task).or_default() += 1;
        }
        Box::pin(tokio::time::sleep(Duration::from_millis(1)))
    }
}

/// Bytes that look random and repeat with the seed (`SplitMix64`).
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, SeqCst);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}
