//! A list of steps in one transaction: whole, or not at all.
//!
//! READ COMMITTED is enough, because each step names the state that it changes from. One that finds its row locked waits and
//! then looks at the row anew; a row that refers to another locks it, so nothing is attached to what is being removed; and
//! whoever appends to the log holds its head until the commit is visible, so positions are given in the order of commits.

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Statement;

use super::error::Failure;
use super::lease::Lease;
use super::pipeline::{self, Command};
use super::texts::translated;
use crate::sql::{Effect, Expect, Outcome, Step};

/// Sessions read only, unless it is said otherwise.
pub(super) const BEGIN: &str = "begin read write";
pub(super) const COMMIT: &str = "commit";
const ROLL_BACK: &str = "rollback";

/// A transaction without an outcome.
pub(super) struct Failed {
    pub(super) failure: Failure,
    /// Whether it is certain that nothing has been committed. Otherwise nobody knows.
    pub(super) undone: bool,
}

/// Runs the steps. The connection is given back only if no transaction can be open on it.
pub(super) async fn run(lease: Lease, steps: &[Step]) -> Result<Outcome, Failed> {
    let result = match lease.client() {
        Some(client) => transact(client, steps).await,
        None => Err(Failed::undone(Failure::gone())),
    };
    match &result {
        Ok(_) => lease.give_back(),
        Err(failed) => lease.put_away(&failed.failure),
    }
    result
}

async fn transact(client: &ClientWrapper, steps: &[Step]) -> Result<Outcome, Failed> {
    let mut statements = Vec::with_capacity(steps.len());
    for step in steps {
        let statement = client.prepare_cached(translated(step.sql)).await;
        statements.push(statement.map_err(Failed::undone)?);
    }
    // A connection that was closed while it lay idle is noticed here at the latest.
    if client.is_closed() {
        return Err(Failed::undone(Failure::gone()));
    }
    match steps {
        [step] if decides_itself(step.expect) => transact_at_once(client, step, &statements).await,
        _ => transact_in_turns(client, steps, &statements).await,
    }
}

/// Whether a step that is alone may be committed before its effect is known. Where one row is expected, none has changed
/// nothing; and more cannot be, as those steps name a row by what is unique.
const fn decides_itself(expect: Expect) -> bool {
    matches!(expect, Expect::Any | Expect::Rows(1))
}

/// Sends everything up to the commit, and waits once.
async fn transact_at_once(client: &ClientWrapper, step: &Step, statements: &[Statement]) -> Result<Outcome, Failed> {
    let steps = std::slice::from_ref(step);
    let mut answers = pipeline::run(client, commands(steps, statements, Some(COMMIT))).await;
    let commit = answers.pop().unwrap_or_else(|| Err(Failure::gone()));
    if let (Expect::Rows(expected), Some(Ok(effect))) = (step.expect, answers.last())
        && effect.count > expected
    {
        return Err(Failed { failure: Failure::Repeated, undone: false });
    }
    // The commit of a transaction that has failed rolls it back, so it is waited for in any case.
    let outcome = judge(steps, answers).and_then(|outcome| commit.map(|_| outcome));
    outcome.map_err(|failure| Failed { undone: failure.is_refusal(), failure })
}

/// Sends everything but the commit, which depends on the answers.
async fn transact_in_turns(
    client: &ClientWrapper,
    steps: &[Step],
    statements: &[Statement],
) -> Result<Outcome, Failed> {
    let answers = pipeline::run(client, commands(steps, statements, None)).await;
    let outcome = judge(steps, answers).map_err(Failed::undone)?;
    if let Outcome::Done(_) = outcome {
        let commit = pipeline::answer(client, Command::Text(COMMIT)).await;
        commit.map_err(|failure| Failed { undone: failure.is_refusal(), failure })?;
    } else {
        pipeline::answer(client, Command::Text(ROLL_BACK)).await.map_err(Failed::undone)?;
    }
    Ok(outcome)
}

fn commands<'a>(steps: &'a [Step], statements: &'a [Statement], last: Option<&'static str>) -> Vec<Command<'a>> {
    let run = statements.iter().zip(steps).map(|(statement, step)| Command::Prepared(statement, &step.params));
    std::iter::once(Command::Text(BEGIN)).chain(run).chain(last.map(Command::Text)).collect()
}

/// What becomes of the transaction, by the answers to its beginning and to each step. The first step that did not do what was
/// expected decides: those after it ran for nothing.
fn judge(steps: &[Step], answers: Vec<Result<Effect, Failure>>) -> Result<Outcome, Failure> {
    let mut answers = answers.into_iter();
    answers.next().unwrap_or_else(|| Err(Failure::gone()))?;
    let mut effects = Vec::with_capacity(steps.len());
    for (step, Step { expect, .. }) in steps.iter().enumerate() {
        match answers.next().unwrap_or_else(|| Err(Failure::gone())) {
            Ok(effect) if expect.allows(effect.count) => effects.push(effect),
            Ok(_) => return Ok(Outcome::Refused { step }),
            Err(failure) => return failure.violation().map(|violation| violation.outcome(step)).ok_or(failure),
        }
    }
    Ok(Outcome::Done(effects))
}

impl Failed {
    fn undone(failure: impl Into<Failure>) -> Self {
        Self { failure: failure.into(), undone: true }
    }
}
