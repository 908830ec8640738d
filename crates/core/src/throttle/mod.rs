//! Guessing: how often a wrong password may be tried, of which account and from where.
//!
//! A password is compared, and the answer is kept back until one atomic step in the store has counted it, from a state in which
//! the account and the address had a guess left. So however many guess at once and wherever they do, no more answers are given
//! than guesses were left; and a process that is killed half-way has counted nothing and answered nothing.

mod account;
mod bucket;
mod budget;
mod turns;

pub use account::Verdict;
pub use budget::BudgetKey;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bucket::Bucket;
use turns::{Turn, Turns};

use crate::Timestamp;
use crate::id::UserId;
use crate::password::PoolError;
use crate::store::{Attempts, BudgetId, StoreError, Tally, TallyChange};

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
        /// When trying again makes sense.
        retry_after: Duration,
    },
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

/// A password that may be compared. What comes of it must be [counted](Self::count) before anybody is told.
pub struct Attempt<'t> {
    throttle: &'t Throttle,
    whose: Counted<Option<UserId>>,
    address: Option<Counted<Bucket>>,
    _turn: Turn<'t>,
}

/// What counting an attempt has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It was counted.
    Counted,
    /// It was counted, and the account's password is locked from now on.
    Locked,
}

/// A budget, and its tally when it was last looked at.
struct Counted<T> {
    budget: BudgetId,
    tally: Option<Tally>,
    rule: T,
}

impl Throttle {
    /// Counts in `store`. So many at once may try a password of one account in this process; one does, and the others wait.
    pub fn new(store: Arc<dyn Attempts>, key: BudgetKey, limits: Limits, at_once: usize) -> Self {
        Self { store, key, limits, turns: Turns::new(at_once) }
    }

    /// Refuses an address from which too many failures came. To be asked first: it is what bounds how many names that are
    /// nobody's an address can make the store remember.
    pub async fn admit(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), Hindrance> {
        let Some(Counted { tally, rule, .. }) = self.failures_from(address).await? else { return Ok(()) };
        allow(rule.full_for(tally.as_ref(), now), "address")
    }

    /// Waits for the others who try a password of that account here, and then allows one to be compared, or not.
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
        let turn = self.turns.take(budget).await?;
        let whose = Counted { budget, tally: self.store.tally(budget).await?, rule };
        let address = self.failures_from(address).await?;
        let attempt = Attempt { throttle: self, whose, address, _turn: turn };
        attempt.judge(now()).map(|()| attempt)
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
            allow(bucket.full_for(from.as_ref(), now), "registrations")?;
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

    async fn failures_from(&self, address: Option<IpAddr>) -> Result<Option<Counted<Bucket>>, StoreError> {
        let Limits { address_failures: capacity, address_window: window, .. } = self.limits;
        let Some(address) = address.filter(|_| capacity > 0) else { return Ok(None) };
        let budget = self.key.address(address);
        Ok(Some(Counted { budget, tally: self.store.tally(budget).await?, rule: Bucket { capacity, window } }))
    }
}

impl Attempt<'_> {
    /// Counts how it went. Only then, and only if this says so, may anybody be told: where others have used the budget up
    /// meanwhile, it is as if the password had not been compared.
    ///
    /// A success takes the failures of the account away. Those of the address stay, or whoever has an account of their own
    /// could have them forgotten at will.
    pub async fn count(mut self, success: bool, now: impl Fn() -> Timestamp) -> Result<After, Hindrance> {
        for _ in 0..TRIES {
            let changes = if success { self.forgotten() } else { self.failed(now()) };
            if changes.is_empty() {
                // Nothing to change: all that is left is to look whether it is still so.
                self.reload().await?;
                self.judge(now())?;
                if self.whose.tally.is_none() {
                    return Ok(After::Counted);
                }
                continue;
            }
            if self.throttle.store.change(&changes).await? {
                return Ok(self.after(&changes));
            }
            self.reload().await?;
            self.judge(now())?;
        }
        Err(Hindrance::Contended)
    }

    fn judge(&self, now: Timestamp) -> Result<(), Hindrance> {
        let Throttle { limits, .. } = self.throttle;
        let wait = match account::judge(self.whose.tally.as_ref(), limits, now) {
            Verdict::Open => None,
            Verdict::Wait(wait) => Some(wait),
            // There is no such time; this is the longest that others are told.
            Verdict::Locked => Some(limits.longest_delay),
        };
        allow(wait, "account")?;
        let Some(Counted { tally, rule, .. }) = &self.address else { return Ok(()) };
        allow(rule.full_for(tally.as_ref(), now), "address")
    }

    fn failed(&self, now: Timestamp) -> Vec<TallyChange> {
        let Counted { budget, tally: from, rule: user } = self.whose;
        let to = Some(account::failed(from.as_ref(), user.is_some(), now));
        let account = TallyChange { budget, from, to };
        let address = self.address.as_ref().map(|Counted { budget, tally, rule }| TallyChange {
            budget: *budget,
            from: *tally,
            to: Some(rule.charged(tally.as_ref(), now)),
        });
        std::iter::once(account).chain(address).collect()
    }

    fn forgotten(&self) -> Vec<TallyChange> {
        let Counted { budget, tally: from, .. } = self.whose;
        from.map(|from| TallyChange { budget, from: Some(from), to: None }).into_iter().collect()
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        self.whose.tally = self.throttle.store.tally(self.whose.budget).await?;
        if let Some(address) = &mut self.address {
            address.tally = self.throttle.store.tally(address.budget).await?;
        }
        Ok(())
    }

    /// Whether these changes count the failure that was one too many.
    fn after(&self, changes: &[TallyChange]) -> After {
        let failures = changes.first().and_then(|change| change.to).map_or(0, |tally| tally.failures);
        if failures == self.throttle.limits.lock_after { After::Locked } else { After::Counted }
    }
}

/// Nothing, or how long to wait, in whole seconds, as it is said; and never none.
fn allow(wait: Option<Duration>, of: &'static str) -> Result<(), Hindrance> {
    let Some(wait) = wait else { return Ok(()) };
    tracing::debug!(of, retry_after_s = wait.as_secs(), "made to wait");
    let seconds = wait.as_millis().div_ceil(1000).max(1);
    Err(Hindrance::TooMany { retry_after: Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX)) })
}
