//! When nothing is copied.

use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::store::copy::{COPY_FACT, CopyError};
use counterfoil_core::store::{Facts, StoreError, Stores};
use counterfoil_core::system::SECRET_FACT;

use crate::content::{Size, announcement, key, login, place, snapshot, user};
use crate::faulty::{Fault, failing};
use crate::{copied, empty};

#[tokio::test]
async fn a_place_without_an_installation_is_no_source() {
    let (from, to) = (empty(), empty());
    assert!(matches!(copied(&from, &to).await, Err(CopyError::NoInstallation)));
    assert_eq!(snapshot(&to).await, snapshot(&empty()).await);
}

/// A copy of which the first half is there.
async fn half(from: &Stores) -> Stores {
    let to = empty();
    let (failing_to, _) = failing(&to, Fault::Before(40));
    assert!(matches!(copied(from, &failing_to).await, Err(CopyError::Target(_))));
    assert!(to.facts.fact(COPY_FACT).await.unwrap().is_some());
    to
}

#[tokio::test]
async fn an_unfinished_copy_is_no_source() {
    let half = half(&place(Size::SMALL).await).await;
    assert!(matches!(copied(&half, &empty()).await, Err(CopyError::SourceUnfinished)));
}

#[tokio::test]
async fn a_target_that_holds_anything_is_left_alone() {
    let from = place(Size::SMALL).await;
    for kind in 0..5 {
        let to = empty();
        match kind {
            0 => to.users.add(&user(1)).await.map(drop).unwrap(),
            1 => to.sessions.import(&[login(1)]).await.map(drop).unwrap(),
            2 => to.keys.add(&key(1, counterfoil_core::keys::KeyState::Active)).await.map(drop).unwrap(),
            3 => to.revocations.append(&[announcement(1)]).await.map(drop).unwrap(),
            _ => to.facts.change_fact(SECRET_FACT, None, Some("of another")).await.map(drop).unwrap(),
        }
        let before = snapshot(&to).await;
        let result = copied(&from, &to).await;
        assert!(matches!(result, Err(CopyError::NotEmpty)), "{kind}: {result:?}");
        assert_eq!(snapshot(&to).await, before, "{kind}");
    }
}

#[tokio::test]
async fn a_copy_that_has_been_in_use_since_is_left_alone() {
    let from = place(Size::SMALL).await;
    for kind in 0..3 {
        let to = empty();
        copied(&from, &to).await.unwrap();
        match kind {
            0 => to.users.add(&user(99)).await.map(drop).unwrap(),
            1 => to.sessions.import(&[login(99)]).await.map(drop).unwrap(),
            _ => to.revocations.append(&[announcement(99)]).await.map(drop).unwrap(),
        }
        let before = snapshot(&to).await;
        assert!(matches!(copied(&from, &to).await, Err(CopyError::NotEmpty)), "{kind}");
        assert_eq!(snapshot(&to).await, before, "{kind}");
    }
}

#[tokio::test]
async fn the_unfinished_copy_of_another_installation_is_left_alone() {
    let other = place(Size::SMALL).await;
    assert!(other.facts.change_fact(SECRET_FACT, Some("mark of the secret"), Some("another")).await.unwrap());
    let to = half(&place(Size::SMALL).await).await;
    let before = snapshot(&to).await;
    assert!(matches!(copied(&other, &to).await, Err(CopyError::OtherSource)));
    assert_eq!(snapshot(&to).await, before);
}

/// Facts of a place on which a server starts just before the copy makes its mark.
struct SetUpMeanwhile(Arc<dyn Facts>);

#[async_trait]
impl Facts for SetUpMeanwhile {
    async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.0.fact(name).await
    }

    async fn change_fact(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Result<bool, StoreError> {
        if name == COPY_FACT && from.is_none() {
            assert!(self.0.change_fact(SECRET_FACT, None, Some("the server's")).await?);
        }
        self.0.change_fact(name, from, to).await
    }

    async fn list(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.0.list().await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.0.ready().await
    }
}

#[tokio::test]
async fn a_target_that_a_server_sets_up_at_the_same_moment_is_left_to_it() {
    let (from, to) = (place(Size::SMALL).await, empty());
    let raced = Stores { facts: Arc::new(SetUpMeanwhile(to.facts.clone())), ..to.clone() };
    assert!(matches!(copied(&from, &raced).await, Err(CopyError::NotEmpty)));
    assert_eq!(to.facts.list().await.unwrap(), [(SECRET_FACT.to_owned(), "the server's".to_owned())]);
    assert!(to.users.is_empty().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_several_that_copy_at_once_none_spoils_the_copy() {
    let from = place(Size::LARGE).await;
    let expected = snapshot(&from).await;
    for _ in 0..4 {
        let to = empty();
        let mut racers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (from, to) = (from.clone(), to.clone());
            racers.spawn(async move { copied(&from, &to).await });
        }
        for result in racers.join_all().await {
            assert!(matches!(result, Ok(_) | Err(CopyError::Busy | CopyError::NotEmpty)), "{result:?}");
        }
        copied(&from, &to).await.unwrap();
        assert_eq!(snapshot(&to).await, expected);
    }
}
