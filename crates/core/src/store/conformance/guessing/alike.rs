//! That nobody learns from refusals who has an account.

use std::time::{Duration, Instant};

use super::{Told, Town, WRONG, address, alice, guess};
use crate::password::Params;
use crate::store::Stores;
use crate::store::conformance::house::{PASSWORD, password};
use crate::throttle::Limits;

pub async fn lg_01_known_unknown_and_disabled_are_told_the_same_up_to_the_lock(stores: Stores) {
    let limits = Limits { free_failures: 3, lock_after: 12, longest_delay: Duration::from_secs(60), ..Limits::DEFAULT };
    let town = Town::on(stores, limits);
    let node = town.node().await;
    alice(&node).await;
    node.authority.register("bob", None, password(PASSWORD)).await.unwrap();
    node.authority.disable("bob").await.unwrap();
    let everybody = [("alice", WRONG), ("bob", PASSWORD), ("nobody", PASSWORD), ("nobody@example.com", WRONG)];
    let (mut wrong, mut locked) = (0, 0);
    while locked < 3 {
        let mut told = Vec::new();
        for (number, (login, secret)) in (0..).zip(everybody) {
            told.push(guess(&node, login, secret, address(number)).await);
        }
        assert!(told.iter().all(|each| *each == told[0]), "after {wrong}: {told:?}");
        match told[0] {
            Told::Wrong => wrong += 1,
            Told::TooMany(wait) => town.pass(wait),
            Told::Locked => {
                town.pass(60);
                locked += 1;
            }
            told => panic!("{told:?}"),
        }
    }
    assert_eq!(wrong, 12, "locked, all of them");
    // An operator is told more.
    assert_eq!(guess(&node, "alice", PASSWORD, None).await, Told::Locked, "the right password is not looked at");
}

/// How well the time that an answer takes tells an account from a name that is nobody's: the share of pairs in which the
/// account's took longer, of `samples` each that were taken in turns (the area under the curve of the best classifier by one
/// threshold; 0.5 is chance). Without anything said hashes are so cheap that they hide nothing.
#[expect(clippy::disallowed_methods, reason = "how long it really takes is what is asked")]
pub async fn known_by_time(stores: Stores, samples: usize, hashing: Option<Params>) -> f64 {
    let limits =
        Limits { free_failures: u32::MAX, lock_after: u32::MAX, address_failures: u32::MAX, ..Limits::DEFAULT };
    let mut town = Town::on(stores, limits);
    if let Some(hashing) = hashing {
        town.hashing = hashing;
    }
    let node = town.node().await;
    alice(&node).await;
    let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
    for round in 0..samples + 8 {
        // Who comes first changes too.
        for turn in [round % 2, 1 - round % 2] {
            let begun = Instant::now();
            assert_eq!(guess(&node, ["alice", "nobdy"][turn], WRONG, address(1)).await, Told::Wrong);
            let time = begun.elapsed();
            if round >= 8 {
                times[turn].push(time);
            }
        }
    }
    let [known, unknown] = times;
    let longer = known.iter().flat_map(|one| unknown.iter().map(move |other| one.cmp(other)));
    let halves: u64 = longer.map(|order| u64::from((order as i8 + 1).unsigned_abs())).sum();
    let pairs = u32::try_from(known.len() * unknown.len()).unwrap();
    f64::from(u32::try_from(halves).unwrap()) / (2.0 * f64::from(pairs))
}
