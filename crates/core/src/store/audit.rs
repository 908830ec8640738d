//! The audit log as a store keeps it: rows, and where they begin and end. What they say, and whether they hang together, is for
//! [`audit`](crate::audit) to know.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::audit::{Ends, Link, Seal, Tag};
use crate::id::UserId;

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place, counted from one without a gap.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The name of what happened.
    pub event: String,
    /// Whom it is about.
    pub user: Option<UserId>,
    /// Everything else, as JSON text: never parsed and written again, as its bytes are what the tag is about.
    pub content: String,
    /// What binds it to the row before.
    pub tag: Tag,
}

impl AuditRow {
    /// Its place in the chain.
    pub const fn link(&self) -> Link {
        Link { number: self.number, tag: self.tag }
    }
}

/// Which rows are wanted. All that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// About this user.
    pub user: Option<UserId>,
    /// Of this event, by its name.
    pub event: Option<String>,
    /// Not before that.
    pub since: Option<Timestamp>,
}

/// The rows of the audit log, always beside the users.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Where the log begins and ends.
    async fn ends(&self) -> Result<Ends, StoreError>;

    /// Appends rows and moves the head to `head`, which is the last of them, if the log still ends with `after`; in one step, durable
    /// once this returns. `false`: it ends elsewhere, and nothing has changed. A row of one of these numbers, beyond the end, is damage, and stays.
    async fn append(&self, after: &Link, rows: &[AuditRow], head: &Seal) -> Result<bool, StoreError>;

    /// Up to `limit` rows after `number`, the oldest first.
    async fn after(&self, number: u64, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError>;

    /// The last rows, up to `limit`, the newest first.
    async fn latest(&self, limit: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError>;

    /// The places of up to `limit` rows after `number`, the oldest first, whatever else these say: also of rows that cannot be read. A tag that
    /// cannot be read is the default.
    async fn links(&self, number: u64, limit: usize) -> Result<Vec<Link>, StoreError>;

    /// Removes the rows up to and with `anchor`, and makes it the beginning of the log, if that still is `from`. `false`: it is another one,
    /// and nothing has changed.
    async fn purge(&self, from: &Link, anchor: &Seal) -> Result<bool, StoreError>;

    /// How many rows there are.
    async fn count(&self) -> Result<u64, StoreError>;

    /// Appends a row and puts both ends where `ends` says, if they are still at `from`; without that, whatever is in their place, and be it
    /// nothing: in one step. `false`: there is a row of that number, or the ends are elsewhere, and nothing has changed. For a log that
    /// cannot be written any more, and nothing else.
    async fn mend(&self, row: &AuditRow, from: Option<&Ends>, ends: &Ends) -> Result<bool, StoreError>;

    /// Stores rows of another store's log, and puts both ends where they are there: in one step. A row that is there already is a conflict, and
    /// nothing has changed.
    async fn import(&self, ends: &Ends, rows: &[AuditRow]) -> Result<(), StoreError>;

    /// Removes every row, and both ends. For a copy that begins anew, and nothing else.
    async fn clear(&self) -> Result<(), StoreError>;
}
