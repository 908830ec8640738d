//! What concerns all logins of a user.

use std::sync::Arc;

use super::super::house::{CLIENTS, House, PASSWORD, password};
use crate::account::User;
use crate::authority::{Changed, Issued, LoginError, OperateError, PasswordChange};
use crate::credential::Identity;
use crate::session::Origin;
use crate::store::Stores;

const ANOTHER: &str = "another long pass phrase";

/// A user with a login of each kind, and one more of `client`.
async fn logins(house: &House, client: &str) -> (User, Vec<Issued>, (Issued, Arc<Identity>)) {
    let user = house.user().await;
    let mut others = Vec::new();
    for client in CLIENTS {
        others.push(house.node.log_in(&user, client).await.0);
    }
    let own = house.node.log_in(&user, client).await;
    (user, others, own)
}

pub async fn the_end_of_all_others_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    for (client, keep) in [("web", true), ("web", false), ("stateless", true), ("api", false)] {
        house
            .at_every_fault(async |house| {
                let (_, others, (own, identity)) = logins(house, client).await;
                let end = || house.node.authority.end_all(&identity, keep);
                match house.attempt(end()).await {
                    Some(ended) => assert!(ended),
                    None => assert!(end().await.unwrap() || !keep, "what is spared may ask again"),
                }
                for issued in &others {
                    house.refuses(issued).await;
                }
                if keep {
                    house.node.believed(&own).await;
                    house.other.believed(&own).await;
                } else {
                    house.refuses(&own).await;
                }
            })
            .await;
    }
}

/// That the old password counts no more, and the new one does.
async fn has_another_password(house: &House, user: &User) {
    let name = user.username.as_str();
    let old = house.other.try_log_in(name, PASSWORD, "web").await.map(drop);
    assert!(matches!(old, Err(LoginError::InvalidCredentials)));
    house.other.try_log_in(name, ANOTHER, "web").await.unwrap();
}

pub async fn a_change_of_password_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    for client in ["web", "stateless"] {
        house
            .at_every_fault(async |house| {
                let (user, others, (own, identity)) = logins(house, client).await;
                let change = || {
                    let change = PasswordChange { current: password(PASSWORD), new: password(ANOTHER) };
                    house.node.authority.change_password(&identity, change)
                };
                if house.attempt(change()).await.is_none() {
                    change().await.unwrap();
                }
                for issued in &others {
                    house.refuses(issued).await;
                }
                house.node.believed(&own).await;
                house.other.believed(&own).await;
                has_another_password(house, &user).await;
            })
            .await;
    }
}

/// Whoever was handed a new login goes on by that, and else by the old one.
pub async fn a_change_of_password_with_a_new_login_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    for client in ["web", "api", "stateless"] {
        house
            .at_every_fault(async |house| {
                let (user, others, (own, identity)) = logins(house, client).await;
                let change = async |identity: &Identity| {
                    let change = PasswordChange { current: password(PASSWORD), new: password(ANOTHER) };
                    house.node.authority.change_password_anew(identity, change, Origin::default()).await
                };
                let mut held = None;
                let first = async {
                    let Changed { result, successor } = change(&identity).await;
                    held = successor;
                    result
                };
                if house.attempt(first).await.is_none() {
                    let identity = match &held {
                        Some(issued) => house.node.believed(issued).await,
                        None => identity,
                    };
                    let Changed { result, successor } = change(&identity).await;
                    result.unwrap();
                    held = successor.or(held);
                }
                let held = held.unwrap();
                for issued in others.iter().chain([&own]) {
                    house.refuses(issued).await;
                }
                house.node.believed(&held).await;
                house.other.believed(&held).await;
                has_another_password(house, &user).await;
            })
            .await;
    }
}

pub async fn an_operators_change_of_password_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    house
        .at_every_fault(async |house| {
            let (user, others, (own, _)) = logins(house, "web").await;
            let set = || house.node.authority.set_password(user.username.as_str(), password(ANOTHER));
            if house.attempt(set()).await.is_none() {
                set().await.unwrap();
            }
            for issued in others.iter().chain([&own]) {
                house.refuses(issued).await;
            }
            has_another_password(house, &user).await;
        })
        .await;
}

pub async fn a_disable_and_an_enable_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    for enable in [false, true] {
        house
            .at_every_fault(async |house| {
                let (user, others, _) = logins(house, "web").await;
                let (authority, name) = (&house.node.authority, user.username.as_str());
                if enable {
                    authority.disable(name).await.unwrap();
                    if house.attempt(authority.enable(name)).await.is_none() {
                        authority.enable(name).await.unwrap();
                    }
                    house.other.try_log_in(name, PASSWORD, "web").await.unwrap();
                } else {
                    if house.attempt(authority.disable(name)).await.is_none() {
                        authority.disable(name).await.unwrap();
                    }
                    house.other.try_log_in(name, PASSWORD, "web").await.map(drop).unwrap_err();
                }
                for issued in &others {
                    house.refuses(issued).await;
                }
            })
            .await;
    }
}

pub async fn a_deletion_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    house
        .at_every_fault(async |house| {
            let (user, others, _) = logins(house, "web").await;
            let delete = || house.node.authority.delete(user.username.as_str());
            if house.attempt(delete()).await.is_none() {
                match delete().await {
                    Ok(_) | Err(OperateError::Nobody(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            for issued in &others {
                house.refuses(issued).await;
            }
            assert!(house.stores.users.by_id(user.id).await.unwrap().is_none());
        })
        .await;
}

pub async fn a_list_of_sessions_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let (user, ..) = logins(&house, "web").await;
    house
        .at_every_fault(async |house| {
            let list = || house.node.authority.sessions(user.id);
            let sessions = match house.attempt(list()).await {
                Some(sessions) => sessions,
                None => list().await.unwrap(),
            };
            assert_eq!(sessions.len(), CLIENTS.len(), "all but the stateless one, and one more");
        })
        .await;
}
