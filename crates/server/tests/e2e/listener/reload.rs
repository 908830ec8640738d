//! A certificate that is renewed while the server runs.

use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use rustls::version::TLS13;
use tempfile::TempDir;

use crate::support::tls::Secure;
use crate::support::{Request, Server, Setup, patience};

/// Writes a new pair and returns its certificate.
fn renew(folder: &Path) -> Vec<u8> {
    renew_with(folder, |_| {})
}

fn renew_with(folder: &Path, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    change(&mut params);
    let made = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("chain.pem"), made.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    made.der().to_vec()
}

fn shown(server: &Server) -> Vec<u8> {
    Secure::connect(server, &[&TLS13], &[]).unwrap().certificate()
}

#[track_caller]
fn comes(what: &str, is_there: impl Fn() -> bool) {
    assert!(patience::comes(is_there), "{what} does not come");
}

#[test]
fn the_end_of_a_certificate_is_told_once() {
    let files = TempDir::new().unwrap();
    let tomorrow = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date().tomorrow().unwrap();
    let ends = |params: &mut CertificateParams| {
        let (year, month, day) = (tomorrow.year(), tomorrow.month(), tomorrow.day());
        params.not_after = rcgen::date_time_ymd(year.into(), month.unsigned_abs(), day.unsigned_abs());
    };
    renew_with(files.path(), ends);
    let path = |name: &str| files.path().join(name).display().to_string();
    let setup = Setup::default().argument("--tls-certificate").argument(&path("chain.pem"));
    let server = setup.argument("--tls-key").argument(&path("key.pem")).start();
    let told = || server.log().matches("the certificate expires on").count();
    comes("the warning", || told() > 0);
    renew_with(files.path(), ends);
    // By then the files have been looked at more than once.
    comes("the second certificate", || server.log().contains("the certificate was read again"));
    assert_eq!(told(), 2, "{}", server.log());
}

#[test]
fn cr_05_a_renewed_certificate_counts_without_a_restart_and_a_broken_one_does_not() {
    let files = TempDir::new().unwrap();
    let first = renew(files.path());
    let path = |name: &str| files.path().join(name).display().to_string();
    let setup = Setup::default().argument("--tls-certificate").argument(&path("chain.pem"));
    let server = setup.argument("--tls-key").argument(&path("key.pem")).start();
    assert_eq!(shown(&server), first);
    // A connection that was there before goes on.
    let before = Secure::connect(&server, &[&TLS13], &[]).unwrap();
    let second = renew(files.path());
    comes("the second certificate", || shown(&server) == second);
    let answer = before.exchange(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with(b"HTTP/1.1 200") || answer.is_empty(), "{}", String::from_utf8_lossy(&answer));

    std::fs::write(files.path().join("chain.pem"), "half of a certif").unwrap();
    comes("the warning", || server.log().contains("stays as it was") && server.log().contains("holds no certificate"));
    assert_eq!(shown(&server), second);
    let third = renew(files.path());
    comes("the third certificate", || shown(&server) == third);
    server.send_securely(&Request::get("/healthz")).expect(200);
}
