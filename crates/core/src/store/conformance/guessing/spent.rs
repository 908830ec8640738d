//! What is left of a budget, who shares it, and how it comes back.

use std::net::IpAddr;
use std::time::Duration;

use super::{Told, Town, WRONG, address, alice, guess};
use crate::authority::{AccountError, PasswordChange, Reach};
use crate::store::Stores;
use crate::store::conformance::house::{Node, PASSWORD, password};
use crate::throttle::{Limits, Verdict};

const ANOTHER: &str = "another long pass phrase";
const DAY: u64 = 24 * 60 * 60;

fn change() -> PasswordChange {
    PasswordChange { current: password(PASSWORD), new: password(ANOTHER) }
}

pub async fn lg_03_a_hundred_wrong_passwords_in_a_row_disable_it_until_there_is_another(stores: Stores) {
    let town = Town::on(stores, Limits::DEFAULT);
    let node = town.node().await;
    let user = alice(&node).await;
    let (login, _) = node.log_in(&user, "device").await;
    assert_eq!(town.wear_out(&node, "alice").await, 100);

    // Neither time nor another process makes a difference.
    let restarted = town.node().await;
    for days in [0, 1, 20] {
        town.pass(days * DAY);
        for node in [&node, &restarted] {
            assert_eq!(guess(node, "alice", PASSWORD, address(200)).await, Told::Locked);
        }
    }
    let throttle = &restarted.authority.throttle;
    let tally = throttle.tally_of(user.id).await.unwrap();
    assert_eq!(throttle.verdict(tally.as_ref(), tally.unwrap().noted_at), Verdict::Locked);
    let purged = node.authority.purge(Reach::All, || async {}).await.unwrap().attempts;
    assert_eq!(purged, 101, "the addresses that guessed, one that asked in vain long ago, and not the account's own");

    // Whoever is in stays in (LG-04), and has no other way to the password either.
    for node in [&node, &restarted] {
        let identity = node.believed(&login).await;
        let refused = node.authority.change_password(&identity, change()).await;
        assert!(matches!(refused, Err(AccountError::Locked)), "{refused:?}");
    }
    restarted.authority.set_password("alice", password(ANOTHER)).await.unwrap();
    assert_eq!(guess(&node, "alice", ANOTHER, None).await, Told::Right);
    assert_eq!(guess(&node, "alice", WRONG, None).await, Told::Wrong);
}

pub async fn lg_03_a_success_begins_the_count_anew(stores: Stores) {
    let town = Town::on(stores, Limits { lock_after: 5, ..Limits::DEFAULT });
    let node = town.node().await;
    alice(&node).await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(guess(&node, "alice", WRONG, None).await, Told::Wrong);
        }
        assert_eq!(guess(&node, "alice", PASSWORD, None).await, Told::Right);
    }
}

pub async fn lg_04_a_stranger_ends_no_login_and_keeps_nobody_out_of_one(stores: Stores) {
    let town = Town::on(stores, Limits::DEFAULT);
    let node = town.node().await;
    let user = alice(&node).await;
    let (session, _) = node.log_in(&user, "web").await;
    let (device, _) = node.log_in(&user, "api").await;
    for number in 0..40 {
        guess(&node, "alice", WRONG, address(number)).await;
    }
    assert_eq!(guess(&node, "alice", PASSWORD, address(99)).await, Told::TooMany(1));
    node.believed(&session).await;
    let renewed = node.authority.refresh(device.refresh.as_ref().unwrap()).await.unwrap();
    node.believed(&renewed).await;
    assert_eq!(node.authority.sessions(user.id).await.unwrap().len(), 2);
    // The wait is as long for everybody: then whoever knows the password is in.
    town.pass(1);
    assert_eq!(guess(&node, "alice", PASSWORD, address(99)).await, Told::Right);
}

/// What is said to whoever asks with the right password. A second before that time is over it still does not count, and then
/// it does.
async fn wait_as_said(town: &Town, node: &Node, from: Option<IpAddr>) -> u64 {
    let Told::TooMany(wait) = guess(node, "alice", PASSWORD, from).await else { panic!("nothing to wait for") };
    town.pass(wait - 1);
    assert_eq!(guess(node, "alice", PASSWORD, from).await, Told::TooMany(1), "after {wait} s less one");
    town.pass(1);
    assert_eq!(guess(node, "alice", PASSWORD, from).await, Told::Right, "after {wait} s");
    wait
}

pub async fn lg_04_after_the_time_that_is_said_the_right_password_counts_and_not_before(stores: Stores) {
    let (address_failures, address_window) = (4, Duration::from_secs(400));
    let limits = Limits { free_failures: 2, address_failures, address_window, ..Limits::DEFAULT };
    let town = Town::on(stores, limits);
    let node = town.node().await;
    alice(&node).await;
    let fail = async |failures: u32| {
        for number in 0..failures {
            if let Told::TooMany(wait) = guess(&node, "alice", WRONG, address(number)).await {
                town.pass(wait);
                assert_eq!(guess(&node, "alice", WRONG, address(number)).await, Told::Wrong);
            }
        }
    };
    let close = async |number: u32| {
        for name in ["one", "two", "three", "four"] {
            assert_eq!(guess(&node, &format!("{name}{number}"), WRONG, address(number)).await, Told::Wrong);
        }
    };
    for (failures, wait) in [(2, 1), (3, 2), (4, 4), (9, 128), (15, 3_600)] {
        fail(failures).await;
        assert_eq!(wait_as_said(&town, &node, address(50)).await, wait, "after {failures}");
    }
    // The account and the address must both have a guess left, so the longer wait is said, whichever it is.
    for (number, failures, wait) in [(60, 0, 100), (61, 3, 100), (62, 9, 128)] {
        fail(failures).await;
        close(number).await;
        assert_eq!(wait_as_said(&town, &node, address(number)).await, wait, "after {failures}");
    }
}

pub async fn lg_05_every_door_and_spelling_has_one_budget(stores: Stores) {
    let town = Town::on(stores, Limits { free_failures: 6, ..Limits::DEFAULT });
    let node = town.node().await;
    let user = alice(&node).await;
    let (_, identity) = node.log_in(&user, "web").await;
    let wrong_change = || PasswordChange { current: password(WRONG), new: password(ANOTHER) };
    let spellings = ["alice", "Alice", "ALICE", "alice@example.com", "Alice@Example.COM"];
    for login in spellings {
        assert_eq!(guess(&node, login, WRONG, address(1)).await, Told::Wrong, "{login}");
    }
    let wrong = node.authority.change_password(&identity, wrong_change()).await;
    assert!(matches!(wrong, Err(AccountError::WrongPassword)), "{wrong:?}");
    for login in spellings {
        assert_eq!(guess(&node, login, PASSWORD, address(2)).await, Told::TooMany(1), "{login}");
    }
    for change in [wrong_change(), change()] {
        let refused = node.authority.change_password(&identity, change).await;
        assert!(matches!(refused, Err(AccountError::TooManyAttempts { .. })), "{refused:?}");
    }
    // The spellings of a name that is nobody's have one as well, or they would tell that it is nobody's.
    for login in ["nobody", "Nobody", "NOBODY", "nobody", "NoBody", "nobODY"] {
        assert_eq!(guess(&node, login, WRONG, address(1)).await, Told::Wrong, "{login}");
    }
    assert_eq!(guess(&node, "nObOdY", WRONG, address(1)).await, Told::TooMany(1));
}

pub async fn lg_07_an_address_has_so_many_failures_whatever_the_accounts(stores: Stores) {
    let (address_failures, address_window) = (5, Duration::from_secs(600));
    let town = Town::on(stores, Limits { address_failures, address_window, ..Limits::DEFAULT });
    let node = town.node().await;
    alice(&node).await;
    node.authority.register("mallory", None, password(PASSWORD)).await.unwrap();
    let network = |number: u16| Some(format!("2001:db8:1:2:3::{number:x}").parse().unwrap());
    for number in 0..5 {
        assert_eq!(guess(&node, "mallory", PASSWORD, network(number)).await, Told::Right, "one's own buys nothing");
        assert_eq!(guess(&node, &format!("user{number}"), WRONG, network(number)).await, Told::Wrong);
    }
    let tallies = town.stores.attempts.list(None, 100).await.unwrap().len();
    assert_eq!(tallies, 6, "five names and an address");
    for number in 100..600 {
        assert_eq!(guess(&node, &format!("user{number}"), WRONG, network(number)).await, Told::TooMany(120));
    }
    assert_eq!(guess(&node, "alice", PASSWORD, network(7)).await, Told::TooMany(120));
    assert_eq!(town.stores.attempts.list(None, 100).await.unwrap().len(), tallies, "names no longer fill the store");
    let elsewhere = Some("2001:db8:1:3::1".parse().unwrap());
    assert_eq!(guess(&node, "alice", PASSWORD, elsewhere).await, Told::Right);
    town.pass(120);
    assert_eq!(guess(&node, "user9", WRONG, network(9)).await, Told::Wrong);
    assert_eq!(guess(&node, "user9", WRONG, network(9)).await, Told::TooMany(120));
    // A minute after the month in which nobody's names are remembered nothing is left of all that.
    town.pass(30 * DAY + 60);
    node.authority.purge(Reach::Needed, || async {}).await.unwrap();
    assert_eq!(town.stores.attempts.list(None, 100).await.unwrap().len(), 0);
}

pub async fn lg_07_asking_in_vain_costs_an_address_a_little_and_never_all(stores: Stores) {
    let (address_failures, address_window) = (20, Duration::from_secs(2_000));
    let town = Town::on(stores, Limits { free_failures: 1, address_failures, address_window, ..Limits::DEFAULT });
    let node = town.node().await;
    alice(&node).await;
    assert_eq!(guess(&node, "alice", WRONG, address(0)).await, Told::Wrong);
    let tallies = async || town.stores.attempts.list(None, 1_000).await.unwrap().len();
    // Ten cost as much as a failure, whether of a program that hammers or of somebody who cannot wait, until half is gone.
    for (number, (asked, left)) in (1..).zip([(0, 20), (9, 19), (10, 19), (40, 16), (300, 10)]) {
        let before = tallies().await;
        for _ in 0..asked {
            assert_eq!(guess(&node, "alice", PASSWORD, address(number)).await, Told::TooMany(1));
        }
        assert_eq!(tallies().await, before + usize::from(asked > 0), "of the address");
        for name in 0..left {
            let told = guess(&node, &format!("user{number}x{name}"), WRONG, address(number)).await;
            assert_eq!(told, Told::Wrong, "{name} after {asked}");
        }
        assert!(matches!(guess(&node, "nobody", WRONG, address(number)).await, Told::TooMany(10..=100)), "{asked}");
    }
    // Whoever cannot wait does not wait longer for it.
    for _ in 0..40 {
        assert_eq!(guess(&node, "alice", PASSWORD, address(99)).await, Told::TooMany(1));
    }
    town.pass(1);
    assert_eq!(guess(&node, "alice", PASSWORD, address(99)).await, Told::Right);
    // Where there is room for one failure alone, it is not taken away.
    let strict =
        Town { limits: Limits { address_failures: 1, ..town.limits.clone() }, stores: town.stores.clone(), ..town };
    let node = strict.node().await;
    assert_eq!(guess(&node, "alice", WRONG, address(200)).await, Told::Wrong);
    for _ in 0..20 {
        assert_eq!(guess(&node, "alice", PASSWORD, address(201)).await, Told::TooMany(1));
    }
    assert_eq!(guess(&node, "nobody", WRONG, address(201)).await, Told::Wrong);
}

pub async fn an_address_registers_so_many(stores: Stores) {
    let (address_registrations, address_window) = (3, Duration::from_secs(300));
    let town = Town::on(stores, Limits { address_registrations, address_window, ..Limits::DEFAULT });
    let node = town.node().await;
    let register = async |name: &str, secret: &str, from| {
        node.authority.register_from(address(from), name, None, password(secret)).await.map(drop)
    };
    for _ in 0..5 {
        let weak = register("alice", "short", 1).await;
        assert!(matches!(weak, Err(AccountError::Password(_))), "what asks nothing is not counted");
    }
    register("alice", PASSWORD, 1).await.unwrap();
    for _ in 0..2 {
        let taken = register("alice", PASSWORD, 1).await;
        assert!(matches!(taken, Err(AccountError::UsernameTaken)), "{taken:?}");
    }
    match register("bob", PASSWORD, 1).await {
        Err(AccountError::TooManyAttempts { retry_after }) => assert_eq!(retry_after.as_secs(), 100),
        other => panic!("{other:?}"),
    }
    register("carol", PASSWORD, 2).await.unwrap();
    town.pass(100);
    register("bob", PASSWORD, 1).await.unwrap();
}

pub async fn a_removed_user_takes_its_tally_along(stores: Stores) {
    let town = Town::on(stores, Limits::DEFAULT);
    let node = town.node().await;
    alice(&node).await;
    assert_eq!(guess(&node, "alice", WRONG, None).await, Told::Wrong);
    assert_eq!(town.stores.attempts.list(None, 9).await.unwrap().len(), 1);
    node.authority.delete("alice").await.unwrap();
    assert!(town.stores.attempts.list(None, 9).await.unwrap().is_empty());
}
