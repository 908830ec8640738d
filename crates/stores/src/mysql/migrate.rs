//! Making the tables, or bringing them up to date. A statement that changes a table commits by itself here, so what makes
//! a version is not one transaction: each statement is made such that it can be run again, and a lock keeps other nodes out.

use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::time::timeout;

use super::failure::said;
use super::open::{Opening, text};
use super::sound::sound;
use super::{DIALECT, OURS};
use crate::server::{Fault, ServerError};
use crate::sql::{Value, schema};

/// For how long another node may be at it.
const PATIENCE: Duration = Duration::from_mins(1);
/// For how long one statement may take: those to come may rewrite large tables.
const LONGEST: Duration = Duration::from_mins(30);

/// The lock is the whole server's, so its name tells the database; it may have 64 characters.
const LOCK: &str = "select get_lock(concat('counterfoil ', left(sha2(database(), 256), 40)), ?)";
const UNLOCK: &str = "select release_lock(concat('counterfoil ', left(sha2(database(), 256), 40)))";
const TABLES: &str = "select table_name, table_comment from information_schema.tables where table_schema = database()";

/// A table, column, key, constraint or the one row of a table is there already.
///
/// The nodes of a Galera cluster each have locks of their own, so two of ours that start on two of them do run side by side.
const DONE_ALREADY: [u16; 5] = [1050, 1060, 1061, 1826, 1062];
/// A cluster found that another of its nodes was faster, and has rolled back.
const OVERTAKEN: u16 = 1213;
/// How often a statement is tried that was overtaken.
const TRIES: usize = 5;

/// Brings the tables up to this build's version.
pub(super) async fn migrate(opening: &mut Opening<'_>) -> Result<(), ServerError> {
    match version(opening).await? {
        schema::VERSION => return Ok(()),
        0 if !opening.options.make => return Err(opening.faults.found(Fault::Empty)),
        _ => {}
    }
    lock(opening).await?;
    // Under the lock, because another node may have been faster. An error closes the connection, and that gives it back.
    let from = version(opening).await?;
    if from < schema::VERSION {
        for sql in schema::migrations(&DIALECT, from) {
            apply(opening, sql).await?;
        }
    }
    opening.run(UNLOCK, &[]).await.map(drop)
}

async fn lock(opening: &mut Opening<'_>) -> Result<(), ServerError> {
    let seconds = Value::Int(i64::try_from(PATIENCE.as_secs()).unwrap_or(i64::MAX));
    let rows = opening.run_for(PATIENCE + opening.options.timeout, LOCK, &[seconds]).await?;
    if rows.first().and_then(|row| row.first()).is_some_and(|got| matches!(got, Value::Int(1))) {
        return Ok(());
    }
    let why = "another node has been changing its tables for a minute: see whether that one hangs, then try again";
    Err(opening.faults.found(Fault::Unfit(why.to_owned())))
}

/// The version of the tables; 0 where there are none, or where the making of the first version has not come to its end.
pub(super) async fn version(opening: &mut Opening<'_>) -> Result<i64, ServerError> {
    let tables = opening.run(TABLES, &[]).await?;
    let tables: Vec<(String, bool)> =
        tables.iter().filter_map(|row| Some((text(row.first()?), text(row.get(1)?) == OURS))).collect();
    let foreign = tables.iter().find(|(_, ours)| !ours).map(|(name, _)| Fault::Foreign(name.clone()));
    let fault = if tables.iter().any(|(name, ours)| *ours && name == "schema_version") {
        let rows = opening.run(schema::READ_VERSION, &[]).await?;
        match (rows.as_slice(), foreign) {
            ([row], foreign) => match (row.as_slice(), foreign) {
                ([Value::Int(found)], _) if *found > schema::VERSION => {
                    Fault::Newer { found: *found, known: schema::VERSION }
                }
                ([Value::Int(found)], _) if *found > 0 => return Ok(*found),
                // Half done, and then somebody else has come: a table of theirs could be taken for one of ours.
                ([Value::Int(0)], Some(foreign)) => foreign,
                ([Value::Int(0)], None) => return Ok(0),
                _ => Fault::Damaged("schema_version.version".to_owned()),
            },
            ([], None) if tables.len() == 1 => return Ok(0),
            _ => Fault::Damaged("schema_version".to_owned()),
        }
    } else if let Some(foreign) = foreign {
        foreign
    } else if tables.is_empty() {
        return Ok(0);
    } else {
        Fault::Damaged("schema_version is missing".to_owned())
    };
    Err(opening.faults.found(fault))
}

/// Runs a statement that may have been run before.
async fn apply(opening: &mut Opening<'_>, sql: String) -> Result<(), ServerError> {
    if let Some(table) = filled(&sql) {
        // A migration fills only a table that it has made, in one row, so any row there is that one.
        let ask = format!("select 1 from {table} limit 1");
        if !execute(opening, ask).await?.is_empty() {
            return Ok(());
        }
    }
    execute(opening, sql).await.map(drop)
}

/// The table that a statement adds to.
fn filled(sql: &str) -> Option<String> {
    sql.strip_prefix("insert into ")?.split([' ', '(']).next().map(ToOwned::to_owned)
}

pub(super) async fn execute(opening: &mut Opening<'_>, sql: String) -> Result<Vec<sqlx::mysql::MySqlRow>, ServerError> {
    for left in (0..TRIES).rev() {
        let error = match timeout(LONGEST, sound(opening.connection.fetch_all(AssertSqlSafe(sql.clone())))).await {
            Ok(Ok(rows)) => return Ok(rows),
            Ok(Err(error)) => error,
            Err(_) => return Err(opening.faults.silent(LONGEST)),
        };
        match said(&error).map(MySqlDatabaseError::number) {
            Some(number) if DONE_ALREADY.contains(&number) => break,
            Some(OVERTAKEN) if left > 0 => {}
            _ => return Err(opening.faults.said(&error)),
        }
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_of_the_schema_can_be_run_again() {
        for sql in schema::migrations(&DIALECT, 0) {
            let makes = ["create table ", "create index ", "alter table "].iter().any(|start| sql.starts_with(start));
            let sets = sql.starts_with("update schema_version set version = ");
            assert!(makes || sets || filled(&sql).is_some(), "{sql}");
        }
        assert_eq!(filled("insert into log_head (position) values (0)").as_deref(), Some("log_head"));
    }
}
