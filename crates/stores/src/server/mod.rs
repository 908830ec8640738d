//! What the stores have in common that are servers of their own: how they are refused, and when they are left alone.

mod error;
mod gate;
mod stranger;
#[cfg(test)]
mod tests;
mod weakness;

pub use error::{Fault, ServerError};
pub(crate) use gate::Gate;
pub(crate) use stranger::Protocol;
pub use weakness::{Shortcoming, Weakness};

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::store::StoreError;

use crate::Changes;

/// How a server is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The most connections that are open at once. Whoever finds all of them busy waits.
    pub connections: usize,
    /// How long anything may take (to connect, to wait for a connection, to be answered) before it fails as unavailable.
    pub timeout: Duration,
    /// Whether a database without tables gets them. If not, it is left as it is and said to hold no store.
    pub make: bool,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(4, usize::from);
        Self { connections: (threads * 4).clamp(8, 64), timeout: Duration::from_secs(3), make: true }
    }
}

#[cfg(test)]
impl Options {
    /// For tests of anything but time, on a machine that may be busy with other things.
    pub(crate) fn patient() -> Self {
        Self { timeout: Duration::from_secs(30), ..Self::default() }
    }
}

/// For a server that has no cheap way to tell whether something is new: its log is to be read each time.
pub(crate) struct AskEachTime;

#[async_trait]
impl Changes for AskEachTime {
    async fn wait(&mut self, at_most: Duration) {
        tokio::time::sleep(at_most).await;
    }

    fn changed(&mut self) -> Result<bool, StoreError> {
        Ok(true)
    }
}
