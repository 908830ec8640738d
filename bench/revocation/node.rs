//! A node as the server runs it: a system on a store of its own opening, and a task that follows the log.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_bench::{Outcome, Scene, open_system};
use counterfoil_core::Clock as _;
use counterfoil_core::authority::Authority;
use counterfoil_core::revocation::Follower;
use counterfoil_core::verifier::Verifier;
use counterfoil_stores::{Changes, Opened};
use tokio::task::JoinSet;

/// As the server's settings are by default.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_millis(100);

/// A node that runs until this is dropped or stopped.
pub(crate) struct Node {
    pub(crate) authority: Arc<Authority>,
    pub(crate) verifier: Arc<Verifier>,
    follower: Follower,
    tasks: JoinSet<()>,
}

impl Node {
    /// Starts one on a store that has that secret, or gets it now.
    pub(crate) async fn start(opened: Opened, secret: &str) -> Outcome<Self> {
        let system = open_system(opened.stores, secret, Scene { lease: LEASE, ..Scene::default() }).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(system.touching);
        tasks.spawn(follow(system.follower.clone(), opened.changes, system.authority.clone()));
        Ok(Self { authority: system.authority, verifier: system.verifier, follower: system.follower, tasks })
    }

    /// Ends it as a server ends: nobody waits for it any more.
    pub(crate) async fn stop(mut self) -> Outcome<()> {
        self.tasks.shutdown().await;
        Ok(self.follower.leave().await?)
    }
}

/// Looks for what others have appended, and renews the lease; reads the key ring again when that has changed.
async fn follow(follower: Follower, mut changes: Box<dyn Changes>, authority: Arc<Authority>) {
    // What was appended between the opening and now is news too.
    let mut log_waits = true;
    loop {
        changes.wait(INTERVAL).await;
        let asked_at = authority.clock.monotonic();
        match changes.changed() {
            Ok(changed) => log_waits |= changed,
            Err(error) => {
                eprintln!("revocation: whether there is news: {error}");
                log_waits = true;
                continue;
            }
        }
        if !log_waits {
            follower.nothing_new(asked_at);
            continue;
        }
        match follower.catch_up().await {
            Ok(news) => {
                log_waits = false;
                if news.ring
                    && let Err(error) = authority.ring.reload().await
                {
                    eprintln!("revocation: the key ring: {error}");
                }
            }
            Err(error) => eprintln!("revocation: the log: {error}"),
        }
    }
}
