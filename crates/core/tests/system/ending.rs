//! Promise 1: once a logout, a rise or a disable has returned, nothing of what has ended is believed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use counterfoil_core::account::UserState;
use counterfoil_core::authority::{AccountError, LoginError, PasswordChange};
use counterfoil_core::credential::Kind;
use counterfoil_core::id::Role;
use counterfoil_core::session::Origin;

use crate::support::{BUILTIN, House, Node, PASSWORD, over_each_store, password};

const ANOTHER: &str = "another long pass phrase";

over_each_store!(
    an_ended_login_spares_itself_from_nothing,
    every_client_logs_in_is_believed_logs_out_and_is_refused_for_good,
    ss_09_a_disabled_user_is_out_and_stays_out_of_old_logins,
    ss_09_a_deleted_user_is_out,
    a_login_beside_a_deletion_does_not_survive_it,
    pw_06_a_change_of_password_ends_all_other_logins,
    pw_06_an_operators_change_of_password_ends_all_logins,
    ending_all_spares_one_session,
    ending_all_spares_one_login_that_is_not_stored,
    a_spared_login_is_ended_by_the_next_rise,
    a_login_in_flight_does_not_survive_a_rise,
    a_login_made_after_a_rise_survives_the_removal_of_those_before_it,
    changed_roles_show_at_once_in_every_kind,
    one_ends_only_ones_own_sessions,
    a_logout_holds_while_others_use_the_credential,
);

async fn every_client_logs_in_is_believed_logs_out_and_is_refused_for_good(mut house: House) {
    let node = house.node().await;
    let user = node.authority.user("alice").await.unwrap();
    let mut ended = Vec::new();
    let mut kept = Vec::new();
    for client in BUILTIN {
        let issued = node.log_in(client).await;
        let other = node.log_in(client).await;
        let identity = node.believed(&issued.secret).await;
        assert_eq!(identity.user, user.id);
        assert_eq!(&*identity.username, "Alice");
        assert_eq!(identity.roles.iter().map(Role::as_str).collect::<Vec<_>>(), ["editor", "user"]);
        assert_eq!(identity.client.as_str(), client);
        assert_eq!((identity.kind, identity.transport), (issued.client.kind, issued.client.transport));
        assert_eq!(identity.session, issued.session);
        assert_eq!(identity.session.is_none(), client == "stateless");
        assert_eq!(identity.token.is_some(), identity.kind == Kind::Jwt);
        assert_eq!(identity.expires_at, issued.expires_at);
        assert_eq!(issued.expires_in, issued.client.lifetimes.credential);
        assert_eq!(issued.refresh.is_some(), issued.client.lifetimes.refresh.is_some());
        assert_eq!(node.verifier.recall(&issued.secret), Some(identity.clone()), "{client} is remembered");

        node.authority.logout(&identity).await.unwrap();
        node.refused(&issued.secret).await;
        node.believed(&other.secret).await;
        ended.push(issued);
        kept.push(other);
    }
    drop(node);
    house.restart();
    let node = house.node().await;
    for issued in &ended {
        node.refused(&issued.secret).await;
        if let Some(refresh) = &issued.refresh {
            node.authority.refresh(refresh).await.map(drop).unwrap_err();
        }
    }
    for issued in &kept {
        node.believed(&issued.secret).await;
    }
}

/// A login of each client, all of them believed and so remembered.
async fn logins(node: &Node) -> Vec<String> {
    let mut credentials = Vec::new();
    for client in BUILTIN {
        let issued = node.log_in(client).await;
        node.believed(&issued.secret).await;
        credentials.push(issued.secret.to_string());
    }
    credentials
}

async fn ss_09_a_disabled_user_is_out_and_stays_out_of_old_logins(mut house: House) {
    let node = house.node().await;
    let credentials = logins(&node).await;
    let bystander = node.add("bob", None, &[]).await;
    let other = node.try_log_in("bob", PASSWORD, Some("api"), None).await.unwrap();
    assert_eq!(node.authority.disable("alice").await.unwrap().state, UserState::Disabled);
    for credential in &credentials {
        node.refused(credential).await;
    }
    let login = node.try_log_in("alice", PASSWORD, None, None).await;
    assert!(matches!(login, Err(LoginError::InvalidCredentials)));
    assert!(node.authority.sessions(node.authority.user("alice").await.unwrap().id).await.unwrap().is_empty());
    node.authority.enable("alice").await.unwrap();
    node.log_in("web").await;
    drop(node);
    house.restart();
    let node = house.node().await;
    for credential in &credentials {
        node.refused(credential).await;
    }
    assert_eq!(node.believed(&other.secret).await.user, bystander.id);
}

async fn ss_09_a_deleted_user_is_out(mut house: House) {
    let node = house.node().await;
    let credentials = logins(&node).await;
    node.authority.delete("alice").await.unwrap();
    for credential in &credentials {
        node.refused(credential).await;
    }
    drop(node);
    house.restart();
    let node = house.node().await;
    for credential in &credentials {
        node.refused(credential).await;
    }
    // A new account of the old name is another user.
    node.add("alice", None, &[]).await;
    node.believed(&node.log_in("stateless").await.secret).await;
    for credential in &credentials {
        node.refused(credential).await;
    }
}

async fn a_login_beside_a_deletion_does_not_survive_it(house: House) {
    let (node, control) = house.spied_node().await;
    let other = node.log_in("device").await;
    let identity = node.believed(&other.secret).await;
    control.hold("users.by_username");
    let authority = node.authority.clone();
    let deletion = tokio::spawn(async move { authority.delete("alice").await });
    control.reached().await;
    // While the deletion holds the record that it has read, all logins end and a new one is made.
    assert!(node.authority.end_all(&identity, false).await.unwrap());
    let issued = node.log_in("stateless").await;
    node.believed(&issued.secret).await;
    control.release();
    deletion.await.unwrap().unwrap();
    node.refused(&issued.secret).await;
    house.node().await.refused(&issued.secret).await;
}

async fn pw_06_a_change_of_password_ends_all_other_logins(house: House) {
    let node = house.node().await;
    for client in BUILTIN {
        let own = node.log_in(client).await;
        let identity = node.believed(&own.secret).await;
        let others = logins(&node).await;
        let change = |current, new| PasswordChange { current: password(current), new: password(new) };
        let wrong = node.authority.change_password(&identity, change(ANOTHER, ANOTHER)).await;
        assert!(matches!(wrong, Err(AccountError::WrongPassword)));
        let weak = node.authority.change_password(&identity, change(PASSWORD, "short")).await;
        assert!(matches!(weak, Err(AccountError::Password(_))));
        node.believed(&others[0]).await;

        node.authority.change_password(&identity, change(PASSWORD, ANOTHER)).await.unwrap();
        for credential in &others {
            node.refused(credential).await;
        }
        node.believed(&own.secret).await;
        house.node().await.believed(&own.secret).await;
        assert!(node.try_log_in("alice", PASSWORD, None, None).await.is_err());
        // What the spared login is exchanged for counts like itself.
        let exchanged = node.authority.exchange(&identity, "web", Origin::default()).await.unwrap();
        node.believed(&exchanged.secret).await;
        if let Some(refresh) = &own.refresh {
            node.believed(&node.authority.refresh(refresh).await.unwrap().secret).await;
        }
        node.authority.change_password(&identity, change(ANOTHER, PASSWORD)).await.unwrap();
    }
}

/// Whoever has stolen a credential cannot save it from what has ended it.
async fn an_ended_login_spares_itself_from_nothing(house: House) {
    for client in BUILTIN {
        for end in ["disable", "password", "end all"] {
            let node = house.node().await;
            let thief = node.log_in(client).await;
            let identity = node.believed(&thief.secret).await;
            let owner = node.log_in("web").await;
            let owner = node.believed(&owner.secret).await;
            match end {
                "disable" => drop(node.authority.disable("alice").await.unwrap()),
                "password" => drop(node.authority.set_password("alice", password(PASSWORD)).await.unwrap()),
                _ => assert!(node.authority.end_all(&owner, true).await.unwrap()),
            }
            assert!(!node.authority.end_all(&identity, true).await.unwrap(), "{client} after {end}");
            assert!(!node.authority.end_all(&identity, false).await.unwrap(), "{client} after {end}");
            let change = PasswordChange { current: password(PASSWORD), new: password(ANOTHER) };
            let changed = node.authority.change_password(&identity, change).await;
            assert!(matches!(changed, Err(AccountError::Ended)), "{client} after {end}");
            node.refused(&thief.secret).await;
            node.authority.enable("alice").await.unwrap();
        }
    }
}

async fn pw_06_an_operators_change_of_password_ends_all_logins(house: House) {
    let node = house.node().await;
    let credentials = logins(&node).await;
    node.authority.set_password("alice", password(ANOTHER)).await.unwrap();
    for credential in &credentials {
        node.refused(credential).await;
    }
    node.try_log_in("alice", ANOTHER, None, None).await.unwrap();
}

async fn ending_all_spares_one_session(house: House) {
    let node = house.node().await;
    let own = node.log_in("api").await;
    let identity = node.believed(&own.secret).await;
    let exchanged = node.authority.exchange(&identity, "device", Origin::default()).await.unwrap();
    let others = logins(&node).await;
    assert!(node.authority.end_all(&identity, true).await.unwrap());
    for credential in &others {
        node.refused(credential).await;
    }
    node.believed(&own.secret).await;
    node.believed(&exchanged.secret).await;
    let sessions = node.authority.sessions(identity.user).await.unwrap();
    assert_eq!(sessions.iter().map(|session| Some(session.id)).collect::<Vec<_>>(), [own.session]);
    node.believed(&node.authority.refresh(own.refresh.as_ref().unwrap()).await.unwrap().secret).await;
}

async fn ending_all_spares_one_login_that_is_not_stored(house: House) {
    let node = house.node().await;
    let own = node.log_in("stateless").await;
    let identity = node.believed(&own.secret).await;
    let others = logins(&node).await;
    assert!(node.authority.end_all(&identity, true).await.unwrap());
    for credential in &others {
        node.refused(credential).await;
    }
    node.believed(&own.secret).await;
    node.authority.logout(&identity).await.unwrap();
    node.refused(&own.secret).await;
    let ended = node.authority.exchange(&identity, "web", Origin::default()).await.map(drop);
    assert!(ended.is_err(), "what has ended in the log alone is exchanged for nothing");
}

async fn a_spared_login_is_ended_by_the_next_rise(house: House) {
    let node = house.node().await;
    for client in BUILTIN {
        let first = node.log_in(client).await;
        let identity = node.believed(&first.secret).await;
        assert!(node.authority.end_all(&identity, true).await.unwrap());
        let second = node.log_in(client).await;
        let other = node.believed(&second.secret).await;
        assert!(node.authority.end_all(&other, true).await.unwrap());
        node.refused(&first.secret).await;
        node.believed(&second.secret).await;
        assert!(!node.authority.end_all(&identity, true).await.unwrap(), "the first one speaks for nobody any more");
        node.believed(&second.secret).await;
        assert!(node.authority.end_all(&other, false).await.unwrap());
        node.refused(&second.secret).await;
    }
}

async fn a_login_in_flight_does_not_survive_a_rise(house: House) {
    let (node, control) = house.spied_node().await;
    for client in BUILTIN {
        let other = node.log_in("device").await;
        let identity = node.believed(&other.secret).await;
        control.hold("users.by_username");
        let (node, authority) = (&node, node.authority.clone());
        let login = node.log_in(client);
        let rise = async {
            control.reached().await;
            assert!(authority.end_all(&identity, false).await.unwrap());
            control.release();
        };
        let (issued, ()) = tokio::join!(login, rise);
        node.refused(&issued.secret).await;
        if let Some(refresh) = &issued.refresh {
            authority.refresh(refresh).await.map(drop).unwrap_err();
        }
        node.believed(&node.log_in(client).await.secret).await;
    }
}

async fn a_login_made_after_a_rise_survives_the_removal_of_those_before_it(house: House) {
    let ((node, control), other) = (house.spied_node().await, house.node().await);
    for client in BUILTIN {
        for keep in [false, true] {
            let own = node.log_in(client).await;
            let identity = node.believed(&own.secret).await;
            // The rise is written and not yet answered.
            control.hold("users.change");
            let rise = node.authority.end_all(&identity, keep);
            let login = async {
                control.reached().await;
                let issued = other.log_in(client).await;
                control.release();
                issued
            };
            let (ended, issued) = tokio::join!(rise, login);
            assert!(ended.unwrap());
            node.believed(&issued.secret).await;
            other.believed(&issued.secret).await;
            if let Some(refresh) = &issued.refresh {
                other.authority.refresh(refresh).await.unwrap();
            }
        }
    }
}

async fn changed_roles_show_at_once_in_every_kind(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    let admin = Role::parse("admin").unwrap();
    for client in BUILTIN {
        let issued = here.log_in(client).await;
        for given in [true, false] {
            for node in [&here, &there] {
                assert_eq!(node.believed(&issued.secret).await.has_role("admin"), !given, "{client}");
            }
            let change = |roles: &mut BTreeSet<Role>| {
                roles.retain(|role| *role != admin);
                roles.extend(given.then(|| admin.clone()));
            };
            here.authority.set_roles("alice", change).await.unwrap();
            there.catch_up().await;
            for node in [&here, &there, &house.node().await] {
                assert_eq!(node.believed(&issued.secret).await.has_role("admin"), given, "{client}");
                let remembered = node.verifier.recall(&issued.secret).unwrap();
                assert_eq!(remembered.has_role("admin"), given, "{client}: the new roles are remembered");
            }
            // A change of something else takes no role away and brings none back.
            here.authority.set_metadata("alice", &serde_json::Map::new()).await.unwrap();
            assert_eq!(here.believed(&issued.secret).await.has_role("admin"), given, "{client}");
            if let Some(refresh) = &issued.refresh {
                let renewed = here.authority.refresh(refresh).await.unwrap();
                assert_eq!(here.believed(&renewed.secret).await.has_role("admin"), given, "{client}");
            }
        }
    }
}

async fn one_ends_only_ones_own_sessions(house: House) {
    let node = house.node().await;
    let issued = node.log_in("web").await;
    let (session, alice) = (issued.session.unwrap(), issued.user.id);
    let bob = node.add("bob", None, &[]).await;
    assert!(!node.authority.end_own_session(bob.id, session).await.unwrap());
    node.believed(&issued.secret).await;
    assert!(node.authority.end_own_session(alice, session).await.unwrap());
    node.refused(&issued.secret).await;
    assert!(!node.authority.end_own_session(alice, session).await.unwrap());
}

async fn a_logout_holds_while_others_use_the_credential(house: House) {
    let node = Arc::new(house.node().await);
    let in_use = Arc::<Mutex<Vec<String>>>::default();
    let done = Arc::<AtomicBool>::default();
    // Fills the memory as fast as it can, right through every logout.
    let users: Vec<_> = (0..2)
        .map(|_| {
            let (node, in_use, done) = (Arc::clone(&node), Arc::clone(&in_use), Arc::clone(&done));
            tokio::spawn(async move {
                while !done.load(Ordering::Acquire) {
                    let credentials = in_use.lock().unwrap().clone();
                    for credential in credentials.iter().rev().take(4) {
                        drop(node.verifier.verify(credential).await);
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for _ in 0..4 {
        for client in BUILTIN {
            let issued = node.log_in(client).await;
            let identity = node.believed(&issued.secret).await;
            in_use.lock().unwrap().push(issued.secret.to_string());
            tokio::task::yield_now().await;
            node.authority.logout(&identity).await.unwrap();
            for _ in 0..20 {
                node.refused(&issued.secret).await;
                tokio::task::yield_now().await;
            }
        }
    }
    let ended = in_use.lock().unwrap().clone();
    for credential in &ended {
        node.refused(credential).await;
    }
    done.store(true, Ordering::Release);
    for user in users {
        user.await.unwrap();
    }
}
