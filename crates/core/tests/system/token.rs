//! Self-contained tokens: what stands in them, and what is refused.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::Clock as _;
use counterfoil_core::client::ClaimsPolicy;
use counterfoil_core::credential::Kind;
use counterfoil_core::credential::jwt::{self, RESERVED_CLAIMS};
use counterfoil_core::jose::{Algorithm, Writer};
use counterfoil_core::session::Origin;
use counterfoil_core::verifier::Denied;
use serde_json::{Map, Value, json};

use crate::support::{House, ISSUER, LEEWAY, Node, PASSWORD, builtin, changed, over_each_store, scopes, taken_apart};

over_each_store!(
    a_token_of_an_earlier_version_counts_until_something_is_revoked,
    a_token_says_what_the_contract_says,
    a_policy_adds_claims_and_overrides_none,
    jw_13_a_token_ends_with_the_leeway_to_the_millisecond,
    jw_12_to_jw_16_a_signed_token_that_says_anything_else_is_refused,
    jw_15_a_token_for_another_audience_is_refused,
    tk_03_a_token_that_was_tampered_with_is_refused,
    tk_14_no_token_id_is_given_twice,
    jw_20_another_spelling_of_a_revoked_token_is_revoked_too,
    a_token_of_another_house_is_refused,
    no_token_outlasts_the_memory_of_its_revocation,
);

async fn a_token_says_what_the_contract_says(house: House) {
    let granted = scopes(&["read", "write"]);
    for client in ["spa", "api", "stateless"] {
        for scope in [None, Some("")] {
            let node = house.node_with(changed(client, |client| client.scopes.clone_from(&granted))).await;
            let issued = node.try_log_in("alice", PASSWORD, Some(client), scope).await.unwrap();
            let (header, claims) = taken_apart(&issued.secret);
            let ring = node.authority.ring.view();
            let kid = ring.writer(Algorithm::ES256).unwrap().key().kid().to_owned();
            assert_eq!(header, json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}));

            let now = house.clock.now().as_seconds();
            let mut expected = json!({
                "iss": ISSUER, "sub": issued.user.id, "aud": ISSUER, "client_id": client,
                "iat": now, "exp": now + i64::try_from(issued.expires_in.as_secs()).unwrap(), "auth_time": now,
                "jti": claims["jti"], "gen": 0, "roles": ["editor", "user"], "preferred_username": "Alice",
                "pos": node.authority.replica.known(), "ver": issued.user.version,
            });
            if let Some(session) = issued.session {
                expected["sid"] = json!(session);
            }
            if scope.is_none() {
                expected["scope"] = json!("read write");
            }
            assert_eq!(json!(claims), expected);
            let identity = node.believed(&issued.secret).await;
            assert_eq!(json!(identity.token), claims["jti"]);
        }
    }
}

async fn a_policy_adds_claims_and_overrides_none(house: House) {
    let evil = |name: &&str| ((*name).to_owned(), json!(["admin", "evil"]));
    let names = || RESERVED_CLAIMS.iter().map(|name| (*name).to_owned());
    let policy = |roles| ClaimsPolicy {
        roles,
        metadata: names().chain(["plan".to_owned(), "absent".to_owned()]).collect(),
        extra: RESERVED_CLAIMS.iter().map(evil).chain([("tenant".to_owned(), json!({"id": 7}))]).collect(),
    };
    let mut metadata: Map<_, _> = RESERVED_CLAIMS.iter().map(evil).collect();
    metadata.insert("plan".to_owned(), json!("gold"));
    metadata.insert("private".to_owned(), json!("not for tokens"));
    for client in ["stateless", "api"] {
        for roles in [true, false] {
            let plain = house.node_with(changed(client, |client| client.claims.roles = roles)).await;
            plain.authority.set_metadata("alice", &metadata).await.unwrap();
            let node = house.node_with(changed(client, |client| client.claims = policy(roles))).await;
            plain.catch_up().await;
            let (plain, issued) = (plain.log_in(client).await, node.log_in(client).await);
            let (_, mut expected) = taken_apart(&plain.secret);
            let (_, mut claims) = taken_apart(&issued.secret);
            assert_eq!(claims.remove("plan"), Some(json!("gold")));
            assert_eq!(claims.remove("tenant"), Some(json!({"id": 7})));
            for own in ["jti", "sid"] {
                assert_eq!(claims.remove(own).is_some(), expected.remove(own).is_some(), "{own}");
            }
            assert_eq!(claims, expected, "{client}, roles {roles}");
            let identity = node.believed(&issued.secret).await;
            assert!(!identity.has_role("evil") && identity.has_role("editor") == roles);
        }
    }
}

async fn jw_13_a_token_ends_with_the_leeway_to_the_millisecond(house: House) {
    let node = house.node().await;
    // Not a whole second: the token counts from the one that it is made in.
    house.clock.pass(Duration::from_millis(700));
    for remembered in [true, false] {
        let issued = node.log_in("stateless").await;
        if remembered {
            node.believed(&issued.secret).await;
        }
        let lifetime = issued.expires_at.since(house.clock.now());
        assert_eq!(issued.expires_at.as_millis() % 1000, 0);
        house.clock.pass(lifetime + LEEWAY - Duration::from_millis(1));
        node.catch_up().await;
        node.believed(&issued.secret).await;
        house.clock.pass(Duration::from_millis(1));
        node.refused(&issued.secret).await;
        house.clock.pass(Duration::from_millis(300));
        node.catch_up().await;
    }
}

/// The claims of `token` with one of them changed, signed by the key that signs now.
fn signed_with(node: &Node, token: &str, name: &str, value: Option<Value>) -> String {
    let (_, mut claims) = taken_apart(token);
    match value {
        Some(value) => drop(claims.insert(name.to_owned(), value)),
        None => drop(claims.remove(name)),
    }
    node.authority.ring.view().writer(Algorithm::ES256).unwrap().sign(&claims).unwrap()
}

fn refused(node: &Node, token: &str) -> bool {
    matches!(node.verifier.verify_jwt(token), Err(Denied::Refused(_)))
}

async fn jw_12_to_jw_16_a_signed_token_that_says_anything_else_is_refused(house: House) {
    let node = house.node().await;
    let token = node.log_in("api").await.secret;
    node.believed(&signed_with(&node, &token, "more", Some(json!(1)))).await;
    let now = house.clock.now().as_seconds();
    for (name, values) in [
        ("iss", vec![json!("https://login.example/"), json!("https://LOGIN.example"), json!([ISSUER]), json!("")]),
        ("aud", vec![json!("https://login.example/"), json!([]), json!([""]), json!(["other"]), json!(7)]),
        ("sub", vec![json!("alice"), json!(""), json!(7)]),
        ("jti", vec![json!("1"), json!(7)]),
        ("iat", vec![json!(null), json!("0"), json!(now + 6)]),
        ("client_id", vec![json!("nobody"), json!(["api"]), json!("API")]),
        ("exp", vec![json!(now - 5), json!("2100000000"), json!(null), json!(-1), json!(true)]),
        ("gen", vec![json!(-1), json!("0"), json!(0.5)]),
        ("auth_time", vec![json!("0"), json!(null)]),
        ("preferred_username", vec![json!(7)]),
    ] {
        for value in values.into_iter().map(Some).chain([None]) {
            assert!(refused(&node, &signed_with(&node, &token, name, value.clone())), "{name} = {value:?}");
        }
    }
    for (name, value) in [
        ("nbf", json!(now + 6)),
        ("sid", json!("1")),
        ("sid", json!(null)),
        ("roles", json!("admin")),
        ("roles", json!(["with space"])),
        ("scope", json!(["read"])),
        ("pos", json!(-1)),
        ("pos", json!("1")),
        ("ver", json!(0.5)),
        ("ver", json!(null)),
        ("login_client", json!("with space")),
        ("login_client", json!(7)),
    ] {
        assert!(refused(&node, &signed_with(&node, &token, name, Some(value.clone()))), "{name} = {value}");
    }
    let (_, claims) = taken_apart(&token);
    let key = Arc::clone(node.authority.ring.view().writer(Algorithm::ES256).unwrap().key());
    for typ in ["JWT", "refresh+jwt", "at+jwt2", ""] {
        let other = Writer::new(Arc::clone(&key), typ).unwrap().sign(&claims).unwrap();
        assert!(refused(&node, &other), "typ {typ:?}");
    }
    node.believed(&Writer::new(key, jwt::TYPE).unwrap().sign(&claims).unwrap()).await;
}

async fn a_token_of_an_earlier_version_counts_until_something_is_revoked(house: House) {
    let node = house.node().await;
    let issued = node.log_in("api").await;
    let (_, mut claims) = taken_apart(&issued.secret);
    claims.retain(|name, _| name != "pos" && name != "ver");
    let old = node.authority.ring.view().writer(Algorithm::ES256).unwrap().sign(&claims).unwrap();
    let identity = node.believed(&old).await;
    assert_eq!((identity.position.0, identity.user_version), (0, 0));
    assert_eq!(identity.login_client, identity.client);
    node.authority.set_roles("alice", std::collections::BTreeSet::clear).await.unwrap();
    assert!(node.believed(&old).await.roles.is_empty());
    node.authority.revoke_client(&identity.client).await.unwrap();
    node.refused(&old).await;
}

async fn jw_15_a_token_for_another_audience_is_refused(house: House) {
    let mut clients = changed("api", |client| client.audience = Some("https://api.example".to_owned()));
    clients.iter_mut().find(|client| client.id.as_str() == "spa").unwrap().audience = Some("spa".to_owned());
    let node = house.node_with(clients).await;
    let token = node.log_in("api").await.secret;
    assert_eq!(taken_apart(&token).1["aud"], json!("https://api.example"));
    node.believed(&token).await;
    node.believed(&signed_with(&node, &token, "aud", Some(json!(["x", "https://api.example"])))).await;
    for client in ["spa", "stateless"] {
        assert!(refused(&node, &signed_with(&node, &token, "client_id", Some(json!(client)))));
    }
    assert!(refused(&node, &signed_with(&node, &token, "aud", Some(json!(ISSUER)))));
    let unnamed = node.log_in("stateless").await.secret;
    assert!(refused(&node, &signed_with(&node, &unnamed, "aud", Some(json!("https://api.example")))));
}

/// Everything that a credential is written with, and some that it is not.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ =.+/%~";

async fn tk_14_no_token_id_is_given_twice(house: House) {
    let (node, there) = (house.node().await, house.node().await);
    let identity = node.believed(&node.log_in("api").await.secret).await;
    let mut ids = BTreeSet::new();
    for _ in 0..500 {
        for node in [&node, &there] {
            let issued = node.authority.exchange(&identity, "stateless", Origin::default()).await.unwrap();
            assert!(ids.insert(taken_apart(&issued.secret).1["jti"].to_string()), "twice");
        }
    }
}

async fn tk_03_a_token_that_was_tampered_with_is_refused(house: House) {
    let node = house.node().await;
    for client in crate::support::BUILTIN {
        let token = node.log_in(client).await.secret.to_string();
        node.believed(&token).await;
        // Of a token that is looked up each letter, as no signature speaks for it.
        let letters: &[u8] = if token.starts_with("cf_") { ALPHABET } else { b"AB" };
        for at in 0..token.len() {
            let (head, tail) = token.split_at(at);
            let mut others = vec![format!("{head}{}", &tail[1..])];
            for letter in letters.iter().copied().map(char::from) {
                others.push(format!("{head}{letter}{tail}"));
                others.push(format!("{head}{letter}{}", &tail[1..]));
            }
            for other in others.iter().filter(|other| **other != token) {
                assert!(matches!(node.verifier.verify(other).await, Err(Denied::Refused(_))), "{client} at {at}");
            }
        }
        for other in [format!("{token}A"), format!(" {token}"), format!("{token}="), token[1..].to_owned()] {
            node.refused(&other).await;
        }
        node.refused(&token[..token.len() - 1]).await;
    }
}

async fn a_token_of_another_house_is_refused(house: House) {
    let node = house.node().await;
    let elsewhere = house.vacant();
    let other = elsewhere.node().await;
    other.add("alice", None, &[]).await;
    for client in crate::support::BUILTIN {
        let issued = other.log_in(client).await;
        other.believed(&issued.secret).await;
        node.refused(&issued.secret).await;
    }
}

async fn no_token_outlasts_the_memory_of_its_revocation(house: House) {
    let day = Duration::from_secs(86_400);
    let generous = house.node_with(changed("stateless", |client| client.lifetimes.credential = 100 * day)).await;
    let (kept, ended) = (generous.log_in("stateless").await, generous.log_in("web").await);
    let identity = generous.believed(&ended.secret).await;
    let old = generous.authority.exchange(&identity, "stateless", Origin::default()).await.unwrap();
    // The operator takes the long lifetimes back, and one of the logins ends after that.
    let node = house.node().await;
    node.believed(&kept.secret).await;
    node.believed(&old.secret).await;
    node.authority.logout(&identity).await.unwrap();
    node.refused(&old.secret).await;
    let longest = node.verifier.clients().longest_login();
    house.clock.pass(longest + Duration::from_secs(1) + LEEWAY - Duration::from_millis(1));
    node.catch_up().await;
    node.believed(&kept.secret).await;
    house.clock.pass(Duration::from_millis(1));
    node.refused(&kept.secret).await;
    house.clock.pass(day);
    node.catch_up().await;
    node.authority.replica.forget_expired(house.clock.now());
    assert!(house.stores.revocations.purge(house.clock.now(), 100).await.unwrap() > 0);
    for node in [&node, &house.node().await] {
        node.refused(&kept.secret).await;
        node.refused(&old.secret).await;
    }
}

/// In one store: the making of twelve RSA keys is what takes the time.
#[tokio::test]
async fn each_algorithm_signs_and_verifies_as_a_clients_own() {
    let house = House::in_memory().await;
    let mut clients = builtin();
    for algorithm in Algorithm::ALL {
        let mut client = clients[3].clone();
        assert_eq!(client.kind, Kind::Jwt);
        client.id = crate::support::id(&format!("with-{algorithm}"));
        client.algorithm = algorithm;
        clients.push(client);
    }
    let node = house.node_with(clients).await;
    let mut kids = BTreeSet::new();
    for algorithm in Algorithm::ALL {
        let issued = node.log_in(&format!("with-{algorithm}")).await;
        let (header, _) = taken_apart(&issued.secret);
        assert_eq!(header["alg"], json!(algorithm.name()));
        kids.insert(header["kid"].to_string());
        let identity = node.believed(&issued.secret).await;
        node.authority.logout(&identity).await.unwrap();
        node.refused(&issued.secret).await;
    }
    assert_eq!(kids.len(), Algorithm::ALL.len(), "a key for each");
}

/// An ECDSA signature (r, s) has a twin (r, n - s) that verifies as well, so that a token has two texts.
async fn jw_20_another_spelling_of_a_revoked_token_is_revoked_too(house: House) {
    let (node, other) = (house.node().await, house.node().await);
    for client in ["api", "stateless"] {
        let token = node.log_in(client).await.secret;
        let twin = twin(&token);
        assert_ne!(*token, twin);
        // On one node both are remembered, on the other neither is.
        let name = node.believed(&token).await.token.unwrap();
        assert_eq!(node.believed(&twin).await.token, Some(name));
        node.authority.revoke_token(name).await.unwrap();
        node.refused(&token).await;
        node.refused(&twin).await;
        other.catch_up().await;
        other.refused(&twin).await;
        other.refused(&token).await;
    }
}

/// The same token with n - s for s, n being the order of P-256 (SEC 2 §2.4.2).
fn twin(token: &str) -> String {
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let digit = i16::from(u8::from_str_radix(&ORDER[2 * at..2 * at + 2], 16).unwrap());
        let difference = digit - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        signature[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
