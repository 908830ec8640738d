//! What is written down of guesses.

use counterfoil_core::authority::{AccountError, LoginError, PasswordChange};
use counterfoil_core::id::UserId;
use counterfoil_core::store::AuditFilter;

use crate::support::{House, PASSWORD, over_each_store, password};

over_each_store!(
    lo_04_whoever_has_to_wait_is_named_and_what_was_typed_is_not_kept,
    lg_05_a_wrong_password_counts_though_the_right_one_was_changed_meanwhile,
);

const WRONG: &str = "not the pass phrase";
const ANOTHER: &str = "another long pass phrase";

fn change(current: &str, new: &str) -> PasswordChange {
    PasswordChange { current: password(current), new: password(new) }
}

/// The latest records of an event: whom each is about, and what it says.
async fn records(house: &House, event: &str) -> Vec<(Option<UserId>, String)> {
    let filter = AuditFilter { event: Some(event.to_owned()), ..AuditFilter::default() };
    let rows = house.stores.audit.latest(10, &filter).await.unwrap();
    rows.into_iter().map(|row| (row.user, row.content)).collect()
}

async fn lo_04_whoever_has_to_wait_is_named_and_what_was_typed_is_not_kept(house: House) {
    let node = house.node().await;
    let alice = node.authority.user("alice").await.unwrap().id;
    let identity = node.believed(&node.log_in("web").await.secret).await;
    // Somebody types a password where the name belongs.
    for login in ["alice", "four-sleepy-badgers"] {
        for _ in 0..10 {
            let refused = node.try_log_in(login, WRONG, None, None).await.map(drop);
            assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{refused:?}");
        }
    }
    for login in ["ALICE", "Alice@example.com", "four-sleepy-badgers"] {
        let refused = node.try_log_in(login, PASSWORD, None, None).await.map(drop);
        assert!(matches!(refused, Err(LoginError::TooManyAttempts { .. })), "{refused:?}");
    }
    let refused = node.authority.change_password(&identity, change(PASSWORD, ANOTHER)).await;
    assert!(matches!(refused, Err(AccountError::TooManyAttempts { .. })), "{refused:?}");
    let records = records(&house, "excess_rate_limit_exceeded").await;
    let users: Vec<_> = records.iter().map(|(user, _)| *user).collect();
    assert_eq!(users, [Some(alice), None, Some(alice), Some(alice)], "the latest first");
    for (_, said) in records {
        assert!(said.contains("\"what\":\"passwords\"") && said.contains("\"retry_after_s\":1"), "{said}");
        assert!(!said.contains("badgers") && !said.to_lowercase().contains("alice"), "{said}");
    }
}

async fn lg_05_a_wrong_password_counts_though_the_right_one_was_changed_meanwhile(house: House) {
    let (node, control) = house.spied_node().await;
    let identity = node.believed(&node.log_in("web").await.secret).await;
    control.hold("users.by_id");
    let (authority, who) = (node.authority.clone(), identity.clone());
    let late =
        tokio::spawn(async move { authority.change_password(&who, change(PASSWORD, "yet another phrase")).await });
    control.reached().await;
    // It has read the user with the old password. The same login changes it, and so lives on.
    house.node().await.authority.change_password(&identity, change(PASSWORD, ANOTHER)).await.unwrap();
    control.release();
    let refused = late.await.unwrap();
    assert!(matches!(refused, Err(AccountError::WrongPassword)), "{refused:?}");
    let tally = node.authority.throttle.tally_of(identity.user).await.unwrap();
    assert_eq!(tally.map(|tally| tally.failures), Some(1));
    let records = records(&house, "authn_password_change_fail").await;
    let users: Vec<_> = records.iter().map(|(user, _)| *user).collect();
    assert_eq!(users, [Some(identity.user)]);
    assert!(records[0].1.contains(&format!("\"login\":\"{}\"", identity.login)), "{}", records[0].1);
}
