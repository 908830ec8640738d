//! What went wrong with a statement, and what that means for it, for the connection and for the caller.

use std::time::Duration;

use counterfoil_core::store::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

use crate::sql::Violation;

/// A failure. It holds no value of a row or parameter, which the server puts into the details of its errors.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The server refused.
    #[error("the server says: {message} ({})", code.code())]
    Said {
        /// Its SQLSTATE.
        code: SqlState,
        /// Whether it closed the connection, too.
        fatal: bool,
        /// In one sentence.
        message: String,
        /// The constraint that it is about.
        constraint: Option<String>,
    },
    /// The connection has ended.
    #[error("the connection: {0}")]
    Lost(String),
    /// No connection can be made.
    #[error("no connection")]
    Unreachable(#[source] Box<Self>),
    /// It took longer than it may.
    #[error("no answer within {} s", _0.as_secs_f32())]
    Late(Duration),
    /// What should be there once is there more often.
    #[error("a row that is unique is there more than once")]
    Repeated,
    /// A parameter or column is not of the type that this build gives it.
    #[error("{0}")]
    Mistyped(String),
}

impl Failure {
    /// No connection is there to be used.
    pub(super) fn gone() -> Self {
        Self::Lost("closed".to_owned())
    }

    /// Whether the server has answered and goes on serving the connection: the statement has done nothing.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Said { fatal: false, .. })
    }

    /// Whether the server is to be left alone for a moment: it does not answer, or takes nobody in. One connection that has
    /// ended says nothing about the others, nor does a lack of connections about those that are there.
    pub(super) fn is_outage(&self) -> bool {
        match self {
            Self::Late(_) => true,
            Self::Unreachable(why) => {
                !matches!(&**why, Self::Said { code, .. } if *code == SqlState::TOO_MANY_CONNECTIONS)
            }
            Self::Said { .. } | Self::Lost(_) | Self::Repeated | Self::Mistyped(_) => false,
        }
    }

    /// Whether the same may work at once, on another connection.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Lost(_) => true,
            Self::Said { code, fatal, .. } => {
                *fatal
                    || self.is_stale()
                    || [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE].contains(code)
            }
            Self::Unreachable(_) | Self::Late(_) | Self::Repeated | Self::Mistyped(_) => false,
        }
    }

    /// Whether the statement was prepared before a change of the tables, or somebody has dropped it.
    pub(super) fn is_stale(&self) -> bool {
        let stale = [SqlState::FEATURE_NOT_SUPPORTED, SqlState::INVALID_SQL_STATEMENT_NAME];
        matches!(self, Self::Said { code, .. } if stale.contains(code))
    }

    /// The constraint that it is about, if it is about one that the texts count on.
    pub(super) fn violation(&self) -> Option<Violation> {
        let Self::Said { code, constraint, .. } = self else { return None };
        if *code == SqlState::UNIQUE_VIOLATION {
            Some(Violation::Unique(constraint.clone().unwrap_or_default()))
        } else {
            (*code == SqlState::FOREIGN_KEY_VIOLATION).then_some(Violation::Reference)
        }
    }

    /// What is damaged, if it says that something is.
    fn damage(&self) -> Option<&'static str> {
        match self {
            // Such as a table or column that is missing, of another type or with another constraint: changed by hand. A user
            // without privileges (42501) and a lock are another matter. XX001 and XX002: pages or indexes are corrupted.
            Self::Said { code, .. } => match code.code() {
                "42501" => None,
                "XX001" | "XX002" => Some("the database's files"),
                code if code.starts_with("42") || code.starts_with("22") || code.starts_with("23") => {
                    Some("the database's tables")
                }
                _ => None,
            },
            Self::Repeated | Self::Mistyped(_) => Some("the database's tables"),
            Self::Lost(_) | Self::Unreachable(_) | Self::Late(_) => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if let Some(said) = error.as_db_error() {
            return Self::Said {
                code: said.code().clone(),
                fatal: !matches!(said.parsed_severity(), Some(Severity::Error)),
                message: said.message().to_owned(),
                constraint: said.constraint().map(str::to_owned),
            };
        }
        let source = std::error::Error::source(&error);
        match source {
            Some(source) if source.is::<super::value::Mismatch>() => Self::Mistyped(source.to_string()),
            Some(source) => Self::Lost(format!("{error}: {source}")),
            None => Self::Lost(error.to_string()),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure.damage() {
            Some(what) => Self::Damaged { what: what.to_owned(), source: Some(Box::new(failure)) },
            None => Self::Unavailable(Box::new(failure)),
        }
    }
}
