//! Removing what has expired, a little at a time.

use std::time::Duration;

use super::Authority;
use crate::audit::{Entry, Event};
use crate::store::{Facts, StoreError, Stores};
use crate::{Clock, FloorClock, Timestamp};

/// The fact that says until when lines of the log have been purged, in milliseconds. No node takes the time for earlier than
/// that: it would believe what has expired, and whose end everybody has forgotten.
pub const PURGED_FACT: &str = "purged";

/// A clock that is so far behind what others have purged by is worth a word.
const WRONG_CLOCK: Duration = Duration::from_hours(1);

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
    /// Tallies of failed attempts.
    pub attempts: u64,
}

/// A purge that broke off. What it had removed until then is removed.
#[derive(Debug, thiserror::Error)]
#[error(
    "the purge broke off after it had removed {} sessions, {} credentials of others, {} lines of the log and {} tallies of \
     failed logins",
    done.sessions, done.grants, done.entries, done.attempts
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
        self.sessions.saturating_add(self.grants).saturating_add(self.entries).saturating_add(self.attempts)
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
        // Others may have purged further, by clocks that were ahead.
        if let Err(error) = heed_purges(&*self.stores.facts, &self.clock).await {
            tracing::debug!(%error, "until when others have purged could not be read");
        }
        self.replica.forget_expired(self.now());
        let done = outcome?;
        if done.sessions > 0 {
            let entry = Entry::new(Event::SessionExpired).with("sessions", done.sessions);
            self.record([entry]).await.map_err(|source| PurgeError { done, source })?;
        }
        Ok(done)
    }

    /// Removes audit records that are older than `keep`, in small batches. Returns how many.
    pub async fn purge_audit<P>(&self, keep: Duration, pause: impl Fn() -> P) -> Result<u64, StoreError>
    where
        P: Future<Output = ()>,
    {
        self.scribe.purge(self.now().before(keep), pause).await
    }
}

/// Takes the time for no earlier than until when lines of the log have been purged.
pub(crate) async fn heed_purges(facts: &dyn Facts, clock: &FloorClock) -> Result<(), StoreError> {
    if let Some(floor) = purged_until(facts).await?.0 {
        let behind = clock.raise(floor);
        if behind > WRONG_CLOCK {
            tracing::warn!(
                behind_s = behind.as_secs(),
                "this clock is behind one by which the store was purged: the later one holds. If that one was wrong, set it \
                 right, run `counterfoil store restored` and start the servers again"
            );
        }
    }
    Ok(())
}

/// Until when has been purged, and how that is written. What cannot be read counts as never.
async fn purged_until(facts: &dyn Facts) -> Result<(Option<Timestamp>, Option<String>), StoreError> {
    let text = facts.fact(PURGED_FACT).await?;
    let until = text.as_deref().and_then(|text| text.parse().ok()).map(Timestamp::from_millis);
    Ok((until, text))
}

/// Notes that lines of the log are about to be purged that have expired by `now`. Somebody's later note stays.
async fn note_purge(facts: &dyn Facts, now: Timestamp) -> Result<(), StoreError> {
    loop {
        let (until, text) = purged_until(facts).await?;
        if until.is_some_and(|until| until >= now) {
            return Ok(());
        }
        if facts.change_fact(PURGED_FACT, text.as_deref(), Some(&now.as_millis().to_string())).await? {
            return Ok(());
        }
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
        &[Kind::Entries, Kind::Attempts]
    } else {
        &[Kind::Sessions, Kind::Grants, Kind::Entries, Kind::Attempts]
    };
    for &kind in kinds {
        let now = clock.now();
        if matches!(kind, Kind::Entries) {
            note_purge(&*stores.facts, now).await.map_err(|source| PurgeError { done, source })?;
        }
        loop {
            let removed = match kind {
                Kind::Sessions => stores.sessions.purge(now, batch).await,
                Kind::Grants => stores.sessions.purge_grants(now, batch).await,
                Kind::Entries => stores.revocations.purge(now, batch).await,
                Kind::Attempts => stores.attempts.purge(now, batch).await,
            };
            let removed = removed.map_err(|source| PurgeError { done, source })?;
            match kind {
                Kind::Sessions => done.sessions += removed,
                Kind::Grants => done.grants += removed,
                Kind::Entries => done.entries += removed,
                Kind::Attempts => done.attempts += removed,
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
    Attempts,
}
