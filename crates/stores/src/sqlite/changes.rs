//! Whether somebody has written to the file.

use std::path::Path;
use std::time::Duration;

use counterfoil_core::store::StoreError;
use rusqlite::Connection;

use super::error::failure;
use super::reader::connect;
use crate::Changes;

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

impl Changes for ChangeCounter {
    fn changed(&mut self) -> Result<bool, StoreError> {
        let now = data_version(&self.connection).map_err(failure)?;
        Ok(std::mem::replace(&mut self.seen, now) != now)
    }
}

fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("pragma data_version")?.query_one((), |row| row.get(0))
}
