//! The store that forgets: everything behind one lock, for tests and for trying things out.

mod attempts;
mod audit;
mod facts;
mod keys;
mod moving;
mod nodes;
mod revocations;
mod sessions;
#[cfg(test)]
mod tests;
mod users;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::{StoreError, Stores};

use crate::Changes;

/// A store in the memory of this process. Clones are handles to the same store.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    users: users::Accounts,
    sessions: sessions::Logins,
    owner: Option<String>,
    log: revocations::Log,
    nodes: nodes::Rows,
    keys: keys::Ring,
    facts: facts::Notes,
    attempts: attempts::Tallies,
    audit: audit::Records,
}

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// This store in every role.
    pub fn stores(&self) -> Stores {
        Stores {
            users: Arc::new(self.clone()),
            sessions: Arc::new(self.clone()),
            revocations: Arc::new(self.clone()),
            nodes: Arc::new(self.clone()),
            keys: Arc::new(self.clone()),
            facts: Arc::new(self.clone()),
            attempts: Arc::new(self.clone()),
            audit: Arc::new(self.clone()),
            bypassed: None,
        }
    }

    /// The state, for one step. No step panics half-way, so a poisoned lock guards a whole state.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Changes for MemoryStore {
    async fn wait(&mut self, at_most: Duration) {
        tokio::time::sleep(at_most).await;
    }

    /// Never: no other process knows of this store.
    fn changed(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }
}
