//! Opening a file: what may be wrong with it, and what to do about it. Nothing that is not ours is written to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Error, ErrorCode, Transaction, TransactionBehavior};

use super::reader::connect;
use super::{DIALECT, SqliteOptions};
use crate::sql::schema;

/// "CFOI" in the file's header tells that it is ours.
const APPLICATION_ID: i32 = 0x4346_4F49;
/// The first bytes of every database (SQLite file format §1.3.1).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Up to this size a file is checked as a whole at each opening: a fraction of a second.
const CHECKED_WHOLE: u64 = 32 << 20;

/// Why a file was not opened. Nothing has been overwritten.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there, and was not to be made.
    #[error("there is no store at {}: name the one that is meant, or start a server there, which makes it", path.display())]
    Missing {
        /// Where it was to be.
        path: PathBuf,
    },
    /// Its folder is not there.
    #[error("there is no folder {}: make it, or name another file", folder.display())]
    NoFolder {
        /// Where the file was to be.
        folder: PathBuf,
    },
    /// It or its folder cannot be written to. SQLite keeps two more files beside it.
    #[error("{} cannot be written to: give this user the right to write the file and its folder", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
    },
    /// It holds something else than a database.
    #[error("{} is not a database: name another file, or restore this one from a backup", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// It is a database that cannot be read in full.
    #[error("{} is damaged: restore it from a backup, or save what is left with `sqlite3 FILE .recover`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says about it.
        #[source]
        source: Option<Error>,
    },
    /// Another process keeps it for itself.
    #[error("{} is locked by another program: end that one, or try again when it has finished", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// A newer Counterfoil has changed its tables.
    #[error("{} was made by a newer Counterfoil (schema {found}, this one knows {known}): use that version or a backup", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of its schema.
        found: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// It is the database of another program.
    #[error("{} is the database of another program: name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file system cannot share memory between processes, as network file systems cannot.
    #[error("{} is on a file system without write-ahead logging: move it to a local disk", path.display())]
    NoWriteAheadLog {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused something else.
    #[error("{} cannot be opened", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// SQLite refused something else.
    #[error("{} cannot be opened", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: Error,
    },
}

impl OpenError {
    /// What an error of SQLite means at opening.
    pub(super) fn of(path: &Path, error: Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source: Some(error) },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::NotWritable { path }
            }
            _ => Self::Sqlite { path, source: error },
        }
    }

    fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path },
            _ => Self::Io { path, source },
        }
    }
}

/// A connection to a file that has this build's tables.
pub(super) fn open(path: &Path, options: &SqliteOptions) -> Result<Connection, OpenError> {
    let missing = || OpenError::Missing { path: path.to_owned() };
    if !options.make && matches!(fs::metadata(path), Err(error) if error.kind() == ErrorKind::NotFound) {
        return Err(missing());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(OpenError::NoFolder { folder: folder.to_owned() });
    }
    if options.make {
        make(path)?;
    }
    look_at_header(path)?;
    let mut connection = connect(path, options.busy_timeout).map_err(|error| OpenError::of(path, error))?;
    if connection.is_readonly("main").map_err(|error| OpenError::of(path, error))? {
        return Err(OpenError::NotWritable { path: path.to_owned() });
    }
    let version = {
        let transaction = connection.transaction().map_err(|error| OpenError::of(path, error))?;
        version(&transaction, path)?
    };
    if version > 0 {
        check(&connection, path)?;
    } else if !options.make {
        return Err(missing());
    }
    use_write_ahead_log(&connection, path, options.busy_timeout)?;
    if version < schema::VERSION {
        migrate(&mut connection, path)?;
    }
    Ok(connection)
}

/// Makes the file if it is not there, for its owner only; the files that SQLite keeps beside it get the same mode.
fn make(path: &Path) -> Result<(), OpenError> {
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::io(path, error)),
    }
}

/// Refuses what is not a database before SQLite sees it. An empty file is a new one.
pub(super) fn look_at_header(path: &Path) -> Result<(), OpenError> {
    let about = fs::metadata(path).map_err(|error| OpenError::io(path, error))?;
    let mut start = Vec::new();
    if about.is_file() {
        let file = File::open(path).map_err(|error| OpenError::io(path, error))?;
        file.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(|error| OpenError::io(path, error))?;
    }
    if about.is_file() && (start.is_empty() || start == MAGIC) {
        Ok(())
    } else {
        Err(OpenError::NotADatabase { path: path.to_owned() })
    }
}

/// The version of the file's schema, 0 for a file without any. In a transaction, so that it is of one moment: another
/// process may be making the file.
pub(super) fn version(connection: &Transaction<'_>, path: &Path) -> Result<i64, OpenError> {
    let ask = |sql: &str| connection.query_one(sql, (), |row| row.get::<_, i64>(0));
    let application = ask("pragma application_id").map_err(|error| OpenError::of(path, error))?;
    let tables = ask("select count(*) from sqlite_schema").map_err(|error| OpenError::of(path, error))?;
    if application == 0 && tables == 0 {
        return Ok(0);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    match ask(schema::READ_VERSION) {
        Ok(found) if found > schema::VERSION => {
            Err(OpenError::Newer { path: path.to_owned(), found, known: schema::VERSION })
        }
        Ok(found) if found > 0 => Ok(found),
        Ok(_) | Err(Error::QueryReturnedNoRows) => Err(OpenError::Damaged { path: path.to_owned(), source: None }),
        Err(error) => Err(OpenError::of(path, error)),
    }
}

/// Looks for damage: in the whole file if it is small, otherwise where each table and index begins.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let size = fs::metadata(path).map_err(|error| OpenError::io(path, error))?.len();
    let verdict = if size <= CHECKED_WHOLE {
        connection.query_one("pragma quick_check(1)", (), |row| row.get::<_, String>(0))
    } else {
        begin_tables(connection).map(|()| "ok".to_owned())
    };
    match verdict {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(_) => Err(OpenError::Damaged { path: path.to_owned(), source: None }),
        Err(error) => Err(OpenError::of(path, error)),
    }
}

/// Reads the first row of each table.
fn begin_tables(connection: &Connection) -> rusqlite::Result<()> {
    let mut names =
        connection.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")?;
    let names = names.query_map((), |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for name in names {
        let quoted = name.replace('"', "\"\"");
        let mut first = connection.prepare(&format!("select * from \"{quoted}\" limit 1"))?;
        first.query(())?.next()?;
    }
    Ok(())
}

/// Turns write-ahead logging on; the file remembers it. While another process does the same, SQLite does not wait by itself.
fn use_write_ahead_log(connection: &Connection, path: &Path, patience: Duration) -> Result<(), OpenError> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut left = patience.as_millis() / PAUSE.as_millis();
    loop {
        match connection.query_one("pragma journal_mode = wal", (), |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => return Err(OpenError::NoWriteAheadLog { path: path.to_owned() }),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && left > 0 => {
                left -= 1;
                std::thread::sleep(PAUSE);
            }
            Err(error) => return Err(OpenError::of(path, error)),
        }
    }
}

/// Brings the tables up to this build's version, whole or not at all.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::of(path, error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Under the lock, because another process may have been faster.
    let version = version(&transaction, path)?;
    if version < schema::VERSION {
        for statement in schema::migrations(&DIALECT, version) {
            transaction.execute_batch(&statement).map_err(failed)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}
