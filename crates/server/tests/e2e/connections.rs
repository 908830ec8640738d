//! What a connection may do before there is a request in it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Request, Setup, Shared};

static SHARED: Shared = Shared::new();

/// Everything that comes back until the server hangs up. It panics when the server does not.
#[track_caller]
fn rest(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
        _ => String::from_utf8_lossy(&text).into_owned(),
    }
}

#[test]
fn wb_11_who_dribbles_is_hung_up_on() {
    let server = Setup::default().config("[server]\nheader_timeout = \"1s\"").start();
    for beginning in
        ["", "G", "P", "PRI * HTTP/2.0\r\n", "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "]
    {
        let mut stream = server.connect();
        stream.write_all(beginning.as_bytes()).unwrap();
        let text = rest(stream);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 408"), "{beginning:?}: {text}");
    }
    server.send(&Request::get("/healthz")).expect(200);
}

#[test]
fn wb_09_what_is_no_request_is_refused_and_hung_up_on() {
    let server = SHARED.server();
    let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
    let post = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for request in [
        "nonsense\r\n\r\n".to_owned(),
        "GET /healthz HTTP/9.9\r\n\r\n".to_owned(),
        format!("{post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
        format!("{post}Content-Length: -1\r\n\r\n{{}}"),
        format!("{post}Content-Length: 2x\r\n\r\n{{}}"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("{get}X A: b\r\n\r\n"),
        format!("{get}: b\r\n\r\n"),
        format!("{get}X-A: b\0c\r\n\r\n"),
        format!("{get}{}\r\n", "X-A: b\r\n".repeat(2000)),
        format!("{get}X-A: {}\r\n\r\n", "x".repeat(1 << 20)),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20)),
    ] {
        let mut stream = server.connect();
        // The server may hang up before all is written.
        let _ = stream.write_all(request.as_bytes());
        let text = rest(stream);
        let shown: String = request.chars().take(120).collect();
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{shown:?}: {text}");
        assert!(!text.contains("HTTP/1.1 200"), "{shown:?}: {text}");
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
