//! The one thread that writes. It takes all writes that wait, runs them in one transaction and commits once.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use counterfoil_core::store::StoreError;
use rusqlite::Connection;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::error::{failure, shared_failure, violation};
use super::reader::rows;
use crate::sql::{Effect, Outcome, Step};

/// The most writes in one transaction: the first of them waits for the last.
const GROUP: usize = 256;

/// A way to the thread that writes.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// A write that waits, and who waits for it.
struct Job {
    steps: Vec<Step>,
    answer: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// Why a write was not taken or not answered.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("too many writes are waiting")]
    Full,
    #[error("the thread that writes has stopped")]
    Stopped,
}

impl Writer {
    /// Starts the thread, which owns the connection until the writer is dropped.
    pub(super) fn start(connection: Connection, queue: usize) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(queue);
        let thread =
            std::thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || serve(&connection, receiver))?;
        Ok(Self { queue: Some(sender), thread: Some(thread) })
    }

    /// Runs a transaction. What it did is durable when this returns.
    pub(super) async fn write(&self, steps: Vec<Step>) -> Result<Outcome, StoreError> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(|| unavailable(Refusal::Stopped))?;
        queue.try_send(Job { steps, answer }).map_err(|error| {
            unavailable(match error {
                TrySendError::Full(_) => Refusal::Full,
                TrySendError::Closed(_) => Refusal::Stopped,
            })
        })?;
        answered.await.unwrap_or_else(|_| Err(unavailable(Refusal::Stopped)))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Without its queue the thread finishes what was accepted, closes the file and ends.
        self.queue = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes to the database panicked");
        }
    }
}

fn unavailable(refusal: Refusal) -> StoreError {
    StoreError::Unavailable(Box::new(refusal))
}

/// Writes until nobody is left who could ask for it.
fn serve(connection: &Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = queue.try_recv()
        {
            group.push(job);
        }
        commit(connection, group);
    }
}

/// Runs a group in one transaction and answers each of its jobs once that is durable.
fn commit(connection: &Connection, group: Vec<Job>) {
    let (steps, waiting): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.steps, job.answer)).unzip();
    match attempt(connection, steps) {
        Ok(results) => {
            for (answer, result) in waiting.into_iter().zip(results) {
                // Whoever asked may have gone away; the write stands all the same.
                drop(answer.send(result));
            }
        }
        Err(error) => {
            roll_back(connection);
            tracing::warn!(%error, writes = waiting.len(), "a transaction failed");
            let error = Arc::new(error);
            for answer in waiting {
                drop(answer.send(Err(shared_failure(&error))));
            }
        }
    }
}

/// Ends a transaction that failed, unless SQLite has ended it already.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("rollback")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

/// The results of a group that has been committed. An error means that nothing of it was.
fn attempt(connection: &Connection, group: Vec<Vec<Step>>) -> rusqlite::Result<Vec<Result<Outcome, StoreError>>> {
    run(connection, "begin immediate")?;
    let mut results = Vec::with_capacity(group.len());
    for steps in group {
        run(connection, "savepoint job")?;
        let result = transact(connection, steps);
        if let Err(error) = result {
            // A full disk or a failed read ends the whole transaction, and with it the jobs before this one.
            if connection.is_autocommit() {
                return Err(error);
            }
            run(connection, "rollback to job")?;
            results.push(Err(failure(error)));
        } else if let Ok(outcome) = result {
            if !matches!(outcome, Outcome::Done(_)) {
                run(connection, "rollback to job")?;
            }
            results.push(Ok(outcome));
        }
        run(connection, "release job")?;
    }
    run(connection, "commit")?;
    Ok(results)
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute(()).map(drop)
}

/// Runs the steps of one job up to the first that is refused.
fn transact(connection: &Connection, steps: Vec<Step>) -> rusqlite::Result<Outcome> {
    let mut effects = Vec::with_capacity(steps.len());
    for (step, Step { sql, params, expect }) in steps.into_iter().enumerate() {
        let mut statement = connection.prepare_cached(sql)?;
        let effect = if statement.column_count() == 0 {
            statement
                .execute(rusqlite::params_from_iter(params))
                .map(|count| Effect { count: count as u64, rows: Vec::new() })
        } else {
            rows(&mut statement, params).map(|rows| Effect { count: rows.len() as u64, rows })
        };
        match effect {
            Ok(effect) if expect.allows(effect.count) => effects.push(effect),
            Ok(_) => return Ok(Outcome::Refused { step }),
            Err(error) => return violation(&error).map(|violation| violation.outcome(step)).ok_or(error),
        }
    }
    Ok(Outcome::Done(effects))
}

#[cfg(test)]
mod tests;
