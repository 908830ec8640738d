//! The revocation log in SQL.

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::revocation::{Entry, Position};
use counterfoil_core::store::{Announcement, Revocations, StoreError};

use super::SqlStore;
use super::driver::{Outcome, Step};
use super::row::{Columns, damaged, limit, unwritable};

/// Takes the next position. The row stays locked until the transaction ends, so nobody takes a later one and commits first.
const ADVANCE: &str = "update log_head set position = position + 1";
const APPEND: &str = "insert into revocations (position, target, expires_at) select position, ?, ? from log_head";
const HEAD: &str = "select position from log_head";
const AFTER: &str = "select position, target, expires_at from revocations where position > ? order by position limit ?";
/// The derived table is for MySQL, which neither limits a subquery nor reads the table that it deletes from.
const PURGE: &str = "delete from revocations where position in (select position from \
                     (select position from revocations where expires_at <= ? order by expires_at limit ?) as expired)";
const COUNT: &str = "select count(*) from revocations";
const IMPORT: &str = "insert into revocations (position, target, expires_at) values (?, ?, ?)";
const MOVE_HEAD: &str = "update log_head set position = case when position < ? then ? else position end";

#[async_trait]
impl Revocations for SqlStore {
    async fn append(&self, announcements: &[Announcement]) -> Result<Position, StoreError> {
        if announcements.is_empty() {
            return self.head().await;
        }
        let mut steps = self.appending(announcements)?;
        steps.push(Step::one(HEAD, Vec::new()));
        match self.driver.write(steps).await? {
            Outcome::Done(mut effects) => {
                let row = effects.pop().and_then(|mut effect| effect.rows.pop());
                position(&mut Columns::of(row.unwrap_or_default()), "log_head.position")
            }
            // Its one row is missing, or lags behind the log.
            Outcome::Refused { .. } | Outcome::Conflict { .. } => Err(damaged("log_head.position")),
        }
    }

    async fn after(&self, position: Position, most: usize) -> Result<Vec<Entry>, StoreError> {
        self.all(AFTER, vec![position.0.into(), limit(most)], decode).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        match self.first(HEAD, Vec::new()).await? {
            Some(mut row) => position(&mut row, "log_head.position"),
            None => Err(damaged("log_head.position")),
        }
    }

    async fn purge(&self, now: Timestamp, most: usize) -> Result<u64, StoreError> {
        self.changes_many(PURGE, vec![now.into(), limit(most)]).await
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.total(COUNT).await
    }

    async fn import(&self, entries: &[Entry], head: Position) -> Result<(), StoreError> {
        if self.import_whole(entries, head).await? {
            return Ok(());
        }
        // Some of them are there already.
        for entry in entries {
            self.import_whole(std::slice::from_ref(entry), entry.position).await?;
        }
        self.import_whole(&[], head).await.map(drop)
    }
}

impl SqlStore {
    /// The steps that append to the log, to be added at the end of a transaction: it holds up the other appenders from here on.
    pub(super) fn appending(&self, announcements: &[Announcement]) -> Result<Vec<Step>, StoreError> {
        let mut steps = Vec::with_capacity(announcements.len() * 2 + 1);
        for Announcement { target, expires_at } in announcements {
            let target = serde_json::to_string(target).map_err(|error| unwritable("revocations.target", error))?;
            steps.push(Step::one(ADVANCE, Vec::new()));
            steps.push(Step::one(APPEND, vec![target.into(), (*expires_at).into()]));
        }
        if let (Some(wake), false) = (self.wake, announcements.is_empty()) {
            steps.push(Step::any(wake, Vec::new()));
        }
        Ok(steps)
    }

    /// Imports entries in one transaction. `false`: one is there already, and nothing has changed.
    async fn import_whole(&self, entries: &[Entry], head: Position) -> Result<bool, StoreError> {
        // The head moves first: its lock keeps appenders out, and in the same transaction it is never behind an entry.
        let head = entries.iter().map(|entry| entry.position).fold(head, Position::max);
        let mut steps = vec![Step::one(MOVE_HEAD, vec![head.0.into(), head.0.into()])];
        for Entry { position, target, expires_at } in entries {
            let target = serde_json::to_string(target).map_err(|error| unwritable("revocations.target", error))?;
            steps.push(Step::one(IMPORT, vec![position.0.into(), target.into(), (*expires_at).into()]));
        }
        match self.driver.write(steps).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Conflict { .. } => Ok(false),
            Outcome::Refused { .. } => Err(damaged("log_head.position")),
        }
    }
}

fn position(row: &mut Columns, what: &str) -> Result<Position, StoreError> {
    row.count(what).map(Position)
}

fn decode(row: &mut Columns) -> Result<Entry, StoreError> {
    Ok(Entry {
        position: position(row, "revocations.position")?,
        target: row.parsed("revocations.target", |text| serde_json::from_str(text))?,
        expires_at: row.time("revocations.expires_at")?,
    })
}
