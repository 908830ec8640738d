//! The audit log may be of any length: no step of a copy is about all of it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use async_trait::async_trait;
use counterfoil_core::audit::{Caller, ChainKey, Ends, Entry, Event, Link, Seal};
use counterfoil_core::store::copy::{self, CopyError, Progress, Stage};
use counterfoil_core::store::{Audit, AuditFilter, AuditRow, StoreError, Stores};

use crate::content::{Size, Still, place, scribe, snapshot, user};
use crate::{copied, empty};

/// An audit log that knows how many records the largest step has removed.
struct Counting {
    inner: Arc<dyn Audit>,
    most: AtomicU64,
}

impl Counting {
    async fn removing<T>(&self, step: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let before = self.inner.count().await?;
        let done = step.await?;
        self.most.fetch_max(before - self.inner.count().await?, SeqCst);
        Ok(done)
    }
}

#[async_trait]
impl Audit for Counting {
    async fn ends(&self) -> Result<Ends, StoreError> {
        self.inner.ends().await
    }

    async fn append(&self, after: &Link, rows: &[AuditRow], head: &Seal) -> Result<bool, StoreError> {
        self.inner.append(after, rows, head).await
    }

    async fn after(&self, number: u64, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.inner.after(number, limit, filter).await
    }

    async fn latest(&self, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.inner.latest(limit, filter).await
    }

    async fn links(&self, number: u64, limit: usize) -> Result<Vec<Link>, StoreError> {
        self.inner.links(number, limit).await
    }

    async fn mend(&self, row: &AuditRow, from: Option<&Ends>, ends: &Ends) -> Result<bool, StoreError> {
        self.inner.mend(row, from, ends).await
    }

    async fn purge(&self, from: &Link, anchor: &Seal) -> Result<bool, StoreError> {
        self.removing(self.inner.purge(from, anchor)).await
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.inner.count().await
    }

    async fn import(&self, ends: &Ends, rows: &[AuditRow]) -> Result<(), StoreError> {
        self.inner.import(ends, rows).await
    }

    async fn clear(&self) -> Result<(), StoreError> {
        self.removing(self.inner.clear()).await
    }
}

/// A target that counts, and what it counts with.
fn counting() -> (Stores, Arc<Counting>) {
    let stores = empty();
    let audit = Arc::new(Counting { inner: stores.audit.clone(), most: AtomicU64::new(0) });
    (Stores { audit: audit.clone(), ..stores }, audit)
}

/// A source with so many records in its audit log.
async fn source(records: u16) -> Stores {
    let from = place(Size::SMALL).await;
    let more = (0..records).map(|number| Entry::new(Event::UserUpdated).about(user(number).id));
    scribe(&from).record(&Caller::default(), more).await.unwrap();
    from
}

/// Copies as far as the source is found to have changed meanwhile.
async fn interrupted(from: &Stores, to: &Stores) {
    let change = |progress: Progress| {
        if progress.stage == Stage::Compare {
            let (add, user) = (from.users.clone(), user(700));
            futures_util::FutureExt::now_or_never(async move { add.add(&user).await }).unwrap().map(drop).ok();
        }
    };
    let first = copy::copy(from, to, &Still, &change).await;
    assert!(matches!(first, Err(CopyError::Changed { .. })), "{first:?}");
}

/// Removes the source's records up to that number, as a server does after some time.
async fn purge(from: &Stores, number: u64) {
    let (begins, last) = (from.audit.ends().await.unwrap().anchor.link, from.audit.links(number - 1, 1).await.unwrap());
    assert!(from.audit.purge(&begins, &ChainKey::new(&[5; 32]).anchor(last[0])).await.unwrap());
}

#[tokio::test]
async fn a_copy_goes_on_though_the_source_has_purged_its_audit_log_meanwhile() {
    let from = source(6000).await;
    for purged in [1, 2000, 5500] {
        let (to, counted) = counting();
        interrupted(&from, &to).await;
        purge(&from, purged).await;
        let brought = Mutex::new(Vec::new());
        let report = |progress: Progress| {
            if progress.stage == Stage::Audit {
                brought.lock().unwrap().push(progress.done);
            }
        };
        copy::copy(&from, &to, &Still, &report).await.unwrap();
        assert_eq!(brought.into_inner().unwrap(), [0], "nothing is brought over twice");
        assert_eq!(snapshot(&to).await, snapshot(&from).await, "{purged}");
        assert!(counted.most.load(SeqCst) <= 4096, "{purged}");
        from.users.remove(user(700).id, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn an_audit_log_that_must_be_brought_over_anew_is_removed_bit_by_bit() {
    let from = source(9000).await;
    let (to, counted) = counting();
    interrupted(&from, &to).await;
    // All that was brought over is gone from the source.
    let last = from.audit.latest(1, &AuditFilter::default()).await.unwrap()[0].number;
    purge(&from, last).await;
    scribe(&from).record(&Caller::default(), [Entry::new(Event::UserUpdated)]).await.unwrap();
    copied(&from, &to).await.unwrap();
    assert_eq!(snapshot(&to).await, snapshot(&from).await);
    assert_eq!((counted.most.load(SeqCst), to.audit.count().await.unwrap()), (4096, 1));
}
