//! A connection for the time of one task.

use deadpool_postgres::{ClientWrapper, Object};

use super::connect::Connector;
use super::error::Failure;

/// A connection of the pool. It goes back only when it is said to be in good order: one that is dropped in the middle of
/// something (a time-out, a caller who has gone away) is closed, as nobody knows what it still does, and the server is asked
/// to stop doing it.
pub(super) struct Lease {
    /// Always there until the drop.
    connection: Option<Object>,
    connector: Connector,
    in_order: bool,
}

impl Lease {
    pub(super) const fn new(connection: Object, connector: Connector) -> Self {
        Self { connection: Some(connection), connector, in_order: false }
    }

    /// The connection, unless it is gone.
    pub(super) fn client(&self) -> Option<&ClientWrapper> {
        self.connection.as_deref()
    }

    /// Nothing is under way on it: the next may have it.
    pub(super) fn give_back(mut self) {
        self.in_order = true;
    }

    /// Something has failed on it, so it is not used again. What is under way on it is stopped.
    pub(super) fn put_away(mut self, failure: &Failure) {
        if failure.is_refusal() {
            drop(self.connection.take().map(Object::take));
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.in_order {
            return;
        }
        let client = Object::take(connection);
        if client.is_closed() {
            return;
        }
        let (token, connector) = (client.cancel_token(), self.connector.clone());
        drop(client);
        // Without a runtime the program is ending, and the server sees the connection close.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { connector.cancel(token).await });
        }
    }
}
