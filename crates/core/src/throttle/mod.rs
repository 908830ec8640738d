//! Guessing: how often a wrong password may be tried, of which account and from where.
//!
//! A password is compared, and the answer is kept back until one atomic step in the store has counted it, from a state in which
//! the account and the address had a guess left. So however many guess at once and wherever they do, no more answers are given
//! than guesses were left; and a process that is killed half-way has counted nothing and answered nothing.

mod account;
mod attempt;
mod bucket;
mod budget;
mod turns;

pub use account::Verdict;
pub use attempt::Attempt;
pub use budget::BudgetKey;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use attempt::{Budgets, Counted};
use bucket::Bucket;
use turns::Turns;

use crate::Timestamp;
use crate::id::UserId;
use crate::password::PoolError;
use crate::store::{Attempts, StoreError, Tally, TallyChange};

/// How often a change gives way to others before it gives up.
const TRIES: usize = 64;

/// How much guessing there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// So many wrong passwords of an account in a row may follow each other at once.
    pub free_failures: u32,
    /// The longest wait before the next guess. The first is one second, and each failure doubles it.
    pub longest_delay: Duration,
    /// So many wrong passwords in a row lock the account's password (NIST SP 800-63B-4 §3.2.2: at most 100).
    pub lock_after: u32,
    /// So many failures of all accounts together may come from one address within `address_window`. 0: any number.
    pub address_failures: u32,
    /// So many registrations may be tried from one address within `address_window`. 0: any number.
    pub address_registrations: u32,
    /// In which the budgets of an address are whole again.
    pub address_window: Duration,
}

impl Limits {
    /// What holds unless it is said otherwise.
    pub const DEFAULT: Self = Self {
        free_failures: 10,
        longest_delay: Duration::from_hours(1),
        lock_after: 100,
        address_failures: 300,
        address_registrations: 300,
        address_window: Duration::from_hours(1),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Why a guess was not judged.
#[derive(Debug, thiserror::Error)]
pub enum Hindrance {
    /// There were too many failures.
    #[error("too many failed attempts; the next one counts in {} s", retry_after.as_secs())]
    TooMany {
        /// Of what.
        of: &'static str,
        /// After so long the next one counts, and not before, give or take what is lacking to a whole second.
        retry_after: Duration,
    },
    /// So many wrong passwords of the account were tried in a row that no time helps: it needs another one (NIST SP 800-63B-4
    /// §3.2.2).
    #[error("too many wrong passwords in a row; none counts any more until there is another one")]
    Locked,
    /// Too many guess at the same account at this moment.
    #[error(transparent)]
    Busy(#[from] PoolError),
    /// The store failed: whether it may be tried is not known, so it may not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others were faster again and again.
    #[error("the budget is changed by others too often")]
    Contended,
}

/// Whose password is tried.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// A user's.
    Users(UserId),
    /// Nobody's, by that name. It must look as if it were somebody's.
    Nobodys(&'a str),
}

/// Counts guesses, and says when there were too many.
pub struct Throttle {
    store: Arc<dyn Attempts>,
    key: BudgetKey,
    limits: Limits,
    turns: Turns,
}

/// What counting an attempt has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It was counted.
    Counted,
    /// It was counted, and the account's password is locked from now on.
    Locked,
}

impl Throttle {
    /// Counts in `store`. So many at once may try a password of one account in this process; one does, and the others wait.
    pub fn new(store: Arc<dyn Attempts>, key: BudgetKey, limits: Limits, at_once: usize) -> Self {
        Self { store, key, limits, turns: Turns::new(at_once) }
    }

    /// Waits for the others who try a password of that account here, and then allows one to be compared, or not. Whoever is
    /// refused by what is known already waits for nobody, takes up no place, and makes the store remember no further name.
    pub async fn attempt<'t>(
        &'t self,
        whose: Whose<'_>,
        address: Option<IpAddr>,
        now: impl Fn() -> Timestamp,
    ) -> Result<Attempt<'t>, Hindrance> {
        let (budget, rule) = match whose {
            Whose::Users(user) => (self.key.account(user), Some(user)),
            Whose::Nobodys(name) => (self.key.nobody(name), None),
        };
        let account = Counted { budget, tally: None, rule };
        let mut budgets = Budgets { throttle: self, account, address: self.failures_from(address) };
        budgets.ask(&now).await?;
        let turn = self.turns.take(budget).await?;
        if turn.has_waited {
            budgets.ask(&now).await?;
        }
        Ok(Attempt::new(budgets, turn))
    }

    /// Counts an attempt to register from an address, or refuses it.
    pub async fn count_registration(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Hindrance> {
        let Limits { address_registrations: capacity, address_window: window, .. } = self.limits;
        let (Some(address), bucket) = (address, Bucket { capacity, window }) else { return Ok(()) };
        if capacity == 0 {
            return Ok(());
        }
        let budget = self.key.registrations(address);
        for _ in 0..TRIES {
            let from = self.store.tally(budget).await?;
            allow(bucket.full_for(from.as_ref(), now), "registrations of an address")?;
            let to = Some(bucket.charged(from.as_ref(), now));
            if self.store.change(&[TallyChange { budget, from, to }]).await? {
                return Ok(());
            }
        }
        Err(Hindrance::Contended)
    }

    /// What is known of a user's failures.
    pub async fn tally_of(&self, user: UserId) -> Result<Option<Tally>, StoreError> {
        self.store.tally(self.key.account(user)).await
    }

    /// Whether a user's password may be tried.
    pub fn verdict(&self, tally: Option<&Tally>, now: Timestamp) -> Verdict {
        account::judge(tally, &self.limits, now)
    }

    /// Forgets a user's failures: there is another password, or no user any more.
    pub async fn forget(&self, user: UserId) -> Result<(), StoreError> {
        self.store.forget(self.key.account(user)).await
    }

    fn failures_from(&self, address: Option<IpAddr>) -> Option<Counted<Bucket>> {
        let Limits { address_failures: capacity, address_window: window, .. } = self.limits;
        let address = address.filter(|_| capacity > 0)?;
        Some(Counted { budget: self.key.address(address), tally: None, rule: Bucket { capacity, window } })
    }
}

/// Nothing, or how long to wait, in whole seconds, as it is said; and never none.
fn allow(wait: Option<Duration>, of: &'static str) -> Result<(), Hindrance> {
    let Some(wait) = wait else { return Ok(()) };
    tracing::debug!(of, retry_after_s = wait.as_secs(), "made to wait");
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    Err(Hindrance::TooMany { of, retry_after: Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX)) })
}
