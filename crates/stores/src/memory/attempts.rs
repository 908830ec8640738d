//! Tallies of failed attempts, in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::store::{Attempts, BudgetId, StoreError, Tally, TallyChange};

use super::MemoryStore;

pub(super) type Tallies = BTreeMap<BudgetId, Tally>;

#[async_trait]
impl Attempts for MemoryStore {
    async fn tally(&self, budget: BudgetId) -> Result<Option<Tally>, StoreError> {
        Ok(self.state().attempts.get(&budget).copied())
    }

    async fn change(&self, changes: &[TallyChange]) -> Result<bool, StoreError> {
        let tallies = &mut self.state().attempts;
        let known = |tally: &Tally| (tally.failures, tally.recent, tally.noted_at);
        let holds = |change: &TallyChange| tallies.get(&change.budget).map(known) == change.from.as_ref().map(known);
        if !changes.iter().all(holds) {
            return Ok(false);
        }
        for TallyChange { budget, to, .. } in changes {
            match to {
                Some(to) => tallies.insert(*budget, *to),
                None => tallies.remove(budget),
            };
        }
        Ok(true)
    }

    async fn forget(&self, budget: BudgetId) -> Result<(), StoreError> {
        self.state().attempts.remove(&budget);
        Ok(())
    }

    async fn list(&self, after: Option<BudgetId>, limit: usize) -> Result<Vec<(BudgetId, Tally)>, StoreError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let tallies = &self.state().attempts;
        Ok(tallies.range((start, Bound::Unbounded)).take(limit).map(|(budget, tally)| (*budget, *tally)).collect())
    }

    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let tallies = &mut self.state().attempts;
        let expires_at = |(budget, tally): (&BudgetId, &Tally)| Some((tally.expires_at?, *budget));
        let mut expired: Vec<_> = tallies.iter().filter_map(expires_at).filter(|(at, _)| *at <= now).collect();
        expired.sort_unstable();
        expired.truncate(limit);
        for (_, budget) in &expired {
            tallies.remove(budget);
        }
        Ok(expired.len() as u64)
    }
}
