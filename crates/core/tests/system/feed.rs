//! Promises 1, 2 and 5: what a verifier may answer from memory, by signature, and when it is unsure.

use std::time::Duration;

use counterfoil_core::Clock as _;
use counterfoil_core::verifier::{Denied, Unsure};

use crate::support::{BUILTIN, House, LEASE, over_each_store};

const MILLISECOND: Duration = Duration::from_millis(1);

over_each_store!(
    verifying_a_jwt_and_remembering_read_no_store,
    a_failing_store_makes_unsure_and_never_refused,
    nothing_is_believed_from_memory_after_the_lease,
    a_step_of_the_wall_clock_does_not_touch_the_lease,
    ss_08_another_node_refuses_once_it_has_caught_up,
    another_node_that_hears_nothing_stops_answering_from_memory,
    a_node_with_a_long_way_to_go_catches_up_before_its_lease_holds,
    a_fill_that_races_a_disable_is_not_believed,
    a_fill_that_races_a_logout_is_not_believed,
    a_fill_that_races_a_change_is_not_kept,
    on_another_node_a_fill_that_races_a_logout_is_not_kept,
);

async fn verifying_a_jwt_and_remembering_read_no_store(house: House) {
    let (node, control) = house.spied_node().await;
    for client in BUILTIN {
        let issued = node.log_in(client).await;
        control.fail(true);
        control.calls();
        if issued.secret.starts_with("eyJ") {
            node.verifier.verify_jwt(&issued.secret).unwrap();
            node.believed(&issued.secret).await;
        } else {
            control.fail(false);
            node.believed(&issued.secret).await;
            assert_eq!(control.calls(), 2, "{client}: the session and the user are read once");
            control.fail(true);
        }
        for _ in 0..100 {
            assert!(node.verifier.recall(&issued.secret).is_some());
            node.believed(&issued.secret).await;
        }
        assert_eq!(control.calls(), 0, "{client}");
        control.fail(false);
    }
}

async fn a_failing_store_makes_unsure_and_never_refused(house: House) {
    let (node, control) = house.spied_node().await;
    for client in ["web", "device"] {
        let issued = node.log_in(client).await;
        control.fail(true);
        assert!(matches!(node.unsure(&issued.secret).await, Unsure::Store(_)));
        control.fail(false);
        let identity = node.believed(&issued.secret).await;
        control.fail(true);
        node.authority.logout(&identity).await.unwrap_err();
        node.believed(&issued.secret).await;
        house.clock.pass_unseen(LEASE);
        assert!(matches!(node.unsure(&issued.secret).await, Unsure::Store(_)));
        control.fail(false);
        node.believed(&issued.secret).await;
        node.catch_up().await;
    }
    let issued = node.log_in("api").await;
    control.fail(true);
    let refreshed = node.authority.refresh(issued.refresh.as_ref().unwrap()).await.map(drop).unwrap_err();
    assert!(matches!(refreshed, counterfoil_core::authority::RefreshError::Trouble(_)));
}

async fn nothing_is_believed_from_memory_after_the_lease(house: House) {
    let (node, control) = house.spied_node().await;
    let mut credentials = Vec::new();
    for client in BUILTIN {
        let issued = node.log_in(client).await;
        node.believed(&issued.secret).await;
        credentials.push(issued.secret);
    }
    house.clock.pass(LEASE - MILLISECOND);
    assert!(credentials.iter().all(|credential| node.verifier.recall(credential).is_some()));
    house.clock.pass(MILLISECOND);
    assert!(!node.verifier.feed_is_live());
    assert!(credentials.iter().all(|credential| node.verifier.recall(credential).is_none()));
    control.calls();
    for (client, credential) in BUILTIN.into_iter().zip(&credentials) {
        match client {
            "web" | "device" => {
                node.believed(credential).await;
                assert_eq!(control.calls(), 2, "{client} is read from the store");
            }
            "stateless" => drop(node.believed(credential).await),
            _ => assert!(matches!(node.unsure(credential).await, Unsure::FeedLost), "{client}"),
        }
        assert!(node.verifier.recall(credential).is_none());
    }
    node.catch_up().await;
    for credential in &credentials {
        node.believed(credential).await;
    }
}

async fn a_step_of_the_wall_clock_does_not_touch_the_lease(house: House) {
    let node = house.node().await;
    let issued = node.log_in("device").await;
    node.believed(&issued.secret).await;
    house.clock.step_back(Duration::from_secs(86_400));
    assert!(node.verifier.recall(&issued.secret).is_some());
    house.clock.pass_on_the_wall(Duration::from_secs(2 * 86_400));
    assert!(node.verifier.recall(&issued.secret).is_some());
    house.clock.step_back(Duration::from_secs(86_400));
    house.clock.pass_unseen(LEASE);
    assert!(node.verifier.recall(&issued.secret).is_none(), "the wall clock does not lengthen it");
}

async fn ss_08_another_node_refuses_once_it_has_caught_up(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    for client in BUILTIN {
        let issued = here.log_in(client).await;
        let identity = there.believed(&issued.secret).await;
        here.authority.logout(&identity).await.unwrap();
        here.refused(&issued.secret).await;
        assert!(there.verifier.recall(&issued.secret).is_some(), "within the lease it may still be believed");
        there.catch_up().await;
        there.refused(&issued.secret).await;
    }
}

async fn another_node_that_hears_nothing_stops_answering_from_memory(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    for client in BUILTIN {
        here.catch_up().await;
        there.catch_up().await;
        let issued = here.log_in(client).await;
        let identity = there.believed(&issued.secret).await;
        here.authority.logout(&identity).await.unwrap();
        house.clock.pass(LEASE);
        assert!(there.verifier.recall(&issued.secret).is_none());
        match there.verifier.verify(&issued.secret).await {
            Err(Denied::Refused(_)) => assert!(["web", "device"].contains(&client)),
            Err(Denied::Unsure(_)) => assert!(["spa", "api"].contains(&client)),
            Ok(_) => assert_eq!(client, "stateless", "its policy accepts this until it expires"),
        }
        there.catch_up().await;
        there.refused(&issued.secret).await;
    }
}

async fn a_node_with_a_long_way_to_go_catches_up_before_its_lease_holds(house: House) {
    let (here, there) = (house.node().await, house.node().await);
    let issued = here.log_in("stateless").await;
    there.believed(&issued.secret).await;
    let filler = counterfoil_core::revocation::Announcement {
        target: counterfoil_core::revocation::Target::Ring,
        expires_at: house.clock.now().after(Duration::from_secs(60)),
    };
    house.stores.revocations.append(&vec![filler; 2_000]).await.unwrap();
    here.authority.logout(&*here.believed(&issued.secret).await).await.unwrap();
    assert_eq!(there.follower.catch_up().await.unwrap().entries, 2_001);
    there.refused(&issued.secret).await;
    assert_eq!(there.follower.catch_up().await.unwrap().entries, 0);
}

async fn a_fill_that_races_a_disable_is_not_believed(house: House) {
    for method in ["sessions.by_reference", "users.by_id"] {
        let (node, control) = house.spied_node().await;
        let issued = node.log_in("web").await;
        control.hold(method);
        let disable = async {
            control.reached().await;
            node.authority.disable("alice").await.unwrap();
            control.release();
        };
        let (verdict, ()) = tokio::join!(node.verifier.verify(&issued.secret), disable);
        assert!(matches!(verdict, Err(Denied::Refused(_))), "{method}");
        node.refused(&issued.secret).await;
        node.authority.enable("alice").await.unwrap();
    }
}

async fn a_fill_that_races_a_logout_is_not_believed(house: House) {
    for method in ["sessions.by_reference", "users.by_id"] {
        let (node, control) = house.spied_node().await;
        let issued = node.log_in("device").await;
        control.hold(method);
        let logout = async {
            control.reached().await;
            assert!(node.authority.end_session(issued.session.unwrap()).await.unwrap());
            control.release();
        };
        let (verdict, ()) = tokio::join!(node.verifier.verify(&issued.secret), logout);
        assert!(matches!(verdict, Err(Denied::Refused(_))), "{method}");
        node.refused(&issued.secret).await;
    }
}

async fn a_fill_that_races_a_change_is_not_kept(house: House) {
    let (node, control) = house.spied_node().await;
    let issued = node.log_in("web").await;
    control.hold("users.by_id");
    let change = async {
        control.reached().await;
        node.authority.set_roles("alice", std::collections::BTreeSet::clear).await.unwrap();
        control.release();
    };
    let (verdict, ()) = tokio::join!(node.verifier.verify(&issued.secret), change);
    assert!(verdict.is_ok(), "it was asked before the change");
    assert!(node.verifier.recall(&issued.secret).is_none(), "what it had read is out of date");
    assert!(node.believed(&issued.secret).await.roles.is_empty());
}

async fn on_another_node_a_fill_that_races_a_logout_is_not_kept(house: House) {
    let here = house.node().await;
    let (there, control) = house.spied_node().await;
    let issued = here.log_in("web").await;
    control.hold("users.by_id");
    let logout = async {
        control.reached().await;
        here.authority.end_session(issued.session.unwrap()).await.unwrap();
        control.release();
    };
    let (verdict, ()) = tokio::join!(there.verifier.verify(&issued.secret), logout);
    assert!(verdict.is_ok(), "it was asked before the other node had answered");
    there.catch_up().await;
    there.refused(&issued.secret).await;
}
