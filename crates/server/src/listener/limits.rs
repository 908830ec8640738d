//! How much a listener takes from its clients, and for how long.

use std::time::Duration;

use crate::config;

/// The longest request line and headers, in bytes.
pub(super) const HEAD_BYTES: usize = 32 * 1024;
/// How much of HTTP/2's headers the library reads. It answers what is longer in words of its own, without the headers that every
/// answer has, so it is let read more than we take: what is a little too long is refused by us.
pub(super) const HTTP2_HEAD_BYTES: usize = 2 * HEAD_BYTES;
/// The longest address in a request line, in bytes.
pub(super) const TARGET_BYTES: usize = 8 * 1024;
/// The most headers.
pub(super) const FIELDS: usize = 100;
/// The longest name of a method, in bytes.
pub(super) const METHOD_BYTES: usize = 20;
/// The requests that one connection of HTTP/2 may have at a time.
pub(super) const STREAMS: u32 = 100;

/// Open files that are left for everything else than connections: stores, logs, and whom we tell that we are full.
const OTHER_FILES: u64 = 256;
/// The most connections if nobody says another number: some hosts set no limit to files, and each connection takes memory.
const MOST_CONNECTIONS: usize = 64 * 1024;
/// Where nobody knows how many files the process may have open.
const USUAL_CONNECTIONS: usize = 1024;
/// The fewest connections that an address may have if nobody says another number.
const FEWEST_FOR_EACH: usize = 64;

/// How a listener treats its clients.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long one may take for the TLS handshake, for a request's headers, and between two pieces of a body.
    pub header_timeout: Duration,
    /// How long one may take to send a whole body, and to take any more of an answer.
    pub body_timeout: Duration,
    /// How long a connection may stay open between two requests.
    pub idle_timeout: Duration,
    /// How long requests in flight may go on once the end has come.
    pub shutdown_grace: Duration,
    /// The most connections at a time.
    pub connections: usize,
    /// The most of them from one address.
    pub connections_per_address: usize,
}

impl Limits {
    /// What the settings say, for a process that may have so many files open.
    pub fn new(settings: &config::Server, open_files: Option<u64>) -> Self {
        let room = Self::room(open_files);
        let connections =
            said(settings.max_connections).unwrap_or(room.unwrap_or(USUAL_CONNECTIONS).clamp(1, MOST_CONNECTIONS));
        let for_each = said(settings.max_connections_per_address).unwrap_or((connections / 16).max(FEWEST_FOR_EACH));
        Self {
            header_timeout: settings.header_timeout,
            body_timeout: settings.body_timeout,
            idle_timeout: settings.idle_timeout,
            shutdown_grace: settings.shutdown_grace,
            connections,
            connections_per_address: for_each,
        }
    }

    /// How many connections there is room for, where so many files may be open.
    pub(crate) fn room(open_files: Option<u64>) -> Option<usize> {
        open_files.map(|files| usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX))
    }
}

/// A number of the settings, in which 0 is none.
fn said(number: u32) -> Option<usize> {
    usize::try_from(number).ok().filter(|number| *number > 0)
}

/// Lets the process have as many files open as it ever may, and says how many those are.
#[cfg(unix)]
pub fn raise_open_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays as it is");
            current
        }
    }
}

/// Nobody knows how many files this process may have open.
#[cfg(not(unix))]
pub fn raise_open_files() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wb_12_what_nobody_says_follows_from_the_open_files() {
        let mut settings = config::Server::default();
        let numbers = |settings: &config::Server, files| {
            let limits = Limits::new(settings, files);
            (limits.connections, limits.connections_per_address)
        };
        assert_eq!(numbers(&settings, Some(20_000)), (19_744, 1234));
        assert_eq!(numbers(&settings, Some(1024)), (768, 64));
        assert_eq!(numbers(&settings, Some(100)), (1, 64));
        assert_eq!(numbers(&settings, Some(u64::MAX)), (65_536, 4096));
        assert_eq!(numbers(&settings, None), (1024, 64));
        settings.max_connections = 5;
        settings.max_connections_per_address = 2;
        assert_eq!(numbers(&settings, Some(20_000)), (5, 2));
    }
}
