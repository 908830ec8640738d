//! A copy that is not complete is served by nobody.

use counterfoil_core::store::copy;
use counterfoil_core::system::OpenError;

use crate::support::{House, builtin, over_each_store};

over_each_store!(a_partial_copy_is_not_opened_and_left_as_it_is, a_complete_copy_is_opened_and_every_credential_counts);

async fn a_partial_copy_is_not_opened_and_left_as_it_is(house: House) {
    let vacant = house.vacant();
    let facts = &vacant.stores.facts;
    assert!(facts.change_fact(copy::COPY_FACT, None, Some("half")).await.unwrap());
    let opened = vacant.open(vacant.stores.clone(), builtin(), &vacant.secret).await;
    assert!(matches!(opened, Err(OpenError::UnfinishedCopy)));
    assert_eq!(facts.list().await.unwrap(), [(copy::COPY_FACT.to_owned(), "half".to_owned())]);
    assert!(vacant.stores.keys.list().await.unwrap().is_empty(), "no keys are made for it");
    assert!(facts.change_fact(copy::COPY_FACT, Some("half"), None).await.unwrap());
    assert!(vacant.open(vacant.stores.clone(), builtin(), &vacant.secret).await.is_ok());
}

async fn a_complete_copy_is_opened_and_every_credential_counts(house: House) {
    let node = house.node().await;
    let (mut alive, mut ended) = (Vec::new(), Vec::new());
    for client in crate::support::BUILTIN {
        alive.push(node.log_in(client).await.secret.clone());
        let issued = node.log_in(client).await;
        let identity = node.believed(&issued.secret).await;
        node.authority.logout(&identity).await.unwrap();
        ended.push(issued.secret.clone());
    }
    let vacant = house.vacant();
    copy::copy(&house.stores, &vacant.stores, &*house.clock, &|_| {}).await.unwrap();
    let node = house.open(vacant.stores.clone(), builtin(), &house.secret).await.unwrap();
    for credential in &alive {
        node.believed(credential).await;
    }
    for credential in &ended {
        node.refused(credential).await;
    }
}
