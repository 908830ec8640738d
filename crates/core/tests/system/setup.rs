//! LG-12: the first administrator is made once, by whoever has the code.

use std::time::Duration;

use counterfoil_core::authority::{AccountError, NewUser, SETUP_CODE_LIFETIME, SetupError};
use counterfoil_core::id::Role;

use crate::support::{House, PASSWORD, over_each_store, password};

const MILLISECOND: Duration = Duration::from_millis(1);

over_each_store!(
    lg_12_a_code_makes_one_administrator,
    lg_12_a_code_ends_after_its_hour,
    lg_12_a_newer_code_replaces_an_older_one,
    lg_12_tk_14_of_two_who_race_with_one_code_one_wins,
    lg_12_a_code_survives_a_refused_account_and_a_restart,
    lg_12_there_is_no_new_code_once_there_are_users,
    lg_12_a_stranger_who_registers_does_not_keep_the_operator_out,
    lg_12_a_code_ends_when_a_command_has_made_an_administrator,
);

fn bad_code<T>(result: &Result<T, SetupError>) -> bool {
    matches!(result, Err(SetupError::BadCode))
}

async fn lg_12_a_code_makes_one_administrator(house: House) {
    let house = house.vacant();
    let node = house.node().await;
    let authority = &node.authority;
    assert!(bad_code(&authority.set_up("", "root", None, password(PASSWORD)).await), "before there is any code");
    let code = authority.setup_code().await.unwrap().unwrap();
    for wrong in ["", "x", &code[1..], &format!("{}A", *code), &code.to_lowercase()] {
        assert!(!authority.setup_code_counts(wrong).await.unwrap());
        assert!(bad_code(&authority.set_up(wrong, "root", None, password(PASSWORD)).await));
    }
    assert!(authority.setup_code_counts(&code).await.unwrap());
    let root = authority.set_up(&code, "root", None, password(PASSWORD)).await.unwrap();
    assert!(root.roles.iter().any(|role| role.as_str() == "admin"));
    assert!(!authority.setup_code_counts(&code).await.unwrap());
    assert!(bad_code(&authority.set_up(&code, "other", None, password(PASSWORD)).await));
    let issued = node.try_log_in("root", PASSWORD, None, None).await.unwrap();
    assert!(node.believed(&issued.secret).await.has_role("admin"));
}

async fn lg_12_a_code_ends_when_a_command_has_made_an_administrator(house: House) {
    let house = house.vacant();
    let node = house.node().await;
    let code = node.authority.setup_code().await.unwrap().unwrap();
    let roles = [Role::parse("admin").unwrap()].into();
    let boss = NewUser { username: "boss", email: None, password: password(PASSWORD), roles };
    node.authority.add_user(boss).await.unwrap();
    assert!(bad_code(&node.authority.set_up(&code, "root", None, password(PASSWORD)).await));
    assert_eq!(house.stores.users.count().await.unwrap(), 1);
}

async fn lg_12_a_code_ends_after_its_hour(house: House) {
    let house = house.vacant();
    let node = house.node().await;
    let code = node.authority.setup_code().await.unwrap().unwrap();
    house.clock.pass(SETUP_CODE_LIFETIME - MILLISECOND);
    assert!(node.authority.setup_code_counts(&code).await.unwrap());
    house.clock.pass(MILLISECOND);
    assert!(!node.authority.setup_code_counts(&code).await.unwrap());
    assert!(bad_code(&node.authority.set_up(&code, "root", None, password(PASSWORD)).await));
    assert!(house.stores.users.is_empty().await.unwrap());
}

async fn lg_12_a_newer_code_replaces_an_older_one(house: House) {
    let house = house.vacant();
    let node = house.node().await;
    let old = node.authority.setup_code().await.unwrap().unwrap();
    let new = node.authority.setup_code().await.unwrap().unwrap();
    assert!(bad_code(&node.authority.set_up(&old, "root", None, password(PASSWORD)).await));
    node.authority.set_up(&new, "root", None, password(PASSWORD)).await.unwrap();
}

async fn lg_12_tk_14_of_two_who_race_with_one_code_one_wins(house: House) {
    for _ in 0..4 {
        let house = house.vacant();
        let node = house.node().await;
        let code = node.authority.setup_code().await.unwrap().unwrap();
        let racers: Vec<_> = (0..8)
            .map(|racer| {
                let (authority, code) = (node.authority.clone(), code.clone());
                tokio::spawn(
                    async move { authority.set_up(&code, &format!("root{racer}"), None, password(PASSWORD)).await },
                )
            })
            .collect();
        let mut made = 0;
        for racer in racers {
            match racer.await.unwrap() {
                Ok(_) => made += 1,
                Err(error) => assert!(matches!(error, SetupError::BadCode)),
            }
        }
        assert_eq!(made, 1);
        assert_eq!(house.stores.users.list(None, 10).await.unwrap().len(), 1);
    }
}

async fn lg_12_a_code_survives_a_refused_account_and_a_restart(house: House) {
    let mut house = house.vacant();
    let node = house.node().await;
    let code = node.authority.setup_code().await.unwrap().unwrap();
    let weak = node.authority.set_up(&code, "root", None, password("short")).await;
    assert!(matches!(weak, Err(SetupError::Account(AccountError::Password(_)))));
    drop(node);
    house.restart();
    house.node().await.authority.set_up(&code, "root", None, password(PASSWORD)).await.unwrap();
}

async fn lg_12_there_is_no_new_code_once_there_are_users(house: House) {
    let node = house.node().await;
    assert!(node.authority.setup_code().await.unwrap().is_none());
}

async fn lg_12_a_stranger_who_registers_does_not_keep_the_operator_out(house: House) {
    let house = house.vacant();
    let node = house.node().await;
    let code = node.authority.setup_code().await.unwrap().unwrap();
    node.add("alice", None, &[]).await;
    assert!(node.authority.setup_code_counts(&code).await.unwrap());
    node.authority.set_up(&code, "root", None, password(PASSWORD)).await.unwrap();
    assert!(bad_code(&node.authority.set_up(&code, "other", None, password(PASSWORD)).await), "once");
}
