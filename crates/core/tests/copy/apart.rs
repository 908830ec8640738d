//! Places that keep their logins apart from the rest.

use std::sync::atomic::Ordering::SeqCst;

use counterfoil_core::store::Stores;
use counterfoil_core::store::copy::CopyError;
use counterfoil_core::system::{SECRET_FACT, SESSIONS_FACT};

use crate::content::{Size, login, place, snapshot};
use crate::faulty::{Fault, failing};
use crate::{copied, empty};

/// The same place, with its sessions elsewhere.
fn apart(stores: &Stores, elsewhere: &Stores) -> Stores {
    let bypassed = Some(stores.sessions.clone());
    Stores { sessions: elsewhere.sessions.clone(), bypassed, ..stores.clone() }
}

/// An installation whose sessions are apart: the whole of it, and what is left of it without them.
async fn divided() -> (Stores, Stores) {
    let whole = place(Size::SMALL).await;
    let rest = place(Size { logins: 0, ..Size::SMALL }).await;
    assert!(rest.facts.change_fact(SESSIONS_FACT, None, Some("apart")).await.unwrap());
    assert!(whole.sessions.belongs_to("mark of the secret").await.unwrap());
    (apart(&rest, &whole), rest)
}

async fn is_noted(stores: &Stores) -> bool {
    stores.facts.fact(SESSIONS_FACT).await.unwrap().is_some()
}

#[tokio::test]
async fn a_source_is_not_copied_without_its_sessions() {
    let (whole, rest) = divided().await;
    let to = empty();
    assert!(matches!(copied(&rest, &to).await, Err(CopyError::SessionsApart)));
    assert_eq!(snapshot(&to).await, snapshot(&empty()).await);
    copied(&whole, &to).await.unwrap();
    assert_eq!(to.sessions.count().await.unwrap().sessions, 4);
    assert!(!is_noted(&to).await, "all is in one place now");
}

#[tokio::test]
async fn a_source_is_not_copied_with_sessions_of_elsewhere() {
    let (from, to) = (place(Size::SMALL).await, empty());
    assert!(matches!(copied(&apart(&from, &empty()), &to).await, Err(CopyError::SessionsInside)));
    assert_eq!(snapshot(&to).await, snapshot(&empty()).await);
}

#[tokio::test]
async fn a_copy_knows_that_it_keeps_its_sessions_apart() {
    let (from, to) = (place(Size::SMALL).await, empty());
    let to_apart = apart(&to, &empty());
    let copied_apart = copied(&from, &to_apart).await.unwrap();
    assert_eq!(copied_apart.source, copied_apart.target);
    assert!(is_noted(&to).await && !is_noted(&from).await);
    assert!(copied(&from, &to_apart).await.unwrap().was_complete);
    assert!(matches!(copied(&from, &to).await, Err(CopyError::NotEmpty)), "without its sessions");
    assert!(matches!(copied(&to, &empty()).await, Err(CopyError::SessionsApart)));
}

#[tokio::test]
async fn the_last_attempt_decides_whether_sessions_are_apart() {
    let from = place(Size { logins: 0, ..Size::SMALL }).await;
    for call in 0.. {
        let to = empty();
        let (failing_to, _) = failing(&apart(&to, &empty()), Fault::After(call));
        if copied(&from, &failing_to).await.is_ok() {
            assert!(call > 20, "it ended at {call}");
            break;
        }
        if to.facts.fact(SECRET_FACT).await.unwrap().is_none() {
            copied(&from, &to).await.unwrap();
            assert!(!is_noted(&to).await, "{call}");
        }
    }
}

#[tokio::test]
async fn sessions_that_would_be_passed_over_are_not_empty() {
    let (from, to) = (place(Size::SMALL).await, empty());
    to.sessions.import(&[login(1)]).await.unwrap();
    assert!(matches!(copied(&from, &apart(&to, &empty())).await, Err(CopyError::NotEmpty)));
}

#[tokio::test]
async fn a_place_for_sessions_that_is_not_the_sources_is_not_taken_for_it() {
    let (_, rest) = divided().await;
    let (unknown, others) = (empty(), empty());
    assert!(others.sessions.belongs_to("another installation").await.unwrap());
    for elsewhere in [unknown, others] {
        let to = empty();
        assert!(matches!(copied(&apart(&rest, &elsewhere), &to).await, Err(CopyError::SourceSessions)));
        assert_eq!(snapshot(&to).await, snapshot(&empty()).await);
    }
}

#[tokio::test]
async fn sessions_are_not_copied_to_those_of_another_installation() {
    let (from, to, others) = (place(Size::SMALL).await, empty(), empty());
    assert!(others.sessions.belongs_to("another installation").await.unwrap());
    assert!(matches!(copied(&from, &apart(&to, &others)).await, Err(CopyError::OtherSessions)));
    assert_eq!(snapshot(&to).await, snapshot(&empty()).await);
    assert_eq!(snapshot(&others).await, snapshot(&empty()).await);
    let elsewhere = empty();
    copied(&from, &apart(&to, &elsewhere)).await.unwrap();
    assert_eq!(elsewhere.sessions.owner().await.unwrap().as_deref(), Some("mark of the secret"));
}

#[tokio::test]
async fn sessions_that_both_share_stay_where_they_are() {
    let (from, _) = divided().await;
    let before = snapshot(&from).await;
    for call in 0.. {
        let to = empty();
        let to_apart = Stores { sessions: from.sessions.clone(), bypassed: Some(to.sessions.clone()), ..to.clone() };
        let (failing_rest, calls) = failing(&to, Fault::After(call));
        let failing_to =
            Stores { sessions: from.sessions.clone(), bypassed: Some(to.sessions.clone()), ..failing_rest };
        let first = copied(&from, &failing_to).await;
        let again = copied(&from, &to_apart).await.unwrap();
        assert_eq!((again.source, again.target.logins.sessions), (again.target, 4));
        assert_eq!(snapshot(&from).await, before, "{call}");
        assert_eq!(to.sessions.count().await.unwrap().sessions, 0);
        assert!(is_noted(&to).await);
        if calls.load(SeqCst) <= call {
            assert!(first.is_ok() && call > 20, "it ended at {call}");
            break;
        }
    }
}
