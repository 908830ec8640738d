//! Ports of 127.0.0.1 that nobody listens at.

use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::ServiceError;
use super::secret::random;

/// The system usually gives these to nobody by itself, neither to who connects nor to who listens at any: so a port is still free when
/// its server is started again.
const OURS: RangeInclusive<u16> = 20_000..=31_999;
/// How many of them are tried.
const GUESSES: usize = 100;
/// How often another process may have the port: between its choice and the server's start, or as the server was down.
const TRIES: usize = 10;
/// A connection to elsewhere may have it for a while.
const PAUSE: Duration = Duration::from_millis(500);

/// A port of 127.0.0.1 that was free a moment ago, and that another program has next only if it asks for it.
pub fn free() -> Result<u16, ServiceError> {
    taken()?.local_addr().map(|address| address.port()).map_err(ServiceError::io("a free port"))
}

/// The same, with somebody who listens there.
pub(super) fn taken() -> Result<TcpListener, ServiceError> {
    for _ in 0..GUESSES {
        let number = u16::from_str_radix(&random(2)?, 16).unwrap_or_default();
        let port = OURS.start() + number % (OURS.end() - OURS.start());
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return Ok(listener);
        }
    }
    TcpListener::bind(("127.0.0.1", 0)).map_err(ServiceError::io("a free port"))
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
