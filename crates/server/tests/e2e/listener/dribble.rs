//! Whoever takes too long.

use std::io::{ErrorKind, Write as _};
use std::time::{Duration, Instant};

use super::{rest, statuses};
use crate::support::{Request, Setup, Shared, patience};

static SHARED: Shared = Shared::new();

#[test]
fn wb_11_who_dribbles_is_hung_up_on() {
    let server = Setup::default().config("[server]\nheader_timeout = \"1s\"").start();
    let beginnings =
        ["", "G", "P", "PRI * HTTP/2.0\r\n", "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "];
    let streams = beginnings.map(|beginning| {
        let mut stream = server.connect();
        stream.write_all(beginning.as_bytes()).unwrap();
        stream
    });
    for (stream, beginning) in streams.into_iter().zip(beginnings) {
        let text = rest(stream);
        // "P" may be the beginning of HTTP/2, in which nothing could be said yet.
        let told = beginning.starts_with('G');
        assert_eq!(statuses(&text), if told { vec![408] } else { vec![] }, "{beginning:?}: {text}");
        assert!(!told || text.contains("/problems/too-slow") && text.contains("connection: close"), "{text}");
    }
    server.send(&Request::get("/healthz")).expect(200);
}

#[test]
fn one_connection_takes_many_requests() {
    let server = SHARED.server();
    let mut stream = server.connect();
    let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(4);
    stream.write_all(request.as_bytes()).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let text = rest(stream);
    assert_eq!(text.matches("HTTP/1.1 200").count(), 5, "{text}");
    assert_eq!(text.matches("x-request-id: ").count(), 5, "{text}");
}

#[test]
fn wb_11_a_body_has_its_time() {
    let server = Setup::default().config("[server]\nheader_timeout = \"1s\"\nbody_timeout = \"2s\"").start();
    let head = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    // No byte for a while.
    let silent = ["Content-Length: 40\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"].map(|length| {
        let mut stream = server.connect();
        stream.write_all(format!("{head}{length}").as_bytes()).unwrap();
        stream
    });
    // A byte now and then, and never all of them.
    let mut stream = server.connect();
    stream.write_all(format!("{head}Content-Length: 1000\r\n\r\n{{").as_bytes()).unwrap();
    let (begun, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
    stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    let mut text = [0; 4096];
    let read = loop {
        let _ = stream.write_all(b" ");
        longest = longest.max(last.elapsed());
        last = Instant::now();
        match patience::read(&mut stream, &mut text) {
            Ok(read) => break read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "it is never enough");
    };
    let (took, longest) = (begun.elapsed(), longest.max(last.elapsed()));
    assert_eq!(statuses(&String::from_utf8_lossy(&text[..read])), [408]);
    // Unless the machine was so busy that it was silent for too long.
    assert!(took > Duration::from_millis(1500) || longest > Duration::from_millis(800), "it had its time: {took:?}");
    for stream in silent {
        assert_eq!(statuses(&rest(stream)), [408]);
    }
    server.send(&Request::get("/healthz")).expect(200);
}

#[test]
fn wb_11_an_idle_connection_is_hung_up_on() {
    let server = Setup::default().config("[server]\nidle_timeout = \"1s\"").start();
    let mut stream = server.connect();
    let begun = Instant::now();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(statuses(&rest(stream)), [200]);
    assert!(begun.elapsed() > Duration::from_millis(900), "not before its time: {:?}", begun.elapsed());
}
