//! SS-07: idle and absolute expiry, and what a use writes.

use std::time::Duration;

use counterfoil_core::session::{Origin, touch_interval};

use crate::support::{Control, House, changed, over_each_store};

const MILLISECOND: Duration = Duration::from_millis(1);
const IDLE: Duration = Duration::from_secs(30 * 60);
const ABSOLUTE: Duration = Duration::from_secs(12 * 60 * 60);

over_each_store!(
    ss_07_expiry_is_exclusive_to_the_millisecond,
    ss_07_use_prolongs_the_idle_time_and_never_the_absolute_one,
    a_use_is_written_once_an_interval,
    a_use_at_a_look_up_counts,
    a_use_on_one_node_counts_on_another,
    a_use_brings_no_ended_session_back,
    a_reference_ends_before_the_login_that_it_refers_to,
);

/// Until the store has heard of so many uses: they are told to it in the background.
async fn written(control: &Control, uses: usize) {
    let all_written = async {
        while control.touches().len() < uses {
            tokio::time::sleep(MILLISECOND).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_written).await.unwrap();
}

async fn ss_07_expiry_is_exclusive_to_the_millisecond(house: House) {
    for (client, lifetime) in [("web", IDLE), ("device", Duration::from_secs(30 * 24 * 60 * 60))] {
        for remembered in [false, true] {
            let node = house.node().await;
            let (issued, late) = (node.log_in(client).await, node.log_in(client).await);
            if remembered {
                node.believed(&late.secret).await;
            }
            house.clock.pass(lifetime - MILLISECOND);
            node.catch_up().await;
            node.believed(&issued.secret).await;
            house.clock.pass(MILLISECOND);
            node.refused(&late.secret).await;
            house.node().await.refused(&late.secret).await;
        }
    }
}

async fn ss_07_use_prolongs_the_idle_time_and_never_the_absolute_one(house: House) {
    let (node, control) = house.spied_node().await;
    let issued = node.log_in("web").await;
    assert_eq!(issued.expires_in, ABSOLUTE);
    let step = IDLE - Duration::from_secs(60);
    let mut used = Duration::ZERO;
    while used + step < ABSOLUTE {
        house.clock.pass(step);
        used += step;
        node.catch_up().await;
        let identity = node.believed(&issued.secret).await;
        assert_eq!(identity.expires_at, issued.expires_at);
        written(&control, usize::try_from(used.as_secs() / step.as_secs()).unwrap()).await;
    }
    house.clock.pass(ABSOLUTE - used - MILLISECOND);
    node.catch_up().await;
    node.believed(&issued.secret).await;
    house.clock.pass(MILLISECOND);
    node.refused(&issued.secret).await;
    house.node().await.refused(&issued.secret).await;
}

async fn a_use_is_written_once_an_interval(house: House) {
    let (node, control) = house.spied_node().await;
    let interval = touch_interval(Some(IDLE));
    let issued = node.log_in("web").await;
    let start = issued.expires_at.before(ABSOLUTE);
    let second = Duration::from_secs(1);
    let uses = 10 * interval.as_secs();
    for _ in 0..uses {
        house.clock.pass(second);
        node.catch_up().await;
        for _ in 0..3 {
            node.believed(&issued.secret).await;
        }
    }
    written(&control, 10).await;
    let touches = control.touches();
    assert_eq!(touches.len(), 10, "{uses} seconds of use");
    for (number, touch) in (1..).zip(&touches) {
        assert_eq!(touch.seen_at, start.after(interval * number));
        assert_eq!(touch.reference.unwrap().1, Some(touch.seen_at.after(IDLE)));
    }
    let session = house.stores.sessions.by_id(issued.session.unwrap()).await.unwrap().unwrap();
    assert_eq!(session.last_seen_at, start.after(interval * 10));
}

async fn a_use_at_a_look_up_counts(house: House) {
    let node = house.node().await;
    let issued = node.log_in("web").await;
    // Sooner than a use is written, so that only this node knows of it.
    house.clock.pass(touch_interval(Some(IDLE)) - MILLISECOND);
    node.catch_up().await;
    node.believed(&issued.secret).await;
    house.clock.pass(IDLE - MILLISECOND);
    node.catch_up().await;
    node.believed(&issued.secret).await;
}

async fn a_use_on_one_node_counts_on_another(house: House) {
    let (here, control) = house.spied_node().await;
    let there = house.node().await;
    let issued = here.log_in("web").await;
    there.believed(&issued.secret).await;
    house.clock.pass(IDLE - MILLISECOND);
    here.catch_up().await;
    here.believed(&issued.secret).await;
    written(&control, 1).await;
    house.clock.pass(MILLISECOND);
    there.catch_up().await;
    assert!(there.verifier.recall(&issued.secret).is_none(), "as far as this node knows it has idled out");
    there.believed(&issued.secret).await;
}

async fn a_use_brings_no_ended_session_back(house: House) {
    let (node, control) = house.spied_node().await;
    let issued = node.log_in("web").await;
    house.clock.pass(touch_interval(Some(IDLE)));
    control.hold("users.by_id");
    let end = async {
        control.reached().await;
        house.stores.sessions.end(issued.session.unwrap(), &[]).await.unwrap();
        control.release();
    };
    let (verdict, ()) = tokio::join!(node.verifier.verify(&issued.secret), end);
    assert!(verdict.is_ok());
    written(&control, 1).await;
    assert!(house.stores.sessions.by_id(issued.session.unwrap()).await.unwrap().is_none());
    house.node().await.refused(&issued.secret).await;
}

async fn a_reference_ends_before_the_login_that_it_refers_to(house: House) {
    let node = house.node().await;
    let device = node.log_in("device").await;
    let identity = node.believed(&device.secret).await;
    let client = changed("web", |client| client.lifetimes.idle = None);
    let exchanged =
        house.node_with(client).await.authority.exchange(&identity, "web", Origin::default()).await.unwrap();
    house.clock.pass(ABSOLUTE - MILLISECOND);
    node.catch_up().await;
    node.believed(&exchanged.secret).await;
    house.clock.pass(MILLISECOND);
    node.refused(&exchanged.secret).await;
    house.node().await.refused(&exchanged.secret).await;
    node.believed(&device.secret).await;
}
