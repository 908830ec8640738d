//! What goes on in the background: following the log, noting uses, tending keys, purging.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::authority::Authority;
use counterfoil_core::revocation::Follower;
use counterfoil_core::store::StoreError;
use counterfoil_stores::Changes;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Started;
use crate::config::Settings;

/// How often it is looked whether a key is due.
const TEND_EVERY: Duration = Duration::from_secs(60);
/// How many expired records are removed at once, and how long others get their turn after that.
const PURGE_BATCH: usize = 500;
const PURGE_PAUSE: Duration = Duration::from_millis(50);

/// The tasks in the background. They end when this is dropped.
pub struct Background(JoinSet<()>);

impl Background {
    pub(super) fn start(started: Started, settings: &Settings) -> Self {
        let Started { system, changes } = started;
        let (authority, follower) = (system.authority, system.follower);
        let mut tasks = JoinSet::new();
        tasks.spawn(system.touching);
        tasks.spawn(follow(follower, changes, authority.clone(), settings.revocation.interval));
        tasks.spawn(tend(authority.clone(), settings.keys.rotate_after));
        tasks.spawn(purge_every(authority, settings.store.purge_every));
        Self(tasks)
    }

    /// Ends the tasks, each at its next pause.
    pub async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

/// Looks for what other processes have appended, and renews the lease.
async fn follow(follower: Follower, mut changes: Box<dyn Changes>, authority: Arc<Authority>, every: Duration) {
    let mut ticks = ticks(every);
    // What was appended between the opening and now is news too.
    let (mut log_waits, mut ring_waits) = (true, true);
    loop {
        ticks.tick().await;
        let asked_at = authority.clock.monotonic();
        match changes.changed() {
            Ok(changed) => log_waits |= changed,
            Err(error) => {
                lost(&error);
                log_waits = true;
                continue;
            }
        }
        if log_waits {
            match follower.catch_up().await {
                Ok(news) => {
                    log_waits = false;
                    ring_waits |= news.ring;
                }
                // What was read before it broke off may have been about the ring.
                Err(error) => {
                    lost(&error);
                    ring_waits = true;
                }
            }
        } else {
            follower.nothing_new(asked_at);
        }
        if ring_waits {
            ring_waits = !reload_ring(&authority).await;
        }
    }
}

fn lost(error: &StoreError) {
    tracing::error!(error = error as &dyn std::error::Error, "the log of revocations cannot be read");
}

async fn reload_ring(authority: &Authority) -> bool {
    match authority.ring.reload().await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the key ring cannot be read");
            false
        }
    }
}

/// Rotates keys by age, and drops those that have verified their last token.
async fn tend(authority: Arc<Authority>, rotate_after: Option<Duration>) {
    let mut ticks = ticks(TEND_EVERY);
    loop {
        ticks.tick().await;
        match authority.tend_keys(rotate_after).await {
            Ok(true) => tracing::info!("the key ring has changed"),
            Ok(false) => {}
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "keys could not be rotated"),
        }
    }
}

/// Removes what has expired, again and again.
async fn purge_every(authority: Arc<Authority>, every: Duration) {
    let mut ticks = ticks(every);
    loop {
        ticks.tick().await;
        match purge(&authority).await {
            Ok(0) => {}
            Ok(records) => tracing::info!(records, "purged"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the purge broke off"),
        }
        authority.replica.forget_expired(authority.clock.now());
    }
}

/// Removes what has expired, a little at a time. Returns how many records there were: sessions,
/// credentials of sessions that live on, and entries of the log.
pub async fn purge(authority: &Authority) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let now = authority.clock.now();
        let sessions = authority.stores.sessions.purge(now, PURGE_BATCH).await?;
        let entries = authority.stores.revocations.purge(now, PURGE_BATCH).await?;
        let grants = authority.stores.sessions.purge_grants(now, PURGE_BATCH).await?;
        removed += sessions + entries + grants;
        if sessions.max(entries).max(grants) < PURGE_BATCH as u64 {
            return Ok(removed);
        }
        tokio::time::sleep(PURGE_PAUSE).await;
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
