//! What users can bring about again and again is written down, and fills no log.

use std::time::Duration;

use counterfoil_core::audit::Record;
use counterfoil_core::credential::Identity;
use counterfoil_core::session::Origin;
use counterfoil_core::store::AuditFilter;

use crate::support::{House, PASSWORD, over_each_store};

over_each_store!(
    lo_01_an_exchange_in_a_loop_is_written_down_and_fills_no_log,
    lo_01_ending_the_others_in_a_loop_is_written_down_and_fills_no_log,
);

/// What was written down of an event, where it has such a detail.
async fn records(house: &House, event: &str, detail: &str) -> Vec<Record> {
    let filter = AuditFilter { event: Some(event.to_owned()), ..AuditFilter::default() };
    let rows = house.stores.audit.after(0, 10_000, &filter).await.unwrap();
    let records = rows.into_iter().map(|row| Record::try_from(row).unwrap());
    records.filter(|record| record.details.contains_key(detail)).collect()
}

async fn exchanges(house: &House) -> Vec<Record> {
    records(house, "authn_token_created", "exchanged_from").await
}

async fn lo_01_an_exchange_in_a_loop_is_written_down_and_fills_no_log(house: House) {
    let node = house.node().await;
    node.add("Bob", None, &["user"]).await;
    let looping = node.believed(&node.log_in("web").await.secret).await;
    let exchange = async |identity: &Identity| {
        node.authority.exchange(identity, "stateless", Origin::default()).await.map(drop).unwrap();
    };
    for _ in 0..100 {
        exchange(&looping).await;
    }
    assert_eq!(exchanges(&house).await.len(), 30);
    let other = node.try_log_in("bob", PASSWORD, Some("web"), None).await.unwrap();
    let another = node.believed(&other.secret).await;
    exchange(&another).await;
    let all = exchanges(&house).await;
    assert_eq!((all.len(), all[30].user), (31, Some(other.user.id)), "others are none the worse for it");
    house.clock.pass(Duration::from_secs(60));
    node.catch_up().await;
    exchange(&looping).await;
    exchange(&looping).await;
    let all = exchanges(&house).await;
    assert_eq!((all.len(), all[31].user), (32, Some(looping.user)));
    assert_eq!(all[31].details["passed_over"], 70, "those that were not kept are counted");
}

async fn lo_01_ending_the_others_in_a_loop_is_written_down_and_fills_no_log(house: House) {
    let node = house.node().await;
    let looping = node.believed(&node.log_in("web").await.secret).await;
    for _ in 0..100 {
        assert!(node.authority.end_all(&looping, true).await.unwrap());
    }
    let ends = async || records(&house, "authn_token_revoked", "what").await;
    assert_eq!(ends().await.len(), 31, "the first, and of its repetitions as many as are kept at once");
    for _ in 0..40 {
        node.authority.exchange(&looping, "stateless", Origin::default()).await.map(drop).unwrap();
    }
    assert_eq!(exchanges(&house).await.len(), 30, "one kind of record hides no other");
    let another = node.believed(&node.log_in("web").await.secret).await;
    assert!(node.authority.end_all(&another, true).await.unwrap());
    assert_eq!(ends().await.len(), 32, "another login has ended others for the first time");
    house.clock.pass(Duration::from_secs(60));
    node.catch_up().await;
    assert!(node.authority.end_all(&another, true).await.unwrap());
    let all = ends().await;
    assert_eq!(all.len(), 33);
    assert_eq!(all[32].details["passed_over"], 69, "those that were not kept are counted");
}
