//! How a call fails, and what that means for what it was to do.
//!
//! The server quotes values in what it says (`Duplicate entry 'somebody@example.com' …`), so of a refusal in use only the number is
//! kept.

use std::time::Duration;

use counterfoil_core::store::StoreError;
use sqlx::Error;
use sqlx::mysql::MySqlDatabaseError;

use crate::sql::Violation;

/// A call that was not done.
pub(super) enum Failure {
    /// The connection is of no more use. Nothing was committed.
    Lost(Error),
    /// Another transaction was in the way. Nothing was committed, and the same again may succeed.
    Busy(u16),
    /// The server does not do this. Nothing was committed.
    Refused(u16),
    /// The connection was lost while the server committed: it may have or not.
    Unknown(Error),
}

/// Why the store is not available, without what the server said.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unavailable {
    #[error("the connection was lost")]
    Lost(#[source] Error),
    #[error("the connection was lost while a transaction was committed, which may have been done or not")]
    Unknown(#[source] Error),
    #[error("other transactions were in the way for too long (error {0})")]
    Busy(u16),
    #[error("the server refused with error {0}")]
    Refused(u16),
    #[error("no answer within {} s", _0.as_secs_f32())]
    Silent(Duration),
    #[error("every connection was busy for {} s", _0.as_secs_f32())]
    Crowded(Duration),
}

/// Deadlock; lock wait; a changed row under snapshot isolation (MariaDB).
const BUSY: [u16; 3] = [1213, 1205, 1020];
/// The server goes down or has given the connection up; it takes writes no more, as after a failover; it has forgotten a
/// statement that was prepared.
const LOST: [u16; 12] = [1053, 1077, 1079, 1080, 1927, 3169, 4031, 1290, 1792, 1836, 1243, 1615];
/// A table or column is missing.
const DAMAGED: [u16; 2] = [1146, 1054];
const DUPLICATE: [u16; 2] = [1062, 1586];
const NOT_REFERENCED: [u16; 2] = [1452, 1216];

/// What the server said, if the error is an answer of it.
pub(super) fn said(error: &Error) -> Option<&MySqlDatabaseError> {
    match error {
        Error::Database(error) => error.try_downcast_ref(),
        _ => None,
    }
}

impl Failure {
    /// What an error means before anything is committed.
    pub(super) fn of(error: Error) -> Self {
        match said(&error).map(MySqlDatabaseError::number) {
            Some(number) if BUSY.contains(&number) => Self::Busy(number),
            Some(number) if !LOST.contains(&number) => Self::Refused(number),
            _ => Self::Lost(error),
        }
    }

    /// What an error means when it is the answer to a commit.
    pub(super) fn of_commit(error: Error) -> Self {
        match said(&error).map(MySqlDatabaseError::number) {
            // A cluster finds out by now that another node was faster, and has rolled back.
            Some(number) if BUSY.contains(&number) => Self::Busy(number),
            _ => Self::Unknown(error),
        }
    }

    /// As the store reports it.
    pub(super) fn report(self) -> StoreError {
        match self {
            Self::Refused(number) if DAMAGED.contains(&number) => StoreError::Damaged {
                what: "the database's tables".to_owned(),
                source: Some(Box::new(Unavailable::Refused(number))),
            },
            Self::Refused(number) => Unavailable::Refused(number).report(),
            Self::Busy(number) => Unavailable::Busy(number).report(),
            Self::Lost(error) => Unavailable::Lost(error).report(),
            Self::Unknown(error) => Unavailable::Unknown(error).report(),
        }
    }

    /// Whether the server has answered, be it with a refusal.
    pub(super) const fn is_answer(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Refused(_))
    }
}

impl Unavailable {
    /// As the store reports it.
    pub(super) fn report(self) -> StoreError {
        StoreError::Unavailable(Box::new(self))
    }
}

/// The constraint that `error` is about, if it is about one.
pub(super) fn violation(error: &Error) -> Option<Violation> {
    let said = said(error)?;
    if NOT_REFERENCED.contains(&said.number()) {
        return Some(Violation::Reference);
    }
    DUPLICATE.contains(&said.number()).then(|| Violation::Unique(key(said.message())))
}

/// The name at the end of `Duplicate entry '…' for key 'username_key'` or, from MySQL 8, `… for key 'users.username_key'`. What
/// stands before it is a value and may hold anything.
fn key(message: &str) -> String {
    let quoted = message.trim_end_matches('\'');
    let name = quoted.rsplit('\'').next().unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_the_end_of_either_servers_message() {
        assert_eq!(key("Duplicate entry 'alice' for key 'username_key'"), "username_key");
        assert_eq!(key("Duplicate entry 'alice' for key 'users.username_key'"), "username_key");
        assert_eq!(key("Duplicate entry 'a' for key 'email_key'' for key 'PRIMARY'"), "PRIMARY");
        assert_eq!(key(""), "");
    }
}
