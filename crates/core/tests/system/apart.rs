//! Where logins are kept is not forgotten: whoever names another place is told, instead of being shown an empty one.

use std::time::Duration;

use counterfoil_core::store::Stores;
use counterfoil_core::system::{OpenError, SESSIONS_FACT};
use counterfoil_stores::MemoryStore;

use crate::support::{House, Node, builtin, over_each_store};

over_each_store!(
    an_installation_that_keeps_its_sessions_apart_is_not_opened_without_them,
    sessions_that_count_are_not_passed_over,
    sessions_that_have_expired_may_be_passed_over,
    a_place_for_sessions_that_is_refused_is_not_noted,
);

/// The same store, its sessions elsewhere.
fn apart(house: &House, elsewhere: &Stores) -> Stores {
    let stores = house.stores.clone();
    Stores { sessions: elsewhere.sessions.clone(), bypassed: Some(stores.sessions.clone()), ..stores }
}

async fn open(house: &House, stores: Stores) -> Result<Node, OpenError> {
    house.open(stores, builtin(), &house.secret).await
}

async fn an_installation_that_keeps_its_sessions_apart_is_not_opened_without_them(house: House) {
    let elsewhere = MemoryStore::new().stores();
    let node = open(&house, apart(&house, &elsewhere)).await.unwrap();
    let issued = node.log_in("web").await;
    for _ in 0..2 {
        assert!(matches!(open(&house, house.stores.clone()).await, Err(OpenError::SessionsApart)));
    }
    let node = open(&house, apart(&house, &elsewhere)).await.unwrap();
    node.believed(&issued.secret).await;
}

async fn sessions_that_count_are_not_passed_over(house: House) {
    let issued = house.node().await.log_in("web").await;
    let opened = open(&house, apart(&house, &MemoryStore::new().stores())).await;
    assert!(matches!(opened, Err(OpenError::SessionsInside)));
    assert_eq!(house.stores.facts.fact(SESSIONS_FACT).await.unwrap(), None);
    house.node().await.believed(&issued.secret).await;
}

async fn sessions_that_have_expired_may_be_passed_over(house: House) {
    let node = house.node().await;
    node.log_in("web").await;
    house.clock.pass(Duration::from_hours(24 * 366));
    assert!(open(&house, apart(&house, &MemoryStore::new().stores())).await.is_ok());
}

async fn a_place_for_sessions_that_is_refused_is_not_noted(house: House) {
    let others = MemoryStore::new().stores();
    assert!(others.sessions.belongs_to("another installation").await.unwrap());
    assert!(matches!(open(&house, apart(&house, &others)).await, Err(OpenError::OtherSessions)));
    assert_eq!(house.stores.facts.fact(SESSIONS_FACT).await.unwrap(), None);
    assert!(open(&house, house.stores.clone()).await.is_ok());
}
