//! What the targets of keys share: keys to begin with, edits, and what a key that was taken must be like.

use std::sync::LazyLock;

use counterfoil_core::SystemEntropy;
use counterfoil_core::jose::{Algorithm, SigningKey, VerifyingKey};

/// Good keys to begin with, made anew in each run.
pub(crate) static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA, Algorithm::ES384, Algorithm::ES512].map(generate).into()
});

pub(crate) fn generate(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, algorithm.name(), &SystemEntropy::default()).unwrap()
}

/// A public key is published as it is read, and without anything private. A shared secret never is.
pub(crate) fn published(key: &VerifyingKey) {
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

pub(crate) fn edited(good: &[u8], edits: &[u8]) -> Vec<u8> {
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
