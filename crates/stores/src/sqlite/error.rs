//! What SQLite's errors mean.

use std::sync::Arc;

use counterfoil_core::store::StoreError;
use rusqlite::{Error, ErrorCode, ffi};

use crate::sql::Violation;

/// A failure as the store reports it: the file is damaged, or it cannot be used at the moment.
pub(super) fn failure(error: Error) -> StoreError {
    match damage(&error) {
        Some(what) => StoreError::Damaged { what: what.to_owned(), source: Some(Box::new(error)) },
        None => StoreError::Unavailable(Box::new(error)),
    }
}

/// The same for each write of a group that failed together.
pub(super) fn shared_failure(error: &Arc<Error>) -> StoreError {
    let source = Box::new(GroupFailed(Arc::clone(error)));
    match damage(error) {
        Some(what) => StoreError::Damaged { what: what.to_owned(), source: Some(source) },
        None => StoreError::Unavailable(source),
    }
}

/// A write was committed together with others, and the commit failed.
#[derive(Debug, thiserror::Error)]
#[error("the transaction that it was part of failed")]
struct GroupFailed(#[source] Arc<Error>);

/// What is damaged, if the error says that something is.
fn damage(error: &Error) -> Option<&'static str> {
    match error.sqlite_error_code()? {
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some("the database file"),
        // Such as a table that is missing or a column of the wrong type: the file was changed by hand.
        ErrorCode::Unknown | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => Some("the database's tables"),
        _ => None,
    }
}

/// The constraint that `error` is about, if it is about one that the texts count on.
pub(super) fn violation(error: &Error) -> Option<Violation> {
    let Error::SqliteFailure(failure, message) = error else { return None };
    match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            // "UNIQUE constraint failed: users.username_key"
            let column = message.as_deref().and_then(|message| message.rsplit('.').next()).unwrap_or_default();
            Some(Violation::Unique(column.to_owned()))
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Violation::Reference),
        _ => None,
    }
}
