//! The form of a token: segments, base64url, size.

use counterfoil_core::jose::{Limits, Refusal, Segment, inspect, read};

use super::support::{b64, claims, es256, forge, forge_encoded, outcome, with_members};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn jw_08_exactly_three_segments() {
    let good = with_members("");
    assert!(outcome(&good).is_ok());
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    for bad in [
        String::new(),
        header.to_owned(),
        input.to_owned(),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{header}..{payload}.{signature}"),
        ".".to_owned(),
        "...".to_owned(),
        "no token at all".to_owned(),
    ] {
        assert_eq!(outcome(&bad), Err(Refusal::Segments), "{bad:?}");
    }
    assert!(matches!(outcome(".."), Err(Refusal::HeaderJson(_))));
}

#[test]
fn jw_08_json_serialisation_is_refused() {
    let good = with_members("");
    let parts: Vec<_> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    for json in [
        format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
        format!(r#" {{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#),
        // The compact form smuggled into JSON, or JSON in front of it (CVE-2022-39227).
        format!(r#"{{"  {header}.":1,"payload":"x"}}.{payload}.{signature}"#),
        format!("{{}}{good}"),
    ] {
        assert_eq!(outcome(&json), Err(Refusal::JsonSerialisation), "{json}");
    }
}

#[test]
fn jw_08_base64url_is_canonical_in_every_segment() {
    let good = with_members("");
    assert!(outcome(&good).is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    for (at, segment) in [Segment::Header, Segment::Payload, Segment::Signature].into_iter().enumerate() {
        for change in ["=", "==", " ", "\n", "\r\n", "\t", "\0", "+", "/", "%3D", "é", "*", "\u{a0}", "A\u{200b}", "~"]
        {
            for text in [format!("{}{change}", parts[at]), format!("{change}{}", parts[at])] {
                let mut parts = parts.clone();
                parts[at] = &text;
                // Signed anew over the changed text where the signature covers it, so that only the form is wrong.
                let token = match segment {
                    Segment::Signature => parts.join("."),
                    _ => forge_encoded(es256(), parts[0], parts[1]),
                };
                assert_eq!(outcome(&token), Err(Refusal::NotBase64url(segment)), "{segment}: {text:?}");
            }
        }
    }
}

#[test]
fn jw_08_trailing_bits_must_be_zero() {
    // A segment of each length modulo 3 that leaves spare bits; every other value of those bits is refused.
    for (payload, spare) in [("{}", 4), (r#"{"a":1}"#, 16), (r#"{"a":1} "#, 4)] {
        let encoded = b64(payload);
        let (front, last) = encoded.split_at(encoded.len() - 1);
        let value = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).unwrap();
        assert_eq!(value % spare, 0);
        let header = b64(r#"{"alg":"ES256","kid":"k1"}"#);
        assert_eq!(outcome(&forge_encoded(es256(), &header, &encoded)), Ok(payload.to_owned()));
        for bits in 1..spare {
            let other = format!("{front}{}", char::from(ALPHABET[value + bits]));
            let token = forge_encoded(es256(), &header, &other);
            assert_eq!(outcome(&token), Err(Refusal::NotBase64url(Segment::Payload)), "{payload} {bits}");
        }
    }
    // The 64 bytes of an ES256 signature leave four spare bits.
    let good = with_members("");
    let (front, last) = good.split_at(good.len() - 1);
    let value = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).unwrap();
    for bits in 1..16 {
        let token = format!("{front}{}", char::from(ALPHABET[value + bits]));
        assert_eq!(outcome(&token), Err(Refusal::NotBase64url(Segment::Signature)));
    }
}

#[test]
fn jw_09_encrypted_tokens_are_refused_as_such() {
    assert!(outcome(&with_members("")).is_ok());
    let header = b64(r#"{"alg":"dir","enc":"A256GCM","kid":"k1"}"#);
    for token in [format!("{header}..AAAA.AAAA.AAAA"), format!("{header}.AA.AAAA.AAAA.AAAA"), "....".to_owned()] {
        assert_eq!(outcome(&token), Err(Refusal::Encrypted), "{token}");
        assert_eq!(inspect(&token, &Limits::default()).unwrap_err(), Refusal::Encrypted);
    }
}

#[test]
fn jw_11_size_is_capped_before_anything_else() {
    let good = with_members("");
    let key = es256().verifying_key().as_ref();
    assert!(read(&good, key, &Limits { max_bytes: good.len() }).is_ok());
    let limit = good.len() - 1;
    assert_eq!(read(&good, key, &Limits { max_bytes: limit }).unwrap_err(), Refusal::TooLarge { limit });
    assert_eq!(Limits::default().max_bytes, 8192);
    for huge in [".".repeat(1_000_000), "A".repeat(1_000_000), format!("{{{}", " ".repeat(10_000))] {
        assert_eq!(outcome(&huge), Err(Refusal::TooLarge { limit: 8192 }));
    }
    assert_eq!(outcome(&".".repeat(8192)), Err(Refusal::Segments));
    let header = format!(r#"{{"alg":"ES256","kid":"k1","x":"{}"}}"#, "x".repeat(3000));
    assert!(matches!(outcome(&forge(es256(), header, claims())), Err(Refusal::HeaderTooLarge { .. })));
    let long_signature = format!("{}.{}", good.rsplit_once('.').unwrap().0, "A".repeat(4000));
    assert_eq!(outcome(&long_signature), Err(Refusal::BadSignature));
}

#[test]
fn jw_19_ecdsa_signatures_have_exactly_their_length() {
    let good = with_members("");
    assert!(outcome(&good).is_ok());
    let (input, signature) = good.rsplit_once('.').unwrap();
    let signature = super::support::unb64(signature);
    let (r, s) = signature.split_at(32);
    let zero = [0u8; 32];
    for (what, bad) in [
        ("zeros", [zero, zero].concat()),
        ("r is zero", [&zero, s].concat()),
        ("s is zero", [r, &zero].concat()),
        ("all ones", vec![0xFF; 64]),
        ("a byte less", signature[..63].to_vec()),
        ("a byte more", [&signature[..], &[0]].concat()),
        ("a zero in front of each", [&[0], r, &[0], s].concat()),
        ("DER", [&[0x30, 0x44, 0x02, 0x20], r, &[0x02, 0x20], s].concat()),
        ("nothing", Vec::new()),
    ] {
        assert_eq!(outcome(&format!("{input}.{}", b64(bad))), Err(Refusal::BadSignature), "{what}");
    }
}

#[test]
fn jw_21_the_signature_comes_before_the_claims() {
    let (input, _) = forge(es256(), r#"{"alg":"ES256","kid":"k1"}"#, "not json").rsplit_once('.').map(own).unwrap();
    assert_eq!(outcome(&format!("{input}.{}", b64([1; 64]))), Err(Refusal::BadSignature));
    // Not even the payload's base64url is looked at before.
    let header = b64(r#"{"alg":"ES256","kid":"k1"}"#);
    assert_eq!(outcome(&format!("{header}.=!.{}", b64([1; 64]))), Err(Refusal::BadSignature));
}

fn own((input, signature): (&str, &str)) -> (String, String) {
    (input.to_owned(), signature.to_owned())
}

#[test]
fn a_token_is_taken_apart_without_being_believed() {
    let unverified = inspect(&with_members(""), &Limits::default()).unwrap();
    assert_eq!(unverified.header["alg"], "ES256");
    assert_eq!(unverified.payload.unwrap()["sub"], "u1");
    assert_eq!(unverified.signature_len, Some(64));
    let odd = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64("text"));
    let unverified = inspect(&odd, &Limits::default()).unwrap();
    assert_eq!((unverified.payload, unverified.signature_len), (None, Some(0)));
    // One whose signature nobody can read still says something.
    let unverified = inspect(&format!("{odd}abcde"), &Limits::default()).unwrap();
    assert_eq!((unverified.header["alg"].as_str(), unverified.signature_len), (Some("none"), None));
}

#[test]
fn refusals_show_no_more_of_a_token_than_a_snippet() {
    let kid = "\\u001b[2J".to_owned() + &"x".repeat(100);
    let refusal = outcome(&forge(es256(), format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), claims())).unwrap_err();
    let shown = format!("{refusal} {refusal:?}");
    assert!(!shown.contains('\u{1b}') && shown.contains("\\u{1b}") && shown.len() < 400, "{shown}");
}
