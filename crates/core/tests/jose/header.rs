//! What a header may say.

use counterfoil_core::jose::{Algorithm, KeySet, Keys as _, Limits, Refusal, read};

use super::support::{claims, es256, forge, generate, key, outcome, outcome_with, with_members};

fn with_alg(alg: &str) -> String {
    forge(es256(), format!(r#"{{"alg":{alg},"typ":"at+jwt","kid":"k1"}}"#), claims())
}

#[test]
fn jw_01_only_the_pinned_pair_of_key_and_algorithm_passes() {
    let keys: Vec<_> = Algorithm::ALL.into_iter().map(key).collect();
    let mut passed = 0;
    for key in &keys {
        for other in &keys {
            // Signed by `other` under its own algorithm, but naming `key`.
            let header = format!(r#"{{"alg":"{}","kid":"{}"}}"#, other.algorithm(), key.kid());
            let outcome = outcome_with(&forge(other, header, "{}"), key.verifying_key());
            if key.algorithm() == other.algorithm() {
                assert_eq!(outcome, Ok("{}".to_owned()));
                passed += 1;
            } else {
                let (found, expected) = (other.algorithm(), key.algorithm());
                assert_eq!(outcome, Err(Refusal::AlgorithmMismatch { found, expected }));
            }
        }
    }
    assert_eq!(passed, 13);
}

#[test]
fn jw_01_the_name_of_the_algorithm_is_case_sensitive() {
    assert!(outcome(&with_alg(r#""ES256""#)).is_ok());
    assert!(outcome(&with_alg(r#""\u0045S256""#)).is_ok(), "an escape is the same string");
    for alg in
        [r#""es256""#, r#""Es256""#, r#""ES256 ""#, r#"" ES256""#, r#""ES256\u0000""#, r#""ＥS256""#, r#""ES256K""#]
    {
        assert!(matches!(outcome(&with_alg(alg)), Err(Refusal::AlgorithmUnknown(_))), "{alg}");
    }
}

#[test]
fn jw_02_none_is_refused_in_every_spelling() {
    assert!(outcome(&with_alg(r#""ES256""#)).is_ok());
    for alg in ["none", "None", "NONE", "nOnE", "nonE", " none", "none ", "\\u006eone", "n\\u006fne"] {
        let signed = with_alg(&format!("\"{alg}\""));
        let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
        assert_eq!(outcome(&signed), Err(Refusal::Unsigned), "{alg}, signed");
        assert_eq!(outcome(&unsigned), Err(Refusal::Unsigned), "{alg}, unsigned");
    }
    assert!(matches!(outcome(&with_alg(r#""""#)), Err(Refusal::AlgorithmUnknown(_))));
    for alg in ["null", "0", "false", "[]", r#"["ES256"]"#, "{}"] {
        assert_eq!(outcome(&with_alg(alg)), Err(Refusal::HeaderNotString("alg")), "{alg}");
    }
    assert_eq!(outcome(&forge(es256(), r#"{"typ":"at+jwt","kid":"k1"}"#, claims())), Err(Refusal::AlgorithmMissing));
    let no_signature = format!("{}.", with_alg(r#""ES256""#).rsplit_once('.').unwrap().0);
    assert_eq!(outcome(&no_signature), Err(Refusal::BadSignature));
    assert!("none".parse::<Algorithm>().is_err());
}

#[test]
fn jw_04_a_key_in_the_header_is_refused() {
    assert!(outcome(&with_members("")).is_ok());
    let attacker = generate(Algorithm::ES256, "k1");
    let jwk = serde_json::to_string(&attacker.verifying_key().to_jwk()).unwrap();
    for (member, value) in [
        ("jwk", jwk.as_str()),
        ("jku", r#""https://attacker.test/jwks.json""#),
        ("x5u", r#""https://attacker.test/chain.pem""#),
        ("x5c", r#"["MIIB"]"#),
        ("x5t", r#""AAAA""#),
        ("x5t#S256", r#""AAAA""#),
    ] {
        let header = format!(r#"{{"alg":"ES256","kid":"k1","{member}":{value}}}"#);
        for signer in [&attacker, es256()] {
            assert_eq!(outcome(&forge(signer, &header, claims())), Err(Refusal::KeyInHeader(member)), "{member}");
        }
    }
}

#[test]
fn jw_05_kid_is_matched_byte_for_byte() {
    let set = KeySet::of([es256().verifying_key().clone(), generate(Algorithm::ES256, "k2").verifying_key().clone()])
        .unwrap();
    let with_kid = |kid: &str| {
        let kid = serde_json::to_string(kid).unwrap();
        let token = forge(es256(), format!(r#"{{"alg":"ES256","kid":{kid}}}"#), claims());
        read(&token, &set, &Limits::default()).map(|verified| verified.key.kid().to_owned())
    };
    assert_eq!(with_kid("k1").unwrap(), "k1");
    assert_eq!(with_kid("k2"), Err(Refusal::BadSignature), "the key named is the only one tried");
    for kid in ["K1", "k1 ", " k1", "k", "k11", "к1", "ｋ1", "../../dev/null", "' OR 1=1 --", "*)(uid=*", "/dev/null"]
    {
        assert!(matches!(with_kid(kid), Err(Refusal::KeyUnknown(_))), "{kid}");
    }
    for kid in ["", "k1\0", "\0", "k1\n", "k\u{7f}1", "k\u{85}1", &"x".repeat(129)] {
        assert!(matches!(with_kid(kid), Err(Refusal::KeyIdMalformed(_))), "{kid:?}");
    }
    assert!(matches!(with_kid(&"x".repeat(128)), Err(Refusal::KeyUnknown(_))));
    assert!(matches!(with_kid(&"x".repeat(4000)), Err(Refusal::HeaderTooLarge { .. })));
    assert!(matches!(with_kid(&"x".repeat(1_000_000)), Err(Refusal::TooLarge { .. })));
    for kid in ["null", "1", "true", "[]", "{}", r#"["k1"]"#] {
        let token = forge(es256(), format!(r#"{{"alg":"ES256","kid":{kid}}}"#), claims());
        assert_eq!(outcome(&token), Err(Refusal::HeaderNotString("kid")), "{kid}");
    }
}

#[test]
fn jw_05_a_token_without_kid_needs_exactly_one_key() {
    let token = forge(es256(), r#"{"alg":"ES256"}"#, claims());
    let one = KeySet::of([es256().verifying_key().clone()]).unwrap();
    assert!(read(&token, &one, &Limits::default()).is_ok());
    let named_otherwise = forge(es256(), r#"{"alg":"ES256","kid":"k2"}"#, claims());
    assert!(matches!(outcome(&named_otherwise), Err(Refusal::KeyUnknown(_))), "a key on its own has its name too");
    assert!(matches!(read(&named_otherwise, &one, &Limits::default()), Err(Refusal::KeyUnknown(_))));
    let other = generate(Algorithm::ES384, "k2");
    let two = KeySet::of([es256().verifying_key().clone(), other.verifying_key().clone()]).unwrap();
    assert_eq!(read(&token, &two, &Limits::default()).unwrap_err(), Refusal::KeyIdMissing);
    assert_eq!(read(&token, &KeySet::default(), &Limits::default()).unwrap_err(), Refusal::KeyIdMissing);
    assert!(two.find("k2").is_some());
}

#[test]
fn jw_06_crit_in_any_form_is_refused() {
    assert!(outcome(&with_members(r#","extension":1"#)).is_ok(), "an extension that is not critical is ignored");
    for members in [
        r#","crit":["unknown"],"unknown":1"#,
        r#","crit":["exp"],"exp":1"#,
        r#","crit":[]"#,
        r#","crit":"alg""#,
        r#","crit":null"#,
        r#","crit":false"#,
        r#","crit":{}"#,
        r#","crit":0"#,
        r#","crit":[1]"#,
        r#","crit":[null]"#,
        r#","crit":["alg"]"#,
        r#","crit":["kid","kid"]"#,
        r#","crit":["absent"]"#,
        r#","crit":["b64"],"b64":true"#,
        r#","crit":["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true"#,
        r#","\u0063rit":["unknown"]"#,
    ] {
        assert_eq!(outcome(&with_members(members)), Err(Refusal::Critical), "{members}");
    }
}

#[test]
fn jw_09_compressed_and_nested_tokens_are_refused() {
    assert!(outcome(&with_members(r#","cty":"json""#)).is_ok());
    assert_eq!(outcome(&with_members(r#","zip":"DEF""#)), Err(Refusal::Compressed));
    for cty in ["JWT", "jwt", "application/jwt", "APPLICATION/JWT"] {
        assert_eq!(outcome(&with_members(&format!(r#","cty":"{cty}""#))), Err(Refusal::Nested), "{cty}");
    }
}

#[test]
fn jw_24_both_names_of_ed25519_are_read_and_eddsa_is_written() {
    let key = key(Algorithm::EdDSA);
    for alg in ["EdDSA", "Ed25519"] {
        let token = forge(&key, format!(r#"{{"alg":"{alg}"}}"#), "{}");
        assert!(outcome_with(&token, key.verifying_key()).is_ok(), "{alg}");
    }
    assert!(matches!(
        outcome_with(&forge(&key, r#"{"alg":"Ed448"}"#, "{}"), key.verifying_key()),
        Err(Refusal::AlgorithmUnknown(_))
    ));
    assert_eq!(serde_json::to_value(key.verifying_key().to_jwk()).unwrap()["alg"], "EdDSA");
}

#[test]
fn jw_23_names_of_algorithms_are_exact_and_es256_is_the_default() {
    for algorithm in Algorithm::ALL {
        let name = algorithm.to_string();
        assert_eq!(name.parse::<Algorithm>().unwrap(), algorithm);
        assert_eq!(serde_json::to_value(algorithm).unwrap(), name.as_str());
        assert_eq!(serde_json::from_value::<Algorithm>(name.as_str().into()).unwrap(), algorithm);
        let other_case = if name == "EdDSA" { "EDDSA".to_owned() } else { name.to_lowercase() };
        assert!(other_case.parse::<Algorithm>().is_err(), "{other_case}");
    }
    for other in ["", "none", "Ed25519", "ES256K", "HS1", " ES256", "ES256\n"] {
        assert!(other.parse::<Algorithm>().is_err(), "{other:?}");
    }
    assert_eq!(Algorithm::default(), Algorithm::ES256);
}
