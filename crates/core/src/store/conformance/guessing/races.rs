//! Guesses at once: no more are answered than were left.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::{Told, Town, WRONG, address, alice, guess};
use crate::Clock as _;
use crate::authority::LoginError;
use crate::store::Stores;
use crate::store::conformance::house::{House, PASSWORD};
use crate::throttle::{Limits, Whose};

const FREE: u32 = 7;
const LIMITS: Limits = Limits { free_failures: FREE, ..Limits::DEFAULT };

fn count(told: &[Told], what: impl Fn(&Told) -> bool) -> u32 {
    u32::try_from(told.iter().filter(|told| what(told)).count()).unwrap()
}

pub async fn lg_06_of_a_thousand_guesses_at_once_no_more_are_answered_than_were_free(stores: Stores) {
    let town = Town::on(stores, LIMITS);
    let node = town.node().await;
    alice(&node).await;
    let all_wrong = (0..1_000).map(|number| guess(&node, "alice", WRONG, address(number)));
    let told = join_all(all_wrong).await;
    assert_eq!(count(&told, |told| *told == Told::Wrong), FREE);
    assert_eq!(guess(&node, "alice", PASSWORD, None).await, Told::TooMany(1));
    town.pass(1);
    assert_eq!(guess(&node, "alice", PASSWORD, None).await, Told::Right);

    // The right one comes just after the last free one. Where the store lets it overtake some of them it counts, and begins the
    // count anew; otherwise it is not looked at.
    let guesses = (0..1_000).map(|number| {
        let secret = if number == FREE { PASSWORD } else { WRONG };
        guess(&node, "alice", secret, address(number))
    });
    let told = join_all(guesses).await;
    let (right, wrong) = (count(&told, |told| *told == Told::Right), count(&told, |told| *told == Told::Wrong));
    assert!(
        right == 0 && wrong == FREE || right == 1 && (FREE..2 * FREE).contains(&wrong),
        "{right} right, {wrong} wrong"
    );
}

/// What every one of `each` guesses on each of the nodes was told, at the same moment as far as a machine has moments.
async fn at_once(town: &Town, nodes: u32, each: u32, secret: &'static str) -> Vec<Told> {
    let mut guesses = JoinSet::new();
    for node in 0..nodes {
        let guesser = Arc::new(town.node().await);
        for number in 0..each {
            let guesser = Arc::clone(&guesser);
            guesses.spawn(async move { guess(&guesser, "alice", secret, address(node * each + number)).await });
        }
    }
    guesses.join_all().await
}

pub async fn lg_06_nodes_answer_no_more_together_than_one_would(stores: Stores) {
    let town = Town::on(stores, LIMITS);
    let node = town.node().await;
    alice(&node).await;
    let told = at_once(&town, 4, 16, WRONG).await;
    assert_eq!(count(&told, |told| *told == Told::Wrong), FREE);
    assert_eq!(count(&told, |told| matches!(told, Told::TooMany(_))), 64 - FREE);
    town.pass(1);
    let told = at_once(&town, 4, 2, WRONG).await;
    assert_eq!(count(&told, |told| *told == Told::Wrong), 1, "then one at a time");
}

pub async fn whoever_is_refused_waits_for_nobody(stores: Stores) {
    let town = Town::on(stores, Limits { free_failures: 1, ..Limits::DEFAULT });
    let (node, elsewhere) = (town.node().await, town.node().await);
    let user = alice(&node).await;
    // Somebody's password is being compared here, for as long as this is kept.
    let throttle = &node.authority.throttle;
    let attempt = throttle.attempt(Whose::Users(user.id), None, || town.clock.now()).await.ok().unwrap();
    assert_eq!(guess(&elsewhere, "alice", WRONG, address(1)).await, Told::Wrong);
    for number in 0..100 {
        assert_eq!(guess(&node, "alice", PASSWORD, address(number)).await, Told::TooMany(1), "and takes up no place");
    }
    drop(attempt);
    town.pass(1);
    assert_eq!(guess(&node, "alice", PASSWORD, address(1)).await, Told::Right);
}

pub async fn right_logins_at_once_all_come_in(stores: Stores) {
    let town = Town::on(stores, LIMITS);
    let node = town.node().await;
    alice(&node).await;
    for failures in [0, FREE - 1] {
        for _ in 0..failures {
            assert_eq!(guess(&node, "alice", WRONG, address(0)).await, Told::Wrong);
        }
        let told = at_once(&town, 2, 32, PASSWORD).await;
        assert_eq!(count(&told, |told| *told == Told::Right), 64, "{told:?}");
    }
    let alice = node.authority.user("alice").await.unwrap().id;
    assert_eq!(node.authority.throttle.tally_of(alice).await.unwrap(), None);
}

pub async fn a_guess_at_every_fault(stores: Stores) {
    let house = House::on(stores).await;
    house
        .at_every_fault(async |house| {
            let user = house.user().await;
            let failures = async || {
                let tally = house.other.authority.throttle.tally_of(user.id).await.unwrap();
                tally.map_or(0, |tally| tally.failures)
            };
            let wrong = async || match house.node.try_log_in(user.username.as_str(), WRONG, "web").await {
                Err(LoginError::InvalidCredentials) => Ok(()),
                Err(error) => Err(error),
                Ok(_) => panic!("a wrong password was let in"),
            };
            let told = house.attempt(wrong()).await;
            let counted = failures().await;
            assert!(counted == 1 || told.is_none() && counted == 0, "{told:?} {counted}");
            wrong().await.unwrap();
            assert_eq!(failures().await, counted + 1);
            let right = || house.node.try_log_in(user.username.as_str(), PASSWORD, "web");
            if house.attempt(right()).await.is_none() {
                right().await.unwrap();
            }
            assert_eq!(failures().await, 0);
        })
        .await;
}
