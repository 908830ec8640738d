//! The reading of keys: JWK, JWK Set and PEM. A key that is taken works, says what it is, and publishes nothing private.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use counterfoil_core::SystemEntropy;
use counterfoil_core::jose::{Algorithm, Jwk, KeySet, SigningKey, VerifyingKey};
use libfuzzer_sys::fuzz_target;

/// Good keys to begin with, made anew in each run: JWKs and PKCS#8.
static JWKS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut jwks: Vec<String> =
        KEYS.iter().filter_map(|key| serde_json::to_string(&key.verifying_key().to_jwk()?).ok()).collect();
    let secret = generate(Algorithm::HS256).to_bytes().unwrap();
    jwks.push(format!(r#"{{"kty":"oct","alg":"HS256","kid":"h","k":"{}"}}"#, URL_SAFE_NO_PAD.encode(&*secret)));
    jwks.push(format!(r#"{{"keys":[{}]}}"#, jwks[..3].join(",")));
    jwks
});
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA, Algorithm::ES384, Algorithm::ES512].map(generate).into()
});

fn generate(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, algorithm.name(), &SystemEntropy::default()).unwrap()
}

fuzz_target!(|data: &[u8]| {
    let [which, asked, rest @ ..] = data else { return };
    let asked = Algorithm::ALL.get(usize::from(*asked) % 14).copied();
    match which % 4 {
        0 => {
            if let Ok(text) = std::str::from_utf8(rest) {
                jwk(text, asked);
                pem(text, asked);
            }
        }
        1 => {
            let good = &JWKS[usize::from(which / 4) % JWKS.len()];
            if let Ok(text) = String::from_utf8(edited(good.as_bytes(), rest)) {
                jwk(&text, asked);
            }
        }
        2 => {
            let good = KEYS[usize::from(which / 4) % KEYS.len()].to_bytes().unwrap();
            pem(&armoured("PRIVATE KEY", &edited(&good, rest)), asked);
        }
        _ => {
            let labels = ["PRIVATE KEY", "PUBLIC KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "RSA PUBLIC KEY"];
            pem(&armoured(labels[usize::from(which / 4) % labels.len()], rest), asked);
        }
    }
});

fn jwk(text: &str, asked: Option<Algorithm>) {
    if let Ok(jwk) = text.parse::<Jwk>() {
        assert_eq!(format!("{jwk:?}"), "Jwk { .. }");
        if let Ok(key) = VerifyingKey::from_jwk(&jwk, asked) {
            published(&key);
        }
        if let Ok(key) = SigningKey::from_jwk(&jwk, asked, None) {
            works(&key);
        }
    }
    if let Ok(set) = KeySet::from_jwks(text, asked) {
        assert!(set.iter().next().is_some());
        set.iter().for_each(|key| published(key));
    }
}

fn pem(text: &str, asked: Option<Algorithm>) {
    let Some(algorithm) = asked else { return };
    if let Ok(key) = VerifyingKey::from_pem(text, algorithm, "k") {
        assert_eq!(key.algorithm(), algorithm);
        published(&key);
    }
    if let Ok(key) = SigningKey::from_pem(text, algorithm, "k") {
        assert_eq!(key.algorithm(), algorithm);
        works(&key);
    }
}

/// A public key is published as it is read, and without anything private. A shared secret never is.
fn published(key: &VerifyingKey) {
    let _ = key.verify(b"message", &[0; 64]);
    let Some(jwk) = key.to_jwk() else {
        assert!(key.algorithm().is_symmetric());
        return;
    };
    let text = serde_json::to_string(&jwk).unwrap();
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(!members.contains_key(private), "{private}");
    }
    let again = VerifyingKey::from_jwk(&text.parse().unwrap(), None).unwrap();
    assert_eq!(again.to_jwk().as_ref(), Some(&jwk));
}

/// A key that signs is believed by its own other half, also after it was stored.
fn works(key: &SigningKey) {
    let signature = key.sign(b"message").unwrap();
    key.verifying_key().verify(b"message", &signature).unwrap();
    let stored = SigningKey::from_bytes(key.algorithm(), key.kid(), &key.to_bytes().unwrap()).unwrap();
    let signature = stored.sign(b"message").unwrap();
    key.verifying_key().verify(b"message", &signature).unwrap();
    published(key.verifying_key());
}

fn edited(good: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for edit in edits.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len().max(1);
        match edit[2] % 3 {
            0 if !bytes.is_empty() => bytes[at] = edit[3],
            1 => bytes.insert(at, edit[3]),
            _ if !bytes.is_empty() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    bytes
}

fn armoured(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}
