//! Thousands of requests over one connection.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Answer, Request, Server, patience};

/// A connection that takes one request after the other.
pub(super) struct Line {
    stream: TcpStream,
    port: u16,
    /// What has come and was not read yet.
    rest: Vec<u8>,
}

impl Line {
    pub(super) fn to(server: &Server) -> Self {
        let stream = server.connect();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self { stream, port: server.port(), rest: Vec::new() }
    }

    #[track_caller]
    pub(super) fn send(&mut self, request: &Request) -> Answer {
        const CLOSE: &[u8] = b"Connection: close\r\n";
        let bytes = request.to_bytes(self.port);
        let at = bytes.windows(CLOSE.len()).position(|window| window == CLOSE).unwrap();
        self.stream.write_all(&[&bytes[..at], &bytes[at + CLOSE.len()..]].concat()).unwrap();
        loop {
            if let Some(answer) = self.whole() {
                return answer;
            }
            let mut more = [0; 8192];
            let read = patience::read(&mut self.stream, &mut more).unwrap();
            assert!(read > 0, "{} {}: it hangs up", request.method, request.target);
            self.rest.extend_from_slice(&more[..read]);
        }
    }

    /// The next answer, once all of it is there.
    fn whole(&mut self) -> Option<Answer> {
        let end = self.rest.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.rest[..end]).to_ascii_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
        let message: Vec<u8> = (self.rest.len() >= end + length).then(|| self.rest.drain(..end + length).collect())?;
        Some(Answer::parse(&message).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&message))))
    }
}
