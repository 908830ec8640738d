//! Tallies of failed attempts, in SQL.

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::store::{Attempts, BudgetId, StoreError, Tally, TallyChange};

use super::SqlStore;
use super::driver::Step;
use super::purge::{Purge, purging};
use super::row::{Columns, limit};

const TALLY: &str = "select budget, failures, recent, noted_at, expires_at from attempts where budget = ?";
const LIST: &str =
    "select budget, failures, recent, noted_at, expires_at from attempts where budget > ? order by budget limit ?";
const ADD: &str = "insert into attempts (budget, failures, recent, noted_at, expires_at) values (?, ?, ?, ?, ?)";
const CHANGE: &str = "update attempts set failures = ?, recent = ?, noted_at = ?, expires_at = ? \
                      where budget = ? and failures = ? and recent = ? and noted_at = ?";
const REMOVE: &str = "delete from attempts where budget = ? and failures = ? and recent = ? and noted_at = ?";
const FORGET: &str = "delete from attempts where budget = ?";
/// Nothing may have come where nothing was.
const ABSENT: &str = "select budget from attempts where budget = ?";
const PURGE: Purge = purging!("attempts", "budget");

#[async_trait]
impl Attempts for SqlStore {
    async fn tally(&self, budget: BudgetId) -> Result<Option<Tally>, StoreError> {
        let row = self.first(TALLY, vec![budget.as_bytes().into()]).await?;
        row.map(|mut row| decode(&mut row).map(|(_, tally)| tally)).transpose()
    }

    async fn change(&self, changes: &[TallyChange]) -> Result<bool, StoreError> {
        Ok(self.driver.write(changes.iter().map(step).collect()).await?.is_done())
    }

    async fn forget(&self, budget: BudgetId) -> Result<(), StoreError> {
        self.changes_many(FORGET, vec![budget.as_bytes().into()]).await.map(drop)
    }

    async fn list(&self, after: Option<BudgetId>, most: usize) -> Result<Vec<(BudgetId, Tally)>, StoreError> {
        // No bytes at all come before every budget.
        let after = after.as_ref().map_or(&[][..], |budget| budget.as_bytes());
        self.all(LIST, vec![after.into(), limit(most)], decode).await
    }

    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.purge_some(&PURGE, now, limit).await
    }
}

/// The statement that makes one change, if the tally still is what it was.
fn step(change: &TallyChange) -> Step {
    let budget = change.budget.as_bytes();
    match (change.from, change.to) {
        (None, None) => Step { expect: super::Expect::Rows(0), ..Step::one(ABSENT, vec![budget.into()]) },
        (None, Some(to)) => Step::one(
            ADD,
            vec![budget.into(), to.failures.into(), to.recent.into(), to.noted_at.into(), to.expires_at.into()],
        ),
        (Some(from), None) => {
            Step::one(REMOVE, vec![budget.into(), from.failures.into(), from.recent.into(), from.noted_at.into()])
        }
        (Some(from), Some(to)) => Step::one(
            CHANGE,
            vec![
                to.failures.into(),
                to.recent.into(),
                to.noted_at.into(),
                to.expires_at.into(),
                budget.into(),
                from.failures.into(),
                from.recent.into(),
                from.noted_at.into(),
            ],
        ),
    }
}

fn decode(row: &mut Columns) -> Result<(BudgetId, Tally), StoreError> {
    let budget = BudgetId::from_bytes(row.array("attempts.budget")?);
    let tally = Tally {
        failures: row.count("attempts.failures")?,
        recent: row.count("attempts.recent")?,
        noted_at: row.time("attempts.noted_at")?,
        expires_at: row.optional_time("attempts.expires_at")?,
    };
    Ok((budget, tally))
}
