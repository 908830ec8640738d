//! How a store fails.

use std::error::Error;

/// A store did not do what it was asked. Never to be read as "not found" nor as "revoked".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, is locked, full or overloaded. The same call may work later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// What it holds makes no sense. The same call will not work later.
    #[error("the store holds something that cannot be read: {what}")]
    Damaged {
        /// Which record and field; no contents.
        what: String,
        /// What was wrong with it.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// Something new was there already.
    #[error("the store already has this {0}")]
    Conflict(&'static str),
}
