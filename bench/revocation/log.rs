//! What a long log takes: room in the store, and the time of a node that begins.

use std::sync::Arc;
use std::time::Duration;

use counterfoil::SystemClock;
use counterfoil_bench::Outcome;
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{NodeId, SessionId};
use counterfoil_core::revocation::{Entry, Follower, Lease, Position, Replica, Target};
use counterfoil_core::store::Stores;
use counterfoil_core::{Clock, SystemEntropy, Timestamp};

use crate::latencies::now;
use crate::node::LEASE;
use crate::places::Site;

/// How many entries are stored at once.
const BATCH: u64 = 1_000;

/// What was measured of one log.
pub(crate) struct Length {
    /// Of the store for each entry, indices included.
    pub(crate) bytes: f64,
    /// From the first question of a new node to its lease.
    pub(crate) caught_up: Duration,
}

/// Lengthens a log that nobody follows by that many ended sessions, and follows it from its beginning.
pub(crate) async fn measure(site: &Site, entries: u64) -> Outcome<Length> {
    let before = site.log_bytes()?;
    fill(&site.open().await?.stores, entries).await?;
    let bytes = site.log_bytes()?.saturating_sub(before);

    let stores = site.open().await?.stores;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let (replica, lease) = (Arc::new(Replica::default()), Arc::new(Lease::new(LEASE)));
    let id = NodeId::new(clock.now(), &SystemEntropy::default())?;
    let follower = Follower::new(stores.revocations.clone(), replica, lease, clock).as_node(stores.nodes.clone(), id);
    let began = now();
    let news = follower.catch_up().await?;
    let caught_up = began.elapsed();
    follower.leave().await?;
    if (news.entries as u64) < entries {
        return Err("the log is shorter than it should be".into());
    }
    Ok(Length { bytes: crate::ratio(bytes, entries), caught_up })
}

async fn fill(stores: &Stores, entries: u64) -> Outcome<()> {
    let head = stores.revocations.head().await?.0;
    let mut next = head + 1;
    while next <= head + entries {
        let end = (next + BATCH).min(head + entries + 1);
        let batch: Vec<_> = (next..end).map(entry).collect();
        stores.revocations.import(&batch, Position(end - 1)).await?;
        next = end;
    }
    Ok(())
}

/// The end of a session that nobody has, made from its number.
pub(crate) fn entry(number: u64) -> Entry {
    let mut id = [0; 16];
    for (byte, from) in id.iter_mut().zip(SecretHash::of(&number.to_be_bytes()).as_bytes()) {
        *byte = *from;
    }
    let target = Target::Session { session: SessionId::from_bytes(id) };
    // Some years from now: no purge takes it.
    let expires_at = Timestamp::from_millis(1_900_000_000_000);
    Entry { position: Position(number), target, expires_at }
}
