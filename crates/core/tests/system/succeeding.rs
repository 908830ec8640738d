//! A change of password that puts a new login in the place of the one that asks.

use std::sync::Arc;

use counterfoil_core::authority::{AccountError, Changed, Issued, PasswordChange};
use counterfoil_core::credential::Identity;
use counterfoil_core::session::Origin;
use serde_json::json;

use crate::support::{BUILTIN, House, Node, PASSWORD, changed, over_each_store, password, scopes, words};

const ANOTHER: &str = "another long pass phrase";

over_each_store!(
    ss_03_a_change_of_password_gives_a_new_login,
    ss_03_of_two_changes_at_once_one_is_done,
    ss_03_a_rise_beside_the_change_takes_no_new_login_with_it,
    a_refused_change_leaves_no_login_behind,
    what_the_app_keeps_goes_over_to_the_new_login,
    a_new_login_has_no_scope_that_the_old_one_lacked,
);

async fn change(node: &Node, identity: &Identity, current: &str, new: &str) -> Changed {
    let change = PasswordChange { current: password(current), new: password(new) };
    node.authority.change_password_anew(identity, change, Origin::default()).await
}

#[track_caller]
fn done(changed: Changed) -> Issued {
    changed.result.unwrap();
    changed.successor.unwrap()
}

async fn dead(node: &Node, issued: &Issued) {
    node.refused(&issued.secret).await;
    if let Some(token) = &issued.refresh {
        node.authority.refresh(token).await.map(drop).unwrap_err();
    }
}

async fn alive(node: &Node, issued: &Issued) -> Arc<Identity> {
    let identity = node.believed(&issued.secret).await;
    assert_eq!((identity.login, identity.session), (issued.login, issued.session));
    identity
}

async fn ss_03_a_change_of_password_gives_a_new_login(house: House) {
    let (node, there) = (house.node().await, house.node().await);
    let mut now = PASSWORD;
    for client in BUILTIN {
        let next = if now == PASSWORD { ANOTHER } else { PASSWORD };
        let log_in = async |client| node.try_log_in("alice", now, Some(client), None).await.unwrap();
        let (own, other) = (log_in(client).await, log_in("web").await);
        let identity = alive(&node, &own).await;
        let exchanged = node.authority.exchange(&identity, "device", Origin::default()).await.unwrap();
        for issued in [&own, &other, &exchanged] {
            alive(&node, issued).await;
            there.believed(&issued.secret).await;
        }
        let successor = done(change(&node, &identity, now, next).await);
        assert_eq!((successor.client.id.as_str(), successor.session.is_some()), (client, own.session.is_some()));
        assert!(successor.login != own.login && *successor.secret != *own.secret);
        there.catch_up().await;
        for node in [&node, &there, &house.node().await] {
            for issued in [&own, &other, &exchanged] {
                dead(node, issued).await;
            }
            alive(node, &successor).await;
        }
        let listed = node.authority.sessions(identity.user).await.unwrap();
        assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), Vec::from_iter(successor.session));
        let identity = alive(&there, &successor).await;
        there.believed(&there.authority.exchange(&identity, "api", Origin::default()).await.unwrap().secret).await;
        if let Some(token) = &successor.refresh {
            node.believed(&node.authority.refresh(token).await.unwrap().secret).await;
        }
        // It ends like any other.
        assert!(node.authority.end_all(&identity, false).await.unwrap());
        dead(&node, &successor).await;
        now = next;
    }
}

async fn ss_03_of_two_changes_at_once_one_is_done(house: House) {
    let node = house.node().await;
    let own = node.log_in("web").await;
    let identity = node.believed(&own.secret).await;
    let (one, other) = tokio::join!(
        change(&node, &identity, PASSWORD, ANOTHER),
        change(&node, &identity, PASSWORD, "yet another long pass phrase")
    );
    let (done, refused) = if one.result.is_ok() { (one, other) } else { (other, one) };
    assert!(matches!(refused.result, Err(AccountError::Ended)) && refused.successor.is_none());
    let successor = done.successor.unwrap();
    alive(&node, &successor).await;
    let listed = node.authority.sessions(identity.user).await.unwrap();
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), [successor.login]);
}

async fn ss_03_a_rise_beside_the_change_takes_no_new_login_with_it(house: House) {
    let (node, control) = house.spied_node().await;
    let own = node.log_in("web").await;
    let identity = node.believed(&own.secret).await;
    control.hold("sessions.open");
    let (authority, who) = (node.authority.clone(), identity.clone());
    let changing = tokio::spawn(async move {
        let change = PasswordChange { current: password(PASSWORD), new: password(ANOTHER) };
        authority.change_password_anew(&who, change, Origin::default()).await
    });
    control.reached().await;
    // The new login is stored by now, and this ends it again.
    assert!(house.node().await.authority.end_all(&identity, true).await.unwrap());
    control.release();
    let successor = done(changing.await.unwrap());
    for node in [&node, &house.node().await] {
        alive(node, &successor).await;
        dead(node, &own).await;
    }
}

async fn a_refused_change_leaves_no_login_behind(house: House) {
    let node = house.node().await;
    for client in BUILTIN {
        let own = node.log_in(client).await;
        let identity = node.believed(&own.secret).await;
        let stored = house.stores.sessions.count().await.unwrap();
        let wrong = change(&node, &identity, ANOTHER, ANOTHER).await;
        assert!(matches!(wrong.result, Err(AccountError::WrongPassword)) && wrong.successor.is_none());
        let weak = change(&node, &identity, PASSWORD, "short").await;
        assert!(matches!(weak.result, Err(AccountError::Password(_))) && weak.successor.is_none());
        assert_eq!(house.stores.sessions.count().await.unwrap(), stored);
        alive(&node, &own).await;
    }
}

async fn what_the_app_keeps_goes_over_to_the_new_login(house: House) {
    let node = house.node().await;
    let own = node.log_in("web").await;
    let identity = node.believed(&own.secret).await;
    let data = json!({ "basket": ["tea", 2] }).as_object().unwrap().clone();
    assert!(house.stores.sessions.replace_data(own.login, &data).await.unwrap());
    let successor = done(change(&node, &identity, PASSWORD, ANOTHER).await);
    assert_eq!(house.stores.sessions.data(successor.login).await.unwrap(), Some(data));
    assert_eq!(house.stores.sessions.data(own.login).await.unwrap(), None);
}

async fn a_new_login_has_no_scope_that_the_old_one_lacked(house: House) {
    let clients = changed("device", |client| client.scopes = scopes(&["read", "write"]));
    let node = house.node_with(clients).await;
    let own = node.try_log_in("alice", PASSWORD, Some("device"), Some("read")).await.unwrap();
    let identity = node.believed(&own.secret).await;
    let successor = done(change(&node, &identity, PASSWORD, ANOTHER).await);
    assert_eq!(words(&successor.scopes), ["read"]);
    assert_eq!(words(&node.believed(&successor.secret).await.scopes), ["read"]);
}
