//! Removing the oldest records.

use std::time::Duration;

use super::{Link, Scribe};
use crate::Timestamp;
use crate::store::{AuditFilter, StoreError};

/// How many records are removed at once.
const BATCH: usize = 500;
/// For how long records are kept unless the operator says otherwise: 180 days.
pub const DEFAULT_KEEP: Duration = Duration::from_hours(180 * 24);

impl Scribe {
    /// Removes the oldest records that were written at `before` or earlier, some at once; after each full batch it waits for `pause`. What
    /// remains still hangs together. Returns how many.
    ///
    /// It goes no further than the first record that is not what was written: what shows that is not to be purged away.
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
            let rows = self.store.after(from.link.number, BATCH, &AuditFilter::default()).await?;
            let (mut last, mut is_whole): (Link, _) = (from.link, true);
            for row in rows.iter().take_while(|row| row.at <= before) {
                is_whole = self.key.admits(&last, row);
                if !is_whole {
                    tracing::error!(
                        number = row.number,
                        "the audit log is purged no further: a record is not what was written; see `counterfoil audit verify`"
                    );
                    break;
                }
                last = row.link();
            }
            if last == from.link || !self.store.purge(&from.link, &self.key.anchor(last)).await? {
                // Nothing is old enough, or somebody else is at it.
                return Ok(removed);
            }
            let batch = last.number - from.link.number;
            removed += batch;
            if batch < BATCH as u64 || !is_whole {
                return Ok(removed);
            }
            pause().await;
        }
    }
}
