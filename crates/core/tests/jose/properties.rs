//! What holds for every input.

use counterfoil_core::jose::claims::Claims;
use counterfoil_core::jose::{
    Algorithm, Jwk, KeySet, Limits, SigningKey, VerifyingKey, Writer, inspect, json, read, sign_compact,
};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

use super::support::{claims, es256, forge, generate, outcome, with_members};

static HS256: LazyLock<Arc<SigningKey>> = LazyLock::new(|| Arc::new(generate(Algorithm::HS256, "h1")));
static ED25519: LazyLock<Arc<SigningKey>> = LazyLock::new(|| Arc::new(generate(Algorithm::EdDSA, "e1")));

/// Text made of what tokens are made of.
fn tokenish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[A-Za-z0-9_.-]{0,40}",
        "\\PC{0,10}",
        Just("eyJhbGciOiJFUzI1NiJ9".to_owned()),
        Just("e30".to_owned()),
        Just(".".to_owned()),
        Just("=".to_owned()),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_single_edit_of_a_valid_token_is_refused(at in 0usize..400, edit in 0u8..3, with in "[ -~]") {
        for key in [&*HS256, &*ED25519] {
            let token = sign_compact(key.as_ref(), "at+jwt", &serde_json::json!({"sub": "u1", "exp": 1})).unwrap();
            let verifying = key.verifying_key().as_ref();
            prop_assert!(read(&token, verifying, &Limits::default()).is_ok());
            let at = at % token.len();
            let (front, back) = token.split_at(at);
            let edited = match edit {
                0 => format!("{front}{with}{}", &back[1..]),
                1 => format!("{front}{with}{back}"),
                _ => format!("{front}{}", &back[1..]),
            };
            prop_assert!(edited == token || read(&edited, verifying, &Limits::default()).is_err(), "{edited}");
        }
    }

    #[test]
    fn reading_never_panics(text in tokenish(), other in any::<String>(), bytes in any::<Vec<u8>>()) {
        for text in [&text, &other] {
            let _ = outcome(text);
            let _ = inspect(text, &Limits::default());
            let _ = text.parse::<Jwk>();
            let _ = KeySet::from_jwks(text, Some(Algorithm::HS256));
            let _ = VerifyingKey::from_pem(text, Algorithm::ES256, "k");
            let _ = SigningKey::from_pem(text, Algorithm::RS256, "k");
        }
        let _ = json::parse(&bytes);
        let _ = Claims::parse(&bytes);
        let _ = SigningKey::from_bytes(Algorithm::EdDSA, "k", &bytes);
        let _ = VerifyingKey::from_secret(&bytes, Algorithm::HS256, "k");
        // A truly signed token with arbitrary contents.
        let _ = outcome(&forge(es256(), &bytes, &bytes));
        let _ = outcome(&with_members(&other));
        let token = forge(es256(), r#"{"alg":"ES256","kid":"k1"}"#, &bytes);
        prop_assert_eq!(read(&token, es256().verifying_key().as_ref(), &Limits::default()).unwrap().payload, bytes);
    }

    #[test]
    fn what_is_signed_is_read(subject in any::<String>(), number in any::<i64>(), typ in "[a-z]{1,10}\\+jwt") {
        let claims = serde_json::json!({"sub": subject, "number": number});
        let limits = Limits { max_bytes: 1 << 20 };
        for key in [&*HS256, &*ED25519] {
            let writer = Writer::new(key.clone(), &typ).unwrap();
            let token = writer.sign(&claims).unwrap();
            let verified = read(&token, key.verifying_key().as_ref(), &limits).unwrap();
            prop_assert_eq!(verified.header.typ.as_deref(), Some(typ.as_str()));
            prop_assert_eq!(verified.header.kid.as_deref(), Some(key.kid()));
            let read = Claims::parse(&verified.payload).unwrap();
            prop_assert_eq!(read.subject.as_deref(), Some(subject.as_str()));
            prop_assert_eq!(&read.rest["number"], &serde_json::json!(number));
        }
    }

    #[test]
    fn the_strict_reader_agrees_with_serde_on_what_it_accepts(text in "[\\[\\]{}:,\"a0-9.eE+ -]{0,24}") {
        if let Ok(value) = json::parse(text.as_bytes()) {
            prop_assert_eq!(value, serde_json::from_str::<serde_json::Value>(&text).unwrap());
        }
    }
}

#[test]
fn only_objects_are_signed() {
    assert!(sign_compact(es256(), "at+jwt", &[1, 2]).is_err());
    assert!(sign_compact(es256(), "at+jwt", &"text").is_err());
    assert!(sign_compact(es256(), "at+jwt", &serde_json::from_str::<serde_json::Value>(&claims()).unwrap()).is_ok());
}
