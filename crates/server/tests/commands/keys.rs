//! `counterfoil key …`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::SystemEntropy;
use counterfoil_core::jose::{Algorithm, SigningKey};
use serde_json::{Value, json};

use crate::server::{Credential, Server, soon};
use crate::support::{Folder, text};

fn generate(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, "", &SystemEntropy::default()).unwrap()
}

fn pem(key: &SigningKey) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(&*key.to_bytes().unwrap()))
}

/// The keys of the ring in this state.
fn kids(folder: &Folder, state: &str) -> Vec<String> {
    let keys = folder.json(&["key", "list"]);
    let keys = keys.as_array().unwrap().iter().filter(|key| key["state"] == state);
    keys.map(|key| text(key, "/kid").to_owned()).collect()
}

/// Which key has signed a bearer's token.
fn signed_by(folder: &Folder, (_, bearer): &Credential) -> String {
    let token = bearer.strip_prefix("Bearer ").unwrap();
    text(&folder.json(&["token", "decode", token]), "/header/kid").to_owned()
}

#[test]
fn list_shows_each_key_and_nothing_private() {
    let folder = Folder::with_user("alice");
    let keys = folder.json(&["key", "list"]);
    let members: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["algorithm", "created_at", "kid", "since", "state"]);
    let states: Vec<&Value> = keys.as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert_eq!(states, [&json!("active"), &json!("next")]);
    assert!(folder.run(&["key", "list"]).done().out.starts_with("KID "));
}

#[test]
fn a_running_server_follows_a_rotation_and_refuses_no_token() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let (old, next) = (kids(&folder, "active"), kids(&folder, "next"));
    let mut tokens = vec![server.credential("alice", "api"), server.credential("alice", "stateless")];
    assert_eq!(signed_by(&folder, &tokens[0]), old[0]);
    let rotated = folder.json(&["key", "rotate"]);
    assert_eq!(rotated, json!([{ "algorithm": "ES256", "kid": next[0] }]));
    soon("new tokens are signed by the next key, and all tokens count", || {
        tokens.push(server.credential("alice", "stateless"));
        assert!(tokens.iter().all(|token| server.status(token) == 200));
        tokens.last().is_some_and(|token| signed_by(&folder, token) == next[0])
    });
    assert_eq!((kids(&folder, "active"), kids(&folder, "retired")), (next.clone(), old.clone()));
    let fresh = kids(&folder, "next");
    let published = server.published();
    assert!([&old, &next, &fresh].iter().all(|kids| published.contains(&kids[0])), "{published:?}");
    // The old key ends, and with it what it has signed; the rest stays.
    assert_eq!(folder.json(&["key", "revoke", &old[0]]), json!({ "kid": old[0], "state": "revoked" }));
    soon("401 for the first token", || server.status(&tokens[0]) == 401);
    assert_eq!(tokens.last().map(|token| server.status(token)), Some(200));
    soon("the revoked key is published no more", || !server.published().contains(&old[0]));
}

#[test]
fn retire_lets_the_next_key_sign() {
    let folder = Folder::with_user("alice");
    let (active, next) = (kids(&folder, "active"), kids(&folder, "next"));
    folder.run(&["key", "retire", &next[0]]).refused(&format!("the key `{}` is next", next[0]));
    folder.run(&["key", "retire", &active[0]]).done();
    assert_eq!((kids(&folder, "active"), kids(&folder, "retired")), (next, active));
    for command in ["retire", "revoke"] {
        folder.run(&["key", command, "nobody"]).refused("there is no key `nobody`");
    }
}

#[test]
fn an_imported_key_is_published_and_signs_after_the_rotation() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    folder.write("mine.pem", pem(&generate(Algorithm::ES256)));
    let arguments = ["key", "import", "--file", "mine.pem", "--algorithm", "ES256"];
    let imported = folder.json(&arguments);
    let kid = text(&imported, "/kid").to_owned();
    assert_eq!((kid.len(), text(&imported, "/state")), (43, "next"), "a thumbprint is SHA-256 in base64url");
    soon("the key is published", || server.published().contains(&kid));
    folder.run(&arguments).refused(&format!("there is a key `{kid}` already"));
    folder.run(&["key", "rotate", "--algorithm", "ES256"]).done();
    soon("it signs", || signed_by(&folder, &server.credential("alice", "stateless")) == kid);
    assert_eq!(server.status(&server.credential("alice", "stateless")), 200);
    // Another one from standard input, under another name.
    let said = folder.typed(
        &["key", "import", "--file", "-", "--algorithm", "EdDSA", "--kid", "ours"],
        pem(&generate(Algorithm::EdDSA)),
    );
    assert!(said.done().out.starts_with("The key ours is the next one of EdDSA: "));
}

#[test]
fn a_jwk_keeps_its_own_id() {
    let folder = Folder::new();
    let secret =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&*generate(Algorithm::HS256).to_bytes().unwrap());
    folder.write("named.jwk", json!({ "kty": "oct", "alg": "HS256", "kid": "named", "k": secret }).to_string());
    folder.write("nameless.jwk", json!({ "kty": "oct", "k": secret }).to_string());
    let import = |file| folder.json(&["key", "import", "--file", file, "--algorithm", "HS256"]);
    assert_eq!(import("named.jwk")["kid"], "named");
    assert_ne!(import("nameless.jwk")["kid"], "");
}

/// What an RSA key of 1024 bits begins with, bare and in PKCS#8: enough for its size to be seen, and no key.
fn short_rsa() -> [String; 2] {
    let bare = [&[0x30, 0x81, 0x87, 2, 1, 0, 2, 0x81, 0x81, 0][..], &[0xFF; 128]].concat();
    let rsa = [0x30, 13, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 5, 0];
    let wrapped = [&[0x30, 0x81, 0x9F, 2, 1, 0][..], &rsa, &[4, 0x81, 0x8A], &bare].concat();
    [("RSA PRIVATE KEY", bare), ("PRIVATE KEY", wrapped)]
        .map(|(label, der)| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der)))
}

#[test]
fn an_unfit_key_is_refused_with_the_reason() {
    let folder = Folder::with_user("alice");
    folder.write("ec.pem", pem(&generate(Algorithm::ES384)));
    folder.write("short.jwk", r#"{"kty":"oct","k":"c2hvcnQ"}"#);
    folder.write("text", "no key at all");
    let import = |file, algorithm| folder.run(&["key", "import", "--file", file, "--algorithm", algorithm]);
    import("ec.pem", "ES256").refused("the key does not fit ES256, which needs an EC key on the curve P-256");
    import("ec.pem", "HS256").refused("the secret is the text of a key (PEM): a key's text is never a shared secret");
    import("short.jwk", "HS256")
        .refused("the secret has 5 bytes, but HS256 needs at least 32 random bytes: generate a new one");
    for short in short_rsa() {
        folder.write("short.pem", short);
        import("short.pem", "RS256")
            .refused("the RSA key has 1024 bits: take 3072, and never fewer than 2048 or more than 8192");
    }
    folder.write("public.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
    let said = import("public.pem", "ES256");
    assert!(said.err.contains("a PEM block \"PUBLIC KEY\" is not an unencrypted private key"), "{said:?}");
    let said = import("text", "ES256");
    assert_eq!((said.code, said.err.contains("the PEM text cannot be read")), (1, true), "{said:?}");
    let said = import("absent.pem", "ES256");
    assert_eq!((said.code, said.err.starts_with("error: absent.pem cannot be read: ")), (1, true), "{said:?}");
    assert_eq!(folder.json(&["key", "list"]).as_array().unwrap().len(), 2, "nothing was taken in");
}
