//! Promise 3: one live leaf. A refresh family survives races and lost answers, and ends by theft.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::authority::{Authority, Issued, RefreshError};
use counterfoil_core::credential::{Kind, Malformed, SecretHash};
use counterfoil_core::verifier::Refusal;

use crate::support::{BUILTIN, House, Node, changed, over_each_store, scopes, words};

const WINDOW: Duration = Duration::from_secs(30);
const MILLISECOND: Duration = Duration::from_millis(1);

over_each_store!(
    a_refresh_renews_the_credential_and_its_token,
    tk_06_a_lost_answer_is_repeated_within_the_window,
    tk_04_of_32_callers_at_once_all_get_one_successor,
    tk_05_reuse_ends_the_family_with_its_credentials,
    tk_07_reuse_is_seen_after_a_restart,
    a_forged_token_does_no_harm,
    tk_08_a_family_expires_with_its_login,
    a_refresh_needs_a_login_that_counts,
    a_refresh_in_flight_does_not_survive_an_end,
    a_refresh_token_logs_out,
    tk_09_scopes_never_widen,
    tk_10_a_refresh_token_is_no_credential_and_the_reverse,
    logins_survive_a_change_of_mode,
    a_login_to_a_client_that_is_gone_is_refused,
);

fn refresh_token(issued: &Issued) -> String {
    issued.refresh.as_ref().unwrap().to_string()
}

async fn refused(node: &Node, token: &str) {
    match node.authority.refresh(token).await {
        Err(RefreshError::InvalidGrant(_)) => {}
        Err(RefreshError::Trouble(trouble)) => panic!("unsure instead of refused: {trouble}"),
        Ok(_) => panic!("renewed"),
    }
}

async fn a_refresh_renews_the_credential_and_its_token(house: House) {
    let node = house.node().await;
    for client in ["spa", "api"] {
        let mut last = node.log_in(client).await;
        let (session, ends) = (last.session, last.refresh_expires_at);
        for _ in 0..5 {
            house.clock.pass(Duration::from_secs(300));
            node.catch_up().await;
            let next = node.authority.refresh(&refresh_token(&last)).await.unwrap();
            assert_ne!(refresh_token(&next), refresh_token(&last));
            assert_ne!(*next.secret, *last.secret);
            assert_eq!((next.session, next.refresh_expires_at), (session, ends), "the family is not prolonged");
            assert_eq!(next.expires_in, next.client.lifetimes.credential);
            let identity = node.believed(&next.secret).await;
            assert_eq!((identity.session, identity.client.as_str()), (session, client));
            assert_eq!(identity.authenticated_at, node.believed(&next.secret).await.authenticated_at);
            last = next;
        }
        let session = house.stores.sessions.by_id(session.unwrap()).await.unwrap().unwrap();
        assert!(session.last_seen_at > session.authenticated_at, "a refresh is a use");
    }
}

async fn tk_06_a_lost_answer_is_repeated_within_the_window(house: House) {
    let node = house.node().await;
    let first = refresh_token(&node.log_in("api").await);
    let second = refresh_token(&node.authority.refresh(&first).await.unwrap());
    house.clock.pass(WINDOW);
    node.catch_up().await;
    let again = node.authority.refresh(&first).await.unwrap();
    assert_eq!(refresh_token(&again), second);
    node.believed(&again.secret).await;
    house.clock.step_back(Duration::from_secs(3600));
    let back = refresh_token(&node.authority.refresh(&first).await.unwrap());
    assert_eq!(back, second, "a clock that steps back makes no thief of anybody");
    house.clock.pass_on_the_wall(Duration::from_secs(3600));
    node.authority.refresh(&second).await.unwrap();
}

async fn tk_04_of_32_callers_at_once_all_get_one_successor(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    let mut token = refresh_token(&here.log_in("api").await);
    for _ in 0..4 {
        let callers = (0..32).map(|caller| {
            let node = if caller % 2 == 0 { &here } else { &there };
            let (authority, token): (Arc<Authority>, _) = (node.authority.clone(), token.clone());
            tokio::spawn(async move { authority.refresh(&token).await.map(|issued| refresh_token(&issued)) })
        });
        let mut successors = BTreeSet::new();
        for caller in callers.collect::<Vec<_>>() {
            successors.insert(caller.await.unwrap().unwrap());
        }
        assert_eq!(successors.len(), 1, "one live leaf");
        token = successors.pop_first().unwrap();
    }
    house.clock.pass(WINDOW + MILLISECOND);
    here.authority.refresh(&token).await.unwrap();
}

/// A family three generations old: its tokens, oldest first, and all the credentials that it has renewed.
async fn family(node: &Node) -> (Vec<String>, Vec<String>) {
    let mut issued = node.log_in("api").await;
    let (mut tokens, mut credentials) = (vec![refresh_token(&issued)], vec![issued.secret.to_string()]);
    for _ in 0..2 {
        issued = node.authority.refresh(&refresh_token(&issued)).await.unwrap();
        tokens.push(refresh_token(&issued));
        credentials.push(issued.secret.to_string());
    }
    for credential in &credentials {
        node.believed(credential).await;
    }
    (tokens, credentials)
}

async fn tk_05_reuse_ends_the_family_with_its_credentials(house: House) {
    let (node, other) = (house.node().await, house.node().await);
    for (replayed, later) in [(0, Duration::ZERO), (1, WINDOW + MILLISECOND)] {
        let (tokens, credentials) = family(&node).await;
        let bystander = node.log_in("api").await;
        house.clock.pass(later);
        node.catch_up().await;
        refused(&node, &tokens[replayed]).await;
        for token in &tokens {
            refused(&node, token).await;
        }
        other.catch_up().await;
        for credential in &credentials {
            node.refused(credential).await;
            other.refused(credential).await;
        }
        node.believed(&bystander.secret).await;
        node.authority.refresh(&refresh_token(&bystander)).await.unwrap();
    }
}

async fn tk_07_reuse_is_seen_after_a_restart(mut house: House) {
    let node = house.node().await;
    let (tokens, credentials) = family(&node).await;
    drop(node);
    house.restart();
    let node = house.node().await;
    assert_eq!(
        refresh_token(&node.authority.refresh(&tokens[1]).await.unwrap()),
        tokens[2],
        "an answer that was lost by the restart is repeated after it"
    );
    refused(&node, &tokens[0]).await;
    drop(node);
    house.restart();
    let node = house.node().await;
    refused(&node, &tokens[2]).await;
    for credential in &credentials {
        node.refused(credential).await;
    }
}

/// `own` with another byte at `at`, or with what `foreign` has from there on; well-formed either way.
fn spliced(own: &str, foreign: &str, at: usize) -> String {
    let body = |token: &str| URL_SAFE_NO_PAD.decode(&token[5..85]).unwrap();
    let (mut bytes, foreign) = (body(own), body(foreign));
    bytes[at..].copy_from_slice(&foreign[at..]);
    if body(own) == bytes {
        bytes[at] ^= 1;
    }
    let text = format!("cf_r_{}", URL_SAFE_NO_PAD.encode(&bytes));
    let sum = SecretHash::of(format!("counterfoil checksum {text}").as_bytes());
    format!("{text}{}", &URL_SAFE_NO_PAD.encode(&sum.as_bytes()[..5])[..6])
}

async fn a_forged_token_does_no_harm(house: House) {
    let (node, control) = house.spied_node().await;
    let issued = node.log_in("api").await;
    let other = node.log_in("api").await;
    let (own, foreign) = (refresh_token(&issued), refresh_token(&other));
    for text in ["", "cf_r_", "eyJ", &own[..own.len() - 1], &own.to_uppercase(), &format!("{own} ")] {
        refused(&node, text).await;
    }
    for (at, replaced) in [(20, &foreign), (0, &own), (16, &own)] {
        control.calls();
        refused(&node, &spliced(&own, replaced, at)).await;
        assert_eq!(control.calls(), 0, "a guess reaches no store");
    }
    node.authority.refresh(&own).await.unwrap();
    node.authority.refresh(&foreign).await.unwrap();
}

async fn tk_08_a_family_expires_with_its_login(house: House) {
    let node = house.node().await;
    for client in ["spa", "api"] {
        let issued = node.log_in(client).await;
        let lifetime = issued.client.lifetimes.refresh.unwrap();
        house.clock.pass(lifetime - MILLISECOND);
        let last = node.authority.refresh(&refresh_token(&issued)).await.unwrap();
        assert!(last.expires_at <= issued.refresh_expires_at.unwrap(), "no credential outlives its login");
        house.clock.pass(MILLISECOND);
        refused(&node, &refresh_token(&last)).await;
        refused(&node, &refresh_token(&issued)).await;
    }
}

async fn a_refresh_needs_a_login_that_counts(house: House) {
    let node = house.node().await;
    let issued = node.log_in("api").await;
    node.authority.disable("alice").await.unwrap();
    refused(&node, &refresh_token(&issued)).await;
    node.authority.enable("alice").await.unwrap();
    refused(&node, &refresh_token(&issued)).await;
    let issued = node.log_in("api").await;
    node.authority.end_session(issued.session.unwrap()).await.unwrap();
    refused(&node, &refresh_token(&issued)).await;
    let issued = node.log_in("api").await;
    node.authority.delete("alice").await.unwrap();
    refused(&node, &refresh_token(&issued)).await;
}

async fn a_refresh_in_flight_does_not_survive_an_end(house: House) {
    let as_tokens = || changed("api", |client| client.kind = Kind::Token);
    for clients in [crate::support::builtin(), as_tokens()] {
        for method in ["sessions.by_family", "users.by_id", "sessions.rotate"] {
            for disable in [false, true] {
                let (node, control) = house.spied_node_with(clients.clone()).await;
                let issued = house.node().await.log_in("api").await;
                let (token, authority) = (refresh_token(&issued), &node.authority);
                control.hold(method);
                let end = async {
                    control.reached().await;
                    if disable {
                        authority.disable(&issued.user.id.to_string()).await.map(drop).unwrap();
                    } else {
                        authority.end_session(issued.session.unwrap()).await.map(drop).unwrap();
                    }
                    control.release();
                };
                let (renewed, ()) = tokio::join!(authority.refresh(&token), end);
                // Whatever is still handed out counts for nothing.
                if let Ok(renewed) = renewed {
                    node.refused(&renewed.secret).await;
                    refused(&node, &refresh_token(&renewed)).await;
                }
                refused(&node, &token).await;
                authority.enable("alice").await.unwrap();
            }
        }
    }
}

async fn a_refresh_token_logs_out(house: House) {
    let node = house.node().await;
    let (tokens, credentials) = family(&node).await;
    assert!(!node.authority.logout_by_refresh("cf_r_nonsense").await.unwrap());
    assert!(node.authority.logout_by_refresh(&tokens[2]).await.unwrap());
    for credential in &credentials {
        node.refused(credential).await;
    }
    assert!(!node.authority.logout_by_refresh(&tokens[2]).await.unwrap());
    refused(&node, &tokens[2]).await;
}

async fn tk_09_scopes_never_widen(house: House) {
    let with = |words: &[&str]| {
        let granted = scopes(words);
        changed("api", |client| client.scopes = granted)
    };
    let node = house.node_with(with(&["read", "write"])).await;
    let login = |scope| node.try_log_in("alice", crate::support::PASSWORD, Some("api"), scope);
    let (all, some, none) =
        (login(None).await.unwrap(), login(Some("read")).await.unwrap(), login(Some("")).await.unwrap());
    assert_eq!(words(&all.scopes), ["read", "write"]);
    for (issued, expected) in [(&all, &["read", "write"][..]), (&some, &["read"]), (&none, &[])] {
        let renewed = node.authority.refresh(&refresh_token(issued)).await.unwrap();
        assert_eq!(words(&renewed.scopes), expected);
        assert_eq!(words(&node.believed(&renewed.secret).await.scopes), expected);
    }
    // What a client gains later is not the old login's, and what it loses is.
    let node = house.node_with(with(&["read", "admin"])).await;
    for (issued, expected) in [(&all, &["read"][..]), (&some, &["read"]), (&none, &[])] {
        assert_eq!(words(&node.believed(&issued.secret).await.scopes), expected);
        let renewed = node.authority.refresh(&refresh_token(issued)).await.unwrap();
        assert_eq!(words(&node.believed(&renewed.secret).await.scopes), expected);
    }
}

async fn tk_10_a_refresh_token_is_no_credential_and_the_reverse(house: House) {
    let node = house.node().await;
    for client in BUILTIN {
        let issued = node.log_in(client).await;
        refused(&node, &issued.secret).await;
        assert!(!node.authority.logout_by_refresh(&issued.secret).await.unwrap());
        if let Some(refresh) = &issued.refresh {
            assert!(matches!(node.refused(refresh).await, Refusal::Malformed(Malformed::Refresh)));
        }
        node.believed(&issued.secret).await;
    }
}

async fn logins_survive_a_change_of_mode(house: House) {
    let node = house.node().await;
    let (web, api, device) = (node.log_in("web").await, node.log_in("api").await, node.log_in("device").await);
    let mode = |kind, refresh: Option<Duration>| {
        let mut clients = crate::support::builtin();
        for client in &mut clients {
            client.kind = kind;
            client.lifetimes.refresh = refresh;
        }
        clients
    };
    let hour = Some(Duration::from_secs(3600));
    for (kind, refresh) in [(Kind::Jwt, hour), (Kind::Jwt, None), (Kind::Session, None), (Kind::Token, hour)] {
        let node = house.node_with(mode(kind, refresh)).await;
        for (issued, was) in [(&web, Kind::Session), (&api, Kind::Jwt), (&device, Kind::Token)] {
            let identity = node.believed(&issued.secret).await;
            assert_eq!((identity.kind, identity.session), (was, issued.session));
        }
        let renewed = node.authority.refresh(&refresh_token(&api)).await.unwrap();
        let identity = node.believed(&renewed.secret).await;
        assert_eq!((identity.kind, identity.session), (kind, api.session));
        assert!(renewed.refresh.is_some(), "a family lives on whatever the client hands out by now");
    }
    // Every credential of the login ends with it, of whichever mode.
    let renewed = house.node_with(mode(Kind::Token, hour)).await.authority.refresh(&refresh_token(&api)).await.unwrap();
    node.authority.end_session(api.session.unwrap()).await.unwrap();
    node.refused(&api.secret).await;
    node.refused(&renewed.secret).await;
    node.believed(&web.secret).await;
}

async fn a_login_to_a_client_that_is_gone_is_refused(house: House) {
    let node = house.node().await;
    let mut issued = Vec::new();
    for client in BUILTIN {
        issued.push(node.log_in(client).await);
    }
    let clients = crate::support::builtin().into_iter().filter(|client| client.id.as_str() == "web").collect();
    let node = house.node_with(clients).await;
    for issued in &issued {
        if issued.client.id.as_str() == "web" {
            node.believed(&issued.secret).await;
        } else {
            node.refused(&issued.secret).await;
        }
        if issued.refresh.is_some() {
            refused(&node, &refresh_token(issued)).await;
        }
    }
}
