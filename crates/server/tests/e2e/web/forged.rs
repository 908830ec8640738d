//! Tokens that nobody of ours has signed, as they come over the wire: each is refused, and all in the same words.

use std::net::TcpListener;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::real::{Real, b64, forged};
use crate::support::Shared;

static SHARED: Shared = Shared::new();

#[test]
fn jw_01_jw_02_no_header_chooses_how_a_token_is_verified() {
    let server = SHARED.server();
    let mut real = Real::new(&server);
    for none in ["none", "None", "NONE", "nOnE", "", " none", "none ", "nonE\0"] {
        for typ in [Some("at+jwt"), Some("JWT"), None] {
            let mut header = json!({ "alg": none, "kid": real.header["kid"] });
            if let Some(typ) = typ {
                header["typ"] = json!(typ);
            }
            let unsigned = forged(&header, &real.ticket.text, |_| Vec::new());
            real.refuses(&unsigned);
            let signed = real.under(&header.to_string());
            real.refuses(&signed);
        }
    }
    let algorithms = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "ES256K",
        "EdDSA", "Ed25519", "es256", "ES256 ", "XX",
    ];
    for value in algorithms.map(Value::from).into_iter().chain([
        Value::Null,
        json!(["ES256"]),
        json!(256),
        json!({ "a": 1 }),
        json!(true),
    ]) {
        let token = real.under(&real.with("alg", value).to_string());
        real.refuses(&token);
    }
    let mut without = real.header.clone();
    without.remove("alg");
    let token = real.under(&Value::Object(without).to_string());
    real.refuses(&token);
    real.counts_still();
}

#[test]
fn jw_03_what_is_published_is_no_shared_secret() {
    let server = SHARED.server();
    let mut real = Real::new(&server);
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(real.jwk[name].as_str().unwrap()).unwrap();
    let (x, y) = (coordinate("x"), coordinate("y"));
    let point = [&[4][..], &x, &y].concat();
    // SubjectPublicKeyInfo of a P-256 key (RFC 5480 §2).
    let head = [
        0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7,
        3, 0x42, 0,
    ];
    let der = [&head[..], &point].concat();
    let base64 = STANDARD.encode(&der);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, real.jwk["x"], real.jwk["y"]);
    let thumbprint = digest::digest(&digest::SHA256, canonical.as_bytes());
    let secrets: Vec<Vec<u8>> = vec![
        pem.clone().into_bytes(),
        format!("{pem}\n").into_bytes(),
        format!(" {pem}").into_bytes(),
        pem.replace('\n', "\r\n").into_bytes(),
        pem.replace('\n', "").into_bytes(),
        base64.into_bytes(),
        der,
        point,
        x,
        y,
        real.jwk.to_string().into_bytes(),
        canonical.into_bytes(),
        thumbprint.as_ref().to_vec(),
        b64(thumbprint).into_bytes(),
        real.jwk["x"].as_str().unwrap().as_bytes().to_vec(),
        real.header["kid"].as_str().unwrap().as_bytes().to_vec(),
        Vec::new(),
        b"secret".to_vec(),
    ];
    for secret in &secrets {
        for (name, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let key = hmac::Key::new(algorithm, secret);
            let token = forged(&real.with("alg", json!(name)), &real.ticket.text, |body| {
                hmac::sign(&key, body).as_ref().to_vec()
            });
            real.refuses(&token);
        }
    }
    real.counts_still();
}

#[test]
fn jw_04_a_key_that_a_token_brings_is_not_looked_at() {
    let server = SHARED.server();
    let mut real = Real::new(&server);
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/jwks.json", trap.local_addr().unwrap());
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let own = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
    let point = own.public_key().as_ref();
    let jwk = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": real.header["kid"], "x": b64(&point[1..33]), "y": b64(&point[33..]) });
    for (name, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!([STANDARD.encode(document.as_ref())])),
        ("x5t", json!(b64([7; 20]))),
        ("x5t#S256", json!(b64([7; 32]))),
        ("kid", json!(url)),
        ("kid", json!("own")),
        ("typ", json!("at+jwt")),
    ] {
        for kid in [real.header["kid"].clone(), json!("own")] {
            let mut header = real.with("kid", kid);
            header[name] = value.clone();
            let sign = |body: &[u8]| own.sign(&random, body).unwrap().as_ref().to_vec();
            let token = forged(&header, &real.ticket.text, sign);
            real.refuses(&token);
            let token = real.under(&header.to_string());
            if name != "typ" {
                real.refuses(&token);
            }
        }
    }
    real.counts_still();
    assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody has called");
}

#[test]
fn jw_05_a_key_id_is_a_name_and_nothing_else() {
    let server = SHARED.server();
    let mut real = Real::new(&server);
    let kid = real.header["kid"].as_str().unwrap().to_owned();
    let mut payloads: Vec<Value> = [
        "",
        ".",
        "..",
        "/dev/null",
        "../../../../../../dev/null",
        "/etc/passwd",
        "file:///dev/null",
        "C:\\nul",
        "%00",
        "a\0b",
        "*",
        "?",
        "$(id)",
        "`id`",
        "| id",
        ";id",
        "' OR '1'='1",
        "' UNION SELECT 'key';--",
        "\" or \"\"=\"",
        "*)(uid=*))(|(uid=*",
        "${jndi:ldap://127.0.0.1/x}",
        "{{7*7}}",
        "%2e%2e%2f",
        "\u{2025}/x",
        "null",
        "undefined",
        "0",
        "-1",
        "true",
    ]
    .map(Value::from)
    .to_vec();
    for alike in [
        kid.to_uppercase(),
        format!("{kid} "),
        format!(" {kid}"),
        format!("{kid}\0"),
        format!("{kid}\u{200b}"),
        kid.replace('a', "\u{430}").replace('e', "\u{435}"),
        kid.repeat(2),
        kid[1..].to_owned(),
        "k".repeat(4_000),
    ] {
        if alike != kid {
            payloads.push(json!(alike));
        }
    }
    payloads.extend([Value::Null, json!(0), json!(true), json!([kid]), json!({ "kid": kid })]);
    for payload in payloads {
        let token = real.under(&real.with("kid", payload).to_string());
        real.refuses(&token);
    }
    real.counts_still();
}

#[test]
fn jw_06_jw_07_jw_10_a_header_that_says_more_or_says_it_twice_is_refused() {
    let server = SHARED.server();
    let mut real = Real::new(&server);
    for crit in [
        json!([]),
        json!(["exp"]),
        json!(["b64"]),
        json!(["x"]),
        json!(["alg"]),
        json!(["x", "x"]),
        json!([1]),
        json!("exp"),
        json!({}),
        Value::Null,
        json!(true),
        json!([[]]),
    ] {
        let mut header = real.with("crit", crit);
        for b64 in [None, Some(json!(false)), Some(json!(true))] {
            if let Some(b64) = b64 {
                header["b64"] = b64;
            }
            let token = real.under(&header.to_string());
            real.refuses(&token);
        }
    }
    let token = real.under(&real.with("b64", json!(false)).to_string());
    real.refuses(&token);
    let whole = Value::Object(real.header.clone()).to_string();
    let inner = whole.trim_matches(['{', '}']).to_owned();
    for header in [
        format!("{{{inner},\"alg\":\"none\"}}"),
        format!("{{\"alg\":\"none\",{inner}}}"),
        format!("{{{inner},\"alg\":\"ES256\"}}"),
        format!("\u{feff}{whole}"),
        format!("{whole} x"),
        format!("{whole}\0"),
        format!("[{whole}]"),
        whole.replace('"', "'"),
        format!("{{{inner},}}"),
        format!("{{{inner},\"x\":{}1{}}}", "[".repeat(2_000), "]".repeat(2_000)),
        "{}".to_owned(),
        "null".to_owned(),
    ] {
        let token = real.under(&header);
        real.refuses(&token);
    }
    real.counts_still();
}
