//! What Redis and Redis Cluster do for us, seen at real servers.

mod conformance;

use counterfoil_core::store::Stores;

use super::RedisStore;
use crate::memory::MemoryStore;
use crate::server::Options;

/// Stores with the sessions at an address and the rest in memory.
async fn stores(url: &str) -> Stores {
    let memory = MemoryStore::new().stores();
    let log = std::sync::Arc::clone(&memory.revocations);
    RedisStore::open(&url.parse().unwrap(), log, &Options::default()).await.unwrap().beside(memory)
}
