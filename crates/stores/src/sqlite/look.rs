//! Looking at a file, which stays as it is: it is neither made nor brought up to date, and nothing comes to lie beside it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use counterfoil_core::store::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::open::{check, look_at_header, version};
use super::reader::{Readers, settled};
use super::{OpenError, SqliteStore};
use crate::sql::{Driver, Outcome, Row, Step, Value};

/// How long another program that keeps the file for itself is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a file is looked at that others change at that moment.
const TRIES: usize = 16;

impl SqliteStore {
    /// The version of a file's tables, and what reads them; `None` where no file is. Version 0 has no tables.
    pub(crate) fn look(path: &Path) -> Result<Option<(i64, impl Driver + use<>)>, OpenError> {
        // Who may not see whether it is there is told so.
        if !path.try_exists().map_err(|error| OpenError::io(path, error))? {
            return Ok(None);
        }
        look_at_header(path)?;
        let (version, view) = View::steady(path, |connection| {
            let version = {
                let transaction = connection.transaction().map_err(|error| OpenError::of(path, error))?;
                version(&transaction, path)?
            };
            if version > 0 {
                check(connection, path)?;
            }
            Ok(version)
        })?;
        Ok(Some((version, OnlyReads { path: path.to_owned(), view: Mutex::new(view) })))
    }
}

/// A connection to a file, which is of use for as long as nobody makes the file another.
struct View {
    readers: Readers,
    /// What the file was like when nobody used it. It is read without a lock then, and what is read is of one moment only if the
    /// file is still so afterwards. `None`: it is in use, and the locks of SQLite see to that.
    at_rest: Option<Rest>,
}

impl View {
    /// One of which `ask` has asked something in peace. Where others begin or end to use the file meanwhile, it is asked again.
    fn steady<T>(path: &Path, ask: impl Fn(&mut Connection) -> Result<T, OpenError>) -> Result<(T, Self), OpenError> {
        for left in (0..TRIES).rev() {
            // At last with locks in any case: two more files may then come to lie beside this one.
            let at_rest = if left > 0 { Rest::of(path) } else { None };
            let connected = connect(path, at_rest.is_some()).map_err(|error| OpenError::of(path, error));
            let asked = connected.and_then(|mut connection| Ok((ask(&mut connection)?, connection)));
            let is_the_same = Rest::of(path) == at_rest;
            match asked {
                Ok((answer, connection)) if is_the_same || at_rest.is_none() => {
                    return Ok((answer, Self { readers: Readers::of(connection), at_rest }));
                }
                // In use before and after, it may have been at rest in between.
                Err(error @ OpenError::Locked { .. }) => return Err(error),
                Err(error) if left == 0 || (is_the_same && at_rest.is_some()) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Err(OpenError::Locked { path: path.to_owned() })
    }

    /// Whether what was read up to now is of one moment.
    fn holds(&self, path: &Path) -> bool {
        self.at_rest.is_none() || self.at_rest == Rest::of(path)
    }
}

/// A file that nobody uses: how long it is, and when it was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rest {
    length: u64,
    written_at: Option<SystemTime>,
}

impl Rest {
    /// `None`: somebody uses it, or has not ended well.
    fn of(path: &Path) -> Option<Self> {
        let about = fs::metadata(path).ok()?;
        let in_use = ["-wal", "-journal"].iter().any(|suffix| beside(path, suffix).exists());
        (!in_use).then(|| Self { length: about.len(), written_at: about.modified().ok() })
    }
}

fn connect(path: &Path, at_rest: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if at_rest {
        // To read a file with write-ahead logging, SQLite makes two more beside it, unless it is told that nobody writes.
        Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
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

struct OnlyReads {
    path: PathBuf,
    view: Mutex<View>,
}

#[async_trait]
impl Driver for OnlyReads {
    async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..TRIES {
            let found = view.readers.read(sql, params.clone());
            if view.holds(&self.path) {
                return found;
            }
            // Somebody has come to use the file since.
            let anew = View::steady(&self.path, |_| Ok(()));
            *view = anew.map_err(|error| StoreError::Unavailable(Box::new(error)))?.1;
        }
        Err(StoreError::Unavailable("the file changes all the time".into()))
    }

    async fn write(&self, _: Vec<Step>) -> Result<Outcome, StoreError> {
        Err(StoreError::Unavailable("the file is open for reading alone".into()))
    }
}
