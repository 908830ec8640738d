//! When nothing is copied.

use counterfoil_core::store::Stores;
use counterfoil_core::store::copy::{COPY_FACT, CopyError};
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
