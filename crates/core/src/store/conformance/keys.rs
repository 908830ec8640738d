//! Signing keys.

use super::fixtures::{at, key};
use super::winners;
use crate::jose::Algorithm;
use crate::keys::{KeyRecord, KeyState};
use crate::store::Stores;

/// The kids and states of all keys.
async fn ring(stores: &Stores) -> Vec<(String, KeyState)> {
    stores.keys.list().await.unwrap().into_iter().map(|key| (key.kid, key.state)).collect()
}

fn named(number: u16, state: KeyState) -> (String, KeyState) {
    (format!("key-{number}"), state)
}

pub async fn keys_are_listed_in_the_order_of_their_making(stores: Stores) {
    assert!(stores.keys.list().await.unwrap().is_empty());
    let keys = [3, 1, 2].map(|number| key(number, KeyState::Retired));
    for key in &keys {
        assert!(stores.keys.add(key).await.unwrap());
    }
    let [third, first, second] = keys;
    assert_eq!(stores.keys.list().await.unwrap(), [first, second, third]);
}

pub async fn an_added_key_overwrites_none(stores: Stores) {
    let first = key(1, KeyState::Active);
    assert!(stores.keys.add(&first).await.unwrap());
    let same = KeyRecord { sealed: vec![1], state: KeyState::Retired, ..first.clone() };
    assert!(!stores.keys.add(&same).await.unwrap());
    assert_eq!(stores.keys.list().await.unwrap(), [first]);
    let other_case = KeyRecord { kid: "KEY-1".to_owned(), ..key(2, KeyState::Retired) };
    assert!(stores.keys.add(&other_case).await.unwrap(), "names differ by case");
}

pub async fn an_algorithm_has_one_active_and_one_next_key(stores: Stores) {
    let keys = &stores.keys;
    assert!(keys.add(&key(1, KeyState::Active)).await.unwrap());
    assert!(!keys.add(&key(2, KeyState::Active)).await.unwrap());
    assert!(keys.add(&key(3, KeyState::Next)).await.unwrap());
    assert!(!keys.add(&key(4, KeyState::Next)).await.unwrap());
    assert!(!keys.change_state("key-3", KeyState::Next, KeyState::Active, at(9)).await.unwrap());
    for number in 5..8 {
        assert!(keys.add(&key(number, KeyState::Retired)).await.unwrap());
        assert!(keys.add(&key(number + 10, KeyState::Revoked)).await.unwrap());
    }
    assert!(!keys.change_state("key-5", KeyState::Retired, KeyState::Active, at(9)).await.unwrap());
    assert!(keys.change_state("key-1", KeyState::Active, KeyState::Revoked, at(9)).await.unwrap());
    assert!(keys.change_state("key-3", KeyState::Next, KeyState::Active, at(9)).await.unwrap(), "the place is free");
    assert!(keys.add(&key(4, KeyState::Next)).await.unwrap());
}

pub async fn each_algorithm_has_a_ring_of_its_own(stores: Stores) {
    let keys = &stores.keys;
    let other = |number, state| KeyRecord { algorithm: Algorithm::EdDSA, ..key(number, state) };
    assert!(keys.add(&key(1, KeyState::Active)).await.unwrap());
    assert!(keys.add(&other(8, KeyState::Next)).await.unwrap());
    assert!(!keys.rotate("key-1", "key-8", &key(9, KeyState::Next), at(9)).await.unwrap());
    assert!(!keys.rotate("key-1", "key-8", &other(9, KeyState::Next), at(9)).await.unwrap());
    assert!(keys.change_state("key-8", KeyState::Next, KeyState::Revoked, at(9)).await.unwrap());
    assert!(keys.add(&key(2, KeyState::Next)).await.unwrap());
    assert!(keys.add(&other(3, KeyState::Active)).await.unwrap());
    assert!(keys.add(&other(4, KeyState::Next)).await.unwrap());
    assert!(!keys.add(&other(5, KeyState::Active)).await.unwrap());
    let before = keys.list().await.unwrap();
    assert!(!keys.rotate("key-1", "key-4", &key(9, KeyState::Next), at(9)).await.unwrap());
    assert!(!keys.rotate("key-3", "key-2", &key(9, KeyState::Next), at(9)).await.unwrap());
    assert!(!keys.rotate("key-1", "key-2", &other(9, KeyState::Next), at(9)).await.unwrap());
    assert_eq!(keys.list().await.unwrap(), before);
    assert!(keys.rotate("key-3", "key-4", &other(9, KeyState::Next), at(9)).await.unwrap());
    assert!(ring(&stores).await.starts_with(&[named(1, KeyState::Active), named(2, KeyState::Next)]));
}

pub async fn every_algorithm_is_stored(stores: Stores) {
    let keys: Vec<_> = Algorithm::ALL
        .into_iter()
        .zip(0..)
        .map(|(algorithm, number)| KeyRecord { algorithm, ..key(number, KeyState::Active) })
        .collect();
    for key in &keys {
        assert!(stores.keys.add(key).await.unwrap());
    }
    assert_eq!(stores.keys.list().await.unwrap(), keys);
}

pub async fn a_state_changes_only_from_what_it_is(stores: Stores) {
    let keys = &stores.keys;
    assert!(keys.add(&key(1, KeyState::Active)).await.unwrap());
    assert!(!keys.change_state("key-1", KeyState::Retired, KeyState::Revoked, at(9)).await.unwrap());
    assert!(!keys.change_state("key-2", KeyState::Active, KeyState::Revoked, at(9)).await.unwrap());
    assert_eq!(keys.list().await.unwrap(), [key(1, KeyState::Active)]);
    assert!(keys.change_state("key-1", KeyState::Active, KeyState::Retired, at(9)).await.unwrap());
    let expected = KeyRecord { state_since: at(9), ..key(1, KeyState::Retired) };
    assert_eq!(keys.list().await.unwrap(), [expected]);
}

pub async fn a_rotation_moves_the_whole_ring_or_nothing(stores: Stores) {
    let keys = &stores.keys;
    assert!(keys.add(&key(1, KeyState::Active)).await.unwrap());
    assert!(keys.add(&key(2, KeyState::Next)).await.unwrap());
    assert!(keys.add(&key(3, KeyState::Retired)).await.unwrap());
    let before = keys.list().await.unwrap();
    let fresh = key(4, KeyState::Next);
    for (active, next) in
        [("key-2", "key-1"), ("key-1", "key-3"), ("key-3", "key-2"), ("key-9", "key-2"), ("key-1", "key-9")]
    {
        assert!(!keys.rotate(active, next, &fresh, at(9)).await.unwrap(), "{active}, {next}");
    }
    let known = key(3, KeyState::Next);
    assert!(!keys.rotate("key-1", "key-2", &known, at(9)).await.unwrap(), "the fresh key is not fresh");
    assert_eq!(keys.list().await.unwrap(), before);

    assert!(keys.rotate("key-1", "key-2", &fresh, at(9)).await.unwrap());
    let moved = |number, state| KeyRecord { state_since: at(9), ..key(number, state) };
    let after = [moved(1, KeyState::Retired), moved(2, KeyState::Active), key(3, KeyState::Retired), fresh];
    assert_eq!(keys.list().await.unwrap(), after);
}

pub async fn a_race_of_ring_rotations_has_one_winner(stores: Stores) {
    assert!(stores.keys.add(&key(1, KeyState::Active)).await.unwrap());
    assert!(stores.keys.add(&key(2, KeyState::Next)).await.unwrap());
    let won = winners(&stores, |stores, number| async move {
        let fresh = key(100 + u16::try_from(number).unwrap(), KeyState::Next);
        stores.keys.rotate("key-1", "key-2", &fresh, at(9)).await.unwrap()
    });
    assert_eq!(won.await, 1);
    let ring = ring(&stores).await;
    assert_eq!(ring.len(), 3);
    assert!(ring.starts_with(&[named(1, KeyState::Retired), named(2, KeyState::Active)]));
}

pub async fn a_key_in_use_is_not_removed(stores: Stores) {
    let keys = &stores.keys;
    for (number, state) in [(1, KeyState::Active), (2, KeyState::Next), (3, KeyState::Retired), (4, KeyState::Revoked)]
    {
        assert!(keys.add(&key(number, state)).await.unwrap());
    }
    assert!(!keys.remove("key-1").await.unwrap());
    assert!(!keys.remove("key-2").await.unwrap());
    assert!(keys.remove("key-3").await.unwrap());
    assert!(!keys.remove("key-3").await.unwrap());
    assert!(keys.remove("key-4").await.unwrap());
    assert_eq!(ring(&stores).await, [named(1, KeyState::Active), named(2, KeyState::Next)]);
}
