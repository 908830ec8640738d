//! Facts about an installation.

use super::winners;
use crate::store::Stores;

pub async fn a_fact_changes_only_from_what_it_is(stores: Stores) {
    let facts = &stores.facts;
    assert_eq!(facts.fact("colour").await.unwrap(), None);
    assert!(facts.change_fact("colour", None, None).await.unwrap(), "it is absent");
    assert!(!facts.change_fact("colour", Some("red"), Some("blue")).await.unwrap());
    assert!(!facts.change_fact("colour", Some("red"), None).await.unwrap());
    assert!(facts.change_fact("colour", None, Some("red")).await.unwrap());
    assert!(!facts.change_fact("colour", None, Some("blue")).await.unwrap(), "a fact is not overwritten");
    assert!(!facts.change_fact("colour", None, None).await.unwrap());
    assert!(!facts.change_fact("colour", Some("Red"), Some("blue")).await.unwrap());
    assert_eq!(facts.fact("colour").await.unwrap().as_deref(), Some("red"));
    assert!(facts.change_fact("colour", Some("red"), Some("red")).await.unwrap(), "the same again is no refusal");
    assert!(facts.change_fact("colour", Some("red"), Some("")).await.unwrap());
    assert_eq!(facts.fact("colour").await.unwrap().as_deref(), Some(""), "empty is not absent");
    assert!(facts.change_fact("colour", Some(""), None).await.unwrap());
    assert_eq!(facts.fact("colour").await.unwrap(), None);
}

pub async fn facts_are_told_apart_byte_for_byte(stores: Stores) {
    for name in ["colour", "Colour", "colour ", "cölour"] {
        assert!(stores.facts.change_fact(name, None, Some(name)).await.unwrap());
    }
    for name in ["colour", "Colour", "colour ", "cölour"] {
        assert_eq!(stores.facts.fact(name).await.unwrap().as_deref(), Some(name));
    }
}

pub async fn a_race_for_a_fact_has_one_winner(stores: Stores) {
    let won = winners(&stores, |stores, number| async move {
        stores.facts.change_fact("leader", None, Some(&number.to_string())).await.unwrap()
    });
    assert_eq!(won.await, 1);
    let leader = stores.facts.fact("leader").await.unwrap();
    let won = winners(&stores, |stores, number| {
        let leader = leader.clone();
        async move {
            let next = format!("next {number}");
            stores.facts.change_fact("leader", leader.as_deref(), Some(&next)).await.unwrap()
        }
    });
    assert_eq!(won.await, 1);
}

pub async fn an_open_store_is_ready(stores: Stores) {
    stores.facts.ready().await.unwrap();
}
