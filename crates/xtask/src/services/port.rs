//! Ports of 127.0.0.1 that nobody listens at.

use std::net::TcpListener;
use std::time::Duration;

use super::error::ServiceError;

/// How often another process may have the port: between its choice and the server's start, or as the server was down.
const TRIES: usize = 5;
/// A connection to elsewhere may have it for a while.
const PAUSE: Duration = Duration::from_millis(200);

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
            Err(error) if error.lost_the_port() => {
                std::thread::sleep(PAUSE);
                result = start();
            }
            _ => break,
        }
    }
    result
}
