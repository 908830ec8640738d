//! Which keys are refused, and that good ones survive storage.

use counterfoil_core::jose::{Algorithm, Jwk, KeyError, Refusal, SigningKey, VerifyingKey, Weakness};
use serde_json::{Value, json};

use super::support::{b64, forge, generate, key, outcome_with, pem, unb64};

fn public(jwk: &Value) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::from_jwk(&jwk.to_string().parse::<Jwk>()?, None)
}

fn jwk_of(key: &SigningKey) -> Value {
    serde_json::to_value(key.verifying_key().to_jwk()).unwrap()
}

fn changed(jwk: &Value, member: &str, value: Value) -> Value {
    let mut jwk = jwk.clone();
    jwk[member] = value;
    jwk
}

#[test]
fn jw_03_the_text_of_a_key_is_never_a_shared_secret() {
    let good = generate(Algorithm::HS256, "k").to_bytes().unwrap();
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = key(algorithm);
        let jwk = jwk_of(&key).to_string();
        let private = key.to_bytes().unwrap();
        let pem = pem("PRIVATE KEY", &private);
        for (what, text) in [
            ("PEM", pem.as_bytes().to_vec()),
            ("PEM without last newline", pem.trim_end().as_bytes().to_vec()),
            ("PEM after a space", format!(" {pem}").into_bytes()),
            ("PEM after a line", format!("\r\n{pem}\n").into_bytes()),
            ("JWK", jwk.as_bytes().to_vec()),
            ("JWK after a space", format!(" \n{jwk}").into_bytes()),
            ("JWKS", format!(r#"{{"keys":[{jwk}]}}"#).into_bytes()),
            ("DER", private.to_vec()),
            ("SSH", format!("ssh-ed25519 {} user@host", b64(&private[..])).into_bytes()),
            ("SSH", format!("ecdsa-sha2-nistp256 {}", b64(&private[..])).into_bytes()),
        ] {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let verifying = VerifyingKey::from_secret(&text, algorithm, "k").unwrap_err();
                assert!(matches!(verifying, KeyError::SecretIsKey(_)), "{what}: {verifying}");
                let signing = SigningKey::from_bytes(algorithm, "k", &text).unwrap_err();
                assert!(matches!(signing, KeyError::SecretIsKey(_)), "{what}: {signing}");
                let oct = json!({"kty": "oct", "alg": algorithm.name(), "k": b64(&text)});
                assert!(matches!(public(&oct), Err(KeyError::SecretIsKey(_))), "{what} as JWK");
            }
        }
        assert!(matches!(SigningKey::from_pem(&pem, Algorithm::HS256, "k"), Err(KeyError::SecretIsKey("PEM"))));
    }
    assert!(VerifyingKey::from_secret(&good, Algorithm::HS256, "k").is_ok());
}

#[test]
fn jw_03_a_public_key_never_verifies_an_hmac() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = key(algorithm);
        let jwk = jwk_of(&key);
        let numbers = ["n", "x", "y"].into_iter().filter_map(|member| jwk[member].as_str()).map(unb64);
        for secret in numbers.chain([jwk.to_string().into_bytes()]) {
            let hash = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
            let input = format!("{}.{}", b64(format!(r#"{{"alg":"HS256","kid":"{algorithm}"}}"#)), b64("{}"));
            let token = format!("{input}.{}", b64(aws_lc_rs::hmac::sign(&hash, input.as_bytes())));
            let refusal = outcome_with(&token, key.verifying_key()).unwrap_err();
            assert_eq!(refusal, Refusal::AlgorithmMismatch { found: Algorithm::HS256, expected: algorithm });
        }
    }
}

#[test]
fn jw_17_short_and_guessable_hmac_secrets_are_refused() {
    let refused = |bytes: &[u8], algorithm| VerifyingKey::from_secret(bytes, algorithm, "k").unwrap_err();
    for (algorithm, needed) in [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)] {
        let good = generate(algorithm, "k").to_bytes().unwrap();
        assert_eq!(good.len(), needed);
        assert!(VerifyingKey::from_secret(&good, algorithm, "k").is_ok());
        for length in [0, 1, 16, needed - 1] {
            assert!(
                matches!(refused(&good[..length], algorithm), KeyError::SecretTooShort { found, .. } if found == length)
            );
        }
        let oct = json!({"kty": "oct", "alg": algorithm.name(), "k": b64(&good[..needed - 1])});
        assert!(matches!(public(&oct), Err(KeyError::SecretTooShort { .. })));
    }
    let weak = |bytes: &[u8]| match refused(bytes, Algorithm::HS256) {
        KeyError::SecretWeak(weakness) => weakness,
        other => panic!("{other}"),
    };
    assert_eq!(weak(&[0; 64]), Weakness::Repetitive);
    assert_eq!(weak(&[b'a'; 64]), Weakness::Repetitive);
    assert_eq!(weak("0123456789abcdef".repeat(4).as_bytes()), Weakness::Repetitive);
    let few: Vec<u8> = generate(Algorithm::HS512, "k").to_bytes().unwrap().iter().map(|byte| byte & 7).collect();
    assert_eq!(weak(&few), Weakness::Repetitive, "eight distinct bytes, without a period");
    assert_eq!(weak(&(0..64).collect::<Vec<u8>>()), Weakness::Sequence);
    assert_eq!(weak(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), Weakness::Sequence);
    assert_eq!(weak(b"my-super-Secret-key-that-nobody-will-ever-guess-1234"), Weakness::Placeholder);
    assert_eq!(weak(b"correct horse battery staple and some more words, too"), Weakness::Phrase);
    assert_eq!(weak("hustá mlha nad řekou a za ní les 123".as_bytes()), Weakness::Phrase);
    // Text, however random: hexadecimal and base64 want to be decoded, and known secrets are text.
    let random = generate(Algorithm::HS512, "k").to_bytes().unwrap();
    let hex = random.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    for text in [b64(&random[..]), hex, "wq8Zk3TnYv5Lr0XbGd7HsPm2QfJc9UeA".to_owned()] {
        assert_eq!(weak(text.as_bytes()), Weakness::Text, "{text}");
    }
}

#[test]
fn jw_17_rsa_keys_have_sane_sizes_and_exponents() {
    let good = jwk_of(&key(Algorithm::RS256));
    assert!(public(&good).is_ok());
    let n = unb64(good["n"].as_str().unwrap());
    assert_eq!(n.len() * 8, 3072, "generated");
    for other in Algorithm::ALL.into_iter().filter(|other| !matches!(&other.name()[..2], "RS" | "PS")) {
        let result = public(&changed(&good, "alg", json!(other.name())));
        assert!(matches!(result, Err(KeyError::Unfit { .. })), "RSA key as {other}");
    }
    for (bits, accepted) in
        [(512usize, false), (1024, false), (2040, false), (2047, false), (2048, true), (8192, true), (8200, false)]
    {
        let mut modulus = vec![0xA5; bits.div_ceil(8)];
        modulus[0] = if bits % 8 == 0 { 0x80 } else { 0x40 };
        let result = public(&changed(&good, "n", json!(b64(modulus))));
        assert_eq!(result.is_ok(), accepted, "{bits}: {result:?}");
        assert!(accepted || matches!(result, Err(KeyError::RsaSize(found)) if found == bits), "{bits}");
    }
    for (exponent, accepted) in [
        (&[1][..], false),
        (&[3], false),
        (&[17], false),
        (&[0xFF, 0xFF], false),
        (&[1, 0, 0], false),
        (&[1, 0, 2], false),
        (&[1, 0, 1], true),
        (&[1, 0, 3], true),
        (&[0xFF; 9], false),
    ] {
        let result = public(&changed(&good, "e", json!(b64(exponent))));
        assert_eq!(result.is_ok(), accepted, "{exponent:?}: {result:?}");
        assert!(accepted || matches!(result, Err(KeyError::RsaExponent)), "{exponent:?}: {result:?}");
    }
    for (member, value) in
        [("n", json!(b64([&[0], &n[..]].concat()))), ("e", json!("AAEAAQ")), ("e", json!("")), ("e", json!("AQAB="))]
    {
        let result = public(&changed(&good, member, value));
        assert!(matches!(result, Err(KeyError::Member { .. })), "{member}: {result:?}");
    }
    let even = {
        let mut n = n;
        *n.last_mut().unwrap() &= 0xFE;
        n
    };
    assert!(matches!(public(&changed(&good, "n", json!(b64(even)))), Err(KeyError::Invalid(_))));
}

#[test]
fn jw_17_points_lie_on_the_curve_that_the_algorithm_names() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512] {
        let good = jwk_of(&key(algorithm));
        assert!(public(&good).is_ok());
        let mut y = unb64(good["y"].as_str().unwrap());
        let length = y.len();
        *y.last_mut().unwrap() ^= 1;
        assert!(matches!(public(&changed(&good, "y", json!(b64(&y)))), Err(KeyError::Invalid(_))), "off the curve");
        for bad in [vec![0; length], vec![0xFF; length]] {
            let jwk = changed(&changed(&good, "x", json!(b64(&bad))), "y", json!(b64(&bad)));
            assert!(matches!(public(&jwk), Err(KeyError::Invalid(_))));
        }
        for bad in [y[1..].to_vec(), [&[0], &y[..]].concat(), Vec::new()] {
            assert!(matches!(public(&changed(&good, "y", json!(b64(bad)))), Err(KeyError::Member { member: "y", .. })));
        }
        for other in
            [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA, Algorithm::RS256, Algorithm::HS256]
        {
            let result = public(&changed(&good, "alg", json!(other.name())));
            assert_eq!(result.is_ok(), other == algorithm, "{algorithm} key as {other}: {result:?}");
            assert!(other == algorithm || matches!(result, Err(KeyError::Unfit { .. })), "{other}: {result:?}");
        }
        assert!(matches!(public(&changed(&good, "crv", json!("secp256k1"))), Err(KeyError::UnsupportedType)));
    }
    let good = jwk_of(&key(Algorithm::EdDSA));
    let x = unb64(good["x"].as_str().unwrap());
    assert!(public(&good).is_ok());
    for bad in [x[1..].to_vec(), [&x[..], &[0]].concat(), Vec::new()] {
        assert!(matches!(public(&changed(&good, "x", json!(b64(bad)))), Err(KeyError::Member { member: "x", .. })));
    }
    for other in Algorithm::ALL.into_iter().filter(|other| *other != Algorithm::EdDSA) {
        let result = public(&changed(&good, "alg", json!(other.name())));
        assert!(matches!(result, Err(KeyError::Unfit { .. })), "Ed25519 key as {other}");
    }
    for crv in ["X25519", "Ed448", "ed25519"] {
        assert!(matches!(public(&changed(&good, "crv", json!(crv))), Err(KeyError::UnsupportedType)), "{crv}");
    }
}

#[test]
fn keys_survive_storage_and_pem() {
    for algorithm in Algorithm::ALL {
        let original = key(algorithm);
        let bytes = original.to_bytes().unwrap();
        let stored = SigningKey::from_bytes(algorithm, algorithm.name(), &bytes).unwrap();
        let token = forge(&stored, format!(r#"{{"alg":"{algorithm}"}}"#), "{}");
        assert!(outcome_with(&token, original.verifying_key()).is_ok(), "{algorithm}");
        assert!(
            format!("{original:?}").contains(algorithm.name()) && !format!("{original:?}").contains(&b64(&bytes[..]))
        );
        if algorithm.is_symmetric() {
            assert!(original.verifying_key().to_jwk().is_none());
            continue;
        }
        let from_pem = SigningKey::from_pem(&pem("PRIVATE KEY", &bytes), algorithm, algorithm.name()).unwrap();
        assert_eq!(jwk_of(&from_pem), jwk_of(&original));
        assert!(public(&jwk_of(&original)).is_ok(), "what is published can be read");
        let longer = [&bytes[..], &[0]].concat();
        assert!(SigningKey::from_bytes(algorithm, "k", &longer).is_err(), "{algorithm}: a byte after the key");
        for other in Algorithm::ALL.into_iter().filter(|other| other.name()[2..] != algorithm.name()[2..]) {
            let family =
                |algorithm: Algorithm| &algorithm.name()[1..2] == "S" && matches!(&algorithm.name()[..1], "R" | "P");
            if family(algorithm) && family(other) {
                continue;
            }
            assert!(SigningKey::from_bytes(other, "k", &bytes).is_err(), "{algorithm} key as {other}");
        }
    }
}

#[test]
fn key_ids_are_plain_and_bounded() {
    let long = "k".repeat(129);
    for kid in [long.as_str(), "a\nb", "\0"] {
        assert!(matches!(
            SigningKey::generate(Algorithm::EdDSA, kid, &counterfoil_core::SystemEntropy::default()),
            Err(KeyError::KeyId(_))
        ));
    }
    assert_eq!(generate(Algorithm::EdDSA, &long[..128]).kid().len(), 128);
}
