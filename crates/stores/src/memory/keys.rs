//! Signing keys in memory.

use std::collections::HashMap;

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::keys::{KeyRecord, KeyState};
use counterfoil_core::store::{Keys, StoreError};

use super::MemoryStore;

#[derive(Default)]
pub(super) struct Ring {
    by_kid: HashMap<String, KeyRecord>,
}

impl Ring {
    /// Whether another key than `kid` has the place that `state` is for its algorithm.
    fn is_taken(&self, kid: &str, key: &KeyRecord, state: KeyState) -> bool {
        matches!(state, KeyState::Active | KeyState::Next)
            && self
                .by_kid
                .values()
                .any(|other| other.kid != kid && other.algorithm == key.algorithm && other.state == state)
    }

    fn is(&self, kid: &str, state: KeyState, like: &KeyRecord) -> bool {
        self.by_kid.get(kid).is_some_and(|key| key.state == state && key.algorithm == like.algorithm)
    }

    fn set(&mut self, kid: &str, state: KeyState, at: Timestamp) {
        if let Some(key) = self.by_kid.get_mut(kid) {
            key.state = state;
            key.state_since = at;
        }
    }
}

#[async_trait]
impl Keys for MemoryStore {
    async fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let mut keys: Vec<_> = self.state().keys.by_kid.values().cloned().collect();
        keys.sort_unstable_by(|a, b| (a.created_at, &a.kid).cmp(&(b.created_at, &b.kid)));
        Ok(keys)
    }

    async fn add(&self, key: &KeyRecord) -> Result<bool, StoreError> {
        let ring = &mut self.state().keys;
        let fits = !ring.by_kid.contains_key(&key.kid) && !ring.is_taken(&key.kid, key, key.state);
        if fits {
            ring.by_kid.insert(key.kid.clone(), key.clone());
        }
        Ok(fits)
    }

    async fn change_state(&self, kid: &str, from: KeyState, to: KeyState, at: Timestamp) -> Result<bool, StoreError> {
        let ring = &mut self.state().keys;
        let fits = ring.by_kid.get(kid).is_some_and(|key| key.state == from && !ring.is_taken(kid, key, to));
        if fits {
            ring.set(kid, to, at);
        }
        Ok(fits)
    }

    async fn rotate(&self, active: &str, next: &str, fresh: &KeyRecord, at: Timestamp) -> Result<bool, StoreError> {
        let ring = &mut self.state().keys;
        let fits = ring.is(active, KeyState::Active, fresh)
            && ring.is(next, KeyState::Next, fresh)
            && !ring.by_kid.contains_key(&fresh.kid);
        if fits {
            ring.set(active, KeyState::Retired, at);
            ring.set(next, KeyState::Active, at);
            ring.by_kid.insert(fresh.kid.clone(), KeyRecord { state: KeyState::Next, ..fresh.clone() });
        }
        Ok(fits)
    }

    async fn remove(&self, kid: &str) -> Result<bool, StoreError> {
        let keys = &mut self.state().keys.by_kid;
        let fits = keys.get(kid).is_some_and(|key| matches!(key.state, KeyState::Retired | KeyState::Revoked));
        if fits {
            keys.remove(kid);
        }
        Ok(fits)
    }
}
