//! What is said of files that do not fit.

use std::fs;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;

/// The 15th of January 2027.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn made(change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
    let mut params = CertificateParams::new(["auth.example".to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// What is said of such files.
fn said(certificate: &str, key: &str) -> String {
    let folder = TempDir::new().unwrap();
    let files = Files { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    fs::write(&files.certificate, certificate).unwrap();
    fs::write(&files.key, key).unwrap();
    let said = files.load(NOW).map_or_else(|error| error.to_string(), |_| "good".to_owned());
    said.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn cr_08_each_mistake_has_its_sentence() {
    let (certificate, key) = made(|_| {});
    let (other_certificate, other_key) = made(|_| {});
    assert_eq!(said(&certificate, &key), "good");
    assert_eq!(said(&format!("{certificate}{other_certificate}"), &key), "good", "a chain");
    assert_eq!(said(&format!("{key}{certificate}"), &format!("{certificate}{key}")), "good", "both in both");
    let none = "chain.pem: holds no certificate: write one there that begins with -----BEGIN CERTIFICATE-----";
    assert_eq!(said("", &key), none);
    assert_eq!(said(&key, &key), none);
    let none = "key.pem: holds no private key that is not encrypted: write one there that begins with -----BEGIN PRIVATE KEY-----";
    assert_eq!(said(&certificate, ""), none);
    assert_eq!(said(&certificate, &certificate), none);
    assert_eq!(said(&certificate, &key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")), none);
    let mismatch = "key.pem: is not the key of the certificate in chain.pem: take the two that were made together";
    assert_eq!(said(&certificate, &other_key), mismatch);
    let (old, its_key) = made(|params| params.not_after = rcgen::date_time_ymd(2026, 12, 31));
    assert_eq!(said(&old, &its_key), "chain.pem: the certificate has expired on 2026-12-31: renew it");
    let (new, its_key) = made(|params| params.not_before = rcgen::date_time_ymd(2028, 2, 1));
    assert_eq!(
        said(&new, &its_key),
        "chain.pem: the certificate does not count before 2028-02-01: is the clock right?"
    );
    assert_eq!(
        said(&certificate.replace("MII", "!!!"), &key),
        "chain.pem: is damaged: what stands between its BEGIN and END is no base64"
    );
}

#[test]
fn cr_08_a_file_that_is_not_there_is_named_with_its_setting() {
    let folder = TempDir::new().unwrap();
    let (certificate, _) = made(|_| {});
    let files = Files { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    let said = |files: &Files| files.load(NOW).unwrap_err().to_string();
    assert!(said(&files).ends_with("chain.pem: there is no such file; server.tls_certificate names it"));
    fs::write(&files.certificate, certificate).unwrap();
    assert!(said(&files).ends_with("key.pem: there is no such file; server.tls_key names it"));
    fs::create_dir(&files.key).unwrap();
    assert!(said(&files).contains("key.pem: cannot be read, though server.tls_key names it: "));
}

#[test]
fn no_key_is_in_an_error() {
    let (certificate, key) = made(|_| {});
    let canary = key.lines().nth(1).unwrap();
    let broken = key.replace("-----END", "*-----END");
    for text in [said(&certificate, &broken), said(&certificate, canary), said(&key, &broken)] {
        assert!(!text.contains(&canary[..16]), "{text}");
    }
}
