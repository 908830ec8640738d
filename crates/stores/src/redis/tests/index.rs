//! The index of a user's sessions, under races.

use counterfoil_core::revocation::Standing;
use counterfoil_core::store::Stores;
use tokio::task::JoinSet;
use xtask::services::fresh;

use super::{Keys, at, hash, id, reference, session, stores, user};
use crate::redis::names;

const RACERS: u16 = 24;
const ROUNDS: u16 = 12;

/// Opens and ends sessions of one user, and looks each time whether the list has it and has it no more.
async fn race(stores: Stores, racer: u16) {
    let sessions = &stores.sessions;
    let listed = async |number| {
        sessions.list(user(1), at(1), usize::MAX).await.unwrap().iter().any(|session| session.id == id(number))
    };
    for round in 0..ROUNDS {
        let number = racer * 100 + round;
        sessions.open(&session(number, 1), &reference(number, number)).await.unwrap();
        assert!(listed(number).await, "what was opened is listed");
        if round % 3 != 2 {
            assert!(sessions.end(id(number), &[]).await.unwrap());
            assert!(!listed(number).await, "what has ended is not");
        }
    }
}

async fn the_index_is_exact(url: &str) {
    let (stores, keys) = (stores(url).await, Keys::at(url).await);
    let mut racers = JoinSet::new();
    for racer in 0..RACERS {
        racers.spawn(race(stores.clone(), racer));
    }
    racers.join_all().await;

    let expected = usize::from(RACERS * ROUNDS / 3);
    assert_eq!(stores.sessions.list(user(1), at(1), usize::MAX).await.unwrap().len(), expected);
    let members: Vec<String> = keys.ask(&["ZRANGE", &keys.names.user(user(1)), "0", "-1"]).await;
    assert_eq!(members.len(), expected, "the index has those that live and no others");
    assert_eq!(
        stores.sessions.end_all(user(1), Standing { generation: 1, spared: Some(id(2)) }).await.unwrap(),
        expected as u64 - 1
    );
    let members: Vec<String> = keys.ask(&["ZRANGE", &keys.names.user(user(1)), "0", "-1"]).await;
    assert_eq!(members, [names::hex(id(2).as_bytes())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_index_is_exact_under_races_on_redis() {
    the_index_is_exact(&fresh::redis().unwrap().url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_index_is_exact_under_races_on_redis_cluster() {
    the_index_is_exact(&fresh::redis_cluster().unwrap().url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn openers_of_one_session_have_one_winner_and_keep_it_listed() {
    let space = fresh::redis_cluster().unwrap();
    let stores = stores(&space.url()).await;
    for round in 1..=10 {
        let mut racers = JoinSet::new();
        for racer in 0..RACERS {
            let stores = stores.clone();
            racers.spawn(async move {
                let grant = reference(round * 100 + racer, round);
                stores.sessions.open(&session(round, 1), &grant).await.is_ok().then_some(round * 100 + racer)
            });
        }
        let won: Vec<_> = racers.join_all().await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        assert_eq!(stores.sessions.list(user(1), at(1), usize::MAX).await.unwrap().len(), usize::from(round));
        for racer in 0..RACERS {
            let found = stores.sessions.by_reference(&hash(round * 100 + racer)).await.unwrap();
            assert_eq!(found.is_some(), won.contains(&(round * 100 + racer)));
        }
    }
}

#[tokio::test]
async fn the_index_forgets_what_has_expired_but_nothing_that_may_still_come() {
    let space = fresh::redis().unwrap();
    let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
    let (key, lost) = (keys.names.user(user(1)), names::hex(id(1).as_bytes()));
    keys.ask::<i64>(&["ZADD", &key, "1900003600000", &lost]).await;
    stores.sessions.list(user(1), at(3_599_999), usize::MAX).await.unwrap();
    assert_eq!(keys.ask::<Vec<String>>(&["ZRANGE", &key, "0", "-1"]).await, [lost]);
    stores.sessions.list(user(1), at(3_600_000), usize::MAX).await.unwrap();
    assert!(keys.ask::<Vec<String>>(&["ZRANGE", &key, "0", "-1"]).await.is_empty());
}

#[tokio::test]
async fn an_index_that_names_another_users_session_gives_nothing_away() {
    let space = fresh::redis().unwrap();
    let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    let strange = names::hex(id(1).as_bytes());
    keys.ask::<i64>(&["ZADD", &keys.names.user(user(2)), "1900003600000", &strange]).await;
    assert!(stores.sessions.list(user(2), at(1), usize::MAX).await.unwrap().is_empty());
    assert_eq!(stores.sessions.end_all(user(2), Standing::NOBODY).await.unwrap(), 0);
    assert!(stores.sessions.by_reference(&hash(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_purge_notes_anew_what_a_failover_has_struck_from_the_index() {
    let space = fresh::redis().unwrap();
    let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    keys.ask::<i64>(&["DEL", &keys.names.user(user(1))]).await;
    assert!(stores.sessions.list(user(1), at(1), usize::MAX).await.unwrap().is_empty());
    assert_eq!(stores.sessions.purge(at(1), 100).await.unwrap(), 0);
    assert_eq!(stores.sessions.list(user(1), at(1), usize::MAX).await.unwrap(), [session(1, 1)]);
    assert_eq!(stores.sessions.end_all(user(1), Standing::NOBODY).await.unwrap(), 1);
}
