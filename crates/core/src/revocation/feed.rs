//! How a verifier follows the log.

use std::sync::Arc;

use super::{Entry, Lease, Replica, Target};
use crate::Clock;
use crate::store::{Revocations, StoreError};

/// How many entries are read at a time.
const BATCH: usize = 1_000;

/// Reads the log into a replica, and renews the lease each time that it has reached the end.
#[derive(Clone)]
pub struct Follower {
    log: Arc<dyn Revocations>,
    replica: Arc<Replica>,
    lease: Arc<Lease>,
    clock: Arc<dyn Clock>,
}

/// What was new in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// How many entries.
    pub entries: usize,
    /// Whether the key ring is to be read again.
    pub ring: bool,
}

impl Follower {
    /// A follower of `log` that has read nothing yet.
    pub fn new(log: Arc<dyn Revocations>, replica: Arc<Replica>, lease: Arc<Lease>, clock: Arc<dyn Clock>) -> Self {
        Self { log, replica, lease, clock }
    }

    /// Reads to the end of the log. An error leaves the lease to run out.
    pub async fn catch_up(&self) -> Result<News, StoreError> {
        let mut news = News::default();
        loop {
            let asked_at = self.clock.monotonic();
            let entries = self.log.after(self.replica.position(), BATCH).await?;
            self.replica.apply(&entries);
            news.entries += entries.len();
            news.ring |= entries.iter().any(about_keys);
            if entries.len() < BATCH {
                self.lease.renew(asked_at);
                return Ok(news);
            }
        }
    }

    /// Takes in what the log has by now, and moves neither the position nor the lease: it stays news to whoever follows.
    ///
    /// For what must not be decided by a copy that may be behind. A store of sessions that fails over may show what has ended
    /// long ago; the log never forgets it.
    pub async fn read_ahead(&self) -> Result<(), StoreError> {
        let mut position = self.replica.known();
        loop {
            let entries = self.log.after(position, BATCH).await?;
            self.replica.look_at(&entries);
            match entries.last() {
                Some(last) if entries.len() == BATCH => position = last.position,
                _ => return Ok(()),
            }
        }
    }

    /// Reads ahead when the lease has run out, as the copy may then be of any age.
    pub async fn read_ahead_if_behind(&self) -> Result<(), StoreError> {
        if self.lease.holds(self.clock.monotonic()) { Ok(()) } else { self.read_ahead().await }
    }

    /// Renews the lease without reading, for a store that can tell cheaply that nothing was written. `asked_at` is the
    /// monotonic time before it was asked.
    pub fn nothing_new(&self, asked_at: std::time::Duration) {
        self.lease.renew(asked_at);
    }
}

const fn about_keys(entry: &Entry) -> bool {
    matches!(entry.target, Target::Key { .. } | Target::Ring)
}
