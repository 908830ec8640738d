//! How often somebody has guessed wrong.

use std::fmt;

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;

/// Names what guesses are counted for: an account, a name that is nobody's, or an address. A keyed hash, which says none of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetId([u8; 32]);

impl BudgetId {
    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BudgetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BudgetId({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// What has been used of a budget. What the numbers mean is for [`throttle`](crate::throttle) to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The failures since the last success.
    pub failures: u32,
    /// Those of them that make the next one wait.
    pub recent: u32,
    /// From when the wait is counted.
    pub noted_at: Timestamp,
    /// When it may be forgotten; `None`: never.
    pub expires_at: Option<Timestamp>,
}

/// A tally that is to become another one, `None` being absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TallyChange {
    /// Whose.
    pub budget: BudgetId,
    /// What it was when somebody judged by it.
    pub from: Option<Tally>,
    /// What it becomes.
    pub to: Option<Tally>,
}

/// Tallies of failed attempts.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// The tally of a budget. `None`: nothing was used of it. One that has expired may be returned.
    async fn tally(&self, budget: BudgetId) -> Result<Option<Tally>, StoreError>;

    /// Makes all these changes in one step. `false`: one of the tallies is not what it was, and nothing has changed. Their expiry is
    /// not compared, as it follows from the rest.
    async fn change(&self, changes: &[TallyChange]) -> Result<bool, StoreError>;

    /// Removes a tally, whatever it says.
    async fn forget(&self, budget: BudgetId) -> Result<(), StoreError>;

    /// Up to `limit` tallies after `after`, in the order of their budgets' bytes.
    async fn list(&self, after: Option<BudgetId>, limit: usize) -> Result<Vec<(BudgetId, Tally)>, StoreError>;

    /// Removes up to `limit` tallies that have expired at `now`. Returns how many.
    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;
}
