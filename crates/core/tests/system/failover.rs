//! A store of sessions that fails over may lose its newest writes: what has ended stays dead, and nobody is logged out.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Clock as _;
use counterfoil_core::authority::{ExchangeError, Issued, PasswordChange, RefreshError};
use counterfoil_core::credential::Identity;
use counterfoil_core::session::Origin;
use counterfoil_core::verifier::Refusal;

use crate::support::{BUILTIN, Forgetting, House, LEASE, Node, PASSWORD, builtin, changed, over_each_store, password};

const ANOTHER: &str = "another long pass phrase";
const STORED: [&str; 4] = ["web", "spa", "api", "device"];

over_each_store!(
    an_ended_login_that_comes_back_stays_dead,
    a_login_that_comes_back_is_dead_on_other_nodes_and_after_a_restart,
    a_node_that_lost_the_feed_asks_the_log_before_it_believes,
    logins_that_a_rise_has_ended_stay_dead,
    an_end_is_remembered_for_as_long_as_the_login_could_last,
    a_login_is_refused_once_its_end_may_be_forgotten,
    a_lost_rotation_logs_nobody_out,
    after_a_lost_rotation_there_is_one_live_leaf,
    a_token_ahead_of_its_row_logs_out_too,
    a_rotation_without_an_answer_is_answered_after_a_long_outage,
);

/// A node whose sessions come back, one that is left alone, and what makes them come back.
async fn nodes(house: &House) -> (Node, Arc<Forgetting>) {
    let forgetting = Forgetting::beside(&house.stores);
    let stores = counterfoil_core::store::Stores { sessions: forgetting.clone(), ..house.stores.clone() };
    (house.open(stores, builtin(), &house.secret).await.unwrap(), forgetting)
}

fn refresh_token(issued: &Issued) -> String {
    issued.refresh.as_ref().unwrap().to_string()
}

async fn not_renewed(node: &Node, token: &str) {
    match node.authority.refresh(token).await {
        Err(RefreshError::InvalidGrant(_)) => {}
        Err(RefreshError::Trouble(trouble)) => panic!("unsure instead of refused: {trouble}"),
        Ok(_) => panic!("renewed"),
    }
}

/// That nothing of a login counts, though the store has it still.
async fn dead(house: &House, node: &Node, issued: &Issued, identity: &Identity) {
    let session = house.stores.sessions.by_id(issued.session.unwrap()).await.unwrap();
    assert!(session.is_some(), "the store shows it again");
    node.refused(&issued.secret).await;
    if let Some(token) = &issued.refresh {
        not_renewed(node, token).await;
        assert!(!node.authority.logout_by_refresh(token).await.unwrap());
    }
    for target in BUILTIN {
        let exchanged = node.authority.exchange(identity, target, Origin::default()).await.map(drop);
        assert!(matches!(exchanged, Err(ExchangeError::Ended)), "{target}");
    }
    assert!(!node.authority.end_all(identity, true).await.unwrap());
    let change = PasswordChange { current: password(PASSWORD), new: password(ANOTHER) };
    node.authority.change_password(identity, change).await.unwrap_err();
    let listed = node.authority.sessions(issued.user.id).await.unwrap();
    assert!(listed.iter().all(|session| Some(session.id) != issued.session), "it is not listed");
}

async fn an_ended_login_that_comes_back_stays_dead(house: House) {
    let (node, _) = nodes(&house).await;
    for client in STORED {
        for how in ["logout", "revoke", "own"] {
            let (issued, other) = (node.log_in(client).await, node.log_in(client).await);
            let identity = node.believed(&issued.secret).await;
            let session = issued.session.unwrap();
            match how {
                "logout" => node.authority.logout(&identity).await.unwrap(),
                "revoke" => assert!(node.authority.end_session(session).await.unwrap()),
                _ => assert!(node.authority.end_own_session(issued.user.id, session).await.unwrap()),
            }
            dead(&house, &node, &issued, &identity).await;
            node.believed(&other.secret).await;
        }
    }
}

async fn a_login_that_comes_back_is_dead_on_other_nodes_and_after_a_restart(mut house: House) {
    let (node, _) = nodes(&house).await;
    let there = house.node().await;
    let mut ended = Vec::new();
    for client in STORED {
        let issued = node.log_in(client).await;
        let identity = there.believed(&issued.secret).await;
        node.authority.logout(&identity).await.unwrap();
        there.catch_up().await;
        dead(&house, &there, &issued, &identity).await;
        ended.push((issued, identity));
    }
    drop((node, there));
    house.restart();
    let node = house.node().await;
    for (issued, identity) in &ended {
        dead(&house, &node, issued, identity).await;
    }
}

async fn a_node_that_lost_the_feed_asks_the_log_before_it_believes(house: House) {
    let (node, _) = nodes(&house).await;
    for client in STORED {
        let there = house.node().await;
        let issued = node.log_in(client).await;
        let identity = there.believed(&issued.secret).await;
        node.authority.logout(&identity).await.unwrap();
        house.clock.pass(LEASE);
        match client {
            "web" | "device" => assert!(matches!(there.refused(&issued.secret).await, Refusal::Revoked)),
            _ => not_renewed(&there, &refresh_token(&issued)).await,
        }
        assert!(there.authority.sessions(issued.user.id).await.unwrap().is_empty());
        assert!(!there.verifier.feed_is_live(), "what was read ahead is no word from the feed");
        assert_eq!(there.follower.catch_up().await.unwrap().entries, 1, "and is still news to whoever follows");
        node.catch_up().await;
    }
}

async fn logins_that_a_rise_has_ended_stay_dead(house: House) {
    for how in ["others", "password", "disable"] {
        let (node, _) = nodes(&house).await;
        let mut issued = Vec::new();
        for client in STORED {
            let login = node.log_in(client).await;
            let identity = node.believed(&login.secret).await;
            issued.push((login, identity));
        }
        let own = node.log_in("web").await;
        let identity = node.believed(&own.secret).await;
        match how {
            "others" => assert!(node.authority.end_all(&identity, true).await.unwrap()),
            "password" => {
                let change = PasswordChange { current: password(PASSWORD), new: password(PASSWORD) };
                node.authority.change_password(&identity, change).await.unwrap();
            }
            _ => drop(node.authority.disable("alice").await.unwrap()),
        }
        for (issued, identity) in &issued {
            dead(&house, &node, issued, identity).await;
        }
        if how == "disable" {
            node.refused(&own.secret).await;
        } else {
            node.believed(&own.secret).await;
        }
        node.authority.enable("alice").await.unwrap();
        for (issued, identity) in &issued {
            dead(&house, &house.node().await, issued, identity).await;
        }
    }
}

async fn an_end_is_remembered_for_as_long_as_the_login_could_last(house: House) {
    let (node, _) = nodes(&house).await;
    for client in ["api", "device"] {
        let issued = node.log_in(client).await;
        let lifetime = issued.client.login_lifetime();
        node.authority.end_session(issued.session.unwrap()).await.unwrap();
        house.clock.pass(lifetime - Duration::from_millis(1));
        house.stores.revocations.purge(node.authority.clock.now(), 1_000).await.unwrap();
        node.authority.replica.forget_expired(node.authority.clock.now());
        for node in [&node, &house.node().await] {
            match &issued.refresh {
                Some(token) => not_renewed(node, token).await,
                None => assert!(matches!(node.refused(&issued.secret).await, Refusal::Revoked)),
            }
            assert!(node.authority.sessions(issued.user.id).await.unwrap().is_empty());
        }
    }
}

/// Lifetimes were cut, so an end is remembered for less long than an old login would have lasted.
async fn a_login_is_refused_once_its_end_may_be_forgotten(house: House) {
    let day = Duration::from_secs(86_400);
    let clients = || {
        let mut clients = builtin();
        for client in &mut clients {
            client.lifetimes.credential = client.lifetimes.credential.min(day);
            client.lifetimes.refresh = client.lifetimes.refresh.map(|refresh| refresh.min(day));
        }
        clients
    };
    let issued = house.node().await.log_in("api").await;
    let node = house.node_with(clients()).await;
    house.clock.pass(day - Duration::from_secs(1));
    let renewed = node.authority.refresh(&refresh_token(&issued)).await.unwrap();
    house.clock.pass(Duration::from_secs(1));
    not_renewed(&node, &refresh_token(&renewed)).await;
    assert!(node.authority.sessions(issued.user.id).await.unwrap().is_empty());
}

async fn a_lost_rotation_logs_nobody_out(house: House) {
    let (node, forgetting) = nodes(&house).await;
    for lost in 1..4 {
        let mut last = node.log_in("api").await;
        forgetting.rotations(true);
        for _ in 0..lost {
            last = node.authority.refresh(&refresh_token(&last)).await.unwrap();
        }
        forgetting.rotations(false);
        for _ in 0..3 {
            last = node.authority.refresh(&refresh_token(&last)).await.unwrap();
            node.believed(&last.secret).await;
            house.clock.pass(Duration::from_secs(300));
            node.catch_up().await;
        }
    }
}

async fn after_a_lost_rotation_there_is_one_live_leaf(house: House) {
    let (node, forgetting) = nodes(&house).await;
    let first = node.log_in("api").await;
    forgetting.rotations(true);
    let second = refresh_token(&node.authority.refresh(&refresh_token(&first)).await.unwrap());
    forgetting.rotations(false);
    let racers = (0..32).map(|_| {
        let (authority, token) = (node.authority.clone(), second.clone());
        tokio::spawn(async move { authority.refresh(&token).await.map(|issued| refresh_token(&issued)) })
    });
    let mut successors = std::collections::BTreeSet::new();
    for racer in racers.collect::<Vec<_>>() {
        successors.insert(racer.await.unwrap().unwrap());
    }
    assert_eq!(successors.len(), 1, "one live leaf");
    let third = successors.pop_first().unwrap();
    // Whoever has kept the first one has kept a copy.
    not_renewed(&node, &refresh_token(&first)).await;
    not_renewed(&node, &third).await;

    let login = node.log_in("api").await;
    forgetting.rotations(true);
    let client = refresh_token(&node.authority.refresh(&refresh_token(&login)).await.unwrap());
    forgetting.rotations(false);
    let thief = refresh_token(&node.authority.refresh(&refresh_token(&login)).await.unwrap());
    assert_eq!(thief, client, "the old token gets the one that is in use already, and no chain of its own");
    node.authority.refresh(&client).await.unwrap();
    house.clock.pass(Duration::from_secs(31));
    not_renewed(&node, &thief).await;
    assert!(house.stores.sessions.by_id(login.session.unwrap()).await.unwrap().is_some(), "its end was forgotten");
    node.refused(&login.secret).await;
}

async fn a_token_ahead_of_its_row_logs_out_too(house: House) {
    let (node, forgetting) = nodes(&house).await;
    let login = node.log_in("spa").await;
    forgetting.rotations(true);
    let renewed = node.authority.refresh(&refresh_token(&login)).await.unwrap();
    forgetting.rotations(false);
    assert!(node.authority.logout_by_refresh(&refresh_token(&renewed)).await.unwrap());
    for issued in [&login, &renewed] {
        node.refused(&issued.secret).await;
        not_renewed(&node, &refresh_token(issued)).await;
    }
    // Not even a change of the client's kind lets it in again.
    let as_tokens = changed("spa", |client| client.kind = counterfoil_core::credential::Kind::Token);
    not_renewed(&house.node_with(as_tokens).await, &refresh_token(&renewed)).await;
}

async fn a_rotation_without_an_answer_is_answered_after_a_long_outage(house: House) {
    let (node, forgetting) = nodes(&house).await;
    let login = node.log_in("api").await;
    forgetting.answers(true);
    let refreshed = node.authority.refresh(&refresh_token(&login)).await.map(drop);
    assert!(matches!(refreshed, Err(RefreshError::Trouble(_))));
    forgetting.answers(false);
    house.clock.pass(Duration::from_secs(3600));
    node.catch_up().await;
    let renewed = node.authority.refresh(&refresh_token(&login)).await.unwrap();
    house.clock.pass(Duration::from_secs(30));
    let again = node.authority.refresh(&refresh_token(&login)).await.unwrap();
    assert!(again.refresh == renewed.refresh, "within the window after the first answer it is repeated");
    house.clock.pass(Duration::from_millis(1));
    node.catch_up().await;
    not_renewed(&node, &refresh_token(&login)).await;
    not_renewed(&node, &refresh_token(&renewed)).await;
}
