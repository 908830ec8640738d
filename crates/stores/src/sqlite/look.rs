//! Looking at a file, which stays as it is: it is neither made nor brought up to date, and nothing comes to lie beside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::open::{check, look_at_header, version};
use super::reader::{Readers, settled};
use super::{OpenError, SqliteStore};
use crate::sql::{Driver, Outcome, Row, Step, Value};

/// How long another program that keeps the file for itself is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

impl SqliteStore {
    /// The version of a file's tables, and what reads them; `None` where no file is. Version 0 has no tables.
    pub(crate) fn look(path: &Path) -> Result<Option<(i64, impl Driver + use<>)>, OpenError> {
        // Who may not see whether it is there is told so.
        if !path.try_exists().map_err(|error| OpenError::io(path, error))? {
            return Ok(None);
        }
        look_at_header(path)?;
        let failed = |error| OpenError::of(path, error);
        let mut connection = connect(path).map_err(failed)?;
        let version = version(&connection.transaction().map_err(failed)?, path)?;
        if version > 0 {
            check(&connection, path)?;
        }
        Ok(Some((version, OnlyReads(Readers::of(connection)))))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let in_use = ["-wal", "-journal"].iter().any(|suffix| beside(path, suffix).exists());
    let connection = if in_use {
        Connection::open_with_flags(path, flags)?
    } else {
        // To read a file with write-ahead logging, SQLite makes two more beside it, unless it is told that nobody writes.
        Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    };
    settled(connection, PATIENCE)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// The path as a URI of SQLite's (§3.2 of its "Uniform Resource Identifiers").
fn immutable(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let escaped = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .map(|byte| if plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") });
    format!("file:{}?immutable=1", escaped.collect::<String>())
}

struct OnlyReads(Readers);

#[async_trait]
impl Driver for OnlyReads {
    async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.0.read(sql, params)
    }

    async fn write(&self, _: Vec<Step>) -> Result<Outcome, StoreError> {
        Err(StoreError::Unavailable("the file is open for reading alone".into()))
    }
}
