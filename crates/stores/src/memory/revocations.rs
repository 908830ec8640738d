//! The revocation log in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::revocation::{Entry, Position};
use counterfoil_core::store::{Announcement, Revocations, StoreError};

use super::MemoryStore;

#[derive(Default)]
pub(super) struct Log {
    head: Position,
    entries: BTreeMap<Position, Entry>,
}

impl Log {
    pub(super) fn append(&mut self, announcements: &[Announcement]) {
        for Announcement { target, expires_at } in announcements {
            self.head = Position(self.head.0 + 1);
            let entry = Entry { position: self.head, target: target.clone(), expires_at: *expires_at };
            self.entries.insert(self.head, entry);
        }
    }
}

#[async_trait]
impl Revocations for MemoryStore {
    async fn append(&self, announcements: &[Announcement]) -> Result<Position, StoreError> {
        let log = &mut self.state().log;
        log.append(announcements);
        Ok(log.head)
    }

    async fn after(&self, position: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let entries = &self.state().log.entries;
        let later = entries.range((Bound::Excluded(position), Bound::Unbounded));
        Ok(later.take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.state().log.head)
    }

    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let entries = &mut self.state().log.entries;
        let mut expired: Vec<_> = entries
            .values()
            .filter(|entry| entry.expires_at <= now)
            .map(|entry| (entry.expires_at, entry.position))
            .collect();
        expired.sort_unstable();
        expired.truncate(limit);
        for (_, position) in &expired {
            entries.remove(position);
        }
        Ok(expired.len() as u64)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        Ok(self.state().log.entries.len() as u64)
    }

    async fn import(&self, entries: &[Entry], head: Position) -> Result<(), StoreError> {
        let log = &mut self.state().log;
        for entry in entries {
            log.entries.entry(entry.position).or_insert_with(|| entry.clone());
        }
        log.head = entries.iter().map(|entry| entry.position).fold(log.head.max(head), Position::max);
        Ok(())
    }
}
