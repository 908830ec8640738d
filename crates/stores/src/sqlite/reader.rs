//! Connections that read, on the thread of whoever asks.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_core::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql, params_from_iter};

use super::error::failure;
use crate::sql::{Row, Value};

/// More than there are texts, so that each is prepared once for each connection.
const STATEMENTS: usize = 96;

/// A small pool of connections that only read.
pub(super) struct Readers {
    connections: Vec<Mutex<Connection>>,
    /// Whose turn it is to be waited for when all are busy.
    turn: AtomicUsize,
}

impl Readers {
    /// Opens `count` connections to a file that is open already.
    pub(super) fn open(path: &Path, count: usize, patience: Duration) -> rusqlite::Result<Self> {
        let connect = || {
            let connection = connect(path, patience)?;
            connection.pragma_update(None, "query_only", true)?;
            Ok(Mutex::new(connection))
        };
        let connections = std::iter::repeat_with(connect).take(count).collect::<rusqlite::Result<_>>()?;
        Ok(Self { connections, turn: AtomicUsize::new(0) })
    }

    /// One alone.
    pub(super) fn of(connection: Connection) -> Self {
        Self { connections: vec![Mutex::new(connection)], turn: AtomicUsize::new(0) }
    }

    /// Runs a query. Outside a transaction, so it sees the newest commit.
    pub(super) fn read(&self, sql: &str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let Some(connection) = self.free() else {
            return Err(StoreError::Unavailable("there is no connection to read by".into()));
        };
        let mut statement = connection.prepare_cached(sql).map_err(failure)?;
        rows(&mut statement, params).map_err(failure)
    }

    /// A connection that nobody uses, the one that was used last if possible: its pages are still at hand.
    fn free(&self) -> Option<MutexGuard<'_, Connection>> {
        if let Some(free) = self.connections.iter().find_map(|connection| connection.try_lock().ok()) {
            return Some(free);
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed).checked_rem(self.connections.len())?;
        Some(self.connections.get(turn)?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A connection that may write.
pub(super) fn connect(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    // Neither made here nor read as a URI: the path is the path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    settled(Connection::open_with_flags(path, flags)?, patience)
}

/// The settings that all of ours have.
pub(super) fn settled(connection: Connection, patience: Duration) -> rusqlite::Result<Connection> {
    connection.busy_timeout(patience.min(Duration::from_hours(1)))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise SQLite prepares a statement anew each time that its parameters are bound, to look for a better plan: most of a
    // look-up's time. Ours have one good plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// What a `select` finds.
pub(super) fn rows(statement: &mut CachedStatement<'_>, params: Vec<Value>) -> rusqlite::Result<Vec<Row>> {
    let width = statement.column_count();
    let mut found = statement.query(params_from_iter(params))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..width).map(|column| row.get_ref(column).map(value)).collect::<rusqlite::Result<Row>>()?);
    }
    Ok(rows)
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // Text that is no UTF-8 stays bytes, which whoever decodes the row reports by the column's name.
        ValueRef::Text(text) => str::from_utf8(text).map_or_else(|_| Value::Bytes(text.to_vec()), Value::from),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        // No column of ours holds one. Bytes are neither text nor a whole number, so it is reported too.
        ValueRef::Real(number) => Value::Bytes(number.to_be_bytes().to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
