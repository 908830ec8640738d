//! Keys and tokens for the tests. Keys are made anew in each run.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use counterfoil_core::jose::{Algorithm, Limits, Refusal, SigningKey, VerifyingKey, read};
use counterfoil_core::{SystemEntropy, Timestamp};

/// The instant of all tests.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// RSA keys take long to make: one serves all six algorithms.
static RSA: LazyLock<Vec<u8>> =
    LazyLock::new(|| generate(Algorithm::RS256, "rsa").to_bytes().unwrap().as_slice().to_vec());

static ES256: LazyLock<Arc<SigningKey>> = LazyLock::new(|| Arc::new(generate(Algorithm::ES256, "k1")));

/// The key of most tests: ES256, `kid` "k1".
pub(crate) fn es256() -> &'static SigningKey {
    &ES256
}

/// A key for `algorithm`, whose `kid` is the algorithm's name.
pub(crate) fn key(algorithm: Algorithm) -> SigningKey {
    match algorithm.name().as_bytes() {
        [b'R' | b'P', ..] => SigningKey::from_bytes(algorithm, algorithm.name(), &RSA).unwrap(),
        _ => generate(algorithm, algorithm.name()),
    }
}

pub(crate) fn generate(algorithm: Algorithm, kid: &str) -> SigningKey {
    SigningKey::generate(algorithm, kid, &SystemEntropy::default()).unwrap()
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn unb64(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A token with exactly these bytes as header and payload, truly signed.
pub(crate) fn forge(key: &SigningKey, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    forge_encoded(key, &b64(header), &b64(payload))
}

/// A token with exactly these texts as first and second segment, truly signed.
pub(crate) fn forge_encoded(key: &SigningKey, header: &str, payload: &str) -> String {
    let input = format!("{header}.{payload}");
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", b64(signature))
}

/// A token of [`es256`] whose header has `members` besides `alg`, `typ` and `kid`.
pub(crate) fn with_members(members: &str) -> String {
    forge(es256(), format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"k1"{members}}}"#), claims())
}

/// Claims that are good at [`NOW`].
pub(crate) fn claims() -> String {
    format!(
        r#"{{"iss":"https://issuer.test","sub":"u1","aud":"api","iat":{0},"exp":{1},"jti":"t1"}}"#,
        NOW.as_seconds(),
        NOW.as_seconds() + 60
    )
}

/// Reads with [`es256`]; the refusal, or the payload as text.
pub(crate) fn outcome(token: &str) -> Result<String, Refusal> {
    outcome_with(token, es256().verifying_key())
}

pub(crate) fn outcome_with(token: &str, key: &VerifyingKey) -> Result<String, Refusal> {
    read(token, key, &Limits::default()).map(|verified| String::from_utf8(verified.payload).unwrap())
}
