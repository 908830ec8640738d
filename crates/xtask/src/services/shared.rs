//! The servers that all tests of a run share. Tests are told of them by variables of the environment.

use std::fmt;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use super::daemon::processes;
use super::deadline::Deadline;
use super::error::ServiceError;
use super::{MariaDb, Options, Postgres, Redis, RedisCluster};

/// The variable with the URL of the shared PostgreSQL server: its account is a superuser.
pub const POSTGRES: &str = "COUNTERFOIL_TEST_POSTGRES";
/// The variable with the URL of the shared MariaDB server: its account may do everything.
pub const MARIADB: &str = "COUNTERFOIL_TEST_MARIADB";
/// The variable with the URL of the shared Redis server.
pub const REDIS: &str = "COUNTERFOIL_TEST_REDIS";
/// The variable with the URL of the shared Redis Cluster.
pub const REDIS_CLUSTER: &str = "COUNTERFOIL_TEST_REDIS_CLUSTER";

/// One server of each kind.
#[derive(Debug)]
pub struct Shared {
    /// PostgreSQL.
    pub postgres: Postgres,
    /// MariaDB.
    pub mariadb: MariaDb,
    /// Redis.
    pub redis: Redis,
    /// Redis Cluster, three masters.
    pub redis_cluster: RedisCluster,
    times: [(&'static str, Duration); 4],
}

impl Shared {
    /// Starts all at the same time, and returns when all answer.
    pub fn start() -> Result<Self, ServiceError> {
        let options = &Options::default();
        std::thread::scope(|scope| {
            let postgres = scope.spawn(|| timed(|| Postgres::start(options)));
            let mariadb = scope.spawn(|| timed(|| MariaDb::start(options)));
            let redis = scope.spawn(|| timed(|| Redis::start(options)));
            let (redis_cluster, cluster_time) = timed(|| RedisCluster::start(options));
            let ((postgres, postgres_time), (mariadb, mariadb_time), (redis, redis_time)) =
                (result(postgres.join())?, result(mariadb.join())?, result(redis.join())?);
            let times = [
                ("PostgreSQL", postgres_time),
                ("MariaDB", mariadb_time),
                ("Redis", redis_time),
                ("Redis Cluster", cluster_time),
            ];
            Ok(Self { postgres: postgres?, mariadb: mariadb?, redis: redis?, redis_cluster: redis_cluster?, times })
        })
    }

    /// The variables, with their values.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        [
            (POSTGRES, self.postgres.url()),
            (MARIADB, self.mariadb.url()),
            (REDIS, self.redis.url()),
            (REDIS_CLUSTER, self.redis_cluster.url()),
        ]
    }

    /// Runs a command with the variables. It is asked to end (SIGTERM) when this program is killed.
    pub fn run(&self, command: &mut Command) -> Result<ExitStatus, ServiceError> {
        let mut companion = processes(&["accompany"]);
        companion.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut companion = companion.spawn().map_err(ServiceError::io("the companion of a command"))?;
        let name = command.get_program().display().to_string();
        let status = command.envs(self.variables()).spawn().and_then(|mut child| {
            let mut tell =
                |line: String| companion.stdin.as_mut().map_or(Ok(()), |pipe| pipe.write_all(line.as_bytes()));
            tell(format!("{}\n", child.id()))?;
            let status = child.wait();
            tell("\n".into())?;
            status
        });
        drop(companion.stdin.take());
        companion.wait().map_err(ServiceError::io("the companion of a command"))?;
        status.map_err(ServiceError::io(name))
    }

    /// In what time each started.
    pub fn times(&self) -> impl fmt::Display {
        let each = self.times.map(|(name, time)| format!("{name} in {:.1} s", time.as_secs_f32()));
        each.join(", ")
    }
}

fn timed<T>(start: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Deadline::after(Duration::MAX);
    (start(), begun.elapsed())
}

fn result<T>(joined: std::thread::Result<T>) -> Result<T, ServiceError> {
    joined.map_err(|_| ServiceError::State { server: "a server", state: "could not be started by its thread" })
}
