//! The audit log in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;
use counterfoil_core::audit::{Ends, Link, Seal};
use counterfoil_core::store::{Audit, AuditFilter, AuditRow, StoreError};

use super::MemoryStore;

#[derive(Default)]
pub(super) struct Records {
    ends: Ends,
    rows: BTreeMap<u64, AuditRow>,
}

fn is_wanted(row: &AuditRow, filter: &AuditFilter) -> bool {
    let AuditFilter { user, event, since } = filter;
    user.is_none_or(|user| row.user == Some(user))
        && event.as_ref().is_none_or(|event| row.event == *event)
        && since.is_none_or(|since| row.at >= since)
}

#[async_trait]
impl Audit for MemoryStore {
    async fn ends(&self) -> Result<Ends, StoreError> {
        Ok(self.state().audit.ends)
    }

    async fn append(&self, after: &Link, rows: &[AuditRow], head: &Seal) -> Result<bool, StoreError> {
        let log = &mut self.state().audit;
        if log.ends.head.link != *after {
            return Ok(false);
        }
        if rows.iter().any(|row| log.rows.contains_key(&row.number)) {
            let what = "the audit log, of which a row stands beyond the end".to_owned();
            return Err(StoreError::Damaged { what, source: None });
        }
        log.rows.extend(rows.iter().map(|row| (row.number, row.clone())));
        log.ends.head = *head;
        Ok(true)
    }

    async fn after(&self, number: u64, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        let rows = &self.state().audit.rows;
        let later = rows.range((Bound::Excluded(number), Bound::Unbounded)).map(|(_, row)| row);
        Ok(later.filter(|row| is_wanted(row, filter)).take(limit).cloned().collect())
    }

    async fn latest(&self, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        let rows = &self.state().audit.rows;
        Ok(rows.values().rev().filter(|row| is_wanted(row, filter)).take(limit).cloned().collect())
    }

    async fn links(&self, number: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        let rows = &self.state().audit.rows;
        let later = rows.range((Bound::Excluded(number), Bound::Unbounded));
        Ok(later.take(limit).map(|(_, row)| row.link()).collect())
    }

    async fn mend(&self, row: &AuditRow, from: Option<&Ends>, ends: &Ends) -> Result<bool, StoreError> {
        let log = &mut self.state().audit;
        if log.rows.contains_key(&row.number) || from.is_some_and(|from| *from != log.ends) {
            return Ok(false);
        }
        log.rows.insert(row.number, row.clone());
        log.ends = *ends;
        Ok(true)
    }

    async fn purge(&self, from: &Link, anchor: &Seal) -> Result<bool, StoreError> {
        let log = &mut self.state().audit;
        if log.ends.anchor.link != *from {
            return Ok(false);
        }
        log.rows.retain(|number, _| *number > anchor.link.number);
        log.ends.anchor = *anchor;
        Ok(true)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        Ok(self.state().audit.rows.len() as u64)
    }

    async fn import(&self, ends: &Ends, rows: &[AuditRow]) -> Result<(), StoreError> {
        let log = &mut self.state().audit;
        if rows.iter().any(|row| log.rows.contains_key(&row.number)) {
            return Err(StoreError::Conflict("audit record"));
        }
        log.rows.extend(rows.iter().map(|row| (row.number, row.clone())));
        log.ends = *ends;
        Ok(())
    }

    async fn clear(&self) -> Result<(), StoreError> {
        self.state().audit = Records::default();
        Ok(())
    }
}
