//! What goes on in the background: following the log, noting uses, tending keys, purging.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::audit::{Entry, Event};
use counterfoil_core::authority::{Authority, PurgeError, Purged, Reach};
use counterfoil_core::revocation::Follower;
use counterfoil_core::{Clock as _, Entropy};
use counterfoil_stores::Changes;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Started;
use crate::config::Settings;

/// How often it is looked whether a key is due.
const TEND_EVERY: Duration = Duration::from_secs(60);
/// How long others get their turn between two batches of a purge.
const PURGE_PAUSE: Duration = Duration::from_millis(50);

/// The tasks in the background. They end when this is dropped.
pub struct Background {
    tasks: JoinSet<()>,
    follower: Follower,
    authority: Arc<Authority>,
}

impl Background {
    pub(super) fn start(started: Started, settings: &Settings) -> Self {
        let Started { system, changes } = started;
        let (authority, follower) = (system.authority, system.follower);
        let mut tasks = JoinSet::new();
        tasks.spawn(system.touching);
        tasks.spawn(follow(follower.clone(), changes, authority.clone(), settings.revocation.interval));
        tasks.spawn(tend(authority.clone(), settings.keys.rotate_after));
        tasks.spawn(purge_every(authority.clone(), settings.store.purge_every, settings.audit.keep));
        tasks.spawn(started_up(authority.clone()));
        Self { tasks, follower, authority }
    }

    /// Ends the tasks, each at its next pause. Other nodes wait for this one no more.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        write_down(&self.authority, Event::SysShutdown).await;
        if let Err(error) = self.follower.leave().await {
            tracing::debug!(%error, "the row of this node was not removed: the next end that is announced waits for its lease");
        }
    }
}

/// Says that the server is there.
async fn started_up(authority: Arc<Authority>) {
    write_down(&authority, Event::SysStartup).await;
}

async fn write_down(authority: &Authority, event: Event) {
    if let Err(error) = authority.record([Entry::new(event).with("version", env!("CARGO_PKG_VERSION"))]).await {
        tracing::warn!(%error, "{event} is not written down");
    }
}

/// Looks for what other processes have appended, and renews the lease.
async fn follow(follower: Follower, mut changes: Box<dyn Changes>, authority: Arc<Authority>, every: Duration) {
    // What was appended between the opening and now is news too.
    let (mut log_waits, mut ring_waits) = (true, true);
    let (mut log, mut ring) = (Complaint::of("the log of revocations"), Complaint::of("the key ring"));
    loop {
        changes.wait(every).await;
        let asked_at = authority.clock.monotonic();
        match changes.changed() {
            Ok(changed) => log_waits |= changed,
            Err(error) => {
                log.raise(&error);
                log_waits = true;
                continue;
            }
        }
        if log_waits {
            match follower.catch_up().await {
                Ok(news) => {
                    log.settle();
                    log_waits = false;
                    ring_waits |= news.ring;
                }
                // What was read before it broke off may have been about the ring.
                Err(error) => {
                    log.raise(&error);
                    ring_waits = true;
                }
            }
        } else {
            follower.nothing_new(asked_at);
        }
        if let Err(error) = authority.note_restores().await {
            tracing::warn!(%error, "that the store was restored is not written down yet");
        }
        if ring_waits {
            match authority.ring.reload().await {
                Ok(()) => {
                    ring.settle();
                    ring_waits = false;
                }
                Err(error) => ring.raise(&error),
            }
        }
    }
}

/// What cannot be read, which is said once and not at every attempt.
struct Complaint {
    what: &'static str,
    raised: bool,
}

impl Complaint {
    const fn of(what: &'static str) -> Self {
        Self { what, raised: false }
    }

    fn raise(&mut self, error: &(dyn std::error::Error + 'static)) {
        if !std::mem::replace(&mut self.raised, true) {
            tracing::error!(error, "{} cannot be read", self.what);
        }
    }

    fn settle(&mut self) {
        if std::mem::take(&mut self.raised) {
            tracing::info!("{} can be read again", self.what);
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
async fn purge_every(authority: Arc<Authority>, every: Duration, keep_audit: Option<Duration>) {
    // Nodes that start together must not purge together.
    tokio::time::sleep(part_of(every, &*authority.entropy)).await;
    let mut ticks = ticks(every);
    loop {
        ticks.tick().await;
        match purge(&authority, Reach::Needed).await {
            Ok(purged) => tell(&purged),
            Err(error) => {
                tell(&error.done);
                tracing::warn!(error = &error as &dyn std::error::Error, "the purge broke off");
            }
        }
        let Some(keep) = keep_audit else { continue };
        match authority.purge_audit(keep, || tokio::time::sleep(PURGE_PAUSE)).await {
            Ok(0) => {}
            Ok(records) => tracing::info!(records, "the audit log was purged"),
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the audit log was not purged"),
        }
    }
}

fn tell(purged: &Purged) {
    let Purged { sessions, grants, entries, attempts } = *purged;
    if purged.total() > 0 {
        tracing::info!(sessions, grants, entries, attempts, "purged");
    }
}

/// A random part of `whole`; all of it, should there be no randomness.
fn part_of(whole: Duration, entropy: &dyn Entropy) -> Duration {
    let mut random = [0; 4];
    match entropy.fill(&mut random) {
        Ok(()) => whole.mul_f64(f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX)),
        Err(_) => whole,
    }
}

/// Removes what has expired, a little at a time.
pub async fn purge(authority: &Authority, reach: Reach) -> Result<Purged, PurgeError> {
    authority.purge(reach, || tokio::time::sleep(PURGE_PAUSE)).await
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

#[cfg(test)]
mod tests {
    use counterfoil_core::EntropyError;

    use super::*;

    /// Says the same four bytes again and again.
    struct Says([u8; 4]);

    impl Entropy for Says {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            for (byte, said) in bytes.iter_mut().zip(self.0) {
                *byte = said;
            }
            Ok(())
        }
    }

    #[test]
    fn the_first_purge_comes_at_a_random_moment_of_the_first_interval() {
        let hour = Duration::from_hours(1);
        assert_eq!(part_of(hour, &Says([0; 4])), Duration::ZERO);
        assert_eq!(part_of(hour, &Says([255; 4])), hour);
        let half = part_of(hour, &Says([128, 0, 0, 0]));
        assert!(half.abs_diff(hour / 2) < Duration::from_millis(1), "{half:?}");
    }
}
