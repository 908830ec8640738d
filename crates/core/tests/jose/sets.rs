//! JWKs and sets of them.

use counterfoil_core::jose::{Algorithm, Jwk, KeyError, KeySet, Keys as _, SigningKey, VerifyingKey};
use serde_json::{Value, json};

use super::support::{b64, generate};

fn public(kid: &str) -> Value {
    serde_json::to_value(generate(Algorithm::ES256, kid).verifying_key().to_jwk()).unwrap()
}

fn secret(kid: &str) -> Value {
    let key = generate(Algorithm::HS256, kid);
    json!({"kty": "oct", "alg": "HS256", "kid": kid, "k": b64(&key.to_bytes().unwrap()[..])})
}

fn load(keys: &[Value]) -> Result<KeySet, KeyError> {
    KeySet::from_jwks(&json!({"keys": keys}).to_string(), None)
}

/// The reason why the only key of a set is refused.
fn reason(key: &Value) -> KeyError {
    match load(std::slice::from_ref(key)).unwrap_err() {
        KeyError::InSet { position: 1, source } => *source,
        other => other,
    }
}

fn with(mut key: Value, member: &str, value: Value) -> Value {
    key[member] = value;
    key
}

#[test]
fn jw_18_a_good_set_is_read() {
    let set = load(&[public("a"), public("b")]).unwrap();
    assert!(set.find("a").is_some() && set.find("b").is_some() && set.find("A").is_none());
    assert!(set.sole().is_none());
    assert_eq!(load(&[secret("a"), secret("b")]).unwrap().iter().count(), 2);
    assert!(KeySet::from_jwks(&public("a").to_string(), None).unwrap().sole().is_some(), "a JWK on its own");
    assert_eq!(
        load(&[with(with(public("a"), "use", json!("sig")), "key_ops", json!(["verify"]))]).unwrap().iter().count(),
        1
    );
}

#[test]
fn jw_18_duplicate_ids_and_mixed_sets_are_refused() {
    assert!(matches!(load(&[public("a"), public("b"), public("a")]), Err(KeyError::DuplicateKeyId(_))));
    assert!(matches!(load(&[public("a"), secret("b")]), Err(KeyError::MixedSet)));
    assert!(matches!(load(&[secret("a"), public("b")]), Err(KeyError::MixedSet)));
    assert!(matches!(load(&[]), Err(KeyError::EmptySet)));
    let key = generate(Algorithm::ES256, "a").verifying_key().clone();
    assert!(matches!(KeySet::of([key.clone(), key]), Err(KeyError::DuplicateKeyId(_))));
}

#[test]
fn jw_18_use_and_key_ops_are_honoured() {
    for purpose in [json!("enc"), json!(""), json!("SIG"), json!("sig ")] {
        assert!(matches!(reason(&with(public("a"), "use", purpose)), KeyError::NotForSignatures));
    }
    for operations in [json!([]), json!(["sign"]), json!(["encrypt"]), json!(["Verify"])] {
        assert!(matches!(reason(&with(public("a"), "key_ops", operations)), KeyError::OperationNotAllowed("verify")));
    }
    for malformed in
        [json!("verify"), json!(null), json!({"verify": 1}), json!(["verify", 1]), json!(["verify", "verify"])]
    {
        assert!(matches!(reason(&with(public("a"), "key_ops", malformed)), KeyError::Member { member: "key_ops", .. }));
    }
    for malformed in [json!(1), json!(null), json!(["sig"])] {
        assert!(matches!(reason(&with(public("a"), "use", malformed)), KeyError::Member { member: "use", .. }));
    }
    let signer: Jwk = with(secret("a"), "key_ops", json!(["verify"])).to_string().parse().unwrap();
    assert!(matches!(SigningKey::from_jwk(&signer, None, None), Err(KeyError::OperationNotAllowed("sign"))));
}

#[test]
fn jw_18_private_members_have_no_place_in_a_public_set() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(
            matches!(reason(&with(public("a"), member, json!("AAAA"))), KeyError::PrivateMember(found) if found == member)
        );
    }
}

#[test]
fn jw_18_malformed_sets_are_refused() {
    for text in [
        "",
        "[]",
        "null",
        r#"{"keys":{}}"#,
        r#"{"keys":null}"#,
        r#"{"keys":[1]}"#,
        r#"{"keys":[{}]}"#,
        r#"{"keys":[],"keys":[]}"#,
        "{}",
    ] {
        assert!(KeySet::from_jwks(text, None).is_err(), "{text}");
    }
    for (member, value) in [
        ("kty", json!("XYZ")),
        ("kty", json!("ec")),
        ("kty", json!(null)),
        ("crv", json!("P-255")),
        ("kid", json!(1)),
        ("alg", json!("none")),
        ("alg", json!("RSA-OAEP")),
        ("alg", json!(1)),
        ("x", json!("!")),
        ("x", json!(1)),
        ("kid", json!("x".repeat(200))),
    ] {
        assert!(load(&[with(public("a"), member, value.clone())]).is_err(), "{member} = {value}");
    }
    let duplicate = public("a").to_string().replacen('{', r#"{"kid":"b","#, 1);
    assert!(matches!(KeySet::from_jwks(&duplicate, None), Err(KeyError::Json(_))));
}

#[test]
fn jw_01_a_jwk_has_one_algorithm() {
    let jwk = |value: &Value| value.to_string().parse::<Jwk>().unwrap();
    let mut silent = public("a");
    silent.as_object_mut().unwrap().remove("alg");
    assert_eq!(VerifyingKey::from_jwk(&jwk(&silent), None).unwrap().algorithm(), Algorithm::ES256, "the curve says it");
    let contradiction = VerifyingKey::from_jwk(&jwk(&public("a")), Some(Algorithm::ES384)).unwrap_err();
    assert!(matches!(contradiction, KeyError::AlgorithmContradiction { .. }));
    let mut silent = secret("a");
    silent.as_object_mut().unwrap().remove("alg");
    assert!(matches!(VerifyingKey::from_jwk(&jwk(&silent), None), Err(KeyError::AlgorithmMissing)));
    assert!(VerifyingKey::from_jwk(&jwk(&silent), Some(Algorithm::HS256)).is_ok());
    assert!(matches!(VerifyingKey::from_jwk(&jwk(&silent), Some(Algorithm::ES256)), Err(KeyError::Unfit { .. })));
    // In a set, what is asked for is for the keys that are silent.
    assert!(KeySet::from_jwks(&json!({"keys": [public("a")]}).to_string(), Some(Algorithm::RS256)).is_ok());
    assert!(KeySet::from_jwks(&json!({"keys": [silent]}).to_string(), Some(Algorithm::HS256)).is_ok());
}

#[test]
fn jw_22_what_is_published_holds_nothing_private() {
    for algorithm in Algorithm::ALL {
        let key = super::support::key(algorithm);
        let Some(jwk) = key.verifying_key().to_jwk() else {
            assert!(algorithm.is_symmetric());
            continue;
        };
        let Value::Object(jwk) = serde_json::to_value(jwk).unwrap() else { unreachable!() };
        let members: Vec<&str> = jwk.keys().map(String::as_str).collect();
        assert!(
            ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|private| !members.contains(private)),
            "{members:?}"
        );
        assert_eq!(
            (jwk["use"].as_str(), jwk["alg"].as_str(), jwk["kid"].as_str()),
            (Some("sig"), Some(algorithm.name()), Some(algorithm.name()))
        );
    }
}
