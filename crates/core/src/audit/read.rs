//! Reading the log as it is: where it ends, and its rows, though some of that cannot be read.

use super::{Ends, Link, Scribe};
use crate::store::{Audit, AuditFilter, AuditRow, StoreError};

/// A row as it was found.
pub(super) enum Found {
    /// One that can be read.
    Row(AuditRow),
    /// One that cannot.
    Damaged(Link),
}

impl Found {
    pub(super) const fn link(&self) -> Link {
        match self {
            Self::Row(row) => row.link(),
            Self::Damaged(link) => *link,
        }
    }
}

impl Scribe {
    /// Up to `limit` rows after `number`, the oldest first. One that is purged meanwhile may be missing.
    pub(super) async fn found(&self, number: u64, limit: usize) -> Result<Vec<Found>, StoreError> {
        let all = AuditFilter::default();
        if let Some(rows) = readable(self.store.after(number, limit, &all).await)? {
            return Ok(rows.into_iter().map(Found::Row).collect());
        }
        // At least one of them cannot be read: each by itself.
        let mut found = Vec::new();
        for link in self.store.links(number, limit).await? {
            let before = link.number.saturating_sub(1);
            match readable(self.store.after(before, 1, &all).await)? {
                None => found.push(Found::Damaged(link)),
                Some(rows) => found.extend(rows.into_iter().filter(|row| row.number == link.number).map(Found::Row)),
            }
        }
        Ok(found)
    }

    /// Where the log begins and ends. `None`: that is not there, or cannot be read.
    pub(super) async fn known_ends(&self) -> Result<Option<Ends>, StoreError> {
        known_ends(&*self.store).await
    }
}

/// The same of a store by itself.
pub(super) async fn known_ends(store: &dyn Audit) -> Result<Option<Ends>, StoreError> {
    readable(store.ends().await)
}

/// What was read; `None`, if it is there and cannot be.
fn readable<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(StoreError::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
