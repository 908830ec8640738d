//! What kind of private key it is that cannot be used: so far as its label tells, and the library that reads it.

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::signature::{ECDSA_P256K1_SHA256_ASN1_SIGNING, EcdsaKeyPair, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;

/// Whether a text in PEM holds a key that a passphrase opens: in PKCS#8 (RFC 5958 §3), or as RFC 1421 §4.6.1.1 writes it.
pub(super) fn is_encrypted(pem: &[u8]) -> bool {
    let marks = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];
    marks.iter().any(|mark| pem.windows(mark.len()).any(|window| window == mark.as_bytes()))
}

/// What a key is that TLS cannot use.
pub(super) fn of_unusable(key: &PrivateKeyDer<'_>) -> &'static str {
    const SHORT: &str = "RSA of fewer than 2048 bits, which can be broken";
    let rsa = match key {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()).err(),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).err(),
        _ => None,
    };
    match key {
        _ if rsa.as_ref().is_some_and(is_too_short) => SHORT,
        PrivateKeyDer::Pkcs1(_) => "RSA that is damaged or of an odd size",
        _ if is_secp256k1(key) => "on the curve secp256k1, which TLS does not use",
        PrivateKeyDer::Sec1(_) => "damaged, or on another curve than P-256, P-384 and P-521",
        _ => "damaged, or none of RSA, EC on P-256, P-384 or P-521, and Ed25519",
    }
}

fn is_too_short(error: &KeyRejected) -> bool {
    error.to_string() == "TooSmall"
}

fn is_secp256k1(key: &PrivateKeyDer<'_>) -> bool {
    let curve = &ECDSA_P256K1_SHA256_ASN1_SIGNING;
    match key {
        PrivateKeyDer::Sec1(der) => EcdsaKeyPair::from_private_key_der(curve, der.secret_sec1_der()).is_ok(),
        PrivateKeyDer::Pkcs8(der) => EcdsaKeyPair::from_pkcs8(curve, der.secret_pkcs8_der()).is_ok(),
        _ => false,
    }
}
