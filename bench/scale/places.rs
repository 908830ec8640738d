//! The stores that are measured, each started for it alone, and what it takes.

use std::fmt;
use std::fs;
use std::time::Duration;

use clap::ValueEnum;
use counterfoil_bench::Outcome;
use counterfoil_core::store::Stores;
use counterfoil_stores::{Options, SessionsUrl, StoreUrl};
use tempfile::TempDir;
use xtask::services;

/// How long a step may take: a server that is being filled stops for seconds now and then.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of the SQLite file.
const DATABASE: &str = "scale.db";

/// A store, or two beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    Memory,
    Sqlite,
    Postgres,
    Mariadb,
    Redis,
    RedisCluster,
}

impl Place {
    pub(crate) const ALL: [Self; 6] =
        [Self::Memory, Self::Sqlite, Self::Postgres, Self::Mariadb, Self::Redis, Self::RedisCluster];

    /// Starts it, empty and as durable as it would be in earnest.
    pub(crate) async fn open(self) -> Outcome<Opened> {
        let durable = services::Options::default().durable();
        let (store, sessions, footprint) = match self {
            Self::Memory => (StoreUrl::Memory, None, Footprint::Process),
            Self::Sqlite => {
                let folder = tempfile::tempdir()?;
                (StoreUrl::Sqlite(folder.path().join(DATABASE)), None, Footprint::Folder(folder))
            }
            Self::Postgres => {
                let server = services::Postgres::start(&durable)?;
                (server.url().parse()?, None, Footprint::Postgres(server))
            }
            Self::Mariadb => {
                let server = services::MariaDb::start(&durable)?;
                (server.url().parse()?, None, Footprint::MariaDb(server))
            }
            Self::Redis => {
                let server = services::Redis::start(&durable)?;
                (StoreUrl::Memory, Some(server.url().parse::<SessionsUrl>()?), Footprint::Redis(server))
            }
            Self::RedisCluster => {
                let servers = services::RedisCluster::start(&durable)?;
                (StoreUrl::Memory, Some(servers.url().parse()?), Footprint::RedisCluster(servers))
            }
        };
        let place = counterfoil_stores::Place { store, sessions };
        let stores =
            counterfoil_stores::open(&place, &Options { timeout: PATIENCE, ..Options::default() }).await?.stores;
        Ok(Opened { stores, footprint })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
            Self::Redis => "Redis",
            Self::RedisCluster => "Redis Cluster, 3 nodes",
        })
    }
}

/// A place that runs, until this is dropped.
pub(crate) struct Opened {
    pub(crate) stores: Stores,
    pub(crate) footprint: Footprint,
}

/// What a store takes, by its own account.
pub(crate) enum Footprint {
    Process,
    Folder(TempDir),
    Postgres(services::Postgres),
    MariaDb(services::MariaDb),
    Redis(services::Redis),
    RedisCluster(services::RedisCluster),
}

impl Footprint {
    pub(crate) fn bytes(&self) -> Outcome<u64> {
        match self {
            // In pages of 4 KiB (proc(5)).
            Self::Process => {
                let statm = fs::read_to_string("/proc/self/statm")?;
                Ok(statm.split_whitespace().nth(1).ok_or("no resident pages in statm")?.parse::<u64>()? * 4096)
            }
            Self::Folder(folder) => {
                // The log beside it, yet to be moved into it, would be counted twice.
                Ok(fs::metadata(folder.path().join(DATABASE))?.len())
            }
            Self::Postgres(server) => number(&server.query("select pg_database_size(current_database())")?),
            Self::MariaDb(server) => {
                // The sizes of the tables are estimates until they are counted anew.
                server.query("analyze table sessions, session_references")?;
                number(&server.query(
                    "select sum(data_length + index_length) from information_schema.tables where table_schema = database()",
                )?)
            }
            Self::Redis(server) => used_memory(server),
            Self::RedisCluster(servers) => servers.nodes().iter().map(used_memory).sum(),
        }
    }
}

/// The memory that Redis counts as used (`INFO memory`).
fn used_memory(server: &services::Redis) -> Outcome<u64> {
    let about = server.query(&["INFO", "memory"])?;
    let line = about.lines().find_map(|line| line.strip_prefix("used_memory:")).ok_or("no used_memory in INFO")?;
    number(line)
}

fn number(text: &str) -> Outcome<u64> {
    Ok(text.trim().parse()?)
}
