//! `counterfoil token decode`

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::server::Server;
use crate::support::{Folder, PASSWORD, text};

fn unsigned(header: &str, payload: &str) -> String {
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

#[test]
fn a_token_of_the_server_is_explained_and_not_believed() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let (_, bearer) = server.credential("alice", "api");
    let token = bearer.strip_prefix("Bearer ").unwrap();
    let table = folder.typed(&["token", "decode", "-"], format!("{token}\n")).done().out;
    assert!(table.starts_with("NOT VERIFIED: "), "{table}");
    let line = |name: &str| table.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap();
    assert!(line("alg").contains("ES256") && line("typ").contains("at+jwt"));
    assert!(line("preferred_username").contains("alice") && line("sid").ends_with("the session that it belongs to"));
    // A lifetime of 15 minutes, of which some seconds may be gone.
    assert!(
        line("exp").contains("(in 1") && line("exp").contains(" minutes) ") && line("iat").contains("(just now)"),
        "{table}"
    );
    assert!(!table.contains("warning"), "{table}");
    let said = folder.json(&["token", "decode", token]);
    assert_eq!(
        (&said["kind"], &said["verified"], &said["signature_bytes"]),
        (&json!("jwt"), &json!(false), &json!(64))
    );
    assert_eq!(said["claims"]["iss"], json!(server.origin));
    assert!(text(&said, "/times/exp/relative").starts_with("in 1"));
    assert_eq!(said["warnings"], json!([]));
}

#[test]
fn what_no_verifier_should_believe_is_a_warning() {
    let folder = Folder::new();
    for (header, payload, warning) in [
        (r#"{"alg":"none","typ":"at+jwt"}"#, r#"{"exp":4102444800}"#, "its `alg` is \"none\": it is not signed at all"),
        (
            r#"{"alg":"ES256","typ":"JWT"}"#,
            r#"{"exp":1}"#,
            "its `typ` \"JWT\" is not that of an access token, \"at+jwt\"",
        ),
        (r#"{"alg":"ES256"}"#, "{}", "its header has no `typ`: it could be any kind of token"),
        (r#"{"alg":"ES256"}"#, "{}", "it has no `exp`: it would never expire"),
        (r#"{"alg":"es256"}"#, "{}", "its `alg` \"es256\" is no algorithm that is supported"),
        (r#"{"typ":"at+jwt"}"#, "{}", "its header has no `alg`"),
        (r#"{"alg":"ES256","jku":"https://x.example"}"#, "{}", "its header has `jku`, with which no token is accepted"),
        (r#"{"alg":"ES256"}"#, r#"{"exp":"soon"}"#, "the claim `exp` is not a number of seconds since 1970"),
        (r#"{"alg":"ES256"}"#, r#"{"iat":4102444800}"#, "it was issued in the future (`iat`)"),
        (r#"{"alg":"ES256"}"#, "no JSON", "its payload is not strict JSON"),
        (r#"{"alg":"ES256"}"#, "[1]", "the token's payload is not a JSON object"),
        (r#"{"alg":"ES256"}"#, "{}", "it has no signature"),
    ] {
        let said = folder.json(&["token", "decode", &unsigned(header, payload)]);
        assert!(said["warnings"].as_array().unwrap().contains(&json!(warning)), "{header} {payload}: {said:#}");
        let table = folder.run(&["token", "decode", &unsigned(header, payload)]).done().out;
        assert!(table.contains(&format!("\nwarning: {warning}")), "{table}");
    }
    let expired = folder.json(&["token", "decode", &unsigned(r#"{"alg":"ES256"}"#, r#"{"exp":1300819380}"#)]);
    assert_eq!(text(&expired, "/times/exp/at"), "2011-03-22T18:43:00Z");
    assert!(expired["warnings"].to_string().contains("it has expired"));
}

#[test]
fn a_signature_that_cannot_be_read_hides_nothing() {
    let token = unsigned(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"userId":1}"#) + "abcde";
    let said = Folder::new().json(&["token", "decode", &token]);
    assert_eq!((&said["claims"], &said["signature_bytes"]), (&json!({ "userId": 1 }), &json!(null)));
    let warning = json!("its signature is not canonical base64url: no verifier takes it");
    assert!(said["warnings"].as_array().unwrap().contains(&warning), "{said:#}");
    let words = Folder::new().run(&["token", "decode", &token]).done().out;
    assert!(words.contains("userId") && words.contains("The signature cannot be read."), "{words}");
}

#[test]
fn nothing_that_a_token_says_reaches_the_terminal_as_a_command() {
    let hostile = unsigned("{\"alg\":\"\\u001b[2J\"}", "{\"\\u001b]0;x\\u0007\":\"\\u001b[31m\\n\"}");
    let table = Folder::new().run(&["token", "decode", &hostile]).done().out;
    assert!(!table.contains('\u{1b}') && !table.contains('\u{7}'), "{table:?}");
}

#[test]
fn our_own_credentials_are_told_apart_and_their_secrets_kept() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let (_, device) = server.credential("alice", "device");
    let (_, web) = server.credential("alice", "web");
    let api = server.login("alice", PASSWORD, "api").json();
    for (credential, kind) in [
        (device.strip_prefix("Bearer ").unwrap(), "token"),
        (web.split_once('=').unwrap().1, "session"),
        (text(&api, "/refresh_token"), "refresh"),
    ] {
        let said = folder.json(&["token", "decode", credential]);
        assert_eq!(
            (text(&said, "/kind"), &said["checksum_ok"], &said["verified"]),
            (kind, &json!(true), &json!(false))
        );
        assert_eq!(said.get("family").is_some(), kind == "refresh");
        let words = folder.run(&["token", "decode", credential]).done().out;
        let secret = &credential[5..20];
        assert!(words.starts_with("NOT VERIFIED: ") && !words.contains(secret) && !said.to_string().contains(secret));
        let mut typo = credential.to_owned();
        typo.replace_range(10..11, if credential.as_bytes()[10] == b'A' { "B" } else { "A" });
        assert_eq!(folder.json(&["token", "decode", &typo])["checksum_ok"], json!(false), "{kind}");
        assert_eq!(folder.json(&["token", "decode", &format!("{credential}A")])["checksum_ok"], json!(false), "{kind}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let folder = Folder::new();
    folder.run(&["token", "decode", "abc"]).refused("the token does not consist of three segments separated by dots");
    folder
        .run(&["token", "decode", "a.b.c.d.e"])
        .refused("the token is encrypted (JWE); only signed tokens (JWS) are read");
    folder.typed(&["token", "decode", "-"], b"\xff.\xff.\xff").refused("the token's header is not canonical base64url");
}
