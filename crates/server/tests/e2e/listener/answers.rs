//! What is refused before a route is asked has the headers of every other answer, and says why: over HTTP/1 and HTTP/2.

use std::process::Command;

use super::{raw, statuses};
use crate::support::tls::Secure;
use crate::support::{Answer, Setup, Shared};

static PLAIN: Shared = Shared::new();
static SECURE: Shared = Shared::new();

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n";

/// Heads that no route sees, with the status and the name of the problem.
fn heads() -> Vec<(String, u16, &'static str)> {
    let line = |line: &str| format!("{line}\r\nHost: x\r\n\r\n");
    let mut heads = vec![
        (format!("{GET}\r\n").replace("\r\n", "\n"), 400, "malformed"),
        (format!("{GET}Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400, "malformed"),
        (line("GET /<x> HTTP/1.1"), 400, "malformed"),
        (line("GET /?a=\"b\" HTTP/1.1"), 400, "malformed"),
        // Neither is an authority, though both are made of what a Host may have in it.
        ("GET http://a:b:c/ HTTP/1.1\r\nHost: a:b:c\r\n\r\n".to_owned(), 400, "malformed"),
        ("GET http://[a/ HTTP/1.1\r\nHost: [a\r\n\r\n".to_owned(), 400, "malformed"),
        (line(&format!("GET /{} HTTP/1.1", "x".repeat(9000))), 414, "address-too-long"),
        (format!("{GET}X-Long: {}\r\n\r\n", "x".repeat(40_000)), 431, "headers-too-large"),
        (format!("{GET}{}\r\n", "X-A: b\r\n".repeat(100)), 431, "headers-too-large"),
    ];
    for target in ["x:80", "/", "/login", "http://x/"] {
        heads.push((line(&format!("CONNECT {target} HTTP/1.1")), 501, "not-implemented"));
    }
    heads
}

#[track_caller]
fn is_like_every_other(answer: &Answer, status: u16, slug: &str, https: bool) {
    answer.refusal(status, slug);
    for name in [
        "x-request-id",
        "content-security-policy",
        "x-content-type-options",
        "x-frame-options",
        "referrer-policy",
        "permissions-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
    ] {
        assert_eq!(answer.headers(name).len(), 1, "{name}: {answer}");
    }
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    assert_eq!(answer.headers("strict-transport-security").len(), usize::from(https), "{answer}");
}

#[test]
fn wb_01_wb_07_what_is_refused_of_http_1_is_answered_like_everything_else() {
    let (plain, secure) =
        (PLAIN.server(), SECURE.set_up(|| Setup::default().argument("--tls").argument("self-signed")));
    for (head, status, slug) in heads() {
        let text = raw(&plain, format!("{head}{GET}\r\n").as_bytes());
        assert_eq!(statuses(&text), [status], "it is the last of its connection: {text}");
        let answer = Answer::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
        is_like_every_other(&answer, status, slug, false);
        let text = Secure::connect(&secure, rustls::ALL_VERSIONS, &[]).unwrap().exchange(head.as_bytes());
        let answer = Answer::parse(&text).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&text)));
        is_like_every_other(&answer, status, slug, true);
    }
}

#[test]
fn wb_01_wb_07_what_is_refused_of_http_2_is_answered_like_everything_else() {
    let secure = SECURE.set_up(|| Setup::default().argument("--tls").argument("self-signed"));
    let ask = |path: &str, more: &[&str]| {
        let url = format!("https://127.0.0.1:{}{path}", secure.port());
        let asked = Command::new("curl").args(["-sk", "--http2", "-i", &url]).args(more).output().unwrap();
        let text = String::from_utf8(asked.stdout).unwrap();
        let text = text.replacen("HTTP/2 ", "HTTP/1.1 ", 1);
        Answer::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} {}", String::from_utf8_lossy(&asked.stderr)))
    };
    let long = format!("X-Long: {}", "x".repeat(40_000));
    let many: Vec<String> = (0..101).flat_map(|number| ["-H".to_owned(), format!("X-{number}: y")]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let large = "x".repeat(70_000);
    is_like_every_other(&ask(&format!("/{}", "x".repeat(9000)), &[]), 414, "address-too-long", true);
    is_like_every_other(&ask(&format!("/{}", "x".repeat(40_000)), &[]), 414, "address-too-long", true);
    is_like_every_other(&ask("/healthz", &["-H", &long]), 431, "headers-too-large", true);
    is_like_every_other(&ask("/healthz", &many), 431, "headers-too-large", true);
    is_like_every_other(&ask("/nowhere", &[]), 404, "not-found", true);
    is_like_every_other(&ask("/login", &["-X", "TRACE"]), 405, "method-not-allowed", true);
    is_like_every_other(
        &ask("/login", &["-H", "Content-Type: application/json", "--data-binary", &large]),
        413,
        "too-large",
        true,
    );
}
