//! One guess: what is left of the two budgets that it is on, and what becomes of them.

use super::account::{self, Verdict};
use super::bucket::Bucket;
use super::turns::Turn;
use super::{After, Hindrance, TRIES, Throttle, allow};
use crate::Timestamp;
use crate::id::UserId;
use crate::store::{BudgetId, StoreError, Tally, TallyChange};

/// A password that may be compared. What comes of it must be [counted](Self::count) before anybody is told.
pub struct Attempt<'t> {
    budgets: Budgets<'t>,
    _turn: Turn<'t>,
}

/// The budgets that a guess is on.
pub(super) struct Budgets<'t> {
    pub(super) throttle: &'t Throttle,
    /// Whether it is a user's.
    pub(super) account: Counted<Option<UserId>>,
    pub(super) address: Option<Counted<Bucket>>,
}

/// A budget, and its tally when it was last looked at.
pub(super) struct Counted<T> {
    pub(super) budget: BudgetId,
    pub(super) tally: Option<Tally>,
    pub(super) rule: T,
}

impl<'t> Attempt<'t> {
    pub(super) fn new(budgets: Budgets<'t>, turn: Turn<'t>) -> Self {
        Self { budgets, _turn: turn }
    }

    /// Counts how it went. Only then, and only if this says so, may anybody be told: where others have used the budget up
    /// meanwhile, it is as if the password had not been compared.
    ///
    /// A success takes the failures of the account away. Those of the address stay, or whoever has an account of their own
    /// could have them forgotten at will.
    pub async fn count(self, success: bool, now: impl Fn() -> Timestamp) -> Result<After, Hindrance> {
        let mut budgets = self.budgets;
        for _ in 0..TRIES {
            let changes = if success { budgets.forgotten() } else { budgets.failed(now()) };
            if changes.is_empty() {
                // Nothing to change: all that is left is to look whether it is still so.
                budgets.reload().await?;
                budgets.judge(now())?;
                if budgets.account.tally.is_none() {
                    return Ok(After::Counted);
                }
                continue;
            }
            if budgets.throttle.store.change(&changes).await? {
                return Ok(budgets.after(&changes));
            }
            budgets.reload().await?;
            budgets.judge(now())?;
        }
        Err(Hindrance::Contended)
    }
}

impl Budgets<'_> {
    /// Looks whether there is a guess left. Whoever asks though the account has to wait is charged a little for it.
    pub(super) async fn ask(&mut self, now: &impl Fn() -> Timestamp) -> Result<(), Hindrance> {
        self.reload().await?;
        let now = now();
        let judged = self.judge(now);
        if judged.is_err()
            && let Some(Counted { budget, tally: from, rule }) = self.address
            && let Some(to) = rule.charged_for_asking(from.as_ref(), now)
        {
            // Of those who lose the race one was charged, which is enough. What is refused stays refused, though that cannot be charged:
            // nothing was looked at.
            if let Err(error) = self.throttle.store.change(&[TallyChange { budget, from, to: Some(to) }]).await {
                tracing::debug!(%error, "a refused guess was not charged");
            }
        }
        judged
    }

    /// Both must have one left, so the longer wait is the one that is true.
    fn judge(&self, now: Timestamp) -> Result<(), Hindrance> {
        let account = match account::judge(self.account.tally.as_ref(), &self.throttle.limits, now) {
            Verdict::Open => None,
            Verdict::Wait(wait) => Some(wait),
            Verdict::Locked => return Err(Hindrance::Locked),
        };
        let address = self.address.as_ref().and_then(|address| address.rule.full_for(address.tally.as_ref(), now));
        allow(account.max(address), if account > address { "passwords" } else { "failed logins of an address" })
    }

    fn failed(&self, now: Timestamp) -> Vec<TallyChange> {
        let Counted { budget, tally: from, rule: user } = self.account;
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
        let Counted { budget, tally: from, .. } = self.account;
        from.map(|from| TallyChange { budget, from: Some(from), to: None }).into_iter().collect()
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        self.account.tally = self.throttle.store.tally(self.account.budget).await?;
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;

    use super::*;
    use crate::store::Attempts;
    use crate::throttle::{BudgetKey, Limits, Whose};

    /// Tallies that can be read and, once it is full, not changed.
    #[derive(Default)]
    struct Disk {
        tallies: Mutex<HashMap<BudgetId, Tally>>,
        is_full: AtomicBool,
    }

    #[async_trait]
    impl Attempts for Disk {
        async fn tally(&self, budget: BudgetId) -> Result<Option<Tally>, StoreError> {
            Ok(self.tallies.lock().unwrap().get(&budget).copied())
        }

        async fn change(&self, changes: &[TallyChange]) -> Result<bool, StoreError> {
            if self.is_full.load(SeqCst) {
                return Err(StoreError::Unavailable("no space is left".into()));
            }
            for TallyChange { budget, to, .. } in changes {
                self.tallies.lock().unwrap().extend(to.map(|tally| (*budget, tally)));
            }
            Ok(true)
        }

        async fn forget(&self, _: BudgetId) -> Result<(), StoreError> {
            Ok(())
        }

        async fn list(&self, _: Option<BudgetId>, _: usize) -> Result<Vec<(BudgetId, Tally)>, StoreError> {
            Ok(Vec::new())
        }

        async fn purge(&self, _: Timestamp, _: usize) -> Result<u64, StoreError> {
            Ok(0)
        }
    }

    #[tokio::test]
    async fn what_is_refused_stays_refused_though_it_cannot_be_charged() {
        let (disk, now) = (Arc::new(Disk::default()), || Timestamp::from_seconds(1_900_000_000));
        let limits = Limits { free_failures: 1, ..Limits::DEFAULT };
        let throttle = Throttle::new(disk.clone(), BudgetKey::new(&[1; 32]), limits, 4);
        let (whose, address) = (Whose::Users(UserId::from_bytes([7; 16])), Some("192.0.2.1".parse().unwrap()));
        let attempt = throttle.attempt(whose, address, now).await.unwrap();
        assert_eq!(attempt.count(false, now).await.unwrap(), After::Counted);
        disk.is_full.store(true, SeqCst);
        let refused = throttle.attempt(whose, address, now).await.err().unwrap();
        assert!(matches!(refused, Hindrance::TooMany { .. }), "{refused:?}");
        // What is not refused is not told before it was counted.
        let other = Whose::Users(UserId::from_bytes([8; 16]));
        let attempt = throttle.attempt(other, address, now).await.unwrap();
        assert!(matches!(attempt.count(false, now).await, Err(Hindrance::Store(_))));
    }
}
