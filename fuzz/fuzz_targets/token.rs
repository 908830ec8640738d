//! The reader of tokens: it never panics, and it believes nothing but what our keys have signed, as it was signed.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::client::{Clients, builtin_clients};
use counterfoil_core::credential::jwt;
use counterfoil_core::id::ClientId;
use counterfoil_core::jose::{Algorithm, Keys, Limits, SigningKey, VerifyingKey, inspect, read};
use counterfoil_core::verifier::TokenRules;
use counterfoil_core::{SystemEntropy, Timestamp};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://issuer.test";

/// A key of each algorithm under its name, as a server's ring has them. Made anew in each run.
struct Ring(Vec<SigningKey>);

impl Keys for Ring {
    fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.0.iter().find(|key| key.kid() == kid).map(|key| key.verifying_key().as_ref())
    }

    fn sole(&self) -> Option<&VerifyingKey> {
        None
    }
}

static RING: LazyLock<Ring> = LazyLock::new(|| {
    let entropy = SystemEntropy::default();
    let generate = |algorithm: Algorithm| SigningKey::generate(algorithm, algorithm.name(), &entropy).unwrap();
    // An RSA key takes long to make: one serves all its algorithms.
    let rsa = generate(Algorithm::RS256).to_bytes().unwrap();
    Ring(
        Algorithm::ALL
            .into_iter()
            .map(|algorithm| match algorithm.name().as_bytes() {
                [b'R' | b'P', ..] => SigningKey::from_bytes(algorithm, algorithm.name(), &rsa).unwrap(),
                _ => generate(algorithm),
            })
            .collect(),
    )
});

/// A good token of each algorithm, signed once.
static GOOD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let good = |key: &SigningKey| {
        let token = signed(key, header(key).as_bytes(), claims().as_bytes());
        assert!(read(&token, &*RING, &Limits::default()).is_ok(), "what is mutated must be good to begin with");
        token
    };
    RING.0.iter().map(good).collect()
});

static CLIENTS: LazyLock<Clients> =
    LazyLock::new(|| Clients::new(builtin_clients().unwrap(), &ClientId::parse("web").unwrap()).unwrap());

fn header(key: &SigningKey) -> String {
    format!(r#"{{"alg":"{}","typ":"at+jwt","kid":"{}"}}"#, key.algorithm(), key.kid())
}

fn claims() -> String {
    let now = NOW.as_seconds();
    format!(
        r#"{{"iss":"{ISSUER}","sub":"00000000-0000-7000-8000-000000000001","aud":"{ISSUER}","exp":{},"iat":{now},"jti":"00000000-0000-7000-8000-000000000002","client_id":"stateless","auth_time":{now},"gen":0,"preferred_username":"ada"}}"#,
        now + 60
    )
}

fn signed(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fuzz_target!(|data: &[u8]| {
    match data {
        [0, rest @ ..] => edited(rest),
        [1, which, rest @ ..] => truly_signed(*which, rest),
        rest => made_up(rest),
    }
});

/// Text that none of our keys has signed is never believed.
fn made_up(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(read(text, &*RING, &Limits::default()).is_err(), "nobody signed this");
    let _ = inspect(text, &Limits::default());
}

/// A good token with any edit is another text, and refused: one token has one spelling.
fn edited(data: &[u8]) {
    let [which, edits @ ..] = data else { return };
    let good = &GOOD[usize::from(*which) % GOOD.len()];
    let mut bytes = good.clone().into_bytes();
    for edit in edits.chunks_exact(4) {
        let at = usize::from(u16::from_le_bytes([edit[0], edit[1]])) % bytes.len().max(1);
        match edit[2] % 4 {
            0 if !bytes.is_empty() => bytes[at] = edit[3],
            1 => bytes.insert(at, edit[3]),
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    let Ok(text) = std::str::from_utf8(&bytes) else { return };
    let outcome = read(text, &*RING, &Limits::default());
    assert_eq!(outcome.is_ok(), text == good, "{text}");
}

/// Any header over any claims, truly signed: what is believed keeps the rules that the reader promises.
fn truly_signed(which: u8, data: &[u8]) {
    const CHEAP: [Algorithm; 5] =
        [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512, Algorithm::ES256, Algorithm::EdDSA];
    let algorithm = CHEAP[usize::from(which) % CHEAP.len()];
    let key = RING.0.iter().find(|key| key.algorithm() == algorithm).unwrap();
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (head, payload) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    // Half of them get a good header, so that the claims are reached.
    let good_header = header(key);
    let head = if which & 0x80 == 0 { good_header.as_bytes() } else { head };
    let token = signed(key, head, payload);

    let Ok(verified) = read(&token, &*RING, &Limits::default()) else { return };
    assert_eq!((verified.key.algorithm(), verified.header.algorithm), (algorithm, algorithm));
    assert_eq!(verified.payload, payload);
    assert!(token.len() <= Limits::default().max_bytes);
    let said: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(head).unwrap();
    for member in ["crit", "b64", "zip", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"] {
        assert!(!said.contains_key(member), "{member}");
    }
    assert_eq!(said["kid"], algorithm.name());
    assert!(inspect(&token, &Limits::default()).is_ok());

    let rules = TokenRules { issuer: ISSUER.into(), leeway: Duration::from_secs(5) };
    if let Ok((identity, client)) = jwt::believe(&token, &*RING, &CLIENTS, &rules, NOW) {
        let said: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(payload).unwrap();
        assert_eq!(said["iss"], ISSUER);
        assert_eq!(said["client_id"], client.id.as_str());
        assert_eq!(identity.key.as_deref(), Some(algorithm.name()));
        assert!(NOW < identity.expires_at.after(rules.leeway), "expired");
    }
}
