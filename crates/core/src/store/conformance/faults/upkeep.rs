//! What a server does for itself, and what its operator does.

use std::sync::atomic::{AtomicU16, Ordering::SeqCst};

use super::super::failing::{Fault, Way, failing};
use super::super::fixtures::{at, granted, login, user_id};
use super::super::house::{CLIENTS, Fails as _, House, Node, PASSWORD, password, secret, setup};
use crate::authority::{AccountError, SetupError};
use crate::credential::Kind;
use crate::jose::Algorithm;
use crate::keys::KeyState;
use crate::session::Session;
use crate::store::Stores;
use crate::system::{OpenError, System};

pub async fn a_system_opens_once_its_store_answers(stores: Stores) {
    let (fault, secret) = (Fault::new(), secret());
    for way in [Way::Unanswered, Way::Unsent] {
        let mut call = 0;
        loop {
            fault.aim(call, way);
            fault.arm(true);
            let opened = System::open(setup(failing(&stores, &fault), &secret, Kind::Token)).await;
            fault.arm(false);
            match opened {
                Ok(_) => break,
                Err(error) => assert!(error.is_unavailable(), "{error}"),
            }
            call += 1;
        }
        assert!(call > 3, "it opened after {call} faults");
        let other = System::open(setup(stores.clone(), &super::super::house::secret(), Kind::Token)).await;
        assert!(matches!(other, Err(OpenError::OtherSecret)));
    }
    let ring = stores.keys.list().await.unwrap();
    let states: Vec<_> = ring.iter().map(|key| key.state).collect();
    assert!(states.len() == 2 && states.contains(&KeyState::Active) && states.contains(&KeyState::Next), "{states:?}");
    House::on_opened(stores, secret).await;
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
                let entries = house.node.follower.catch_up().await.unwrap().entries;
                assert!([0, CLIENTS.len()].contains(&entries), "a part of the log was read: {entries}");
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

pub async fn the_first_administrator_at_every_fault(stores: Stores) {
    let fault = Fault::new();
    let node = Node::open(setup(failing(&stores, &fault), &secret(), Kind::Token)).await;
    for way in [Way::Unsent, Way::Unanswered] {
        let mut call = 0;
        loop {
            let code = node.authority.setup_code().await.unwrap().unwrap();
            let set_up = |name| node.authority.set_up(&code, name, None, password(PASSWORD));
            fault.aim(call, way);
            fault.arm(true);
            let made = set_up("root").await;
            fault.arm(false);
            if let Err(error) = made {
                assert!(error.is_unavailable(), "{error}");
                match set_up("root").await {
                    Ok(_) | Err(SetupError::Account(AccountError::UsernameTaken)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            node.try_log_in("root", PASSWORD, "web").await.unwrap();
            assert!(matches!(set_up("second").await, Err(SetupError::BadCode)), "a code makes one");
            node.authority.delete("root").await.unwrap();
            if !fault.was_met() {
                break;
            }
            call += 1;
        }
        assert!(call > 2, "all was done after {call} faults");
    }
}
