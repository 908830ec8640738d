//! `counterfoil token verify`: exit 0 for what the server's verifier would accept, and a reason for the rest.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil::SystemClock;
use counterfoil_core::jose::{Algorithm, SigningKey};
use counterfoil_core::{Clock as _, SystemEntropy};
use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{Folder, Said};

/// Keys in a file, the key of most tokens, and what time it is.
struct Bench {
    folder: Folder,
    key: SigningKey,
    now: i64,
}

fn generate(algorithm: Algorithm, kid: &str) -> SigningKey {
    SigningKey::generate(algorithm, kid, &SystemEntropy::default()).unwrap()
}

fn set(keys: &[&SigningKey]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| key.verifying_key().to_jwk().unwrap()).collect();
    json!({ "keys": keys }).to_string()
}

fn sign(key: &SigningKey, header: &str, payload: impl AsRef<[u8]>) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()).unwrap());
    format!("{input}.{signature}")
}

const HEADER: &str = r#"{"alg":"ES256","typ":"at+jwt","kid":"k1"}"#;

impl Bench {
    fn new() -> Self {
        let (folder, key) = (Folder::new(), generate(Algorithm::ES256, "k1"));
        folder.write("keys.json", set(&[&key, &generate(Algorithm::EdDSA, "k2")]));
        Self { folder, key, now: SystemClock::start().now().as_seconds() }
    }

    fn claims(&self) -> Value {
        json!({ "iss": "https://a.example", "aud": ["api", "other"], "sub": "s", "iat": self.now, "exp": self.now + 600 })
    }

    /// A good token, but for what `change` does to its claims.
    fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        sign(&self.key, HEADER, claims.to_string())
    }

    fn verify(&self, more: &[&str], token: &str) -> Said {
        self.folder.typed(&[&["token", "verify", "--jwks", "keys.json"], more, &["-"]].concat(), format!("{token}\n"))
    }

    fn refused(&self, more: &[&str], token: &str, sentence: &str) {
        let said = self.verify(more, token);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{sentence}: {said:?}");
        assert_eq!(said.err, format!("refused: {sentence}\n"));
        let said = self.verify(&[more, &["--json"]].concat(), token);
        assert_eq!((said.code, said.json(), said.err.as_str()), (1, json!({ "refused": sentence }), ""));
    }
}

#[test]
fn a_good_token_is_printed_whole() {
    let bench = Bench::new();
    let token = bench.token(|claims| claims["note"] = json!({ "b": [1, null] }));
    let mut claims = bench.claims();
    claims["note"] = json!({ "b": [1, null] });
    let expected = json!({ "header": { "alg": "ES256", "typ": "at+jwt", "kid": "k1" }, "claims": claims });
    for more in [&[][..], &["--alg", "ES256"], &["--issuer", "https://a.example", "--audience", "api"], &["--json"]] {
        assert_eq!(bench.verify(more, &token).done().json(), expected);
    }
    // As an argument, and with a member in its header that nobody knows.
    let token =
        sign(&bench.key, r#"{"alg":"ES256","typ":"application/AT+JWT","kid":"k1","x":{"y":1}}"#, claims.to_string());
    let said = bench.folder.json(&["token", "verify", "--jwks", "keys.json", &token]);
    assert_eq!(said["header"]["x"], json!({ "y": 1 }));
}

#[test]
fn the_claims_decide() {
    let bench = Bench::new();
    let now = bench.now;
    let refused = |more: &[&str], sentence: &str, change: &dyn Fn(&mut Value)| {
        bench.refused(more, &bench.token(|claims| change(claims)), sentence);
    };
    refused(&[], "the token has expired", &|claims| claims["exp"] = json!(now - 2));
    refused(&[], "the token is not valid yet (`nbf`)", &|claims| claims["nbf"] = json!(now + 300));
    refused(&[], "the token was issued in the future (`iat`)", &|claims| claims["iat"] = json!(now + 300));
    refused(&[], "the claim `exp` is missing", &|claims| drop(claims.as_object_mut().unwrap().remove("exp")));
    refused(&[], "the claim `sub` is not a string", &|claims| claims["sub"] = json!(1));
    refused(&["--issuer", "https://b.example"], "the token is from another issuer (`iss`)", &|_| ());
    refused(&["--audience", "ap"], "the token is for another audience (`aud`)", &|_| ());
    refused(&["--audience", "api"], "the claim `aud` is missing", &|claims| {
        drop(claims.as_object_mut().unwrap().remove("aud"));
    });
}

#[test]
fn the_form_decides() {
    let bench = Bench::new();
    let (key, claims) = (&bench.key, bench.claims().to_string());
    let header = |header: &str| sign(key, header, &claims);
    let good = bench.token(|_| ());
    let (input, signature) = good.rsplit_once('.').unwrap();
    for (token, sentence) in [
        (header(r#"{"alg":"ES256","kid":"k1"}"#), "the header has no `typ`, so that the token could be of any kind"),
        (header(r#"{"alg":"ES256","kid":"k1","typ":"JWT"}"#), "the header's `typ` \"JWT\" is another kind of token"),
        (header(r#"{"alg":"ES256","typ":"at+jwt"}"#), "the header has no `kid`, and there is not exactly one key"),
        (header(r#"{"alg":"ES256","kid":"k3"}"#), "no key has the `kid` \"k3\""),
        (header(r#"{"alg":"none","kid":"k1"}"#), "the token is not signed: `alg` is \"none\""),
        (header(r#"{"alg":"NONE","kid":"k1"}"#), "the token is not signed: `alg` is \"none\""),
        (header(r#"{"alg":"HS256","kid":"k1"}"#), "the header's `alg` is HS256, but the key is for ES256 only"),
        (header(r#"{"alg":"es256","kid":"k1"}"#), "the header's `alg` \"es256\" is not a supported algorithm"),
        (
            header(r#"{"alg":"ES256","kid":"k1","crit":["x"]}"#),
            "the header has `crit`; no critical extension is supported",
        ),
        (header(r#"{"alg":"ES256","kid":"k1","jwk":{}}"#), "the header has `jwk`; a token never supplies its own key"),
        (header(r#"{"alg":"ES256","kid":"k1","zip":"DEF"}"#), "the header has `zip`; compressed tokens are not read"),
        (
            header(r#"{"alg":"ES256","kid":"k1","kid":"k2"}"#),
            "the token's header cannot be read: it has the member \"kid\" twice",
        ),
        (
            sign(key, HEADER, r#"{"exp":1,"exp":4102444800}"#),
            "the token's claims cannot be read: it has the member \"exp\" twice",
        ),
        (sign(key, HEADER, "[]"), "the token's payload is not a JSON object"),
        (sign(&generate(Algorithm::ES256, "k1"), HEADER, &claims), "the signature is not valid"),
        (format!("{input}."), "the signature is not valid"),
        (format!("{input}.{signature}="), "the token's signature is not canonical base64url"),
        (format!("{good} "), "the token's signature is not canonical base64url"),
        (format!("{good}\n"), "the token's signature is not canonical base64url"),
        (input.to_owned(), "the token does not consist of three segments separated by dots"),
        (format!("{good}.x.y"), "the token is encrypted (JWE); only signed tokens (JWS) are read"),
        (r#"{"payload":"x"}"#.to_owned(), "the token is in JSON serialisation; only the compact form is read"),
        (format!("{good}{}", "x".repeat(9000)), "the token is longer than 8192 bytes"),
    ] {
        bench.refused(&[], &token, sentence);
    }
}

#[test]
fn max_bytes_is_exact() {
    let bench = Bench::new();
    let token = bench.token(|_| ());
    let length = token.len();
    bench.verify(&["--max-bytes", &length.to_string()], &token).done();
    let less = (length - 1).to_string();
    bench.refused(&["--max-bytes", &less], &token, &format!("the token is longer than {less} bytes"));
    let long = bench.token(|claims| claims["pad"] = json!("x".repeat(9000)));
    bench.verify(&["--max-bytes", "100000"], &long).done();
}

#[test]
fn no_claims_prints_the_payload_whatever_it_is() {
    let bench = Bench::new();
    let said = |payload: &[u8]| {
        let token = sign(&bench.key, r#"{"alg":"ES256","kid":"k1"}"#, payload);
        let said = bench.verify(&["--no-claims"], &token).done().json();
        (said["payload"].clone(), said["payload_is"].clone())
    };
    assert_eq!(said(br#"{"exp":1}"#), (json!({ "exp": 1 }), json!("json")));
    assert_eq!(said(br#""text""#), (json!("text"), json!("json")));
    assert_eq!(said(b"text"), (json!("text"), json!("text")));
    assert_eq!(said(b""), (json!(""), json!("text")));
    assert_eq!(said(b"\xff\xfe"), (json!("__4"), json!("base64url")));
    let forged = sign(&generate(Algorithm::ES256, "k1"), HEADER, "text");
    bench.refused(&["--no-claims"], &forged, "the signature is not valid");
}

#[test]
fn alg_is_the_only_algorithm_and_that_of_silent_keys() {
    let bench = Bench::new();
    let token = bench.token(|_| ());
    let said = bench.verify(&["--alg", "RS256"], &token);
    assert_eq!((said.code, said.err.as_str()), (1, "error: none of the keys in keys.json is for RS256\n"));
    bench.refused(&["--alg", "EdDSA"], &token, "no key has the `kid` \"k1\"");
    let secret = generate(Algorithm::HS512, "");
    let k = URL_SAFE_NO_PAD.encode(&*secret.to_bytes().unwrap());
    bench.folder.write("keys.json", json!({ "kty": "oct", "k": k }).to_string());
    let token = sign(&secret, r#"{"alg":"HS512","typ":"at+jwt"}"#, bench.claims().to_string());
    bench.verify(&["--alg", "HS512"], &token).done();
    bench.refused(&["--alg", "HS256"], &token, "the header's `alg` is HS512, but the key is for HS256 only");
    let said = bench.verify(&[], &token);
    assert_eq!((said.code, said.err.contains("the key does not say its algorithm")), (1, true), "{said:?}");
}

#[test]
fn keys_that_cannot_be_used_are_said() {
    let bench = Bench::new();
    for (text, part) in [
        ("", "it is not well-formed JSON"),
        (r#"{"keys":[]}"#, "the set holds no key"),
        (r#"{"kty":"oct","alg":"HS256","k":"c2hvcnQ"}"#, "the secret has 5 bytes"),
        (r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, "key 1 of the set: "),
    ] {
        bench.folder.write("keys.json", text);
        let said = bench.verify(&[], "a.b.c");
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        assert!(
            said.err.starts_with("error: the keys in keys.json cannot be used: ") && said.err.contains(part),
            "{said:?}"
        );
    }
    let said = bench.folder.run(&["token", "verify", "--jwks", "absent.json", "a.b.c"]);
    assert_eq!((said.code, said.err.starts_with("error: the keys cannot be read from absent.json: ")), (1, true));
    assert_eq!(bench.folder.run(&["token", "verify", "a.b.c"]).code, 2);
}

#[test]
fn a_running_server_gives_the_keys() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let (_, bearer) = server.credential("alice", "api");
    let token = bearer.strip_prefix("Bearer ").unwrap();
    let jwks = format!("{}/.well-known/jwks.json", server.origin);
    let verify = |issuer: &str| {
        folder.run(&["token", "verify", "--jwks", &jwks, "--issuer", issuer, "--audience", &server.origin, token])
    };
    let said = verify(&server.origin).done().json();
    assert_eq!((&said["header"]["alg"], &said["claims"]["preferred_username"]), (&json!("ES256"), &json!("alice")));
    assert_eq!(verify("https://other.example").err, "refused: the token is from another issuer (`iss`)\n");
}

/// Answers one request with this, and gives the URL to ask.
fn answering(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        drop(stream.write_all(&answer));
    });
    url
}

#[test]
fn a_server_with_another_answer_is_refused() {
    let folder = Folder::new();
    let ask = |answer: Vec<u8>| {
        let said = folder.run(&["token", "verify", "--jwks", &answering(answer), "a.b.c"]);
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
        said.err
    };
    let redirect = b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n".to_vec();
    assert!(ask(redirect).ends_with("the server answered 302 Found\n"));
    let long = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b' '; 1024 * 1024 + 1]].concat();
    assert!(ask(long).ends_with("length limit exceeded\n"));
    assert!(
        ask(b"not HTTP at all\r\n\r\n".to_vec()).starts_with("error: the keys cannot be read from http://127.0.0.1:")
    );
    let url = answering(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()).replace("http://", "https://");
    let said = folder.run(&["token", "verify", "--jwks", &url, "a.b.c"]);
    assert_eq!(
        (said.code, said.err.starts_with("error: the keys cannot be read from https://")),
        (1, true),
        "{said:?}"
    );
}
