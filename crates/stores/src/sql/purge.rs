//! Removing some of what has expired.

use counterfoil_core::Timestamp;
use counterfoil_core::store::StoreError;

use super::SqlStore;
use super::driver::LimitedDelete;
use super::row::limit;

/// The texts that remove rows which have expired, those that did so first coming first.
pub(super) struct Purge {
    /// The expiry is looked at once more where the row is removed: it may have moved since the subquery saw it.
    pub(super) by_subquery: &'static str,
    /// For a database whose `delete` has a limit.
    pub(super) itself: &'static str,
}

/// The texts for a table with a column `expires_at`, and its key.
macro_rules! purging {
    ($table:literal, $key:literal) => {
        $crate::sql::purge::Purge {
            by_subquery: concat!(
                "delete from ",
                $table,
                " where expires_at <= ? and ",
                $key,
                " in (select ",
                $key,
                " from ",
                $table,
                " where expires_at <= ? order by expires_at limit ?)"
            ),
            itself: concat!("delete from ", $table, " where expires_at <= ? order by expires_at limit ?"),
        }
    };
}
pub(super) use purging;

impl SqlStore {
    /// Removes up to `most` rows that have expired at `now`. Returns how many.
    pub(super) async fn purge_some(&self, purge: &Purge, now: Timestamp, most: usize) -> Result<u64, StoreError> {
        let most = limit(most);
        match self.driver.limited_delete() {
            LimitedDelete::BySubquery => self.changes_many(purge.by_subquery, vec![now.into(), now.into(), most]).await,
            LimitedDelete::Itself => self.changes_many(purge.itself, vec![now.into(), most]).await,
        }
    }
}
