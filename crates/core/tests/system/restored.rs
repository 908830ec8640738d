//! An older copy of the store is put back: whatever had ended stays ended, once that is seen or said.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::account::User;
use counterfoil_core::authority::Issued;
use counterfoil_core::revocation::{Announcement, Entry, Follower, Lease, Position, Target};
use counterfoil_core::store::copy;
use counterfoil_core::store::{Stores, UserConflict};
use counterfoil_core::verifier::Refusal;

use crate::support::{BUILTIN, House, LEASE, Node, over_each_store, password};

over_each_store!(
    what_had_ended_stays_ended_once_a_restore_is_declared,
    a_token_that_knows_more_than_the_log_gives_a_restore_away,
    a_token_that_knows_more_than_its_node_is_read_up_to,
    a_running_node_sees_that_the_log_is_shorter,
    a_running_node_sees_that_the_log_is_another,
    a_restore_is_declared_twice_without_harm,
    what_was_purged_is_no_restore,
);

const BY_HAND: &str = "a pass phrase of later";

/// The house with a store to which all that it holds was copied.
async fn backup(house: &House) -> House {
    let mut vacant = house.vacant();
    copy::copy(&house.stores, &vacant.stores, &*house.clock, &|_| {}).await.unwrap();
    vacant.clock = Arc::clone(&house.clock);
    vacant.secret.clone_from(&house.secret);
    vacant
}

async fn log_in_everywhere(node: &Node) -> Vec<Issued> {
    let mut issued = Vec::new();
    for client in BUILTIN {
        issued.push(node.log_in(client).await);
    }
    issued
}

/// Ends logins in every way there is, after the copy was made.
async fn end(node: &Node, logins: &[Issued]) {
    for login in logins {
        let identity = node.believed(&login.secret).await;
        node.authority.logout(&identity).await.unwrap();
    }
    node.authority.set_password("alice", password(BY_HAND)).await.unwrap();
    node.authority.set_roles("alice", std::collections::BTreeSet::clear).await.unwrap();
    node.authority.disable("alice").await.unwrap();
    node.authority.enable("alice").await.unwrap();
    node.catch_up().await;
}

async fn is_dead(node: &Node, logins: &[Issued]) {
    for login in logins {
        let client = login.client.id.as_str();
        let refusal = node.refused(&login.secret).await;
        assert!(matches!(refusal, Refusal::Revoked | Refusal::Unknown), "{client}: {refusal}");
        if let Some(refresh) = &login.refresh {
            node.authority.refresh(refresh).await.map(drop).unwrap_err();
        }
    }
}

async fn counts(node: &Node) {
    for login in log_in_everywhere(node).await {
        node.believed(&login.secret).await;
        if let Some(refresh) = &login.refresh {
            let renewed = node.authority.refresh(refresh).await.unwrap();
            node.believed(&renewed.secret).await;
        }
    }
}

/// Logins from before a copy was made and from after it, all of which have ended; and the copy.
async fn ended(house: &House) -> (Node, Vec<Issued>, House) {
    let node = house.node().await;
    let mut logins = log_in_everywhere(&node).await;
    let copy = backup(house).await;
    end(&node, &logins).await;
    for client in BUILTIN {
        let login = node.try_log_in("alice", BY_HAND, Some(client), None).await.unwrap();
        let identity = node.believed(&login.secret).await;
        node.authority.logout(&identity).await.unwrap();
        logins.push(login);
    }
    node.catch_up().await;
    (node, logins, copy)
}

async fn what_had_ended_stays_ended_once_a_restore_is_declared(house: House) {
    let (_, logins, copy) = ended(&house).await;
    let lost = house.stores.revocations.head().await.unwrap();
    let first = copy.node().await;
    first.believed(&logins[0].secret).await;
    let command = copy.command().await;
    let declared = tokio::spawn(async move { command.authority.store_restored().await.unwrap() });
    while !declared.is_finished() {
        first.catch_up().await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    declared.await.unwrap();
    assert!(copy.stores.revocations.head().await.unwrap().0 > lost.0 + 1000, "no position comes twice");
    let later = copy.node().await;
    for node in [&first, &later] {
        is_dead(node, &logins).await;
        counts(node).await;
    }
}

async fn a_token_that_knows_more_than_the_log_gives_a_restore_away(house: House) {
    let (_, mut logins, copy) = ended(&house).await;
    let node = copy.node().await;
    let told = logins.iter().position(|login| login.secret.starts_with("eyJ") && node.unknown(login)).unwrap();
    let token = logins.remove(told);
    assert!(matches!(node.refused(&token.secret).await, Refusal::Revoked));
    assert!(!node.verifier.feed_is_live(), "nothing is answered from memory until the node has followed");
    is_dead(&node, &logins).await;
    node.catch_up().await;
    is_dead(&node, &logins).await;
    is_dead(&copy.node().await, &logins).await;
    counts(&node).await;
    let head = copy.stores.revocations.head().await.unwrap();
    node.refused(&token.secret).await;
    assert_eq!(copy.stores.revocations.head().await.unwrap(), head, "it tells so once");
}

impl Node {
    /// Whether a token's maker knew more of the log than this node.
    fn unknown(&self, login: &Issued) -> bool {
        use counterfoil_core::verifier::{Denied, Unsure};
        matches!(self.verifier.verify_jwt(&login.secret), Err(Denied::Unsure(Unsure::Behind(_))))
    }
}

async fn a_token_that_knows_more_than_its_node_is_read_up_to(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    let identity = here.believed(&here.log_in("web").await.secret).await;
    here.authority.logout(&identity).await.unwrap();
    here.catch_up().await;
    let head = house.stores.revocations.head().await.unwrap();
    let issued = here.log_in("api").await;
    assert!(there.unknown(&issued));
    there.believed(&issued.secret).await;
    assert!(there.verifier.verify_jwt(&issued.secret).is_ok(), "it has read on");
    assert_eq!(house.stores.revocations.head().await.unwrap(), head, "that is no restore");
    // What has been read may have been dropped; the log reaches that far all the same.
    house.stores.revocations.purge(counterfoil_core::Timestamp::from_millis(i64::MAX - 1), 1000).await.unwrap();
    let young = house.node().await;
    young.believed(&issued.secret).await;
    assert!(young.verifier.verify_jwt(&issued.secret).is_ok());
    assert_eq!(house.stores.revocations.head().await.unwrap(), head);
}

/// Follows another log by what a node holds: its store has become that one.
async fn put_under(node: &Node, stores: &Stores, house: &House) -> Lease {
    let lease = Arc::new(Lease::new(LEASE));
    let clock = Arc::clone(&house.clock);
    let replica = Arc::clone(&node.authority.replica);
    let follower = Follower::new(stores.revocations.clone(), replica, Arc::clone(&lease), clock);
    lease.renew(counterfoil_core::Clock::monotonic(&*house.clock));
    follower.catch_up().await.unwrap();
    drop(follower);
    Arc::into_inner(lease).unwrap()
}

async fn a_running_node_sees_that_the_log_is_shorter(house: House) {
    let (node, logins, copy) = ended(&house).await;
    let live = node.try_log_in("alice", BY_HAND, Some("web"), None).await.unwrap();
    node.believed(&live.secret).await;
    let lease = put_under(&node, &copy.stores, &house).await;
    assert!(!lease.holds(counterfoil_core::Clock::monotonic(&*house.clock)));
    assert_eq!(node.authority.replica.position(), copy.stores.revocations.head().await.unwrap());
    assert!(node.verifier.recall(&live.secret).is_none(), "nothing from before is believed from memory");
    let young = copy.node().await;
    is_dead(&young, &logins).await;
    is_dead(&young, &[live]).await;
    counts(&young).await;
}

async fn a_running_node_sees_that_the_log_is_another(house: House) {
    let (node, logins, copy) = ended(&house).await;
    let known = node.authority.replica.known();
    // Others have used the store since, and the log is as long as it was.
    while copy.stores.revocations.head().await.unwrap() < Position(known.0 + 3) {
        let expires_at = counterfoil_core::Clock::now(&*house.clock).after(LEASE);
        let said = Announcement { target: Target::Key { kid: "another".to_owned() }, expires_at };
        copy.stores.revocations.append(&[said]).await.unwrap();
    }
    put_under(&node, &copy.stores, &house).await;
    is_dead(&copy.node().await, &logins).await;
    let lines = copy.stores.revocations.after(Position(known.0 + 3), 10).await.unwrap();
    let [Entry { target: Target::Restored, .. }] = &lines[..] else { panic!("{lines:?}") };
}

async fn a_restore_is_declared_twice_without_harm(house: House) {
    let (_, logins, copy) = ended(&house).await;
    let node = copy.node().await;
    for _ in 0..2 {
        let alice: User = node.authority.user("alice").await.unwrap();
        let changed: Result<(), UserConflict> = copy.stores.users.change(&alice, &[]).await.unwrap();
        changed.unwrap();
        node.authority.store_restored().await.unwrap();
        node.catch_up().await;
        is_dead(&node, &logins).await;
        counts(&node).await;
    }
}

async fn what_was_purged_is_no_restore(house: House) {
    let node = house.node().await;
    let logins = log_in_everywhere(&node).await;
    node.authority.set_roles("alice", |_| {}).await.unwrap();
    node.catch_up().await;
    let head = house.stores.revocations.head().await.unwrap();
    house.stores.revocations.purge(counterfoil_core::Timestamp::from_millis(i64::MAX - 1), 1000).await.unwrap();
    assert_eq!(house.stores.revocations.count().await.unwrap(), 0);
    node.catch_up().await;
    assert_eq!(house.stores.revocations.head().await.unwrap(), head);
    for login in logins {
        node.believed(&login.secret).await;
    }
}
