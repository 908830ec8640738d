//! A statement and what it answers, between the driver's values and those of this crate.

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{Error, Executor as _, Row as _, TypeInfo as _, ValueRef as _};

use super::sound::sound;
use crate::sql::{Effect, Row, Value};

/// Runs a statement by its prepared form, which the connection keeps. A `select` counts the rows that it finds, anything
/// else the rows that it matched: the protocol's `CLIENT_FOUND_ROWS` is set.
pub(super) async fn run(
    connection: &mut MySqlConnection,
    sql: &'static str,
    params: &[Value],
) -> Result<Effect, Error> {
    let query = params.iter().fold(sqlx::query(sql), |query, param| match param {
        Value::Null => query.bind(None::<i64>),
        Value::Int(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.as_str()),
        Value::Bytes(bytes) => query.bind(bytes.as_slice()),
    });
    if sql.starts_with("select") || sql.starts_with("show") {
        let rows = async { connection.fetch_all(query).await?.iter().map(values).collect::<Result<Vec<_>, _>>() };
        let rows = sound(rows).await?;
        Ok(Effect { count: rows.len() as u64, rows })
    } else {
        let done = sound(connection.execute(query)).await?;
        Ok(Effect { count: done.rows_affected(), rows: Vec::new() })
    }
}

fn values(row: &MySqlRow) -> Result<Row, Error> {
    (0..row.len()).map(|column| value(row, column)).collect()
}

/// Whole numbers are told by their type; all else is taken as the bytes that it is, text too.
fn value(row: &MySqlRow, column: usize) -> Result<Value, Error> {
    let raw = row.try_get_raw(column)?;
    if raw.is_null() {
        Ok(Value::Null)
    } else if raw.type_info().name().contains("INT") {
        row.try_get(column).map(Value::Int)
    } else {
        row.try_get_unchecked(column).map(Value::Bytes)
    }
}
