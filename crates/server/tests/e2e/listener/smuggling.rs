//! Requests that two readers could read differently, each with another one hidden behind it.

use super::{raw, statuses};
use crate::support::{Request, Shared};

static SHARED: Shared = Shared::new();

/// What an attacker would like to have taken for a request of its own.
const HIDDEN: &str = "GET /profile HTTP/1.1\r\nHost: x\r\n\r\n";
const POST: &str = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

/// Heads that could be read in two ways: all of them are refused before anybody looks at what they ask for.
fn heads() -> Vec<String> {
    let with = |headers: &str| format!("{POST}{headers}\r\n");
    let line = |line: &str| format!("{line}\r\nHost: x\r\n\r\n");
    vec![
        // Two ways of saying where the body ends.
        with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
        with("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n"),
        with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
        with("Content-Length: 2\r\nContent-Length: 3\r\n"),
        with("Content-Length: 2\r\nContent-Length: 2\r\n"),
        with("Content-Length: 2, 2\r\n"),
        with("Content-Length: 2, 3\r\n"),
        // Lengths that are no numbers.
        with("Content-Length: -1\r\n"),
        with("Content-Length: +2\r\n"),
        with("Content-Length: 2x\r\n"),
        with("Content-Length: 0x2\r\n"),
        with("Content-Length: 2 2\r\n"),
        with("Content-Length: 2;q=1\r\n"),
        with("Content-Length: \"2\"\r\n"),
        with("Content-Length:\r\n"),
        with("Content-Length: 18446744073709551618\r\n"),
        with("Content-Length: 99999999999999999999999\r\n"),
        with("Content-Length: \u{b}2\r\n"),
        // Codings that are not quite `chunked`.
        with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        with("Transfer-Encoding: chunked, chunked\r\n"),
        with("Transfer-Encoding: gzip, chunked\r\n"),
        with("Transfer-Encoding: chunked, identity\r\n"),
        with("Transfer-Encoding: identity\r\nContent-Length: 2\r\n"),
        with("Transfer-Encoding: xchunked\r\n"),
        with("Transfer-Encoding: \"chunked\"\r\n"),
        with("Transfer-Encoding: chunked;a=b\r\n"),
        with("Transfer-Encoding:\u{b}chunked\r\n"),
        with("Transfer-Encoding: chunked\u{0}\r\n"),
        with("Transfer-Encoding:\r\n"),
        format!("POST /login HTTP/1.0\r\nHost: x\r\n{CHUNKED}\r\n"),
        // Names that some readers mend.
        with("Transfer-Encoding : chunked\r\n"),
        with("Content-Length : 2\r\n"),
        with(" Transfer-Encoding: chunked\r\n"),
        with("\tContent-Length: 2\r\n"),
        with("X: y\r\n Transfer-Encoding: chunked\r\n"),
        with("X: y\r\n\tContent-Length: 2\r\n"),
        with("Content-Length: \r\n 2\r\n"),
        with("Transfer-Encoding\u{0}: chunked\r\n"),
        with("Transfer Encoding: chunked\r\n"),
        with("Transfer-Encoding\u{e9}: chunked\r\n"),
        with(": chunked\r\n"),
        with("Transfer-Encoding chunked\r\n"),
        // Ends of lines that are none.
        with("X: a\rTransfer-Encoding: chunked\r\n"),
        with("X: a\nTransfer-Encoding: chunked\r\n"),
        with("X: a\n\r\n"),
        with("X: a\r\r\n"),
        with("X: a\u{0}b\r\n"),
        "POST /login HTTP/1.1\nHost: x\nContent-Length: 2\n\n".to_owned(),
        "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        "\rGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        // Request lines.
        line("GET  /healthz HTTP/1.1"),
        line("GET /healthz  HTTP/1.1"),
        line("GET\t/healthz HTTP/1.1"),
        line("GET /healthz HTTP/1.1 "),
        line(" GET /healthz HTTP/1.1"),
        line("GET /healthz"),
        line("GET /health z HTTP/1.1"),
        line("GET /healthz HTTP/1.1\rX: y"),
        line("GET /healthz HTTP/9.9"),
        line("GET /healthz HTTP/2.0"),
        line("GET /healthz HTTP/1.10"),
        line("GET /healthz http/1.1"),
        line("GET healthz HTTP/1.1"),
        line("GET /healthz#x HTTP/1.1"),
        line("GET /\u{e9} HTTP/1.1"),
        line("REFUSED-BY-THE-LISTENER /408 HTTP/1.1"),
        line("nonsense"),
        // Hosts.
        "GET /healthz HTTP/1.1\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1\r\nHost: x, y\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n".to_owned(),
        "GET http://y/healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
    ]
}

/// Chunks that could be read in two ways. Whoever reads the body says so; the connection ends in any case.
const CHUNKS: [&str; 17] = [
    "zz\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "+2\r\n{}\r\n0\r\n\r\n",
    "0x2\r\n{}\r\n0\r\n\r\n",
    "2 \r\n{}\r\n0\r\n\r\n",
    " 2\r\n{}\r\n0\r\n\r\n",
    "2\n{}\n0\n\n",
    "2\r{}\r0\r\r",
    "2;a=b\r\n{}\r\n0\r\n\r\n",
    "2;\r\n{}\r\n0\r\n\r\n",
    "2;a\n\r\n{}\r\n0\r\n\r\n",
    "2\r\n{}0\r\n\r\n",
    "2\r\n{}xx0\r\n\r\n",
    "2\r\n{}\r\n0;a=b\r\n\r\n",
    "2\r\n{}\r\n0\r\nX: trailer\r\n\r\n",
    "2\r\n{}\r\n0\r\n\n",
    "10000000000000002\r\n{}\r\n0\r\n\r\n",
];

#[test]
fn wb_09_a_head_that_could_be_read_in_two_ways_is_refused_and_is_the_last() {
    let server = SHARED.server();
    let heads = heads();
    assert!(heads.len() >= 60, "{}", heads.len());
    for head in heads {
        let text = raw(&server, format!("{head}{{}}{HIDDEN}{HIDDEN}").as_bytes());
        assert_eq!(statuses(&text), [400], "{head:?}: {text}");
        assert!(text.contains("/problems/malformed") && text.contains("connection: close"), "{head:?}: {text}");
    }
    server.send(&Request::get("/healthz")).expect(200);
}

#[test]
fn wb_09_chunks_that_could_be_read_in_two_ways_end_the_connection() {
    let server = SHARED.server();
    for chunks in CHUNKS {
        let text = raw(&server, format!("{POST}{CHUNKED}\r\n{chunks}{HIDDEN}{HIDDEN}").as_bytes());
        assert_eq!(statuses(&text), [400], "{chunks:?}: {text}");
        // The same where nobody reads the body.
        let text =
            raw(&server, format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{CHUNKED}\r\n{chunks}{HIDDEN}").as_bytes());
        assert!(matches!(statuses(&text).as_slice(), [] | [200 | 400]), "{chunks:?}: {text}");
    }
    server.send(&Request::get("/healthz")).expect(200);
}

#[test]
fn wb_09_what_is_refused_comes_after_the_answers_before_it() {
    let server = SHARED.server();
    let good = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let text = raw(&server, format!("{good}{good}GET / HTTP/1.1\nHost: x\n\n{good}").as_bytes());
    assert_eq!(statuses(&text), [200, 200, 400], "{text}");
}

#[test]
fn what_is_plain_is_answered() {
    let server = SHARED.server();
    let close = "Connection: close\r\n";
    for request in [
        format!("\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n{close}\r\n"),
        format!("GET http://x/healthz HTTP/1.1\r\nHost: x\r\n{close}\r\n"),
        "GET /healthz HTTP/1.0\r\n\r\n".to_owned(),
        format!("GET /healthz HTTP/1.1\r\nHost:x\r\n{close}X-Empty:\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{close}Content-Length: 2\r\n\r\n{{}}"),
        format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{close}{CHUNKED}\r\n2\r\n{{}}\r\n0\r\n\r\n"),
    ] {
        let text = raw(&server, request.as_bytes());
        assert_eq!(statuses(&text), [200], "{request:?}: {text}");
    }
}
