//! JSON inside tokens.

use counterfoil_core::jose::claims::Claims;
use counterfoil_core::jose::json::{JsonError, MAX_DEPTH, parse};
use counterfoil_core::jose::{Limits, Refusal, read};

use super::support::{claims, es256, forge, outcome, with_members};

/// The claims of a truly signed token with this payload.
fn claims_of(payload: impl AsRef<[u8]>) -> Result<Claims, Refusal> {
    let token = forge(es256(), r#"{"alg":"ES256","kid":"k1"}"#, payload);
    Claims::parse(&read(&token, es256().verifying_key().as_ref(), &Limits::default()).unwrap().payload)
}

#[test]
fn jw_10_duplicate_members_are_refused_at_any_depth() {
    assert!(outcome(&with_members(r#","a":{"b":1},"c":{"b":1}"#)).is_ok());
    for members in [
        r#","alg":"ES256""#,
        r#","kid":"k1""#,
        r#","typ":"at+jwt""#,
        r#","a":1,"a":1"#,
        r#","a":1,"\u0061":1"#,
        r#","a":{"b":1,"b":1}"#,
        r#","a":[{"b":1,"b":2}]"#,
        r#","cty":"a","cty":"a""#,
    ] {
        let refusal = outcome(&with_members(members)).unwrap_err();
        assert!(matches!(refusal, Refusal::HeaderJson(JsonError::DuplicateMember(_))), "{members}: {refusal}");
    }
    assert!(claims_of(r#"{"a":{"sub":1},"sub":"u"}"#).is_ok());
    for payload in [
        r#"{"sub":"a","sub":"a"}"#,
        r#"{"private":1,"private":1}"#,
        r#"{"private":1,"priv\u0061te":2}"#,
        r#"{"a":{"b":{"c":1,"c":1}}}"#,
        r#"{"a":[[{"c":1,"c":1}]]}"#,
        r#"{"":1,"":2}"#,
    ] {
        let refusal = claims_of(payload).unwrap_err();
        assert!(matches!(refusal, Refusal::ClaimsJson(JsonError::DuplicateMember(_))), "{payload}: {refusal}");
    }
}

#[test]
fn jw_10_depth_is_capped() {
    let nest = |depth: usize| format!(r#"{{"a":{}1{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(claims_of(nest(MAX_DEPTH)).is_ok());
    assert_eq!(claims_of(nest(MAX_DEPTH + 1)), Err(Refusal::ClaimsJson(JsonError::TooDeep)));
    assert_eq!(claims_of(nest(2000)), Err(Refusal::ClaimsJson(JsonError::TooDeep)));
    let member = |depth: usize| format!(r#","a":{}{}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    assert!(outcome(&with_members(&member(MAX_DEPTH))).is_ok());
    assert_eq!(outcome(&with_members(&member(MAX_DEPTH + 1))), Err(Refusal::HeaderJson(JsonError::TooDeep)));
}

#[test]
fn jw_10_encoding_is_utf_8_without_a_mark() {
    assert!(claims_of("{\"sub\":\"žluťoučký 🐎\"}").is_ok());
    assert_eq!(claims_of(b"\xEF\xBB\xBF{}"), Err(Refusal::ClaimsJson(JsonError::ByteOrderMark)));
    for bytes in [
        &b"{\"sub\":\"\xFF\"}"[..],
        b"{\"sub\":\"\xC0\xAF\"}",
        b"{\"sub\":\"\xED\xA0\x80\"}",
        b"{\"sub\":\"\xF4\x90\x80\x80\"}",
        b"\xFF\xFE{\0}\0",
        b"{}\xFF",
    ] {
        assert_eq!(claims_of(bytes), Err(Refusal::ClaimsJson(JsonError::NotUtf8)), "{bytes:?}");
        assert_eq!(outcome(&forge(es256(), bytes, claims())), Err(Refusal::HeaderJson(JsonError::NotUtf8)));
    }
    let with_mark = forge(es256(), b"\xEF\xBB\xBF{\"alg\":\"ES256\",\"kid\":\"k1\"}", claims());
    assert_eq!(outcome(&with_mark), Err(Refusal::HeaderJson(JsonError::ByteOrderMark)));
}

#[test]
fn jw_10_what_is_not_json_is_refused_in_header_and_claims() {
    for bad in [
        r#"{"a":1}x"#,
        r#"{"a":1}{}"#,
        r#"{"a":1},"#,
        "{\"a\":1}\0",
        r#"{"a":1,}"#,
        r#"{,"a":1}"#,
        r#"{"a" 1}"#,
        r"{'a':1}",
        r"{a:1}",
        r#"{"a":NaN}"#,
        r#"{"a":Infinity}"#,
        r#"{"a":-Infinity}"#,
        r#"{"a":1e400}"#,
        r#"{"a":-1e400}"#,
        r#"{"a":01}"#,
        r#"{"a":+1}"#,
        r#"{"a":.5}"#,
        r#"{"a":1.}"#,
        r#"{"a":0x10}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\ud800\ud800"}"#,
        r#"{"a":"\x41"}"#,
        "{\"a\":\"\n\"}",
        r#"{"a":"#,
        r#"{"a":1"#,
        r#"{"a":TRUE}"#,
        r#"{"a":1/*c*/}"#,
        "",
        " ",
    ] {
        let refusal = claims_of(bad).unwrap_err();
        assert!(matches!(refusal, Refusal::ClaimsJson(JsonError::Malformed { .. })), "{bad:?}: {refusal}");
        let header = bad.replacen('{', r#"{"alg":"ES256","kid":"k1","#, 1);
        let refusal = outcome(&forge(es256(), &header, claims())).unwrap_err();
        assert!(matches!(refusal, Refusal::HeaderJson(JsonError::Malformed { .. })), "{header:?}: {refusal}");
    }
    assert!(claims_of("  {\"a\" : [1, -2.5e3, true, null, \"\\ud83d\\ude00\"]}\r\n ").is_ok());
}

#[test]
fn jw_10_header_and_claims_are_objects() {
    for other in ["[]", r#"[{"alg":"ES256"}]"#, "null", "true", "1", "-1.5", r#""text""#] {
        assert_eq!(claims_of(other), Err(Refusal::ClaimsNotObject), "{other}");
        assert_eq!(outcome(&forge(es256(), other, claims())), Err(Refusal::HeaderNotObject), "{other}");
    }
    assert!(claims_of("{}").is_ok());
}

#[test]
fn the_reader_says_where_a_mistake_is() {
    assert_eq!(parse(b"{\n \"a\": x}").unwrap_err(), JsonError::Malformed { line: 2, column: 7 });
    assert_eq!(parse(b"[1, 2.5, \"x\"]").unwrap(), serde_json::json!([1, 2.5, "x"]));
}
