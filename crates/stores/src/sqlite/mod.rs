//! SQLite: reads in place on the caller's thread, writes through one thread that commits them in groups.

mod changes;
mod error;
mod look;
mod open;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::{StoreError, Stores};

pub use changes::ChangeCounter;
pub use open::OpenError;

use crate::sql::{Dialect, Driver, Outcome, Placeholders, Row, SqlStore, Step, Value};
use reader::Readers;
use writer::Writer;

/// How SQLite spells the schema.
pub(crate) const DIALECT: Dialect = Dialect {
    placeholders: Placeholders::Question,
    integer: "integer",
    // SQLite compares text byte for byte unless told otherwise.
    word: "text",
    text: "text",
    id: "blob",
    hash: "blob",
    bytes: "blob",
    keyed: "strict, without rowid",
    counted: "strict",
    single: "",
};

/// How a file is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// For how long to wait while another process holds the file's lock, before a write fails as unavailable.
    pub busy_timeout: Duration,
    /// How many connections read. Each serves one thread at a time, for microseconds.
    pub readers: usize,
    /// How many writes may wait. Those that come on top fail as unavailable.
    pub queue: usize,
    /// Whether the file is made if it is not there.
    pub make: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(4, usize::from);
        Self { busy_timeout: Duration::from_secs(5), readers: threads.clamp(2, 16), queue: 4096, make: true }
    }
}

/// A store in a SQLite file.
///
/// The file may be used by other processes at the same time. Dropping the last handle finishes the writes that were
/// accepted and closes the file.
#[derive(Clone)]
pub struct SqliteStore {
    path: PathBuf,
    driver: Arc<Sqlite>,
}

impl SqliteStore {
    /// Opens a file, and makes it if it is not there, unless the options forbid it. An existing file is brought up to this build's schema; one that is not
    /// ours, damaged or from a newer version is left as it is.
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, OpenError> {
        let connection = open::open(path, options)?;
        // Readers wait on the caller's thread, so they give up soon.
        let patience = options.busy_timeout.min(Duration::from_millis(250));
        let readers =
            Readers::open(path, options.readers.max(1), patience).map_err(|error| OpenError::of(path, error))?;
        let writer = Writer::start(connection, options.queue.max(1))
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), driver: Arc::new(Sqlite { readers, writer }) })
    }

    /// This store in every role.
    pub fn stores(&self) -> Stores {
        SqlStore::new(Arc::<Sqlite>::clone(&self.driver)).stores()
    }

    /// Something that tells whether the file has changed since now.
    pub fn changes(&self) -> Result<ChangeCounter, OpenError> {
        ChangeCounter::open(&self.path).map_err(|error| OpenError::of(&self.path, error))
    }
}

/// The connections to a file. The readers close first, so that the writer is the last one and tidies up.
struct Sqlite {
    readers: Readers,
    writer: Writer,
}

#[async_trait]
impl Driver for Sqlite {
    async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        self.readers.read(sql, params)
    }

    async fn write(&self, steps: Vec<Step>) -> Result<Outcome, StoreError> {
        self.writer.write(steps).await
    }
}
