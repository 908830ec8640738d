//! Clocks that are wrong: what has expired or ended never counts again.

use std::time::Duration;

use counterfoil_core::Clock as _;
use counterfoil_core::authority::{PURGED_FACT, Reach};

use crate::support::{BUILTIN, House, Node, over_each_store};

over_each_store!(
    a_clock_that_steps_back_revives_nothing_that_has_expired,
    a_node_whose_clock_is_behind_believes_nothing_that_was_purged,
    a_revocation_outlasts_its_credential_by_a_day,
    a_floor_from_a_wrong_clock_is_taken_away,
);

const DAY: Duration = Duration::from_hours(24);
const STEPS: [Duration; 3] = [Duration::from_hours(1), DAY, Duration::from_hours(365 * 24)];
/// Longer than any login of the built-in clients.
const LONG: Duration = Duration::from_hours(400 * 24);

async fn purge(node: &Node) {
    node.authority.purge(Reach::All, || std::future::ready(())).await.unwrap();
}

async fn a_clock_that_steps_back_revives_nothing_that_has_expired(house: House) {
    for step in STEPS {
        let node = house.node().await;
        let mut credentials = Vec::new();
        for client in BUILTIN {
            let issued = node.log_in(client).await;
            node.believed(&issued.secret).await;
            credentials.push(issued);
        }
        house.clock.pass(LONG);
        node.catch_up().await;
        for issued in &credentials {
            node.refused(&issued.secret).await;
        }
        house.clock.step_back(step);
        for issued in &credentials {
            node.refused(&issued.secret).await;
            if let Some(refresh) = &issued.refresh {
                node.authority.refresh(refresh).await.map(drop).unwrap_err();
            }
        }
        house.clock.pass_on_the_wall(step);
    }
}

async fn a_node_whose_clock_is_behind_believes_nothing_that_was_purged(house: House) {
    for back in [LONG - DAY, LONG] {
        let node = house.node().await;
        let mut credentials = Vec::new();
        for client in BUILTIN {
            let issued = node.log_in(client).await;
            let identity = node.believed(&issued.secret).await;
            node.authority.logout(&identity).await.unwrap();
            credentials.push(issued);
        }
        house.clock.pass(LONG);
        purge(&node).await;
        assert_eq!(house.stores.revocations.count().await.unwrap(), 0, "nobody remembers their end");
        house.clock.step_back(back);
        let young = house.node().await;
        assert!(young.authority.clock.now() >= house.clock.now().after(back));
        for issued in &credentials {
            young.refused(&issued.secret).await;
            if let Some(refresh) = &issued.refresh {
                young.authority.refresh(refresh).await.map(drop).unwrap_err();
            }
        }
        // New ones count, and end in their time.
        let issued = young.log_in("api").await;
        young.believed(&issued.secret).await;
        house.clock.pass(LONG);
        young.catch_up().await;
        young.refused(&issued.secret).await;
    }
}

async fn a_revocation_outlasts_its_credential_by_a_day(house: House) {
    let node = house.node().await;
    let issued = node.log_in("stateless").await;
    let identity = node.believed(&issued.secret).await;
    node.authority.logout(&identity).await.unwrap();
    house.clock.pass(identity.expires_at.since(house.clock.now()) + DAY);
    purge(&node).await;
    assert_eq!(house.stores.revocations.count().await.unwrap(), 1);
    house.clock.step_back(DAY + Duration::from_secs(5));
    let behind = house.node().await;
    behind.refused(&issued.secret).await;
    house.clock.pass(2 * DAY);
    purge(&behind).await;
    assert_eq!(house.stores.revocations.count().await.unwrap(), 0);
}

async fn a_floor_from_a_wrong_clock_is_taken_away(house: House) {
    let node = house.node().await;
    house.clock.pass_on_the_wall(LONG);
    purge(&node).await;
    house.clock.step_back(LONG);
    assert!(house.node().await.authority.clock.now() >= house.clock.now().after(LONG));
    house.node().await.authority.store_restored().await.unwrap();
    assert_eq!(house.stores.facts.fact(PURGED_FACT).await.unwrap(), None);
    assert_eq!(house.node().await.authority.clock.now(), house.clock.now());
}
