//! The reading of a JWK. A key that is taken works, says what it is, and publishes nothing private.
#![no_main]

mod keys;
mod works;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::jose::{Algorithm, Jwk, SigningKey, VerifyingKey};
use libfuzzer_sys::fuzz_target;

/// Good ones to begin with: public ones, and a shared secret.
static JWKS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let public = keys::KEYS.iter().filter_map(|key| serde_json::to_string(&key.verifying_key().to_jwk()?).ok());
    let secret = keys::generate(Algorithm::HS256).to_bytes().unwrap();
    let secret = format!(r#"{{"kty":"oct","alg":"HS256","kid":"h","k":"{}"}}"#, URL_SAFE_NO_PAD.encode(&*secret));
    public.chain([secret]).collect()
});

// The first byte says whether the rest is a JWK or edits one of ours, and which; the second, for which algorithm it is asked.
fuzz_target!(|data: &[u8]| {
    let [which, asked, rest @ ..] = data else { return };
    let asked = Algorithm::ALL.get(usize::from(*asked) % 14).copied();
    let text = match which % 2 {
        0 => rest.to_vec(),
        _ => keys::edited(JWKS[usize::from(which / 2) % JWKS.len()].as_bytes(), rest),
    };
    let Ok(jwk) = std::str::from_utf8(&text).unwrap_or_default().parse::<Jwk>() else { return };
    assert_eq!(format!("{jwk:?}"), "Jwk { .. }");
    if let Ok(key) = VerifyingKey::from_jwk(&jwk, asked) {
        keys::published(&key);
    }
    if let Ok(key) = SigningKey::from_jwk(&jwk, asked, None) {
        works::works(&key);
    }
});
