//! HTTPS in the server itself.

use std::io::{Read as _, Write as _};
use std::process::Command;

use rustls::ProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde_json::json;
use tempfile::TempDir;

use crate::support::tls::Secure;
use crate::support::{Request, Server, Setup, Shared};

static SHARED: Shared = Shared::new();

fn secure_server() -> std::sync::Arc<Server> {
    SHARED.set_up(|| Setup::default().argument("--tls").argument("self-signed"))
}

#[test]
fn cr_08_tls_1_2_and_1_3_are_spoken_and_nothing_older() {
    let server = secure_server();
    for (version, name) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let secure = Secure::connect(&server, &[version], &[]).unwrap();
        assert_eq!((secure.version(), secure.name()), (Some(name), None));
        let answer = secure.exchange(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
    for version in [0, 1, 2] {
        let mut stream = server.connect();
        stream.write_all(&hello(version)).unwrap();
        let mut alert = Vec::new();
        let _ = stream.read_to_end(&mut alert);
        // An alert (21), which is fatal (2): protocol_version (70), or handshake_failure (40) (RFC 8446 §6).
        assert!(alert.first() == Some(&21) && alert.get(5) == Some(&2), "TLS 1.{version}: {alert:?}");
        assert!(alert.last().is_some_and(|kind| [40, 70].contains(kind)), "TLS 1.{version}: {alert:?}");
    }
}

/// A `ClientHello` (RFC 5246 §7.4.1.2) of a client that knows nothing newer than SSL 3.0, TLS 1.0, or 1.1, with suites of the time.
fn hello(minor: u8) -> Vec<u8> {
    let suites = [0xc0, 0x13, 0xc0, 0x14, 0xc0, 0x09, 0x00, 0x2f, 0x00, 0x35];
    let mut body = vec![3, minor];
    body.extend([7; 32]);
    body.extend([0, 0, u8::try_from(suites.len()).unwrap()]);
    body.extend(suites);
    body.extend([1, 0]);
    let length = u8::try_from(body.len()).unwrap();
    [vec![22, 3, minor, 0, length + 4, 1, 0, 0, length], body].concat()
}

#[test]
fn alpn_chooses_the_version_of_http() {
    let server = secure_server();
    let chosen = |names: &[&str]| {
        let secure = Secure::connect(&server, &[&TLS13], names).unwrap();
        secure.name().map(str::to_owned)
    };
    assert_eq!(chosen(&["h2", "http/1.1"]).as_deref(), Some("h2"));
    assert_eq!(chosen(&["http/1.1"]).as_deref(), Some("http/1.1"));
    assert_eq!(chosen(&[]), None);
    let url = format!("https://127.0.0.1:{}/healthz", server.port());
    let said =
        Command::new("curl").args(["-sk", "--http2", "-D", "-", "-w", "%{http_version}", &url]).output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.starts_with("HTTP/2 200") && said.ends_with("}2"), "{said}");
    assert!(said.contains("strict-transport-security: max-age=31536000; includeSubDomains"), "{said}");
}

#[test]
fn wb_01_every_answer_over_https_says_that_it_stays_so() {
    let server = secure_server();
    for request in [
        Request::get("/"),
        Request::get("/login").in_browser(),
        Request::get("/nowhere"),
        Request::get("/profile"),
        Request::new("TRACE", "/login"),
        Request::post("/login").json(&json!({})),
        Request::post("/login").text("application/json", &"x".repeat(70_000)),
        Request::get(&format!("/{}", "x".repeat(9000))),
        Request::get("/").header("X-Long", &"x".repeat(40_000)),
        Request::get("/").header("Bad Name", "x"),
    ] {
        let answer = server.send_securely(&request);
        let said = answer.header("strict-transport-security");
        assert_eq!(
            said,
            Some("max-age=31536000; includeSubDomains"),
            "{} {}: {answer}",
            request.method,
            request.target
        );
        for name in ["x-request-id", "content-security-policy", "x-content-type-options"] {
            assert_eq!(answer.headers(name).len(), 1, "{name}: {answer}");
        }
    }
    let plain = Setup::default().start();
    assert_eq!(plain.send(&Request::get("/")).header("strict-transport-security"), None, "RFC 6797 §7.2");
}

#[test]
fn ss_04_over_https_cookies_are_the_hosts_own() {
    let server = secure_server();
    let body = json!({ "username": "alice", "password": crate::support::PASSWORD });
    server.send_securely(&Request::post("/register").json(&body)).expect(201);
    let login = server.send_securely(&Request::post("/login").json(&body)).expect(200);
    let cookie = login.set_cookie("__Host-session_id");
    assert_eq!(cookie.reach(), ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
    let with = |request: Request| request.cookie("__Host-session_id", &cookie.value);
    server.send_securely(&with(Request::get("/profile"))).expect(200);
    let from = |origin: String| with(Request::post("/logout")).header("Origin", &origin);
    let address = format!("127.0.0.1:{}", server.port());
    server.send_securely(&from(format!("http://{address}"))).refusal(403, "cross-site");
    server.send_securely(&from(format!("https://{address}"))).expect(204);
}

#[test]
fn a_self_signed_certificate_is_the_one_whose_fingerprint_is_printed() {
    let server = secure_server();
    let certificate = Secure::connect(&server, &[&TLS13], &[]).unwrap().certificate();
    let fingerprint = counterfoil::listener::tls::fingerprint(&certificate);
    assert!(server.log().contains(&fingerprint), "{fingerprint}: {}", server.log());
    assert!(server.log().contains("listening on https://127.0.0.1:"), "{}", server.log());
    let names: Vec<_> = std::fs::read_dir(server.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        names.iter().all(|name| !name.to_string_lossy().ends_with(".pem")),
        "it is kept in memory alone: {names:?}"
    );
}

#[test]
fn cr_08_without_https_the_server_stays_on_this_machine() {
    let fails = |setup: Setup, words: &[&str]| {
        let folder = TempDir::new().unwrap();
        let done = setup.fails_in(folder.path());
        assert_eq!(done.code, Some(1), "{done:?}");
        assert_eq!(done.stderr.lines().filter(|line| !line.starts_with("warning")).count(), 1, "{done:?}");
        for word in words {
            assert!(done.stderr.contains(word), "{word}: {done:?}");
        }
        assert!(!folder.path().join("counterfoil.db").exists(), "the store is left alone");
    };
    let listen = |address: &str| Setup::default().argument("--listen").argument(address);
    for address in ["0.0.0.0:0", "[::]:0"] {
        fails(listen(address), &["server.listen", "plain HTTP", "`tls_certificate`", "`trusted_proxies`", "127.0.0.1"]);
    }
    let public = "[server]\npublic_url = \"https://auth.example.com\"";
    fails(listen("0.0.0.0:0").config(public), &["server.listen", "plain HTTP"]);
    let files = |certificate: &str, key: &str| {
        Setup::default().argument("--tls-certificate").argument(certificate).argument("--tls-key").argument(key)
    };
    fails(files("none.pem", "none.key"), &["none.pem", "no such file", "server.tls_certificate"]);
    fails(files("settings.toml", "settings.toml"), &["settings.toml", "holds no certificate"]);
    let wrong = "[server]\ntls = \"self-signed\"\npublic_url = \"http://auth.example.com\"";
    fails(Setup::default().config(wrong), &["server.public_url", "https://"]);
}
