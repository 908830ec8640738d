//! Removing what has expired, a little at a time.

use super::Authority;
use crate::Clock;
use crate::store::{StoreError, Stores};

/// How many records of a kind are removed at once.
const BATCH: usize = 500;

/// How many records were removed because they had expired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Sessions, each with its credentials, which are not counted on their own.
    pub sessions: u64,
    /// References and refresh families of sessions that live on.
    pub grants: u64,
    /// Lines of the revocation log.
    pub entries: u64,
}

/// A purge that broke off. What it had removed until then is removed.
#[derive(Debug, thiserror::Error)]
#[error(
    "the purge broke off after it had removed {} sessions, {} credentials of others and {} lines of the log",
    done.sessions, done.grants, done.entries
)]
pub struct PurgeError {
    /// What was removed before. A batch whose answer was lost is not in it.
    pub done: Purged,
    /// How the store failed.
    #[source]
    pub source: StoreError,
}

impl Purged {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.sessions.saturating_add(self.grants).saturating_add(self.entries)
    }
}

/// What is purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What no store removes by itself: for the purge that comes again and again.
    Needed,
    /// Everything that has expired.
    All,
}

impl Authority {
    /// Removes what has expired, in small batches. After each full one it waits for `pause`, so that others get their turn.
    ///
    /// Any number of processes may do so at once: each record is removed and counted by one of them.
    pub async fn purge<P>(&self, reach: Reach, pause: impl Fn() -> P) -> Result<Purged, PurgeError>
    where
        P: Future<Output = ()>,
    {
        let outcome = purge(&self.stores, &*self.clock, reach, BATCH, pause).await;
        self.replica.forget_expired(self.now());
        outcome
    }
}

/// Removes what has expired from `stores`, up to `batch` records of a kind at once.
pub async fn purge<P>(
    stores: &Stores,
    clock: &dyn Clock,
    reach: Reach,
    batch: usize,
    pause: impl Fn() -> P,
) -> Result<Purged, PurgeError>
where
    P: Future<Output = ()>,
{
    let mut done = Purged::default();
    // Sessions come first: they take their credentials along.
    let kinds: &[_] = if reach == Reach::Needed && stores.sessions.forgets_by_itself() {
        &[Kind::Entries]
    } else {
        &[Kind::Sessions, Kind::Grants, Kind::Entries]
    };
    for &kind in kinds {
        loop {
            let now = clock.now();
            let removed = match kind {
                Kind::Sessions => stores.sessions.purge(now, batch).await,
                Kind::Grants => stores.sessions.purge_grants(now, batch).await,
                Kind::Entries => stores.revocations.purge(now, batch).await,
            };
            let removed = removed.map_err(|source| PurgeError { done, source })?;
            match kind {
                Kind::Sessions => done.sessions += removed,
                Kind::Grants => done.grants += removed,
                Kind::Entries => done.entries += removed,
            }
            if removed < batch as u64 || batch == 0 {
                break;
            }
            pause().await;
        }
    }
    Ok(done)
}

#[derive(Clone, Copy)]
enum Kind {
    Sessions,
    Grants,
    Entries,
}
