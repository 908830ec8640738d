//! What is said of files that do not fit.

use std::fs;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{ECDSA_P256K1_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

fn load(files: &Files) -> Result<Checked, CertificateError> {
    files.check(&files.read()?, NOW)
}

/// What is said of such files.
fn said(certificate: &str, key: &str) -> String {
    let folder = TempDir::new().unwrap();
    let files = Files { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    fs::write(&files.certificate, certificate).unwrap();
    fs::write(&files.key, key).unwrap();
    let said = load(&files).map_or_else(|error| error.to_string(), |_| "good".to_owned());
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
    let none = "key.pem: holds no private key: write one there that begins with -----BEGIN PRIVATE KEY-----";
    assert_eq!(said(&certificate, ""), none);
    assert_eq!(said(&certificate, &certificate), none);
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
fn a_certificate_that_ends_within_a_fortnight_is_told() {
    for (day, told) in [(29, Some("2027-01-29")), (30, None)] {
        let (certificate, key) = made(|params| params.not_after = rcgen::date_time_ymd(2027, 1, day));
        let pair = Pair { certificate: certificate.into(), key: key.into_bytes().into() };
        let files = Files { certificate: "chain.pem".into(), key: "key.pem".into() };
        assert_eq!(files.check(&pair, NOW).unwrap().ends.as_deref(), told);
    }
}

#[test]
fn cr_08_a_key_that_wants_a_passphrase_is_called_so() {
    let (certificate, key) = made(|_| {});
    let legacy = "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233\n\n";
    for encrypted in [
        key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        key.replacen("PRIVATE KEY-----\n", legacy, 1),
        key.replace("PRIVATE KEY", "EC PRIVATE KEY").replacen("PRIVATE KEY-----\n", legacy, 1),
    ] {
        let said = said(&certificate, &encrypted);
        assert!(
            said.starts_with("key.pem: its private key is encrypted") && said.contains("openssl pkey -in "),
            "{said}"
        );
    }
}

#[test]
fn cr_08_a_key_that_tls_does_not_use_is_called_what_it_is() {
    let (certificate, _) = made(|_| {});
    let bitcoin = EcdsaKeyPair::generate(&ECDSA_P256K1_SHA256_ASN1_SIGNING).unwrap();
    let pkcs8 = bitcoin.to_pkcs8v1().unwrap();
    let sec1 = AsDer::<EcPrivateKeyRfc5915Der<'_>>::as_der(&bitcoin.private_key()).unwrap();
    let short = short_rsa();
    for (label, der, what) in [
        ("PRIVATE KEY", pkcs8.as_ref(), "on the curve secp256k1, "),
        ("EC PRIVATE KEY", sec1.as_ref(), "on the curve secp256k1, "),
        ("EC PRIVATE KEY", &[0x30, 0], "damaged, or on another curve than P-256, "),
        ("RSA PRIVATE KEY", &short, "RSA of fewer than 2048 bits, "),
        ("PRIVATE KEY", &wrapped(&short), "RSA of fewer than 2048 bits, "),
        ("RSA PRIVATE KEY", &[0x30, 0], "RSA that is damaged "),
        ("PRIVATE KEY", &[0x30, 0], "damaged, or none of RSA, "),
    ] {
        let said = said(&certificate, &pem(label, der));
        assert!(said.starts_with(&format!("key.pem: its private key is {what}")), "{label}: {said}");
        assert!(said.contains("openssl genpkey -algorithm EC"), "{said}");
    }
}

#[test]
fn cr_08_a_certificate_of_version_1_is_called_so() {
    let (certificate, key) = made(|_| {});
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let said = said(&pem("CERTIFICATE", &of_version_1(&der)), &key);
    assert!(said.starts_with("chain.pem: its first certificate is of X.509 version 1, "), "{said}");
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// A value in DER.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length = match content.len() {
        0..=127 => vec![length[1]],
        128..=255 => vec![0x81, length[1]],
        _ => vec![0x82, length[0], length[1]],
    };
    [vec![tag], length, content.to_vec()].concat()
}

/// The content of a long sequence.
fn content(sequence: &[u8]) -> &[u8] {
    assert_eq!(sequence[..2], [0x30, 0x82]);
    &sequence[4..]
}

/// The same without what says that it is of version 3 (RFC 5280 §4.1.2.1).
fn of_version_1(certificate: &[u8]) -> Vec<u8> {
    let signed = content(certificate);
    let length = 4 + usize::from(u16::from_be_bytes([signed[2], signed[3]]));
    let fields = content(&signed[..length]).strip_prefix(&[0xa0, 3, 2, 1, 2]).unwrap();
    value(0x30, &[&value(0x30, fields), &signed[length..]].concat())
}

/// An RSA key of 1128 bits (RFC 8017 §A.1.2), whose primes, 2⁶⁰⁷ − 1 and 2⁵²¹ − 1, everybody knows.
fn short_rsa() -> Vec<u8> {
    let ones = |bits: usize| "1".to_owned() + &"f".repeat(bits / 4);
    let (p, q) = ("7".to_owned() + &"f".repeat(151), ones(521));
    // (2⁶⁰⁷ − 1)(2⁵²¹ − 1) = 2¹¹²⁸ − 2⁶⁰⁷ − 2⁵²¹ + 1
    let n = [&*"f".repeat(130), "7", &*"f".repeat(20), "e", &*"0".repeat(129), "1"].concat();
    let numbers = [
        "00".to_owned(),
        n,
        "10001".to_owned(),
        "2a7fd580".repeat(16) + "2a5555aaaa5555aaaa5555aa" + &"0055ffaa".repeat(16) + "01",
        p,
        q,
        "5555aaaa".repeat(18) + "5555aaa9",
        "180807f7f8".to_owned() + &"0807f7f8".repeat(14) + "0807f7f7f",
        "7bdef7bdef7bdef7bdef7bef7bdef7bdef7bdef7bdefbdef7bdef7bdef7bdef7bef7bdef7bdef7bdef7bdefbdef7bdef7bdef7bdef7be\
         f7bdef7bdef7bdef7bdefbdef7bdef7bdef7bdef7bd"
            .to_owned(),
    ];
    value(0x30, &numbers.map(|number| integer(&number)).concat())
}

/// A positive integer in DER, from its hexadecimal digits.
fn integer(digits: &str) -> Vec<u8> {
    let digits = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let mut bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    value(2, &bytes)
}

/// An RSA key in PKCS#8 (RFC 5208 §5).
fn wrapped(rsa: &[u8]) -> Vec<u8> {
    let encryption = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    value(0x30, &[&value(2, &[0])[..], &encryption, &value(4, rsa)].concat())
}

#[test]
fn cr_08_a_file_that_is_not_there_is_named_with_its_setting() {
    let folder = TempDir::new().unwrap();
    let (certificate, _) = made(|_| {});
    let files = Files { certificate: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    let said = |files: &Files| load(files).err().unwrap().to_string();
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
