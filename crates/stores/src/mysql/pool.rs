//! Connections that are kept for the next call.
//!
//! A call takes one out and puts it back only when it knows what state it is in. Whatever fails, is given up or takes too
//! long drops it, so nobody ever gets a connection with a transaction or an answer left over from somebody else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::mysql::MySqlConnection;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::connect::Connector;
use super::failure::Failure;

/// An idle connection older than this is not used: the server or a firewall may have given it up. Shorter than the
/// `wait_timeout` of our sessions.
const LONGEST_IDLE: Duration = Duration::from_secs(20);

/// At most so many connections as there are permits.
pub(super) struct Pool {
    connector: Connector,
    permits: Semaphore,
    idle: Mutex<Vec<Idle>>,
    /// Rises when the server was lost. Connections that were made before are not used again.
    generation: AtomicU64,
}

struct Idle {
    connection: MySqlConnection,
    generation: u64,
    since: Instant,
}

/// A connection that is in use. Dropped, it is closed.
pub(super) struct Lease<'p> {
    pub(super) connection: MySqlConnection,
    generation: u64,
    pool: &'p Pool,
}

impl Pool {
    /// A pool without any connection yet.
    pub(super) fn new(connector: Connector, most: usize) -> Self {
        Self {
            connector,
            permits: Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)),
            idle: Mutex::default(),
            generation: AtomicU64::new(0),
        }
    }

    /// The right to one connection at a time.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }

    /// A connection, the one that was used last if any is idle. Whoever calls holds a permit.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, Failure> {
        let generation = self.generation();
        if let Some(Idle { connection, generation, .. }) = self.take(generation) {
            return Ok(Lease { connection, generation, pool: self });
        }
        let connection = self.connector.connect().await.map_err(Failure::of)?;
        Ok(Lease { connection, generation, pool: self })
    }

    fn take(&self, generation: u64) -> Option<Idle> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.generation == generation && idle.since.elapsed() < LONGEST_IDLE);
        idle.pop()
    }

    /// The generation of connections that are made now.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Gives up every connection of a generation, because one of them led nowhere. Those of a later one stay.
    pub(super) fn forget(&self, generation: u64) {
        let _later_already =
            self.generation.compare_exchange(generation, generation + 1, Ordering::AcqRel, Ordering::Acquire);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.generation > generation);
    }
}

impl Lease<'_> {
    /// When this connection was made.
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Puts it back for the next call. It has no transaction open and no answer outstanding.
    pub(super) fn keep(self) {
        let Self { connection, generation, pool } = self;
        if generation == pool.generation() {
            let idle = Idle { connection, generation, since: Instant::now() };
            pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(idle);
        }
    }
}
