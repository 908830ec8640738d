//! `GET /.well-known/jwks.json`

use std::collections::BTreeSet;

use crate::support::command::counterfoil;
use crate::support::patience::comes;
use crate::support::person::counts;
use crate::support::token::peek;
use crate::support::{MODES, Person, Request, Server, Setup};

const PATH: &str = "/.well-known/jwks.json";

/// One client for each family of algorithms.
const CONFIG: &str = "[clients.hs]\nkind = \"jwt\"\nalgorithm = \"HS256\"\n[clients.rs]\nkind = \"jwt\"\nalgorithm = \"RS256\"\n\
                      [clients.es]\nkind = \"jwt\"\nalgorithm = \"ES512\"\n[clients.ed]\nkind = \"jwt\"\nalgorithm = \"EdDSA\"\n";

#[track_caller]
fn keys(server: &Server) -> Vec<serde_json::Value> {
    let answer = server.send(&Request::get(PATH)).expect(200);
    answer.json()["keys"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

#[test]
fn jw_22_it_holds_public_keys_alone() {
    let server = Setup::default().config(CONFIG).start();
    let keys = keys(&server);
    let mut kids = BTreeSet::new();
    for key in &keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "{private} is private: {key}");
        }
        assert_eq!(key["use"], "sig", "{key}");
        assert!(matches!(key["kty"].as_str(), Some("EC" | "RSA" | "OKP")), "{key}");
        assert!(kids.insert(key["kid"].as_str().unwrap().to_owned()), "jw_18: two keys of one id");
    }
    let algorithms: BTreeSet<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
    assert_eq!(algorithms.into_iter().collect::<Vec<_>>(), ["ES256", "ES512", "EdDSA", "RS256"]);
}

#[test]
fn each_token_names_a_key_of_its_algorithm() {
    let server = Setup::default().config(CONFIG).start();
    let person = Person::new(&server);
    let keys = keys(&server);
    for (client, algorithm) in
        [("api", "ES256"), ("stateless", "ES256"), ("rs", "RS256"), ("es", "ES512"), ("ed", "EdDSA"), ("hs", "HS256")]
    {
        let ticket = person.logs_in_to(&server, client);
        assert!(counts(&server, &ticket), "{client}");
        let (header, _) = peek(&ticket.text);
        assert_eq!((&header["alg"], &header["typ"]), (&algorithm.into(), &"at+jwt".into()));
        let named = keys.iter().find(|key| key["kid"] == header["kid"]);
        match named {
            Some(key) => assert_eq!(key["alg"], algorithm),
            None => assert_eq!(algorithm, "HS256", "a secret key is published nowhere"),
        }
    }
}

#[test]
fn jw_22_a_rotation_refuses_no_token() {
    let server = Setup::default().start();
    let person = Person::new(&server);
    let before = MODES.map(|mode| person.logs_in(&server, &mode));
    let (old, _) = peek(&before[2].text);
    let done = counterfoil(server.folder(), &["key", "rotate"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    let rotated = comes(|| {
        let ticket = person.logs_in(&server, &MODES[2]);
        assert!(counts(&server, &ticket));
        assert!(before.iter().all(|ticket| counts(&server, ticket)));
        peek(&ticket.text).0["kid"] != old["kid"]
    });
    assert!(rotated, "the server beside the command signs with the new key");
    assert!(keys(&server).iter().any(|key| key["kid"] == old["kid"]), "the retired key verifies still");
}
