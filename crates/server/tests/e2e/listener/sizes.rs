//! Requests that are as large as they may be, and larger by one.

use super::{raw, statuses};
use crate::support::{Request, Setup, Shared};

static SHARED: Shared = Shared::new();

/// The limits of the listener, which no setting changes.
const HEAD: usize = 32 * 1024;
const TARGET: usize = 8 * 1024;
const FIELDS: usize = 100;

#[test]
fn wb_10_an_address_has_an_end() {
    let server = SHARED.server();
    for (bytes, status) in [(TARGET - 1, 404), (TARGET, 404), (TARGET + 1, 414), (60_000, 414), (1 << 20, 414)] {
        let answer = server.send(&Request::get(&format!("/{}", "x".repeat(bytes - 1))));
        assert_eq!(answer.status, status, "{bytes}: {answer}");
    }
    server.send(&Request::get(&format!("/{}", "x".repeat(TARGET)))).refusal(414, "address-too-long");
}

#[test]
fn wb_10_headers_have_an_end() {
    let server = SHARED.server();
    let bare = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: \r\n\r\n".len();
    for (bytes, status) in [(HEAD - 1, 200), (HEAD, 200), (HEAD + 1, 431), (100_000, 431), (1 << 20, 431)] {
        let filler = "x".repeat(bytes - bare);
        let request = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: {filler}\r\n\r\n");
        let text = raw(&server, request.as_bytes());
        assert_eq!(statuses(&text), [status], "{bytes}: {text}");
        assert!(status == 200 || text.contains("/problems/headers-too-large"), "{text}");
    }
    for (lines, status) in [(FIELDS - 1, 200), (FIELDS, 200), (FIELDS + 1, 431), (2000, 431)] {
        let filler = "X-A: b\r\n".repeat(lines - 2);
        let request = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{filler}\r\n");
        assert_eq!(statuses(&raw(&server, request.as_bytes())), [status], "{lines}");
    }
}

#[test]
fn wb_10_a_body_has_an_end() {
    let server = Setup::default().config("[server]\nbody_limit = 2048").start();
    for (bytes, status) in [(2047, 400), (2048, 400), (2049, 413), (1 << 20, 413)] {
        let body = "x".repeat(bytes);
        let answer = server.send(&Request::post("/login").text("application/json", &body));
        assert_eq!(answer.status, status, "{bytes}: {answer}");
        let chunked = format!(
            "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n{bytes:x}\r\n{body}\r\n0\r\n\r\n"
        );
        assert_eq!(statuses(&raw(&server, chunked.as_bytes())), [status], "{bytes}, in chunks");
    }
}

#[test]
fn wb_10_a_body_that_is_announced_as_too_long_is_not_waited_for() {
    let server = SHARED.server();
    for expect in ["", "Expect: 100-continue\r\n"] {
        let head = format!(
            "POST /login HTTP/1.1\r\nHost: x\r\n{expect}Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
        );
        let text = raw(&server, head.as_bytes());
        assert_eq!(statuses(&text), [413], "{text}");
        // RFC 9112 §9.6: what follows is no request.
        assert!(text.contains("/problems/too-large") && text.contains("connection: close"), "{text}");
    }
}
