//! Removing the oldest records.

use std::time::Duration;

use super::read::Found;
use super::{Event, Link, Scribe};
use crate::Timestamp;
use crate::store::{AuditFilter, StoreError};

/// How many records are removed at once.
const BATCH: usize = 500;
/// For how long records are kept unless the operator says otherwise: 180 days.
pub const DEFAULT_KEEP: Duration = Duration::from_hours(180 * 24);

/// The next records to remove.
struct Oldest {
    /// The last of them.
    last: Link,
    records: usize,
    /// The record after them, if it is not what was written.
    broken: Option<u64>,
}

impl Scribe {
    /// Removes the oldest records that were written at `before` or earlier, some at once; after each full batch it waits for `pause`. What
    /// remains still hangs together. Returns how many.
    ///
    /// It goes no further than the first record that is not what was written: what shows that is not to be purged away. Unless somebody has
    /// seen to it, and has let the log go on after it: then it goes with the record that says so, which is the first one for that long.
    pub async fn purge<P>(&self, before: Timestamp, pause: impl Fn() -> P) -> Result<u64, StoreError>
    where
        P: Future<Output = ()>,
    {
        let mut removed = 0;
        loop {
            let from = self.store.ends().await?.anchor;
            if !self.key.admits_anchor(&from) {
                tracing::error!(
                    "the audit log is not purged: it does not begin where it was left; see `counterfoil audit verify`"
                );
                return Ok(removed);
            }
            let mut oldest = self.oldest(from.link, before).await?;
            if let Some(number) = oldest.broken {
                match self.repaired_after(number, before).await? {
                    Some(until) => {
                        tracing::warn!(
                            number,
                            until = until.number,
                            "a broken part of the audit log is purged: its repair is old enough"
                        );
                        oldest = self.up_to(from.link, until).await?;
                    }
                    None => tracing::error!(
                        number,
                        "the audit log is purged no further: a record is not what was written; see `counterfoil audit verify`"
                    ),
                }
            }
            let Oldest { last, records, broken } = oldest;
            if last == from.link || !self.store.purge(&from.link, &self.key.anchor(last)).await? {
                // Nothing is old enough, or somebody else is at it.
                return Ok(removed);
            }
            removed += records as u64;
            if broken.is_some() {
                return Ok(removed);
            }
            if records == BATCH {
                pause().await;
            }
        }
    }

    /// The first records after `from` that are as they were written, at `before` or earlier.
    async fn oldest(&self, from: Link, before: Timestamp) -> Result<Oldest, StoreError> {
        let mut oldest = Oldest { last: from, records: 0, broken: None };
        for found in self.found(from.number, BATCH).await? {
            match found {
                Found::Row(row) if self.key.admits(&oldest.last, &row) => {
                    if row.at > before {
                        break;
                    }
                    (oldest.last, oldest.records) = (row.link(), oldest.records + 1);
                }
                Found::Row(_) | Found::Damaged(_) => {
                    oldest.broken = Some(found.link().number);
                    break;
                }
            }
        }
        Ok(oldest)
    }

    /// The first records after `from`, up to and with `until`, whatever they are.
    async fn up_to(&self, from: Link, until: Link) -> Result<Oldest, StoreError> {
        let mut links = self.store.links(from.number, BATCH).await?;
        links.retain(|link| link.number <= until.number);
        Ok(Oldest { last: links.last().copied().unwrap_or(from), records: links.len(), broken: None })
    }

    /// The record before the one by which somebody has let the log go on after the broken record `number`, if that was at `before` or earlier.
    async fn repaired_after(&self, number: u64, before: Timestamp) -> Result<Option<Link>, StoreError> {
        let event = Some(Event::AuditRepaired.name().to_owned());
        let filter = AuditFilter { event, ..AuditFilter::default() };
        let Some(row) = self.store.after(number, 1, &filter).await?.pop() else { return Ok(None) };
        let Some(last) = self.store.links(row.number.saturating_sub(2), 1).await?.pop() else { return Ok(None) };
        Ok((row.at <= before && self.key.admits(&last, &row)).then_some(last))
    }
}
