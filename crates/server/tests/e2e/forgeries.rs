//! Forged tokens, over HTTP: whatever is wrong with one, it gets the same answer.

use std::net::TcpListener;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::command::{counterfoil, run};
use crate::support::person::counts;
use crate::support::token::peek;
use crate::support::{Answer, MODES, Person, Request, Server, Setup, Ticket};

const CONFIG: &str =
    "[clients.shared]\nkind = \"jwt\"\nalgorithm = \"HS256\"\n[clients.old]\nkind = \"jwt\"\nalgorithm = \"RS256\"\n";

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn assembled(header: &Value, claims: &Value, signature: impl AsRef<[u8]>) -> String {
    format!("{}.{}.{}", encoded(header.to_string()), encoded(claims.to_string()), encoded(signature))
}

/// Signed with a shared secret: the only thing that a forger can do without a private key.
fn signed(secret: &[u8], header: &str, claims: &str) -> String {
    let input = format!("{}.{}", encoded(header), encoded(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
    format!("{input}.{}", encoded(signature.as_ref()))
}

/// All that an answer says, but for what names the one request.
fn said(answer: &Answer) -> (u16, Option<&str>, Value) {
    (answer.status, answer.header("www-authenticate"), answer.json())
}

#[track_caller]
fn all_refused(server: &Server, tokens: &[(&str, String)]) {
    let plain = server.send(&Request::get("/profile").bearer("a.b.c"));
    plain.is_refused();
    for (what, token) in tokens {
        let answer = server.send(&Request::get("/profile").bearer(token));
        assert_eq!(said(&answer), said(&plain), "{what}");
        let answer = server.send(&Request::get("/profile").cookie("token", token));
        assert_eq!(answer.status, 401, "{what}, in a cookie");
    }
}

fn published(server: &Server, algorithm: &str) -> Value {
    let keys = server.send(&Request::get("/.well-known/jwks.json")).expect(200).json()["keys"].clone();
    keys.as_array().unwrap().iter().find(|key| key["alg"] == algorithm).unwrap().clone()
}

#[test]
fn jw_02_a_token_without_a_signature_is_nobodys() {
    let server = Setup::default().start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let (header, claims) = peek(&ticket.text);
    let signature = ticket.text.rsplit('.').next().unwrap();
    let mut forged = Vec::new();
    for name in ["none", "None", "NONE", "nOnE", "", " none", "none ", "ES256 ", "es256", "HS256\0"] {
        let mut header = header.clone();
        header["alg"] = json!(name);
        forged.push((name, assembled(&header, &claims, "")));
        forged.push((name, format!("{}.{}.{signature}", encoded(header.to_string()), encoded(claims.to_string()))));
    }
    for nothing in [Value::Null, json!(0), json!(["ES256"]), json!({})] {
        let mut header = header.clone();
        header["alg"] = nothing;
        forged.push(("no text", assembled(&header, &claims, "")));
    }
    let mut headless = header.clone();
    headless.as_object_mut().unwrap().remove("alg");
    forged.push(("missing", assembled(&headless, &claims, "")));
    all_refused(&server, &forged);
    assert!(counts(&server, &ticket), "the real one counts all the while");
}

#[test]
fn jw_03_nothing_that_is_published_signs() {
    let server = Setup::default().config(CONFIG).start();
    let person = Person::new(&server);
    let mut forged = Vec::new();
    for client in ["api", "old"] {
        let ticket = person.logs_in_to(&server, client);
        let (header, claims) = peek(&ticket.text);
        let jwk = published(&server, header["alg"].as_str().unwrap());
        let text = |member: &str| jwk[member].as_str().unwrap_or_default().to_owned();
        let raw = |member: &str| URL_SAFE_NO_PAD.decode(text(member)).unwrap();
        let armoured = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(raw("x")));
        let secrets: Vec<Vec<u8>> = vec![
            jwk.to_string().into_bytes(),
            serde_json::to_vec_pretty(&jwk).unwrap(),
            json!({ "keys": [jwk] }).to_string().into_bytes(),
            [raw("x"), raw("y")].concat(),
            [vec![4], raw("x"), raw("y")].concat(),
            raw("n"),
            text("n").into_bytes(),
            text("x").into_bytes(),
            text("kid").into_bytes(),
            format!("{armoured}\n").into_bytes(),
            armoured.into_bytes(),
            Vec::new(),
        ];
        for algorithm in ["HS256", "HS384", "HS512"] {
            let mut header = header.clone();
            header["alg"] = json!(algorithm);
            let tokens = secrets.iter().map(|secret| signed(secret, &header.to_string(), &claims.to_string()));
            forged.extend(tokens.map(|token| (algorithm, token)));
        }
        // Another key's name, another key's algorithm.
        let other = if client == "api" { "RS256" } else { "ES256" };
        for algorithm in ["ES256", "RS256"] {
            let mut header = header.clone();
            header["kid"] = published(&server, other)["kid"].clone();
            header["alg"] = json!(algorithm);
            let signature = ticket.text.rsplit('.').next().unwrap();
            forged.push((
                "another key",
                format!("{}.{}.{signature}", encoded(header.to_string()), encoded(claims.to_string())),
            ));
        }
    }
    all_refused(&server, &forged);
    assert!(["api", "old"].into_iter().all(|client| counts(&server, &person.logs_in_to(&server, client))));
}

#[test]
fn jw_04_a_key_that_a_token_brings_is_not_looked_at() {
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/keys.json", trap.local_addr().unwrap());
    let server = Setup::default().start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let (header, claims) = peek(&ticket.text);
    let secret = b"a secret of the forger's own making";
    let jwk = json!({ "kty": "oct", "k": encoded(secret), "alg": "HS256", "kid": header["kid"] });
    let mut forged = Vec::new();
    for (member, value) in [
        ("jwk", jwk.clone()),
        ("jwk", published(&server, "ES256")),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
    ] {
        for algorithm in ["HS256", "ES256"] {
            let mut header = header.clone();
            header["alg"] = json!(algorithm);
            header[member] = value.clone();
            forged.push((member, signed(secret, &header.to_string(), &claims.to_string())));
        }
    }
    all_refused(&server, &forged);
    assert!(trap.accept().is_err(), "somebody asked for the keys");
}

#[test]
fn jw_05_the_name_of_a_key_is_no_path_and_no_query() {
    let server = Setup::default().config(CONFIG).start();
    let ticket = Person::new(&server).logs_in_to(&server, "shared");
    let (header, claims) = peek(&ticket.text);
    let long = "k".repeat(4000);
    let own = header["kid"].as_str().unwrap();
    let (upper, padded) = (own.to_uppercase(), format!("{own} "));
    let names = [
        "../../../../dev/null",
        "/dev/null",
        "' or '1'='1",
        "*)(uid=*))(|(uid=*",
        "a\0b",
        own.get(1..).unwrap_or_default(),
        "",
        &upper,
        &padded,
        &long,
    ];
    let mut forged = Vec::new();
    for name in names {
        let mut header = header.clone();
        header["kid"] = json!(name);
        for secret in [&b""[..], b"\0", name.as_bytes()] {
            forged.push(("kid", signed(secret, &header.to_string(), &claims.to_string())));
        }
    }
    all_refused(&server, &forged);
    assert!(counts(&server, &ticket));
}

#[test]
fn jw_06_to_jw_11_what_a_strict_reader_refuses_is_refused_over_http() {
    let server = Setup::default().start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let parts: Vec<&str> = ticket.text.split('.').collect();
    let [head, payload, signature] = parts[..] else { panic!("{parts:?}") };
    let (header, _) = peek(&ticket.text);
    let with = |member: &str, value: Value| {
        let mut header = header.clone();
        header[member] = value;
        format!("{}.{payload}.{signature}", encoded(header.to_string()))
    };
    let twice = format!("{{\"alg\":\"ES256\",{}", header.to_string().get(1..).unwrap());
    let last = signature.chars().next_back().unwrap();
    let spelt = |c: char| format!("{head}.{payload}.{}{c}", &signature[..signature.len() - 1]);
    let mut forged = vec![
        ("crit", with("crit", json!(["exp"]))),
        ("crit", with("crit", json!([]))),
        ("crit", with("crit", json!("b64"))),
        ("b64", with("b64", json!(false))),
        ("zip", with("zip", json!("DEF"))),
        ("enc", with("enc", json!("A256GCM"))),
        ("padding", format!("{head}.{payload}.{signature}=")),
        ("space", format!("{head}.{payload} .{signature}")),
        ("four parts", format!("{}.x", ticket.text)),
        ("five parts", format!("{head}..{payload}.{signature}.x")),
        ("two parts", format!("{head}.{payload}")),
        ("empty", "..".to_owned()),
        ("JSON", json!({ "payload": payload, "protected": head, "signature": signature }).to_string()),
        ("a member twice", format!("{}.{payload}.{signature}", encoded(twice))),
        ("a mark", format!("{}.{payload}.{signature}", encoded(format!("\u{feff}{header}")))),
        ("depth", format!("{}.{payload}.{signature}", encoded("[".repeat(4000)))),
        ("dots", ".".repeat(8000)),
        ("long", format!("{head}.{}.{signature}", "A".repeat(7000))),
    ];
    // The last character of 64 bytes in base64url has four bits to spare: four spellings of one signature.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    forged.extend(alphabet.chars().filter(|c| *c != last).map(|c| ("trailing bits", spelt(c))));
    all_refused(&server, &forged);
    assert!(counts(&server, &ticket));
    // What is longer than any header may be does not come so far.
    for endless in [".".repeat(1 << 20), "A".repeat(500 * 1024)] {
        let request = Request::get("/profile").bearer(&endless);
        // Whoever is hung up on in the middle of sending may not get to read the answer.
        if let Ok(answer) = crate::support::request::exchange(server.port(), &request.to_bytes(server.port())) {
            assert!((400..=431).contains(&answer.status), "{}", answer.status);
        }
    }
    assert!(counts(&server, &ticket));
}

#[test]
fn jw_12_to_jw_16_a_well_signed_token_that_says_anything_else_is_refused_over_http() {
    let server = Setup::default().config(CONFIG).start();
    let person = Person::new(&server);
    // A key that both sides know, so that what is wrong is the claim and not the signature.
    let secret: Vec<u8> = (0..32_u8).map(|n| n.wrapping_mul(167).wrapping_add(41) ^ 0xa5).collect();
    let jwk = json!({ "kty": "oct", "alg": "HS256", "kid": "known", "k": encoded(&secret) });
    std::fs::write(server.folder().join("known.jwk"), jwk.to_string()).unwrap();
    let arguments = ["key", "import", "--file", "known.jwk", "--algorithm", "HS256"];
    assert_eq!(counterfoil(server.folder(), &arguments, "").code, Some(0));
    assert_eq!(counterfoil(server.folder(), &["key", "rotate", "--algorithm", "HS256"], "").code, Some(0));
    let mut tries = (0..1000).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        person.logs_in_to(&server, "shared")
    });
    let ticket = tries.find(|ticket| peek(&ticket.text).0["kid"] == "known").unwrap();
    let (header, claims) = peek(&ticket.text);
    let forged = |member: &str, value: Value| {
        let mut claims = claims.clone();
        if value == "gone" {
            claims.as_object_mut().unwrap().remove(member)
        } else {
            claims.as_object_mut().unwrap().insert(member.to_owned(), value)
        };
        signed(&secret, &header.to_string(), &claims.to_string())
    };
    let typed = |value: Value| {
        let mut header = header.clone();
        header["typ"] = value;
        signed(&secret, &header.to_string(), &claims.to_string())
    };
    let unchanged = signed(&secret, &header.to_string(), &claims.to_string());
    assert!(counts(&server, &Ticket { text: unchanged, ..ticket.clone() }), "the forger's pen is as good as ours");

    let (issuer, now) = (claims["iss"].as_str().unwrap(), claims["iat"].as_i64().unwrap());
    let gone = || json!("gone");
    let mut tokens = Vec::new();
    for value in
        [gone(), json!(null), json!("9999999999"), json!(true), json!(-1), json!(now - 1), json!([now]), json!({})]
    {
        tokens.push(("exp", forged("exp", value)));
    }
    for raw in ["1e400", "18446744073709551616000", "NaN", "0x7fffffff"] {
        let text = claims.to_string().replace(&format!("\"exp\":{}", claims["exp"]), &format!("\"exp\":{raw}"));
        tokens.push(("exp", signed(&secret, &header.to_string(), &text)));
    }
    tokens.extend([json!(now + 3600), json!("x"), json!(null)].map(|value| ("nbf", forged("nbf", value))));
    tokens.extend([json!(now + 3600), json!("x"), gone()].map(|value| ("iat", forged("iat", value))));
    for value in [
        format!("{issuer}/"),
        issuer.to_uppercase(),
        issuer[1..].to_owned(),
        format!("{issuer}.evil.example"),
        String::new(),
    ] {
        tokens.push(("iss", forged("iss", json!(value))));
    }
    tokens.extend([json!([issuer]), json!(null), gone()].map(|value| ("iss", forged("iss", value))));
    for value in [json!(""), json!([]), json!([""]), json!(["other"]), json!(1), json!({ "aud": issuer }), gone()] {
        tokens.push(("aud", forged("aud", value)));
    }
    for value in [
        json!("JWT"),
        json!("rt+jwt"),
        json!("id_token"),
        json!("logout+jwt"),
        json!(""),
        json!(null),
        json!(["at+jwt"]),
    ] {
        tokens.push(("typ", typed(value)));
    }
    tokens.extend([json!("nobody"), json!("api"), gone()].map(|value| ("client_id", forged("client_id", value))));
    tokens.extend([json!("alice"), json!(null), gone()].map(|value| ("sub", forged("sub", value))));
    all_refused(&server, &tokens);
    assert!(counts(&server, &ticket));
}

#[test]
fn jw_17_a_secret_that_everybody_knows_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for secret in ["secret", "changeme-changeme-changeme-changeme", "0123456789abcdef0123456789abcdef", &"a".repeat(64)]
    {
        let mut command = crate::support::command::program(folder.path());
        command.args(["user", "add", "alice", "--password-stdin"]).env("COUNTERFOIL_SECRET", secret);
        let done = run(&mut command, "four sleepy badgers\n");
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.stderr.contains("COUNTERFOIL_SECRET") && !done.stderr.contains(secret), "{done:?}");
    }
}
