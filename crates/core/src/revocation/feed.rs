//! How a verifier follows the log.

use std::sync::Arc;
use std::time::Duration;

use super::{Entry, Lease, Position, Replica, Target};
use crate::Clock;
use crate::id::NodeId;
use crate::store::{Node, Nodes, Revocations, StoreError};

/// How many entries are read at a time.
const BATCH: usize = 1_000;

/// Reads the log into a replica. As a node, it renews the lease each time that it has reached the end.
#[derive(Clone)]
pub struct Follower {
    pub(super) log: Arc<dyn Revocations>,
    pub(super) replica: Arc<Replica>,
    pub(super) lease: Arc<Lease>,
    clock: Arc<dyn Clock>,
    row: Option<Row>,
}

/// A node's row, by which others see how far it is.
#[derive(Clone)]
struct Row {
    nodes: Arc<dyn Nodes>,
    id: NodeId,
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
    /// A follower of `log` that has read nothing yet. It is no node: others do not wait for it, and its lease never begins.
    pub const fn new(
        log: Arc<dyn Revocations>,
        replica: Arc<Replica>,
        lease: Arc<Lease>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { log, replica, lease, clock, row: None }
    }

    /// The same as a node of that name, whose row is among `nodes`.
    #[must_use]
    pub fn as_node(self, nodes: Arc<dyn Nodes>, id: NodeId) -> Self {
        Self { row: Some(Row { nodes, id }), ..self }
    }

    /// Reads to the end of the log. A node notes in its row how far it is, and renews its lease if the row was there: whoever
    /// appends from now on waits for it. If there was none, it was given up, or is new; then it registers and reads once more.
    /// An error leaves the lease to run out.
    pub async fn catch_up(&self) -> Result<News, StoreError> {
        let mut news = News::default();
        let Some(Row { nodes, id }) = &self.row else {
            self.read_on(&mut news).await?;
            return Ok(news);
        };
        loop {
            // Asked before the log is: had it been removed before that, what it was removed for is read now, and not noted.
            let noted = nodes.position(*id).await?;
            let asked_at = self.read_on(&mut news).await?;
            let position = self.replica.position();
            let is_there = match noted {
                None => false,
                Some(noted) if noted == position => true,
                Some(_) => nodes.advance(*id, position).await?,
            };
            if is_there {
                self.lease.renew(asked_at);
                return Ok(news);
            }
            nodes.register(&Node { id: *id, position, lease: self.lease.length() }).await?;
        }
    }

    /// Reads on to the end of the log. Returns the monotonic time before the end was asked for.
    async fn read_on(&self, news: &mut News) -> Result<Duration, StoreError> {
        loop {
            let asked_at = self.clock.monotonic();
            let entries = self.next(self.replica.position()).await?;
            self.replica.apply(&entries);
            news.entries += entries.len();
            news.ring |= entries.iter().any(about_keys);
            if entries.len() < BATCH {
                return Ok(asked_at);
            }
        }
    }

    /// Up to about [`BATCH`] entries after `position`; fewer are all. They are of the log that has been read so far: if that is
    /// no more, the store is an older one, and all that counted has ended.
    async fn next(&self, position: Position) -> Result<Vec<Entry>, StoreError> {
        let known = self.replica.known();
        // One entry more, at `position` itself: it must be what it was.
        let from = Position(position.0.saturating_sub(1));
        let mut entries = self.log.after(from, BATCH + 1).await?;
        let is_shorter = entries.len() <= BATCH
            && entries.last().map_or(Position(0), |last| last.position) < known
            // Unless the last ones were dropped because they had expired.
            && self.log.head().await? < known;
        if is_shorter || self.replica.contradicts(&entries) {
            self.restored(known).await?;
            entries = self.log.after(from, BATCH + 1).await?;
        }
        entries.retain(|entry| entry.position > position);
        Ok(entries)
    }

    /// Answers from memory no more, and lets nobody wait for this node. To be called once it follows no longer.
    pub async fn leave(&self) -> Result<(), StoreError> {
        self.lease.end();
        match &self.row {
            Some(Row { nodes, id }) => nodes.leave(*id).await,
            None => Ok(()),
        }
    }

    /// Takes in what the log has by now, and moves neither the position nor the lease: it stays news to whoever follows.
    ///
    /// For what must not be decided by a copy that may be behind. A store of sessions that fails over may show what has ended
    /// long ago; the log never forgets it.
    pub async fn read_ahead(&self) -> Result<(), StoreError> {
        let mut position = self.replica.known();
        loop {
            let entries = self.next(position).await?;
            self.replica.look_at(&entries);
            match entries.last() {
                Some(last) if entries.len() >= BATCH => position = last.position,
                _ => return Ok(()),
            }
        }
    }

    /// Reads ahead when the lease has run out, as the copy may then be of any age.
    pub async fn read_ahead_if_behind(&self) -> Result<(), StoreError> {
        if self.lease.holds(self.clock.monotonic()) { Ok(()) } else { self.read_ahead().await }
    }

    /// Renews the lease without reading, for a store that can tell cheaply that nothing was written since the last time that
    /// [`Self::catch_up`] began and went well: neither the log nor the row. `asked_at` is the monotonic time before it was asked.
    pub fn nothing_new(&self, asked_at: Duration) {
        self.lease.renew(asked_at);
    }
}

const fn about_keys(entry: &Entry) -> bool {
    matches!(entry.target, Target::Key { .. } | Target::Ring | Target::Restored)
}
