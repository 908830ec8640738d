//! The driver: a pool, a time limit for everything, and another try where it is certain that nothing has been done.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::StoreError;
use deadpool_postgres::{BuildError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod};

use super::connect::Connector;
use super::error::Failure;
use super::lease::Lease;
use super::listener::Listener;
use super::pipeline::{self, Command};
use super::texts::translated;
use super::transaction::{self, Failed};
use super::value::unstorable;
use crate::server::{Gate, Options};
use crate::sql::{Driver, Outcome, Row, Step, Value};

/// How often something is tried: connections of before a restart, and deadlocks, pass.
const ATTEMPTS: u32 = 4;

/// The connections to a database.
pub(super) struct Postgres {
    pool: Pool,
    connector: Connector,
    gate: Gate,
    timeout: Duration,
}

impl Postgres {
    /// Connects when it is first used.
    pub(super) fn new(connector: Connector, options: &Options) -> Result<Self, BuildError> {
        // A connection that was closed is noticed by the task that serves it; no round trip is needed to see that.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_connect(tokio_postgres::Config::new(), connector.clone(), recycling);
        let pool = Pool::builder(manager).max_size(options.connections.max(1)).build()?;
        Ok(Self { pool, connector, gate: Gate::default(), timeout: options.timeout })
    }

    /// What is woken by the others' appends.
    pub(super) fn listener(&self) -> Listener {
        Listener::new(self.connector.clone())
    }

    /// A connection of its own for a task.
    async fn lease(&self) -> Result<Lease, Failure> {
        match self.pool.get().await {
            Ok(connection) => Ok(Lease::new(connection, self.connector.clone())),
            Err(PoolError::Backend(error)) => Err(Failure::Unreachable(Box::new(error.into()))),
            Err(error) => Err(Failure::Unreachable(Box::new(Failure::Lost(error.to_string())))),
        }
    }

    /// Runs a task, unless the server has just failed, and for no longer than anything may take.
    async fn in_time<T>(&self, task: impl Future<Output = Result<T, Failure>>) -> Result<T, StoreError> {
        self.gate.enter()?;
        let result = match tokio::time::timeout(self.timeout, task).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Late(self.timeout)),
        };
        if result.as_ref().err().is_some_and(Failure::is_outage) {
            self.gate.failed();
        } else {
            self.gate.answered();
        }
        result.map_err(StoreError::from)
    }

    /// Whether the same may work at once, on another connection.
    fn may_pass(&self, failure: &Failure) -> bool {
        if failure.is_stale() {
            // The other connections' statements are as old.
            self.pool.manager().statement_caches.clear();
        }
        failure.is_passing()
    }

    async fn read_once(&self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, Failure> {
        let lease = self.lease().await?;
        let found = async {
            let client = lease.client().ok_or_else(Failure::gone)?;
            let statement = client.prepare_cached(translated(sql)).await?;
            pipeline::answer(client, Command::Prepared(&statement, params)).await
        };
        match found.await {
            Ok(effect) => {
                lease.give_back();
                Ok(effect.rows)
            }
            Err(failure) => {
                lease.put_away(&failure);
                Err(failure)
            }
        }
    }
}

#[async_trait]
impl Driver for Postgres {
    async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        // Texts are looked up by equality alone, and no row holds this one.
        if unstorable(&params) {
            return Ok(Vec::new());
        }
        let task = async {
            let mut tries = 1;
            loop {
                match self.read_once(sql, &params).await {
                    Err(failure) if tries < ATTEMPTS && self.may_pass(&failure) => tries += 1,
                    result => return result,
                }
            }
        };
        self.in_time(task).await
    }

    async fn write(&self, steps: Vec<Step>) -> Result<Outcome, StoreError> {
        if steps.iter().any(|step| unstorable(&step.params)) {
            let what = "text with the character U+0000, which PostgreSQL cannot keep".to_owned();
            return Err(StoreError::Damaged { what, source: None });
        }
        let task = async {
            let mut tries = 1;
            loop {
                match transaction::run(self.lease().await?, &steps).await {
                    Err(Failed { failure, undone: true }) if tries < ATTEMPTS && self.may_pass(&failure) => tries += 1,
                    result => return result.map_err(|failed| failed.failure),
                }
            }
        };
        self.in_time(task).await
    }
}
