//! The reading of PEM: a key that is taken is of the algorithm that was asked for, works, and publishes nothing private.
#![no_main]

mod keys;
mod works;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::jose::{Algorithm, SigningKey, VerifyingKey};
use libfuzzer_sys::fuzz_target;

const LABELS: [&str; 5] = ["PRIVATE KEY", "PUBLIC KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "RSA PUBLIC KEY"];

// The first byte says whether the rest is PEM, edits one of our keys or is what stands between the lines, and which; the
// second, for which algorithm it is asked.
fuzz_target!(|data: &[u8]| {
    let [which, asked, rest @ ..] = data else { return };
    let Some(algorithm) = Algorithm::ALL.get(usize::from(*asked) % 13).copied() else { return };
    let index = usize::from(which / 3);
    let text = match which % 3 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        1 => {
            let good = keys::KEYS[index % keys::KEYS.len()].to_bytes().unwrap();
            armoured("PRIVATE KEY", &keys::edited(&good, rest))
        }
        _ => armoured(LABELS[index % LABELS.len()], rest),
    };
    if let Ok(key) = VerifyingKey::from_pem(&text, algorithm, "k") {
        assert_eq!((key.algorithm(), key.kid()), (algorithm, "k"));
        keys::published(&key);
    }
    if let Ok(key) = SigningKey::from_pem(&text, algorithm, "k") {
        assert_eq!((key.algorithm(), key.kid()), (algorithm, "k"));
        works::works(&key);
    }
});

fn armoured(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}
