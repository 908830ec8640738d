//! What claims must be.

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::jose::{Claims, Expected, Limits, Refusal, claims, read, sign_compact};
use serde_json::{Value, json};

use super::support::{NOW, es256, forge};

fn check_with(typ: &str, payload: &str, expected: &Expected<'_>) -> Result<Claims, Refusal> {
    let token = forge(es256(), format!(r#"{{"alg":"ES256","kid":"k1"{typ}}}"#), payload);
    let verified = read(&token, es256().verifying_key().as_ref(), &Limits::default())?;
    claims::check(&verified, expected)
}

fn check(payload: &str, expected: &Expected<'_>) -> Result<Claims, Refusal> {
    check_with(r#","typ":"at+jwt""#, payload, expected)
}

/// Good claims with one of them set to this JSON text, or left out.
fn with(claim: &str, json: Option<&str>) -> String {
    let mut members = vec![("iss", r#""https://issuer.test""#), ("aud", r#""api""#), ("exp", "1800000060")];
    members.retain(|(name, _)| *name != claim);
    members.extend(json.map(|json| (claim, json)));
    let members: Vec<String> = members.iter().map(|(name, json)| format!(r#""{name}":{json}"#)).collect();
    format!("{{{}}}", members.join(","))
}

fn malformed(result: &Result<Claims, Refusal>, claim: &str) -> bool {
    match result {
        Err(Refusal::ClaimMalformed { claim: found, .. }) => *found == claim,
        // A number that no reader of JSON can hold is refused before it is a claim.
        Err(Refusal::ClaimsJson(_)) => true,
        _ => false,
    }
}

#[test]
fn jw_12_dates_are_finite_numbers_even_where_they_are_not_required() {
    let strict = Expected::at(NOW);
    let lenient = Expected { require_exp: false, ..strict };
    let bad = [
        r#""1800000060""#,
        r#""""#,
        "null",
        "true",
        "false",
        "[]",
        "[1800000060]",
        "{}",
        r#"{"exp":1800000060}"#,
        "-1",
        "-1800000060",
        "-0.5",
        "-1e3",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "-1e400",
        "18446744073709551616",
        "18446744073709551615",
        "9223372036854775808",
        "9223372036854775807",
        "9007199254740992",
        "1e16",
        "1e19",
        "1e300",
        "0x6b49d23c",
        "1_800_000_060",
        r#""2030-01-01T00:00:00Z""#,
        r#""NaN""#,
        "01800000060",
    ];
    for claim in ["exp", "nbf", "iat"] {
        for json in bad {
            for expected in [&strict, &lenient] {
                let result = check(&with(claim, Some(json)), expected);
                assert!(malformed(&result, claim), "{claim} = {json}: {result:?}");
            }
        }
    }
    for json in ["1800000060", "1800000060.5", "1.80000006e9", "9007199254740991", "1.8e12"] {
        assert!(check(&with("exp", Some(json)), &strict).is_ok(), "exp = {json}");
    }
    for json in ["0", "1800000000", "1799999999.999", "1.8e9"] {
        assert!(check(&with("nbf", Some(json)), &strict).is_ok(), "nbf = {json}");
        assert!(check(&with("iat", Some(json)), &strict).is_ok(), "iat = {json}");
    }
}

#[test]
fn jw_12_exp_is_required_by_default() {
    let expected = Expected::at(NOW);
    assert_eq!(check(&with("exp", None), &expected), Err(Refusal::ClaimMissing("exp")));
    assert!(check(&with("exp", None), &Expected { require_exp: false, ..expected }).is_ok());
}

#[test]
fn jw_13_boundaries_of_time_are_exact() {
    let none = Expected { leeway: Duration::ZERO, ahead: Duration::ZERO, ..Expected::at(NOW) };
    let ahead = Expected { ahead: Duration::from_secs(5), ..none };
    let some = Expected { leeway: Duration::from_secs(10), ..none };
    let outcome = |claim, millis: i64, expected: &Expected<'_>| {
        let seconds = format!("{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000));
        check(&with(claim, Some(&seconds)), expected).map(drop)
    };
    let now = NOW.as_millis();
    // (claim, refusal, leeway, milliseconds from now of the last value refused and of the first accepted)
    for (claim, refusal, expected, refused, accepted) in [
        ("exp", Refusal::Expired, &none, 0, 1),
        ("exp", Refusal::Expired, &none, -1000, 1000),
        ("exp", Refusal::Expired, &some, -10_000, -9_999),
        ("nbf", Refusal::NotYetValid, &none, 1, 0),
        ("nbf", Refusal::NotYetValid, &none, 1000, -1000),
        ("nbf", Refusal::NotYetValid, &some, 10_001, 10_000),
        ("iat", Refusal::IssuedInFuture, &none, 1, 0),
        ("iat", Refusal::IssuedInFuture, &some, 10_001, 10_000),
        ("iat", Refusal::IssuedInFuture, &ahead, 5_001, 5_000),
        ("nbf", Refusal::NotYetValid, &ahead, 1, 0),
        ("exp", Refusal::Expired, &ahead, 0, 1),
    ] {
        assert_eq!(outcome(claim, now + refused, expected), Err(refusal), "{claim} {refused}");
        assert_eq!(outcome(claim, now + accepted, expected), Ok(()), "{claim} {accepted}");
    }
    assert!(Expected::at(NOW).leeway <= Duration::from_mins(1));
}

#[test]
fn jw_13_nothing_overflows_at_the_ends_of_time() {
    for now in [Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)] {
        let expected = Expected { leeway: Duration::MAX, ..Expected::at(now) };
        let _ = check(&with("exp", Some("9007199254740991")), &expected);
        let _ = check(&with("nbf", Some("9007199254740991")), &expected);
    }
}

#[test]
fn jw_14_the_issuer_is_compared_exactly() {
    let expected = Expected { issuer: Some("https://issuer.test"), ..Expected::at(NOW) };
    assert!(check(&with("iss", Some(r#""https://issuer.test""#)), &expected).is_ok());
    for other in [
        "https://issuer.test/",
        "https://issuer",
        "HTTPS://issuer.test",
        "https://Issuer.test",
        "",
        " ",
        "issuer.test",
        "https://issuer.test.attacker.test",
        "https://issuer.test ",
        "https://issuer.test\u{0}",
        "https://іssuer.test",
    ] {
        let json = serde_json::to_string(other).unwrap();
        assert_eq!(check(&with("iss", Some(&json)), &expected), Err(Refusal::WrongIssuer), "{other:?}");
    }
    for json in [r#"["https://issuer.test"]"#, "null", "1", "{}", "true"] {
        assert!(malformed(&check(&with("iss", Some(json)), &expected), "iss"), "{json}");
        assert!(malformed(&check(&with("iss", Some(json)), &Expected::at(NOW)), "iss"), "{json}, unasked");
    }
    assert_eq!(check(&with("iss", None), &expected), Err(Refusal::ClaimMissing("iss")));
}

#[test]
fn jw_15_the_audience_must_be_among_those_named() {
    let expected = Expected { audience: Some("api"), ..Expected::at(NOW) };
    for json in [r#""api""#, r#"["api"]"#, r#"["other","api"]"#, r#"["api","other"]"#] {
        assert!(check(&with("aud", Some(json)), &expected).is_ok(), "{json}");
    }
    for json in [r#""other""#, r#"["other"]"#, r#""API""#, r#""api ""#, r#""apis""#, r#""ap""#, r#"["a","p","i"]"#] {
        assert_eq!(check(&with("aud", Some(json)), &expected), Err(Refusal::WrongAudience), "{json}");
    }
    for json in [
        r#""""#,
        "[]",
        r#"[""]"#,
        r#"["api",""]"#,
        r#"[["api"]]"#,
        r#"["api",["api"]]"#,
        "1",
        r#"["api",1]"#,
        "null",
        r#"["api",null]"#,
        r#"{"api":true}"#,
        "true",
    ] {
        assert!(malformed(&check(&with("aud", Some(json)), &expected), "aud"), "{json}");
        assert!(malformed(&check(&with("aud", Some(json)), &Expected::at(NOW)), "aud"), "{json}, unasked");
    }
    assert_eq!(check(&with("aud", None), &expected), Err(Refusal::ClaimMissing("aud")));
    assert!(check(&with("aud", None), &Expected::at(NOW)).is_ok());
}

#[test]
fn jw_15_other_registered_claims_are_strings() {
    for claim in ["sub", "jti"] {
        assert!(check(&with(claim, Some(r#""x""#)), &Expected::at(NOW)).is_ok());
        for json in ["1", "null", "[]", r#"["x"]"#, "{}", "true"] {
            assert!(malformed(&check(&with(claim, Some(json)), &Expected::at(NOW)), claim), "{claim} = {json}");
        }
    }
}

#[test]
fn jw_16_only_the_diagonal_of_token_kinds_passes() {
    const KINDS: [&str; 6] = ["at+jwt", "refresh+jwt", "reset+jwt", "JWT", "logout+jwt", "secevent+jwt"];
    let payload = with("sub", Some(r#""u1""#));
    for kind in KINDS {
        for wanted in KINDS {
            let types = [wanted];
            let expected = Expected { types: &types, ..Expected::at(NOW) };
            let result = check_with(&format!(r#","typ":"{kind}""#), &payload, &expected);
            if kind == wanted {
                assert!(result.is_ok(), "{kind}");
            } else {
                assert!(matches!(result, Err(Refusal::TypeWrong(_))), "{kind} for {wanted}");
            }
        }
    }
}

#[test]
fn jw_16_typ_is_compared_as_a_media_type() {
    let (payload, expected) = (with("sub", Some(r#""u1""#)), Expected::at(NOW));
    for typ in ["at+jwt", "AT+JWT", "at+JWT", "application/at+jwt", "Application/AT+jwt"] {
        assert!(check_with(&format!(r#","typ":"{typ}""#), &payload, &expected).is_ok(), "{typ}");
    }
    for typ in [
        "",
        "jwt",
        "at",
        "at+jwt ",
        " at+jwt",
        "at+jwt; charset=utf-8",
        "text/at+jwt",
        "application/application/at+jwt",
        "application/",
        "/at+jwt",
        "at jwt",
        "xat+jwt",
        "at+jwts",
    ] {
        let result = check_with(&format!(r#","typ":"{typ}""#), &payload, &expected);
        assert!(matches!(result, Err(Refusal::TypeWrong(_))), "{typ:?}: {result:?}");
    }
    let text = Expected { types: &["text/x"], ..expected };
    assert!(check_with(r#","typ":"text/x""#, &payload, &text).is_ok());
    assert!(check_with(r#","typ":"application/text/x""#, &payload, &text).is_err());
    assert_eq!(check_with("", &payload, &expected), Err(Refusal::TypeMissing));
    assert!(check_with("", &payload, &Expected { types: &[], ..expected }).is_ok(), "the caller asked for any kind");
    for json in ["null", "1", r#"["at+jwt"]"#, "true", "{}"] {
        let result = check_with(&format!(r#","typ":{json}"#), &payload, &expected);
        assert_eq!(result, Err(Refusal::HeaderNotString("typ")), "{json}");
    }
}

#[test]
fn claims_come_typed_and_the_rest_as_it_was() {
    let written = json!({"iss": "i", "sub": "s", "aud": ["a", "b"], "exp": 1_800_000_060, "nbf": 1_799_999_999.5, "iat": 1_800_000_000,
        "jti": "t", "roles": ["user"], "gen": 3, "nested": {"deep": [null]}});
    let token = sign_compact(es256(), "at+jwt", &written).unwrap();
    let verified = read(&token, es256().verifying_key().as_ref(), &Limits::default()).unwrap();
    let claims = claims::check(&verified, &Expected::at(NOW)).unwrap();
    let Value::Object(rest) = json!({"roles": ["user"], "gen": 3, "nested": {"deep": [null]}}) else { unreachable!() };
    assert_eq!(
        claims,
        Claims {
            issuer: Some("i".into()),
            subject: Some("s".into()),
            audience: vec!["a".into(), "b".into()],
            expires_at: Some(Timestamp::from_seconds(1_800_000_060)),
            not_before: Some(Timestamp::from_millis(1_799_999_999_500)),
            issued_at: Some(NOW),
            id: Some("t".into()),
            rest,
        }
    );
}
