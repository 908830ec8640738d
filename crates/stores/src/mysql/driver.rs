//! Reading and writing: within a time, once more on another connection where nothing can have been done, never twice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::StoreError;
use sqlx::mysql::MySqlConnection;
use sqlx::{Error, Executor as _};
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, Unavailable, violation};
use super::pool::{Lease, Pool};
use super::sound::sound;
use super::statement;
use crate::server::Gate;
use crate::sql::{Driver, LimitedDelete, Outcome, Row, Step, Value};

/// A database of MySQL or MariaDB.
pub(super) struct MySql {
    pool: Pool,
    gate: Gate,
    timeout: Duration,
    /// Lets transactions that were in each other's way begin again at different moments.
    turn: AtomicU64,
}

/// Whether steps are one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One `select`, which sees the newest commit.
    Read,
    /// A transaction.
    Write,
}

impl MySql {
    pub(super) fn new(pool: Pool, timeout: Duration) -> Self {
        Self { pool, gate: Gate::default(), timeout, turn: AtomicU64::new(0) }
    }

    async fn call(&self, steps: &[Step], kind: Kind) -> Result<Outcome, StoreError> {
        self.gate.enter()?;
        let (start, generation) = (Instant::now(), self.pool.generation());
        let deadline = start + self.timeout;
        let Ok(Some(_permit)) = timeout_at(deadline, self.pool.permit()).await else {
            return Err(Unavailable::Crowded(self.timeout).report());
        };
        match timeout_at(deadline, self.persist(steps, kind, start + self.timeout / 2)).await {
            Ok(Ok(outcome)) => {
                self.gate.answered();
                Ok(outcome)
            }
            Ok(Err(failure)) => {
                if failure.is_answer() {
                    self.gate.answered();
                } else {
                    self.gate.failed();
                }
                Err(failure.report())
            }
            Err(_) => {
                self.pool.forget(generation);
                self.gate.failed();
                Err(Unavailable::Silent(self.timeout).report())
            }
        }
    }

    /// Tries again while nothing was committed: on another connection, once, if one leads nowhere; and while other
    /// transactions are in the way.
    async fn persist(&self, steps: &[Step], kind: Kind, patience: Instant) -> Result<Outcome, Failure> {
        let mut reconnected = false;
        loop {
            let lease = self.pool.lease().await?;
            let generation = lease.generation();
            match attempt(lease, steps, kind).await {
                Err(Failure::Lost(_)) if !reconnected => {
                    reconnected = true;
                    self.pool.forget(generation);
                }
                Err(Failure::Busy(_)) if Instant::now() < patience => {
                    let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(1 + turn % 16)).await;
                }
                result => return result,
            }
        }
    }
}

#[async_trait]
impl Driver for MySql {
    async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self.call(&[Step::any(sql, params)], Kind::Read).await? {
            Outcome::Done(mut effects) => Ok(effects.pop().map(|effect| effect.rows).unwrap_or_default()),
            // A select that may find any number of rows is never refused.
            Outcome::Refused { .. } | Outcome::Conflict { .. } => Ok(Vec::new()),
        }
    }

    async fn write(&self, steps: Vec<Step>) -> Result<Outcome, StoreError> {
        self.call(&steps, Kind::Write).await
    }

    fn limited_delete(&self) -> LimitedDelete {
        LimitedDelete::Itself
    }
}

/// Runs the steps on one connection, which is kept if its state is known afterwards.
async fn attempt(mut lease: Lease<'_>, steps: &[Step], kind: Kind) -> Result<Outcome, Failure> {
    let connection = &mut lease.connection;
    if kind == Kind::Read {
        let outcome = transact(connection, steps).await.map_err(Failure::of)?;
        lease.keep();
        return Ok(outcome);
    }
    sound(connection.execute("start transaction")).await.map_err(Failure::of)?;
    match transact(connection, steps).await.map_err(Failure::of) {
        Ok(outcome @ Outcome::Done(_)) => {
            sound(connection.execute("commit")).await.map_err(Failure::of_commit)?;
            lease.keep();
            Ok(outcome)
        }
        result => {
            // After a lock wait the server has undone only the last statement. Without an answer it undoes all of them when
            // it sees the connection closed.
            if !matches!(result, Err(Failure::Lost(_))) && sound(connection.execute("rollback")).await.is_ok() {
                lease.keep();
            }
            result
        }
    }
}

/// Runs the steps up to the first that is refused.
async fn transact(connection: &mut MySqlConnection, steps: &[Step]) -> Result<Outcome, Error> {
    let mut effects = Vec::with_capacity(steps.len());
    for (step, Step { sql, params, expect }) in steps.iter().enumerate() {
        match statement::run(connection, sql, params).await {
            Ok(effect) if expect.allows(effect.count) => effects.push(effect),
            Ok(_) => return Ok(Outcome::Refused { step }),
            Err(error) => return violation(&error).map(|violation| violation.outcome(step)).ok_or(error),
        }
    }
    Ok(Outcome::Done(effects))
}
