//! What a connection may do, and what it gets that does something else.
#![expect(clippy::disallowed_methods, reason = "how long real sockets stay open is a matter of the real clock")]

mod address;
mod answers;
mod crowd;
mod dribble;
mod frames;
mod http2;
mod https;
mod reload;
mod sizes;
mod smuggling;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Server;

/// Everything that comes back until the server hangs up. It panics when the server does not.
#[track_caller]
fn rest(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(55))).unwrap();
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8_lossy(&text).into_owned(),
    }
}

/// Sends bytes on a connection of their own, and returns everything that comes back.
#[track_caller]
fn raw(server: &Server, bytes: &[u8]) -> String {
    let mut stream = server.connect();
    // The server may hang up before all is written.
    let _ = stream.write_all(bytes);
    rest(stream)
}

/// The statuses of all the answers in a text.
fn statuses(text: &str) -> Vec<u16> {
    let lines = text.split("HTTP/1.").skip(1);
    lines.filter_map(|line| line.get(2..5)?.parse().ok()).collect()
}
