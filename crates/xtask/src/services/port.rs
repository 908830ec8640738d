//! Ports of 127.0.0.1 that nobody listens at.

use std::net::TcpListener;

use super::error::ServiceError;

/// How often another process may take the port in the moment between its choice and the server's start.
const TRIES: usize = 5;

/// A port that was free a moment ago.
pub(super) fn free() -> Result<u16, ServiceError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(ServiceError::io("a free port"))
}

/// Starts something until it has its port.
pub(super) fn with_luck<T>(mut start: impl FnMut() -> Result<T, ServiceError>) -> Result<T, ServiceError> {
    let mut result = start();
    for _ in 1..TRIES {
        match &result {
            Err(error) if error.lost_the_port() => result = start(),
            _ => break,
        }
    }
    result
}
