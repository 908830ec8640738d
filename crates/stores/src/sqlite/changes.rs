//! Whether somebody has written to the file.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::StoreError;
use rusqlite::Connection;
use tokio::time::Instant;

use super::error::failure;
use super::reader::connect;
use crate::Changes;

/// How often the counter is looked at while it is waited for. Another process's write is noticed that much later at most.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A connection that asks for nothing but the number that SQLite raises with every commit of another connection, be it of
/// this process or not. Asking takes microseconds and reads no table.
pub struct ChangeCounter {
    connection: Connection,
    seen: i64,
}

impl ChangeCounter {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = connect(path, Duration::from_millis(250))?;
        let seen = data_version(&connection)?;
        Ok(Self { connection, seen })
    }
}

#[async_trait]
impl Changes for ChangeCounter {
    async fn wait(&mut self, at_most: Duration) {
        let until = Instant::now() + at_most;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_EVERY)).await;
            // What cannot be read, whoever asks next is told.
            if data_version(&self.connection).is_ok_and(|now| now != self.seen) {
                return;
            }
        }
    }

    fn changed(&mut self) -> Result<bool, StoreError> {
        let now = data_version(&self.connection).map_err(failure)?;
        Ok(std::mem::replace(&mut self.seen, now) != now)
    }
}

fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("pragma data_version")?.query_one((), |row| row.get(0))
}
