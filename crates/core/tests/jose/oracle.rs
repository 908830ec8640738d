//! Both directions against another implementation, for the algorithms that it has.

use counterfoil_core::jose::{Algorithm, Limits, SigningKey, read, sign_compact};
use jsonwebtoken::{DecodingKey, EncodingKey, Validation};
use serde_json::{Value, json};

use super::support::{key, pem};

fn theirs(algorithm: Algorithm) -> Option<jsonwebtoken::Algorithm> {
    algorithm.name().parse().ok()
}

fn encoding_key(key: &SigningKey) -> EncodingKey {
    let bytes = key.to_bytes().unwrap();
    let pem = pem("PRIVATE KEY", &bytes);
    match &key.algorithm().name()[..2] {
        "HS" => EncodingKey::from_secret(&bytes),
        "ES" => EncodingKey::from_ec_pem(pem.as_bytes()).unwrap(),
        "Ed" => EncodingKey::from_ed_pem(pem.as_bytes()).unwrap(),
        _ => EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(),
    }
}

fn decoding_key(key: &SigningKey) -> DecodingKey {
    match key.verifying_key().to_jwk() {
        None => DecodingKey::from_secret(&key.to_bytes().unwrap()),
        Some(jwk) => {
            let jwk = serde_json::from_value(serde_json::to_value(jwk).unwrap()).unwrap();
            DecodingKey::from_jwk(&jwk).unwrap()
        }
    }
}

#[test]
fn tokens_pass_both_ways() {
    let mut known = 0;
    for algorithm in Algorithm::ALL {
        let Some(name) = theirs(algorithm) else {
            assert_eq!(algorithm, Algorithm::ES512, "the only one that it lacks");
            continue;
        };
        known += 1;
        let key = key(algorithm);
        let claims = json!({"sub": "u1", "exp": 4_000_000_000_u64});

        let ours = sign_compact(&key, "at+jwt", &claims).unwrap();
        let read_by_them = jsonwebtoken::decode::<Value>(&ours, &decoding_key(&key), &Validation::new(name)).unwrap();
        assert_eq!(read_by_them.claims, claims, "{algorithm}");

        let mut header = jsonwebtoken::Header::new(name);
        header.kid = Some(algorithm.name().to_owned());
        let written_by_them = jsonwebtoken::encode(&header, &claims, &encoding_key(&key)).unwrap();
        let verified = read(&written_by_them, key.verifying_key().as_ref(), &Limits::default()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&verified.payload).unwrap(), claims, "{algorithm}");
    }
    assert_eq!(known, 12);
}
