//! Several nodes on one store: an end is answered once no other node believes what has ended.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Clock as _;
use counterfoil_core::authority::{Authority, Issued, PasswordChange};
use counterfoil_core::credential::Identity;
use counterfoil_core::jose::Algorithm;
use counterfoil_core::revocation::{Announcement, Lease, Target};
use counterfoil_core::verifier::Denied;
use tokio::task::JoinHandle;

use crate::support::{Control, House, LEASE, Node, PASSWORD, over_each_store, password, spied_feed};

/// Clients whose credentials are never believed without a lease.
const CLIENTS: [&str; 4] = ["web", "spa", "api", "device"];
/// A small part of a lease.
const MOMENT: Duration = Duration::from_millis(30);
/// In which time all comes to an end, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

over_each_store!(
    a_single_node_asks_once_who_else_is_there,
    an_end_of_any_kind_waits_until_the_other_node_obeys,
    a_dead_node_costs_its_lease_once_and_never_again,
    a_node_is_given_up_no_sooner_than_its_lease_after_what_it_has_missed,
    a_paused_node_never_believes_from_memory_before_it_has_read_again,
    a_node_that_cannot_write_its_row_loses_its_lease,
    an_end_outlasts_a_store_that_fails_meanwhile,
    nobody_waits_for_a_node_that_has_left,
    a_command_waits_for_the_nodes_and_nobody_for_it,
);

/// The house without the row of the node that furnished it.
async fn vacated(house: &House) {
    for node in house.stores.nodes.list().await.unwrap() {
        house.stores.nodes.leave(node.id).await.unwrap();
    }
}

fn log_out(node: &Node, identity: &Arc<Identity>) -> JoinHandle<()> {
    let (authority, identity) = (node.authority.clone(), identity.clone());
    tokio::spawn(async move { authority.logout(&identity).await.unwrap() })
}

/// That it waits: it has looked once more from now on, and pauses again.
async fn waits<T>(house: &House, task: &JoinHandle<T>) {
    let before = house.clock.pauses(task.id());
    let looks = async {
        while house.clock.pauses(task.id()) < before + 2 && !task.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looks).await.unwrap();
    assert!(!task.is_finished(), "it was answered");
}

async fn answered<T>(task: JoinHandle<T>) -> T {
    tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap()
}

/// Until it has come to its end.
async fn finished<T>(task: &JoinHandle<T>) {
    while !task.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A login to `client` that both nodes remember.
async fn known_to(here: &Node, there: &Node, client: &str) -> (Issued, Arc<Identity>) {
    let issued = here.log_in(client).await;
    here.believed(&issued.secret).await;
    let identity = there.believed(&issued.secret).await;
    assert!(there.verifier.recall(&issued.secret).is_some());
    (issued, identity)
}

async fn a_single_node_asks_once_who_else_is_there(house: House) {
    vacated(&house).await;
    let (stores, log, rows) = spied_feed(&house.stores);
    let node = house.waiting_node(stores).await;
    let issued = node.log_in("web").await;
    let identity = node.believed(&issued.secret).await;
    log.calls();
    rows.calls();
    node.authority.logout(&identity).await.unwrap();
    assert_eq!((log.calls(), rows.calls()), (0, 1));
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
type End = fn(Arc<Authority>, Arc<Identity>) -> Work;

async fn an_end_of_any_kind_waits_until_the_other_node_obeys(house: House) {
    vacated(&house).await;
    let (here, there) = (house.waiting_node(house.stores.clone()).await, house.node().await);
    let ends: [(&str, End); 11] = [
        ("logout", |a, i| Box::pin(async move { a.logout(&i).await.unwrap() })),
        ("end_session", |a, i| Box::pin(async move { assert!(a.end_session(i.login).await.unwrap()) })),
        ("end_own_session", |a, i| Box::pin(async move { assert!(a.end_own_session(i.user, i.login).await.unwrap()) })),
        ("end_all", |a, i| Box::pin(async move { assert!(a.end_all(&i, false).await.unwrap()) })),
        ("change_password", |a, i| {
            Box::pin(async move {
                let change = PasswordChange { current: password(PASSWORD), new: password("another long pass phrase") };
                a.change_password(&i, change).await.unwrap();
            })
        }),
        ("set_password", |a, _| {
            Box::pin(async move { drop(a.set_password("alice", password(PASSWORD)).await.unwrap()) })
        }),
        ("set_roles", |a, _| Box::pin(async move { drop(a.set_roles("alice", BTreeSet::clear).await.unwrap()) })),
        ("disable", |a, _| Box::pin(async move { drop(a.disable("alice").await.unwrap()) })),
        ("enable", |a, _| Box::pin(async move { drop(a.enable("alice").await.unwrap()) })),
        ("revoke_key", |a, _| {
            Box::pin(async move {
                let kid = a.rotate_keys(Algorithm::default()).await.unwrap();
                a.revoke_key(&kid).await.unwrap();
            })
        }),
        ("delete", |a, _| Box::pin(async move { drop(a.delete("alice").await.unwrap()) })),
    ];
    let mut identity = None;
    for (name, end) in ends {
        // Nobody can log in with the old password then, or at all.
        if !["set_password", "enable"].contains(&name) {
            here.catch_up().await;
            there.catch_up().await;
            identity = Some(known_to(&here, &there, "web").await.1);
        }
        let begun_at = house.clock.monotonic();
        let end = tokio::spawn(end(here.authority.clone(), identity.clone().unwrap()));
        waits(&house, &end).await;
        // Some announce more than once, and may have to be heard each time.
        while !end.is_finished() {
            there.catch_up().await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        answered(end).await;
        assert_eq!(house.clock.monotonic(), begun_at, "{name}: no lease has run out");
        let head = house.stores.revocations.head().await.unwrap();
        assert_eq!(there.authority.replica.position(), head, "{name}");
    }
}

async fn a_dead_node_costs_its_lease_once_and_never_again(house: House) {
    vacated(&house).await;
    let here = house.waiting_node(house.stores.clone()).await;
    drop(house.node().await);
    let identity = here.believed(&here.log_in("web").await.secret).await;
    let end = log_out(&here, &identity);
    waits(&house, &end).await;
    house.clock.pass(LEASE);
    waits(&house, &end).await;
    house.clock.pass(LEASE / 10 + Duration::from_millis(1));
    answered(end).await;
    assert_eq!(house.stores.nodes.list().await.unwrap().len(), 1, "its row is gone");
    here.catch_up().await;
    let identity = here.believed(&here.log_in("web").await.secret).await;
    answered(log_out(&here, &identity)).await;
}

/// Appends what concerns nobody.
async fn append(house: &House) {
    let expires_at = house.clock.now().after(Duration::from_secs(3_600));
    house.stores.revocations.append(&[Announcement { target: Target::Ring, expires_at }]).await.unwrap();
}

/// Holds a node at each step of its looking for news, with and without news, with its row there and given up; ends logins
/// meanwhile, until the ends are answered; and lets it go on.
async fn a_node_is_given_up_no_sooner_than_its_lease_after_what_it_has_missed(house: House) {
    vacated(&house).await;
    let (stores, _, rows) = spied_feed(&house.stores);
    let (unlucky, here) = (house.waiting_node(stores).await, house.waiting_node(house.stores.clone()).await);
    let there = house.node().await;
    let first = unlucky.believed(&unlucky.log_in("web").await.secret).await;
    let (issued, second) = known_to(&here, &there, "web").await;
    rows.fail(true);
    let first = log_out(&unlucky, &first);
    waits(&house, &first).await;
    house.clock.pass(LEASE - MOMENT);
    // The other nodes know of the first end, and one of them not of the second.
    here.catch_up().await;
    there.catch_up().await;
    let second = log_out(&here, &second);
    waits(&house, &second).await;
    rows.fail(false);
    unlucky.catch_up().await;
    waits(&house, &first).await;
    // Longer than a lease after the first end, and much less after the second.
    house.clock.pass(LEASE / 4);
    for _ in 0..4 {
        waits(&house, &second).await;
    }
    assert!(there.verifier.recall(&issued.secret).is_some(), "its lease holds, and it has not heard");
    house.clock.pass(LEASE * 2);
    answered(first).await;
    answered(second).await;
    assert!(there.verifier.recall(&issued.secret).is_none());
}

async fn a_paused_node_never_believes_from_memory_before_it_has_read_again(house: House) {
    vacated(&house).await;
    let here = house.waiting_node(house.stores.clone()).await;
    let (stores, log, rows) = spied_feed(&house.stores);
    let there = house.open(stores, crate::support::builtin(), &house.secret).await.unwrap();
    let mut scenes = 0;
    for (held, method) in [(&rows, "position"), (&log, "after"), (&rows, "advance"), (&rows, "register")] {
        for is_given_up in [false, true] {
            for is_news in [false, true] {
                scenes += usize::from(pause(&house, &here, &there, held, method, is_given_up, is_news).await);
            }
        }
    }
    assert!(scenes >= 10, "only {scenes} were played");
}

/// Plays one scene. `false`: the node does not come to that step.
async fn pause(
    house: &House,
    here: &Node,
    there: &Node,
    held: &Arc<Control>,
    method: &'static str,
    is_given_up: bool,
    is_news: bool,
) -> bool {
    let scene = format!("held at {method}, given up: {is_given_up}, news: {is_news}");
    if is_given_up {
        let identity = here.believed(&here.log_in("web").await.secret).await;
        finish(house, log_out(here, &identity)).await;
        assert_eq!(house.stores.nodes.list().await.unwrap().len(), 1, "{scene}");
        here.catch_up().await;
    } else {
        here.catch_up().await;
        there.catch_up().await;
    }
    let mut logins = Vec::new();
    for client in CLIENTS {
        let issued = here.log_in(client).await;
        let identity = here.believed(&issued.secret).await;
        if !is_given_up {
            there.believed(&issued.secret).await;
            assert!(there.verifier.recall(&issued.secret).is_some(), "{scene}");
        }
        logins.push((issued, identity));
    }
    if is_news {
        append(house).await;
    }
    held.hold(method);
    let follower = there.follower.clone();
    let following = tokio::spawn(async move { follower.catch_up().await.unwrap() });
    let is_there = tokio::select! {
        () = held.reached() => true,
        () = finished(&following) => false,
    };
    if !is_there {
        answered(following).await;
        held.hold("nothing");
        for (_, identity) in &logins {
            let end = log_out(here, identity);
            while !end.is_finished() {
                there.catch_up().await;
            }
        }
        return false;
    }
    let ends: Vec<_> = logins.iter().map(|(_, identity)| log_out(here, identity)).collect();
    for end in ends {
        finish(house, end).await;
    }
    let secrets: Vec<_> = logins.iter().map(|(issued, _)| issued.secret.clone()).collect();
    let verifier = there.verifier.clone();
    let watching = tokio::spawn(async move {
        loop {
            for secret in &secrets {
                assert!(verifier.recall(secret).is_none(), "believed from memory");
                assert!(matches!(verifier.verify(secret).await, Err(Denied::Refused(_) | Denied::Unsure(_))));
            }
            tokio::task::yield_now().await;
        }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    held.release();
    answered(following).await;
    assert!(there.verifier.feed_is_live() || there.follower.catch_up().await.is_ok(), "{scene}");
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(!watching.is_finished(), "{scene}");
    watching.abort();
    for (issued, _) in &logins {
        there.refused(&issued.secret).await;
    }

    // From now on it is waited for as before.
    here.catch_up().await;
    assert!(there.verifier.feed_is_live(), "{scene}");
    let (issued, identity) = known_to(here, there, "device").await;
    let end = log_out(here, &identity);
    waits(house, &end).await;
    there.catch_up().await;
    answered(end).await;
    there.refused(&issued.secret).await;
    true
}

/// Lets time go by until it is answered.
async fn finish(house: &House, end: JoinHandle<()>) {
    while !end.is_finished() {
        tokio::time::sleep(Duration::from_millis(3)).await;
        house.clock.pass_unseen(LEASE / 8);
    }
    answered(end).await;
}

async fn a_node_that_cannot_write_its_row_loses_its_lease(house: House) {
    vacated(&house).await;
    let here = house.waiting_node(house.stores.clone()).await;
    let (stores, _, rows) = spied_feed(&house.stores);
    let there = house.open(stores, crate::support::builtin(), &house.secret).await.unwrap();
    let (issued, identity) = known_to(&here, &there, "device").await;
    append(&house).await;
    for method in ["advance", "register"] {
        rows.fail_at(Some(method));
        there.follower.catch_up().await.unwrap_err();
        house.clock.pass_unseen(LEASE);
        there.follower.catch_up().await.unwrap_err();
        assert!(!there.verifier.feed_is_live() && there.verifier.recall(&issued.secret).is_none(), "{method}");
        // It is behind for ever, so it is given up.
        let first = here.believed(&here.log_in("web").await.secret).await;
        finish(&house, log_out(&here, &first)).await;
        assert_eq!(house.stores.nodes.list().await.unwrap().len(), 1);
        here.catch_up().await;
    }
    rows.fail_at(None);
    there.follower.catch_up().await.unwrap();
    assert!(there.verifier.feed_is_live());
    let end = log_out(&here, &identity);
    waits(&house, &end).await;
    there.catch_up().await;
    answered(end).await;
    there.refused(&issued.secret).await;
}

async fn an_end_outlasts_a_store_that_fails_meanwhile(house: House) {
    vacated(&house).await;
    let (stores, log, rows) = spied_feed(&house.stores);
    let (here, there) = (house.waiting_node(stores).await, house.node().await);
    // Nobody can tell how long the others' leases are.
    for (control, method) in [(&rows, "list"), (&log, "head")] {
        let (_, identity) = known_to(&here, &there, "device").await;
        control.fail_at(Some(method));
        let end = log_out(&here, &identity);
        waits(&house, &end).await;
        house.clock.pass_unseen(Lease::LONGEST);
        waits(&house, &end).await;
        house.clock.pass_unseen(Lease::LONGEST / 10 + Duration::from_millis(1));
        answered(end).await;
        control.fail_at(None);
        here.catch_up().await;
        there.catch_up().await;
    }
    // It fails after that was seen.
    let (_, identity) = known_to(&here, &there, "device").await;
    let end = log_out(&here, &identity);
    waits(&house, &end).await;
    rows.fail(true);
    waits(&house, &end).await;
    house.clock.pass_unseen(LEASE + LEASE / 10 + Duration::from_millis(1));
    answered(end).await;
}

async fn nobody_waits_for_a_node_that_has_left(house: House) {
    vacated(&house).await;
    let (here, there) = (house.waiting_node(house.stores.clone()).await, house.node().await);
    let (issued, identity) = known_to(&here, &there, "device").await;
    there.follower.leave().await.unwrap();
    assert!(!there.verifier.feed_is_live() && there.verifier.recall(&issued.secret).is_none());
    answered(log_out(&here, &identity)).await;
    assert_eq!(house.stores.nodes.list().await.unwrap().len(), 1);
}

async fn a_command_waits_for_the_nodes_and_nobody_for_it(house: House) {
    vacated(&house).await;
    let (here, command) = (house.waiting_node(house.stores.clone()).await, house.command().await);
    assert_eq!(house.stores.nodes.list().await.unwrap().len(), 1);
    assert!(!command.verifier.feed_is_live());
    let issued = here.log_in("device").await;
    let identity = here.believed(&issued.secret).await;
    let end = log_out(&command, &identity);
    waits(&house, &end).await;
    here.catch_up().await;
    answered(end).await;
    here.refused(&issued.secret).await;
    let identity = here.believed(&here.log_in("web").await.secret).await;
    answered(log_out(&here, &identity)).await;
}
