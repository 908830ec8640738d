//! Statements that are sent one after the other without waiting for the answers in between.

use std::task::Poll;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};

use super::error::Failure;
use super::value::Parameter;
use crate::sql::{Effect, Value};

/// What is sent.
pub(super) enum Command<'a> {
    /// A text without parameters or results.
    Text(&'static str),
    /// A prepared statement.
    Prepared(&'a Statement, &'a [Value]),
}

/// Sends all at once and waits for the answer to each. They are run in this order, each whether or not the one before it
/// failed.
pub(super) async fn run(client: &ClientWrapper, commands: Vec<Command<'_>>) -> Vec<Result<Effect, Failure>> {
    in_order(commands.into_iter().map(|command| answer(client, command))).await
}

/// Runs one command. It is sent when this is polled for the first time.
pub(super) async fn answer(client: &ClientWrapper, command: Command<'_>) -> Result<Effect, Failure> {
    match command {
        Command::Text(text) => {
            client.batch_execute(text).await?;
            Ok(Effect { count: 0, rows: Vec::new() })
        }
        Command::Prepared(statement, params) if statement.columns().is_empty() => {
            let count = client.execute_raw(statement, params.iter().map(Parameter)).await?;
            Ok(Effect { count, rows: Vec::new() })
        }
        Command::Prepared(statement, params) => {
            let params: Vec<_> = params.iter().map(Parameter).collect();
            let params: Vec<_> = params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
            let found = client.query(statement, &params).await?;
            let rows: Vec<_> = found
                .iter()
                .map(|row| (0..row.len()).map(|column| row.try_get(column)).collect::<Result<Vec<Value>, Error>>())
                .collect::<Result<_, _>>()?;
            Ok(Effect { count: rows.len() as u64, rows })
        }
    }
}

/// Waits for all, and polls them in their order.
async fn in_order<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut all_ready = true;
        for (future, output) in &mut running {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(ready) => *output = Some(ready),
                    Poll::Pending => all_ready = false,
                }
            }
        }
        if all_ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[tokio::test]
    async fn all_begin_in_their_order_before_any_has_ended() {
        let begun = RefCell::new(Vec::new());
        let task = |number: u32| {
            let begun = &begun;
            async move {
                begun.borrow_mut().push(number);
                for _ in number..50 {
                    tokio::task::yield_now().await;
                }
                assert_eq!(begun.borrow().len(), 50);
                number
            }
        };
        assert_eq!(in_order((0..50).map(task)).await, (0..50).collect::<Vec<_>>());
        assert_eq!(*begun.borrow(), (0..50).collect::<Vec<_>>());
    }
}
