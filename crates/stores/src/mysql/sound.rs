//! A server that breaks the protocol is an error, whatever the driver makes of it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use sqlx::Error;

/// sqlx 0.9 panics at packets that are shorter than what they announce. A connection of which that was read is of no more use, which
/// is what this error means to whoever gets it.
pub(super) async fn sound<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let broken = |_| Err(Error::Protocol("an answer that breaks the protocol".to_owned()));
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(broken)
}
