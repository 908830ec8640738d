//! The life of a login, with every single call that the store could fail failing once: before it is done, and after.
//!
//! Whatever failed says so and nothing else; done again, it is done or says truthfully that it is; and nothing that was
//! acknowledged before is lost, ends and all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};

use super::failing::{Fault, Way, failing};
use super::fixtures::{at, granted, login, user_id};
use super::house::{CLIENTS, Fails as _, House, PASSWORD, password, secret, setup};
use crate::account::User;
use crate::authority::{AccountError, Authority, Issued, LoginError, OperateError, PasswordChange, RefreshError};
use crate::credential::Identity;
use crate::jose::Algorithm;
use crate::keys::KeyState;
use crate::session::{Origin, Session};
use crate::store::Stores;
use crate::system::{OpenError, System};

const ANOTHER: &str = "another long pass phrase";

pub async fn a_system_opens_once_its_store_answers(stores: Stores) {
    let (fault, secret) = (Fault::new(), secret());
    for way in [Way::Unanswered, Way::Unsent] {
        let mut call = 0;
        loop {
            fault.aim(call, way);
            fault.arm(true);
            let opened = System::open(setup(failing(&stores, &fault), &secret)).await;
            fault.arm(false);
            match opened {
                Ok(_) => break,
                Err(error) => assert!(error.is_unavailable(), "{error}"),
            }
            call += 1;
        }
        assert!(call > 3, "it opened after {call} faults");
        let other = System::open(setup(stores.clone(), &super::house::secret())).await;
        assert!(matches!(other, Err(OpenError::OtherSecret)));
    }
    let ring = stores.keys.list().await.unwrap();
    let states: Vec<_> = ring.iter().map(|key| key.state).collect();
    assert!(states.len() == 2 && states.contains(&KeyState::Active) && states.contains(&KeyState::Next), "{states:?}");
    House::on_opened(stores, secret).await;
}

pub async fn a_registration_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    house
        .at_every_fault(async |house| {
            let (name, authority) = (house.name(), &house.node.authority);
            let register = || authority.register(&name, None, password(PASSWORD));
            if house.attempt(register()).await.is_none() {
                match register().await {
                    Ok(_) | Err(AccountError::UsernameTaken) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            house.other.try_log_in(&name, PASSWORD, "web").await.unwrap();
        })
        .await;
}

pub async fn a_login_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    for client in CLIENTS {
        house
            .at_every_fault(async |house| {
                let user = house.user().await;
                let log_in = || house.node.try_log_in(user.username.as_str(), PASSWORD, client);
                let issued = match house.attempt(log_in()).await {
                    Some(issued) => issued,
                    None => log_in().await.unwrap(),
                };
                house.node.believed(&issued).await;
                house.other.believed(&issued).await;
            })
            .await;
    }
}

pub async fn a_recognition_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["web", "device"] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.other.log_in(&user, client).await;
                house.attempt(house.node.verifier.verify(&issued.secret)).await;
                house.node.believed(&issued).await;
            })
            .await;
    }
}

async fn renewed(authority: &Authority, issued: &Issued) -> Result<Issued, RefreshError> {
    authority.refresh(issued.refresh.as_ref().unwrap()).await
}

pub async fn a_refresh_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["api", "renewed"] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.node.log_in(&user, client).await;
                let successor = match house.attempt(renewed(&house.node.authority, &issued)).await {
                    Some(successor) => successor,
                    None => renewed(&house.node.authority, &issued).await.unwrap(),
                };
                house.other.believed(&successor).await;
                let again = renewed(&house.other.authority, &issued).await.unwrap();
                assert!(again.refresh == successor.refresh, "one live leaf");
                let next = renewed(&house.other.authority, &successor).await.unwrap();
                house.node.believed(&next).await;
            })
            .await;
    }
}

pub async fn an_exchange_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for (from, to) in [("web", "api"), ("web", "stateless"), ("api", "device"), ("stateless", "renewed")] {
        house
            .at_every_fault(async |house| {
                let (issued, identity) = house.node.log_in(&user, from).await;
                let exchange = || house.node.authority.exchange(&identity, to, Origin::default());
                let exchanged = match house.attempt(exchange()).await {
                    Some(exchanged) => exchanged,
                    None => exchange().await.unwrap(),
                };
                for issued in [&issued, &exchanged] {
                    house.node.believed(issued).await;
                    house.other.believed(issued).await;
                }
                house.node.authority.logout(&identity).await.unwrap();
                house.refuses(&exchanged).await;
            })
            .await;
    }
}

pub async fn a_logout_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in CLIENTS {
        house
            .at_every_fault(async |house| {
                let (issued, identity) = house.node.log_in(&user, client).await;
                if house.attempt(house.node.authority.logout(&identity)).await.is_none() {
                    house.node.authority.logout(&identity).await.unwrap();
                }
                house.refuses(&issued).await;
            })
            .await;
    }
}

pub async fn a_logout_by_refresh_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["api", "renewed"] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.node.log_in(&user, client).await;
                let token = issued.refresh.as_ref().unwrap();
                match house.attempt(house.node.authority.logout_by_refresh(token)).await {
                    Some(ended) => assert!(ended),
                    // `false`: there is none any more.
                    None => drop(house.node.authority.logout_by_refresh(token).await.unwrap()),
                }
                house.refuses(&issued).await;
            })
            .await;
    }
}

pub async fn the_end_of_one_session_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    for client in ["web", "api", "device"] {
        house
            .at_every_fault(async |house| {
                let (issued, _) = house.node.log_in(&user, client).await;
                let session = issued.session.unwrap();
                let end = || house.node.authority.end_own_session(user.id, session);
                match house.attempt(end()).await {
                    Some(ended) => assert!(ended),
                    None => drop(end().await.unwrap()),
                }
                house.refuses(&issued).await;
            })
            .await;
    }
}

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

pub async fn following_the_log_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    house
        .at_every_fault(async |house| {
            let mut ended = Vec::new();
            for client in CLIENTS {
                let (issued, identity) = house.node.log_in(&user, client).await;
                house.other.authority.logout(&identity).await.unwrap();
                ended.push(issued);
            }
            if house.attempt(house.node.follower.catch_up()).await.is_none() {
                assert_eq!(house.node.follower.catch_up().await.unwrap().entries, CLIENTS.len());
            }
            for issued in &ended {
                house.refuses(issued).await;
            }
        })
        .await;
}

pub async fn a_purge_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let numbers = AtomicU16::new(0);
    house
        .at_every_fault(async |house| {
            let (session, reference) = login(numbers.fetch_add(1, SeqCst), user_id(1));
            let session = Session { expires_at: at(0), ..session };
            house.stores.sessions.open(&session, &granted(&reference)).await.unwrap();
            let purge = || house.node.authority.purge(|| async {});
            match house.attempt(purge()).await {
                Some(purged) => assert_eq!(purged.sessions, 1),
                None => assert!(purge().await.unwrap().sessions <= 1),
            }
            assert!(house.stores.sessions.by_id(session.id).await.unwrap().is_none());
        })
        .await;
}

/// How many keys are in a state, by the store.
async fn in_state(house: &House, state: KeyState) -> usize {
    house.stores.keys.list().await.unwrap().iter().filter(|key| key.state == state).count()
}

pub async fn a_rotation_of_keys_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    let user = house.user().await;
    house
        .at_every_fault(async |house| {
            let (before, _) = house.node.log_in(&user, "stateless").await;
            let rotate = || house.node.authority.rotate_keys(Algorithm::default());
            if house.attempt(rotate()).await.is_none() {
                rotate().await.unwrap();
            }
            house.other.catch_up().await;
            let (after, _) = house.node.log_in(&user, "stateless").await;
            let (elsewhere, _) = house.other.log_in(&user, "stateless").await;
            for issued in [&before, &after, &elsewhere] {
                house.node.believed(issued).await;
                house.other.believed(issued).await;
            }
            assert_eq!((in_state(house, KeyState::Active).await, in_state(house, KeyState::Next).await), (1, 1));
        })
        .await;
}

pub async fn a_revocation_of_a_key_at_every_fault(stores: Stores) {
    let mut house = House::on(stores).await;
    house.forget_kept();
    let user = house.user().await;
    house
        .at_every_fault(async |house| {
            let (issued, identity) = house.node.log_in(&user, "stateless").await;
            let kid = identity.key.as_deref().unwrap().to_owned();
            if house.attempt(house.node.authority.revoke_key(&kid)).await.is_none() {
                house.node.authority.revoke_key(&kid).await.unwrap();
            }
            house.refuses(&issued).await;
            let (after, _) = house.node.log_in(&user, "stateless").await;
            house.other.believed(&after).await;
            assert_eq!((in_state(house, KeyState::Active).await, in_state(house, KeyState::Next).await), (1, 1));
        })
        .await;
}
