//! Private keys as other tools write them: PEM and JWK.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use counterfoil_core::jose::{Algorithm, Jwk, KeyError, SigningKey, VerifyingKey};
use serde_json::{Value, json};

use super::support::{b64, generate, key, pem};

fn public_part(key: &SigningKey) -> Value {
    serde_json::to_value(key.verifying_key().to_jwk()).unwrap()
}

fn sign_with_jwk(jwk: &Value) -> Result<SigningKey, KeyError> {
    SigningKey::from_jwk(&jwk.to_string().parse::<Jwk>()?, None, None)
}

/// The PKCS#1 key inside a PKCS#8 key of 3072 bits: version, algorithm and length of the octet string take 26 bytes.
fn pkcs1(pkcs8: &[u8]) -> &[u8] {
    &pkcs8[26..]
}

/// The integers of a PKCS#1 private key after its version, without leading zeros.
fn integers(pkcs1: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &pkcs1[4..];
    let mut found = Vec::new();
    while let [2, first, tail @ ..] = rest {
        let (length, tail) = match first {
            0x81 => (usize::from(tail[0]), &tail[1..]),
            0x82 => (usize::from(tail[0]) * 256 + usize::from(tail[1]), &tail[2..]),
            short => (usize::from(*short), tail),
        };
        let (integer, after) = tail.split_at(length);
        found.push(integer.iter().copied().skip_while(|byte| *byte == 0).collect());
        rest = after;
    }
    found.split_off(1)
}

/// The private JWK of a key, as other tools write it.
fn private_jwk(key: &SigningKey) -> Value {
    let bytes = key.to_bytes().unwrap();
    let mut jwk = public_part(key);
    match &key.algorithm().name()[..2] {
        "ES" => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes).unwrap();
            // RFC 5915: sequence, version 1, octet string of 32 bytes.
            jwk["d"] = json!(b64(&pair.private_key().as_der().unwrap().as_ref()[7..39]));
        }
        "Ed" => jwk["d"] = json!(b64(&bytes[16..48])),
        _ => {
            for (member, integer) in ["n", "e", "d", "p", "q", "dp", "dq", "qi"].iter().zip(integers(pkcs1(&bytes))) {
                jwk[member] = json!(b64(integer));
            }
        }
    }
    jwk
}

#[test]
fn private_jwks_are_imported_and_checked_against_their_public_half() {
    for algorithm in [Algorithm::RS256, Algorithm::PS384, Algorithm::ES256, Algorithm::EdDSA] {
        let (original, other) = (key(algorithm), private_jwk(&generate(algorithm, "other")));
        let jwk = private_jwk(&original);
        let imported = sign_with_jwk(&jwk).unwrap();
        assert_eq!(public_part(&imported), public_part(&original), "{algorithm}");
        assert_eq!(imported.to_bytes().unwrap(), original.to_bytes().unwrap(), "{algorithm}");
        let named = SigningKey::from_jwk(&jwk.to_string().parse().unwrap(), Some(algorithm), Some("mine")).unwrap();
        assert_eq!(named.kid(), "mine");

        let mut mixed = jwk.clone();
        mixed["d"] = other["d"].clone();
        assert!(matches!(sign_with_jwk(&mixed), Err(KeyError::Invalid(_))), "{algorithm}: another key's `d`");
        assert!(matches!(sign_with_jwk(&public_part(&original)), Err(KeyError::PrivateMissing("d"))));
        let jwk: Jwk = jwk.to_string().parse().unwrap();
        assert!(matches!(VerifyingKey::from_jwk(&jwk, None), Err(KeyError::PrivateMember("d"))));
        assert_eq!(format!("{jwk:?}"), "Jwk { .. }");
    }
}

#[test]
fn pem_in_the_older_forms_is_imported() {
    let ec = key(Algorithm::ES256);
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &ec.to_bytes().unwrap()).unwrap();
    let sec1 = pem("EC PRIVATE KEY", pair.private_key().as_der().unwrap().as_ref());
    let parameters = pem("EC PARAMETERS", &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]);
    for text in [sec1.clone(), format!("{parameters}{sec1}"), format!("a remark\n{}", sec1.replace('\n', "\r\n"))] {
        let imported = SigningKey::from_pem(&text, Algorithm::ES256, "ES256").unwrap();
        assert_eq!(public_part(&imported), public_part(&ec));
    }
    assert!(matches!(SigningKey::from_pem(&sec1, Algorithm::ES384, "k"), Err(KeyError::Unfit { .. })));
    assert!(matches!(SigningKey::from_pem(&sec1, Algorithm::RS256, "k"), Err(KeyError::Unfit { .. })));

    let rsa = key(Algorithm::RS256);
    let text = pem("RSA PRIVATE KEY", pkcs1(&rsa.to_bytes().unwrap()));
    assert_eq!(public_part(&SigningKey::from_pem(&text, Algorithm::RS256, "RS256").unwrap()), public_part(&rsa));
}

#[test]
fn public_pem_is_imported() {
    let ec = key(Algorithm::ES256);
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &ec.to_bytes().unwrap()).unwrap();
    let der = aws_lc_rs::signature::KeyPair::public_key(&pair).as_der().unwrap();
    let text = pem("PUBLIC KEY", der.as_ref());
    let imported = VerifyingKey::from_pem(&text, Algorithm::ES256, "ES256").unwrap();
    assert_eq!(serde_json::to_value(imported.to_jwk()).unwrap(), public_part(&ec));
    for other in [Algorithm::ES384, Algorithm::RS256, Algorithm::EdDSA] {
        assert!(matches!(VerifyingKey::from_pem(&text, other, "k"), Err(KeyError::Unfit { .. })), "{other}");
    }
    assert!(matches!(VerifyingKey::from_pem(&text, Algorithm::HS256, "k"), Err(KeyError::SecretIsKey(_))));
    let longer = pem("PUBLIC KEY", &[der.as_ref(), &[0]].concat());
    assert!(matches!(VerifyingKey::from_pem(&longer, Algorithm::ES256, "k"), Err(KeyError::Invalid(_))));

    let rsa = key(Algorithm::PS256);
    let numbers = integers(pkcs1(&rsa.to_bytes().unwrap()));
    let length = |bytes: usize| u16::try_from(bytes).unwrap().to_be_bytes();
    let modulus = [&[2, 0x82][..], &length(385), &[0], &numbers[0], &[2, 3, 1, 0, 1]].concat();
    let der = [&[0x30, 0x82][..], &length(modulus.len()), &modulus].concat();
    let imported = VerifyingKey::from_pem(&pem("RSA PUBLIC KEY", &der), Algorithm::PS256, "PS256").unwrap();
    assert_eq!(serde_json::to_value(imported.to_jwk()).unwrap(), public_part(&rsa));
}

#[test]
fn pem_that_is_no_such_key_is_refused_with_a_reason() {
    let bytes = key(Algorithm::ES256).to_bytes().unwrap();
    let good = pem("PRIVATE KEY", &bytes);
    assert!(SigningKey::from_pem(&good, Algorithm::ES256, "k").is_ok());
    for (label, what) in [("ENCRYPTED PRIVATE KEY", "nocrypt"), ("PUBLIC KEY", "nocrypt"), ("CERTIFICATE", "nocrypt")] {
        let error = SigningKey::from_pem(&pem(label, &bytes), Algorithm::ES256, "k").unwrap_err();
        assert!(matches!(error, KeyError::PemLabel { .. }) && error.to_string().contains(what), "{label}: {error}");
    }
    let error = VerifyingKey::from_pem(&good, Algorithm::ES256, "k").unwrap_err();
    assert!(matches!(error, KeyError::PemLabel { .. }), "{error}");
    for bad in [
        String::new(),
        "no key".to_owned(),
        format!("{good}{good}"),
        good.replace("END PRIVATE", "END PUBLIC"),
        good.replace("-----END", "END"),
        good.replacen('M', "*", 1),
        good.replace("PRIVATE KEY-----\n", "PRIVATE KEY\n"),
    ] {
        let error = SigningKey::from_pem(&bad, Algorithm::ES256, "k").unwrap_err();
        assert!(matches!(error, KeyError::Pem(_)), "{error}");
    }
}
