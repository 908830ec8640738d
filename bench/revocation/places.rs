//! The stores that several nodes can share, each started for it alone, and what the log takes there.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use clap::ValueEnum;
use counterfoil_bench::Outcome;
use counterfoil_stores::{Opened, Options, SessionsUrl, StoreUrl};
use tempfile::TempDir;
use xtask::services;

/// A store, or two beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    Sqlite,
    Postgres,
    Mariadb,
    PostgresRedis,
}

impl Place {
    pub(crate) const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::Mariadb, Self::PostgresRedis];

    /// Starts it, empty and as durable as it would be in earnest.
    pub(crate) fn start(self) -> Outcome<Site> {
        let durable = services::Options::default().durable();
        let (store, sessions, running) = match self {
            Self::Sqlite => {
                let folder = tempfile::tempdir()?;
                let file = folder.path().join("revocation.db");
                (StoreUrl::Sqlite(file.clone()), None, Running::File { file, _folder: folder })
            }
            Self::Postgres => {
                let server = Box::new(services::Postgres::start(&durable)?);
                (server.url().parse()?, None, Running::Postgres { server, _sessions: None })
            }
            Self::Mariadb => {
                let server = services::MariaDb::start(&durable)?;
                (server.url().parse()?, None, Running::MariaDb(server))
            }
            Self::PostgresRedis => {
                let (server, beside) =
                    (Box::new(services::Postgres::start(&durable)?), services::Redis::start(&durable)?);
                let sessions = beside.url().parse::<SessionsUrl>()?;
                (server.url().parse()?, Some(sessions), Running::Postgres { server, _sessions: Some(beside) })
            }
        };
        Ok(Site { place: counterfoil_stores::Place { store, sessions }, running })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
            Self::PostgresRedis => "PostgreSQL and Redis",
        })
    }
}

/// A place that runs, until this is dropped.
pub(crate) struct Site {
    place: counterfoil_stores::Place,
    running: Running,
}

enum Running {
    File { file: PathBuf, _folder: TempDir },
    Postgres { server: Box<services::Postgres>, _sessions: Option<services::Redis> },
    MariaDb(services::MariaDb),
}

impl Site {
    /// Opens it once more, as another process would.
    pub(crate) async fn open(&self) -> Outcome<Opened> {
        Ok(counterfoil_stores::open(&self.place, &Options::default()).await?)
    }

    /// What the log and its indices take; in SQLite the whole file, to be asked while nobody has it open.
    pub(crate) fn log_bytes(&self) -> Outcome<u64> {
        match &self.running {
            Running::File { file, .. } => Ok(fs::metadata(file)?.len()),
            Running::Postgres { server, .. } => number(&server.query("select pg_total_relation_size('revocations')")?),
            Running::MariaDb(server) => {
                // The sizes of the tables are estimates until they are counted anew.
                server.query("analyze table revocations")?;
                number(&server.query(
                    "select sum(data_length + index_length) from information_schema.tables \
                     where table_schema = database() and table_name = 'revocations'",
                )?)
            }
        }
    }
}

fn number(text: &str) -> Outcome<u64> {
    Ok(text.trim().parse()?)
}
