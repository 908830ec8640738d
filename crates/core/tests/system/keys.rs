//! The key ring: rotation refuses nobody, revocation everybody, and races leave one of each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use counterfoil_core::authority::OperateError;
use counterfoil_core::jose::{Algorithm, SigningKey};
use counterfoil_core::keys::{KeyRecord, KeyState, RingError, SIGNING_LAG};
use counterfoil_core::system::OpenError;
use serde_json::json;

use crate::support::{House, LEEWAY, Node, changed, over_each_store, secret, taken_apart};

const MILLISECOND: Duration = Duration::from_millis(1);
const DAY: Duration = Duration::from_secs(86_400);
/// The longest of the built-in clients' tokens.
const LONGEST: Duration = Duration::from_secs(15 * 60);

over_each_store!(
    a_new_ring_has_one_active_and_one_next,
    cr_05_jw_22_a_rotation_refuses_no_token_while_32_log_in,
    a_key_is_published_before_it_signs,
    cr_05_a_ring_is_rotated_by_age_and_keeps_a_key_until_its_last_token,
    a_retired_key_verifies_and_signs_no_more,
    a_revoked_key_takes_its_tokens_along,
    nobody_signs_with_a_key_whose_end_is_known,
    a_next_key_is_revoked_without_ever_signing,
    an_imported_key_signs_after_a_rotation,
    another_secret_is_refused_and_overwrites_nothing,
    two_nodes_that_start_at_once_make_one_ring,
    two_nodes_that_rotate_at_once_leave_one_active_and_one_next,
    a_slow_reader_of_the_ring_brings_no_old_key_back,
);

fn kid(token: &str) -> String {
    taken_apart(token).0["kid"].as_str().unwrap().to_owned()
}

/// The log is read first, and the ring in a moment.
async fn nobody_signs_with_a_key_whose_end_is_known(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    let login = there.log_in("api").await;
    here.authority.revoke_key(&kid(&login.secret)).await.unwrap();
    assert!(there.follower.catch_up().await.unwrap().ring, "it has still to read the ring");
    there.refused(&login.secret).await;
    let (new, renewed) =
        (there.log_in("stateless").await, there.authority.refresh(login.refresh.as_ref().unwrap()).await);
    for secret in [&new.secret, &renewed.unwrap().secret] {
        here.believed(secret).await;
        there.believed(secret).await;
    }
}

/// The keys of ES256 by state, as the store has them.
async fn ring(house: &House) -> BTreeMap<&'static str, Vec<String>> {
    let mut ring = BTreeMap::<_, Vec<_>>::new();
    for KeyRecord { kid, algorithm, state, .. } in house.stores.keys.list().await.unwrap() {
        assert_eq!(algorithm, Algorithm::ES256);
        ring.entry(state.as_str()).or_default().push(kid);
    }
    ring
}

fn count(ring: &BTreeMap<&'static str, Vec<String>>) -> (usize, usize, usize) {
    let of = |state| ring.get(state).map_or(0, Vec::len);
    (of("active"), of("next"), of("retired"))
}

async fn a_new_ring_has_one_active_and_one_next(mut house: House) {
    let before = ring(&house).await;
    assert_eq!(count(&before), (1, 1, 0));
    house.restart();
    let node = house.node().await;
    assert_eq!(ring(&house).await, before, "a restart makes no keys");
    assert_eq!(kid(&node.log_in("api").await.secret), before["active"][0]);
    drop(node);
    house.node_with(changed("spa", |client| client.algorithm = Algorithm::EdDSA)).await;
    let keys = house.stores.keys.list().await.unwrap();
    assert_eq!(keys.iter().filter(|key| key.algorithm == Algorithm::EdDSA).count(), 2);
}

async fn cr_05_jw_22_a_rotation_refuses_no_token_while_32_log_in(house: House) {
    let node = std::sync::Arc::new(house.node().await);
    let early = node.log_in("api").await;
    let logins: Vec<_> = (0..32)
        .map(|_| {
            let node = std::sync::Arc::clone(&node);
            tokio::spawn(async move {
                let mut tokens = Vec::new();
                for client in ["stateless", "api"] {
                    let issued = node.log_in(client).await;
                    node.verifier.verify_jwt(&issued.secret).unwrap();
                    tokens.push(issued.secret);
                }
                tokens
            })
        })
        .collect();
    let mut kids = std::collections::BTreeSet::new();
    let mut tokens = vec![early.secret];
    for login in logins {
        kids.insert(node.authority.rotate_keys(Algorithm::ES256).await.unwrap());
        tokens.extend(login.await.unwrap());
    }
    assert_eq!(kids.len(), 32);
    assert!(tokens.iter().map(|token| kid(token)).collect::<std::collections::BTreeSet<_>>().len() > 1);
    for token in &tokens {
        node.believed(token).await;
    }
    let other = house.node().await;
    for token in &tokens {
        other.believed(token).await;
    }
}

async fn a_key_is_published_before_it_signs(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    for _ in 0..3 {
        there.catch_up().await;
        let next = ring(&house).await["next"][0].clone();
        let view = there.authority.ring.view();
        assert!(view.iter().any(|(kid, key)| kid == next && key.state == KeyState::Next));
        assert_eq!(here.authority.rotate_keys(Algorithm::ES256).await.unwrap(), next);
        let token = here.log_in("api").await.secret;
        assert_eq!(kid(&token), next);
        // The other node has not heard of the rotation, and need not have.
        there.believed(&token).await;
        let theirs = there.log_in("api").await.secret;
        assert_ne!(kid(&theirs), next);
        here.believed(&theirs).await;
    }
}

async fn cr_05_a_ring_is_rotated_by_age_and_keeps_a_key_until_its_last_token(house: House) {
    let node = house.node().await;
    house.clock.pass(DAY - MILLISECOND);
    assert!(!node.authority.tend_keys(Some(DAY)).await.unwrap());
    house.clock.pass(MILLISECOND);
    let before = ring(&house).await;
    let last = node.log_in("api").await.secret;
    assert!(node.authority.tend_keys(Some(DAY)).await.unwrap());
    let after = ring(&house).await;
    assert_eq!(after["retired"], before["active"]);
    assert_eq!(after["active"], before["next"]);
    assert_eq!(kid(&last), after["retired"][0]);
    assert!(!node.authority.tend_keys(Some(DAY)).await.unwrap(), "the new one is young");

    house.clock.pass(LONGEST + LEEWAY - MILLISECOND);
    assert!(!node.authority.tend_keys(None).await.unwrap());
    node.catch_up().await;
    node.believed(&last).await;
    // Lifetimes may have been longer when it signed: it stays for as long as any login of today can last.
    house.clock.pass(node.authority.clients.longest_login() - LONGEST + SIGNING_LAG);
    assert!(!node.authority.tend_keys(None).await.unwrap());
    house.clock.pass(MILLISECOND);
    assert!(node.authority.tend_keys(None).await.unwrap());
    assert_eq!(count(&ring(&house).await), (1, 1, 0));
    // Another node hears of it by the log.
    let other = house.node().await;
    house.clock.pass(DAY);
    node.authority.tend_keys(Some(DAY)).await.unwrap();
    assert!(other.follower.catch_up().await.unwrap().ring);
}

fn wrong_state(result: Result<(), OperateError>) -> KeyState {
    match result {
        Err(OperateError::Ring(RingError::WrongState { state, .. })) => state,
        other => panic!("{other:?}"),
    }
}

async fn a_retired_key_verifies_and_signs_no_more(house: House) {
    let node = house.node().await;
    let token = node.log_in("api").await.secret;
    let before = ring(&house).await;
    node.authority.retire_key(&kid(&token)).await.unwrap();
    assert_eq!(ring(&house).await["active"], before["next"]);
    node.believed(&token).await;
    assert_eq!(kid(&node.log_in("api").await.secret), before["next"][0]);
    assert_eq!(wrong_state(node.authority.retire_key(&kid(&token)).await), KeyState::Retired);
    let next = ring(&house).await["next"][0].clone();
    assert_eq!(wrong_state(node.authority.retire_key(&next).await), KeyState::Next);
    let unknown = node.authority.retire_key("nobody's").await;
    assert!(matches!(unknown, Err(OperateError::Ring(RingError::NoSuchKey(_)))));
}

async fn a_revoked_key_takes_its_tokens_along(mut house: House) {
    let (node, other) = (house.node().await, house.node().await);
    let (api, web) = (node.log_in("api").await, node.log_in("web").await);
    node.authority.rotate_keys(Algorithm::ES256).await.unwrap();
    other.catch_up().await;
    let young = node.log_in("api").await;
    for node in [&node, &other] {
        node.believed(&api.secret).await;
        node.believed(&young.secret).await;
    }
    // Once a retired one, once the active one.
    for issued in [&api, &young] {
        node.authority.revoke_key(&kid(&issued.secret)).await.unwrap();
        node.refused(&issued.secret).await;
        assert!(other.verifier.recall(&issued.secret).is_some());
        other.catch_up().await;
        other.refused(&issued.secret).await;
    }
    let renewed = node.authority.refresh(api.refresh.as_ref().unwrap()).await.unwrap();
    node.believed(&renewed.secret).await;
    node.believed(&web.secret).await;
    node.authority.revoke_key(&kid(&api.secret)).await.unwrap();
    drop((node, other));
    house.restart();
    let node = house.node().await;
    node.refused(&api.secret).await;
    node.refused(&young.secret).await;
    node.believed(&renewed.secret).await;
    // Long after its record has gone, its name still counts for nothing.
    house.clock.pass(DAY);
    node.authority.tend_keys(Some(30 * DAY)).await.unwrap();
    node.catch_up().await;
    node.refused(&young.secret).await;
}

async fn a_next_key_is_revoked_without_ever_signing(house: House) {
    let node = house.node().await;
    let before = ring(&house).await;
    node.authority.revoke_key(&before["next"][0]).await.unwrap();
    let after = ring(&house).await;
    assert_eq!(after["active"], before["active"]);
    assert_eq!(after["revoked"], before["next"]);
    assert_eq!(count(&after), (1, 1, 0), "another one takes its place");
}

async fn an_imported_key_signs_after_a_rotation(mut house: House) {
    let clients = || changed("api", |client| client.algorithm = Algorithm::HS256);
    let node = house.node_with(clients()).await;
    let old = (node.log_in("spa").await.secret, node.log_in("api").await.secret);
    let made = SigningKey::generate(Algorithm::ES256, "", &*house.entropy).unwrap();
    let pem = STANDARD.encode(made.to_bytes().unwrap().as_slice());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
    let mut random = [0; 32];
    house.entropy.fill(&mut random).unwrap();
    let jwk = json!({"kty": "oct", "alg": "HS256", "kid": "from-jwk", "k": URL_SAFE_NO_PAD.encode(random)}).to_string();
    let from_pem = SigningKey::from_pem(&pem, Algorithm::ES256, "from-pem").unwrap();
    let from_jwk = SigningKey::from_jwk(&jwk.parse().unwrap(), None, None).unwrap();
    for key in [&from_pem, &from_jwk] {
        node.authority.import_key(key).await.unwrap();
        let again = node.authority.import_key(key).await;
        assert!(matches!(again, Err(OperateError::Ring(RingError::Exists(_)))));
        assert!(node.authority.ring.view().verifying_key(key.kid()).is_some(), "published at once");
    }
    assert_ne!(kid(&node.log_in("spa").await.secret), "from-pem");
    for (client, algorithm, name) in [("spa", Algorithm::ES256, "from-pem"), ("api", Algorithm::HS256, "from-jwk")] {
        assert_eq!(node.authority.rotate_keys(algorithm).await.unwrap(), name);
        let token = node.log_in(client).await.secret;
        assert_eq!(kid(&token), name);
        node.believed(&token).await;
    }
    node.believed(&old.0).await;
    node.believed(&old.1).await;
    drop(node);
    house.restart();
    let node = house.node_with(clients()).await;
    assert_eq!(kid(&node.log_in("spa").await.secret), "from-pem");
}

async fn another_secret_is_refused_and_overwrites_nothing(house: House) {
    let node = house.node().await;
    let token = node.log_in("api").await.secret;
    let facts = || async {
        let keys = house.stores.keys.list().await.unwrap();
        let sealed: Vec<_> = keys.iter().map(|key| (key.kid.clone(), key.state, key.sealed.clone())).collect();
        (sealed, house.stores.facts.fact("secret").await.unwrap(), house.stores.revocations.head().await.unwrap())
    };
    let before = facts().await;
    let other = secret(&*house.entropy);
    let opened = house.open(house.stores.clone(), crate::support::builtin(), &other).await.map(drop);
    assert!(matches!(opened, Err(OpenError::OtherSecret)));
    assert_eq!(facts().await, before);
    house.node().await.believed(&token).await;
    // On an empty store it is as good as any, and then the only one.
    let vacant = house.vacant();
    vacant.open(vacant.stores.clone(), crate::support::builtin(), &other).await.map(drop).unwrap();
    let opened = vacant.open(vacant.stores.clone(), crate::support::builtin(), &house.secret).await.map(drop);
    assert!(matches!(opened, Err(OpenError::OtherSecret)));
}

async fn two_nodes_that_start_at_once_make_one_ring(house: House) {
    for _ in 0..4 {
        let vacant = house.vacant();
        let nodes: [Node; 4] = tokio::join!(vacant.node(), vacant.node(), vacant.node(), vacant.node()).into();
        assert_eq!(count(&ring(&vacant).await), (1, 1, 0));
        nodes[0].add("alice", None, &[]).await;
        for issuer in &nodes {
            let token = issuer.log_in("stateless").await.secret;
            for verifier in &nodes {
                verifier.believed(&token).await;
            }
        }
    }
}

async fn two_nodes_that_rotate_at_once_leave_one_active_and_one_next(house: House) {
    let nodes = [house.node().await, house.node().await];
    let mut rotated = BTreeSet::new();
    for _ in 0..8 {
        let rotations: Vec<_> = (0..8)
            .map(|caller| {
                let authority = nodes[caller % 2].authority.clone();
                tokio::spawn(async move { authority.rotate_keys(Algorithm::ES256).await })
            })
            .collect();
        for rotation in rotations {
            match rotation.await.unwrap() {
                // Of those who rotate from one ring at once, all are told the one key that signs from now on.
                Ok(kid) => drop(rotated.insert(kid)),
                Err(OperateError::Ring(RingError::Raced)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(count(&ring(&house).await), (1, 1, rotated.len()));
    }
    assert!(rotated.len() >= 8, "whoever races, somebody wins");
}

async fn a_slow_reader_of_the_ring_brings_no_old_key_back(house: House) {
    let (node, control) = house.spied_node().await;
    let next = ring(&house).await["next"][0].clone();
    control.hold("keys.list");
    let slow = async {
        node.authority.ring.reload().await.unwrap();
    };
    let rotation = async {
        control.reached().await;
        node.authority.rotate_keys(Algorithm::ES256).await.unwrap();
    };
    let release = async {
        while ring(&house).await["active"][0] != next {
            tokio::time::sleep(MILLISECOND).await;
        }
        // Time enough for the rotation to read the ring as well, if nothing keeps it.
        tokio::time::sleep(50 * MILLISECOND).await;
        control.release();
    };
    tokio::join!(slow, rotation, release);
    assert_eq!(kid(&node.log_in("api").await.secret), next);
}
