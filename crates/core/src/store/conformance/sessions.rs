//! Logins: opening, finding, listing, ending, and the app's own data.

use serde_json::json;

use super::fixtures::{at, changed, family, family_id, granted, hash, login, reference, session, session_id, user_id};
use super::winners;
use crate::credential::Kind;
use crate::revocation::{Position, Standing};
use crate::session::{Grant, Origin, Session, SessionData};
use crate::store::{StoreError, Stores};

pub async fn an_opened_session_is_found_as_it_was_stored(stores: Stores) {
    let sessions = &stores.sessions;
    let (full, reference) = login(1, user_id(1));
    let bare = Session {
        kind: Kind::Jwt,
        generation: 0,
        scopes: Vec::new(),
        last_seen_at: at(5),
        origin: Origin { ip: Some("2001:db8::7".parse().unwrap()), user_agent: None },
        ..session(2, user_id(1))
    };
    let family = family(2, bare.id);
    assert_eq!(sessions.by_id(full.id).await.unwrap(), None);
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), None);
    assert_eq!(sessions.by_family(family_id(2)).await.unwrap(), None);

    sessions.open(&full, &granted(&reference)).await.unwrap();
    sessions.open(&bare, &Grant::Family(family.clone())).await.unwrap();
    assert_eq!(sessions.by_id(full.id).await.unwrap().as_ref(), Some(&full));
    assert_eq!(sessions.by_id(bare.id).await.unwrap().as_ref(), Some(&bare));
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), Some((reference, full)));
    assert_eq!(sessions.by_family(family_id(2)).await.unwrap(), Some((family, bare)));
    assert_eq!(sessions.by_reference(&hash(2)).await.unwrap(), None, "the secret of a family is no reference");
}

pub async fn opening_overwrites_neither_session_nor_credential(stores: Stores) {
    let sessions = &stores.sessions;
    let (first, first_reference) = login(1, user_id(1));
    sessions.open(&first, &granted(&first_reference)).await.unwrap();

    let same_id = Session { user: user_id(2), ..first.clone() };
    let fresh = reference(2, first.id);
    assert!(matches!(sessions.open(&same_id, &granted(&fresh)).await, Err(StoreError::Conflict(_))));
    assert_eq!(sessions.by_reference(&hash(2)).await.unwrap(), None, "nothing of a refused opening is kept");

    let other = session(2, user_id(2));
    let same_hash = reference(1, other.id);
    assert!(matches!(sessions.open(&other, &granted(&same_hash)).await, Err(StoreError::Conflict(_))));
    assert_eq!(sessions.by_id(other.id).await.unwrap(), None, "nothing of a refused opening is kept");

    assert!(sessions.attach(&Grant::Family(family(1, first.id))).await.unwrap());
    assert!(matches!(sessions.open(&other, &Grant::Family(family(1, other.id))).await, Err(StoreError::Conflict(_))));
    assert_eq!(sessions.by_id(other.id).await.unwrap(), None, "nothing of a refused opening is kept");
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), Some((first_reference, first)));
}

pub async fn an_end_takes_every_grant_along(stores: Stores) {
    let sessions = &stores.sessions;
    let (ended, first) = login(1, user_id(1));
    sessions.open(&ended, &granted(&first)).await.unwrap();
    sessions.attach(&granted(&reference(2, ended.id))).await.unwrap();
    sessions.attach(&Grant::Family(family(1, ended.id))).await.unwrap();
    let (other, kept) = login(3, user_id(1));
    sessions.open(&other, &granted(&kept)).await.unwrap();

    assert!(sessions.end(ended.id, &[]).await.unwrap());
    assert!(!sessions.end(ended.id, &[]).await.unwrap());
    assert_eq!(sessions.by_id(ended.id).await.unwrap(), None);
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), None);
    assert_eq!(sessions.by_reference(&hash(2)).await.unwrap(), None);
    assert_eq!(sessions.by_family(family_id(1)).await.unwrap(), None);
    assert_eq!(sessions.by_reference(&hash(3)).await.unwrap(), Some((kept, other)));
    // Should the same id ever come again, the old grants have not waited for it.
    sessions.open(&ended, &granted(&reference(9, ended.id))).await.unwrap();
    assert_eq!(sessions.by_reference(&hash(2)).await.unwrap(), None);
    assert_eq!(sessions.by_family(family_id(1)).await.unwrap(), None);
}

pub async fn ending_all_spares_what_the_standing_admits_and_every_other_user(stores: Stores) {
    let sessions = &stores.sessions;
    for (number, user, generation) in [(1, 1, 6), (2, 1, 6), (3, 1, 0), (4, 2, 6), (5, 1, 7), (6, 1, 8)] {
        let (session, reference) = login(number, user_id(user));
        sessions.open(&Session { generation, ..session }, &granted(&reference)).await.unwrap();
    }
    let sparing = |spared| Standing { generation: 7, spared: Some(session_id(spared)) };
    assert_eq!(sessions.end_all(user_id(1), sparing(2)).await.unwrap(), 2);
    // Somebody has logged in since the rise.
    assert!(sessions.by_reference(&hash(5)).await.unwrap().is_some());
    assert!(sessions.by_reference(&hash(6)).await.unwrap().is_some());
    assert!(sessions.by_reference(&hash(2)).await.unwrap().is_some());
    assert!(sessions.by_reference(&hash(1)).await.unwrap().is_none());
    assert!(sessions.by_reference(&hash(3)).await.unwrap().is_none());
    assert_eq!(sessions.end_all(user_id(1), sparing(4)).await.unwrap(), 1, "another user's session spares nothing");
    assert_eq!(sessions.end_all(user_id(1), Standing::NOBODY).await.unwrap(), 2);
    assert_eq!(sessions.end_all(user_id(1), Standing::NOBODY).await.unwrap(), 0);
    assert_eq!(sessions.end_all(user_id(2), Standing::NOBODY).await.unwrap(), 1);
    assert!(sessions.by_reference(&hash(4)).await.unwrap().is_none());
}

pub async fn a_list_is_newest_first_and_of_one_user(stores: Stores) {
    let sessions = &stores.sessions;
    // Opened in no order; two in the same millisecond.
    for (number, opened_at, user) in [(2, 20, 1), (1, 30, 1), (5, 10, 1), (4, 20, 1), (3, 40, 2)] {
        let (session, reference) = login(number, user_id(user));
        let session = Session { authenticated_at: at(opened_at), ..session };
        sessions.open(&session, &granted(&reference)).await.unwrap();
        sessions.attach(&granted(&super::fixtures::reference(number + 100, session.id))).await.unwrap();
    }
    let listed: Vec<_> =
        sessions.list(user_id(1), at(50), usize::MAX).await.unwrap().into_iter().map(|session| session.id).collect();
    assert_eq!(listed, [1, 4, 2, 5].map(session_id));
    assert!(sessions.list(user_id(9), at(50), usize::MAX).await.unwrap().is_empty());
    for number in 11..=14 {
        let (session, reference) = login(number, user_id(4));
        let session = Session { authenticated_at: at(i64::from(number)), ..session };
        sessions.open(&session, &granted(&reference)).await.unwrap();
    }
    let newest = sessions.list(user_id(4), at(50), 2).await.unwrap();
    assert_eq!(newest.into_iter().map(|session| session.id).collect::<Vec<_>>(), [14, 13].map(session_id));
}

fn data(value: &serde_json::Value) -> SessionData {
    value.as_object().unwrap().clone()
}

pub async fn data_is_replaced_as_a_whole(stores: Stores) {
    let sessions = &stores.sessions;
    for number in [1, 2] {
        let (session, reference) = login(number, user_id(1));
        sessions.open(&session, &granted(&reference)).await.unwrap();
    }
    assert_eq!(sessions.data(session_id(1)).await.unwrap(), Some(SessionData::new()));
    let first = data(&json!({ "basket": [1, 2.5, -3, "ü\u{0}\"'"], "seen": { "help": true } }));
    assert!(sessions.replace_data(session_id(1), &first).await.unwrap());
    assert_eq!(sessions.data(session_id(1)).await.unwrap(), Some(first));
    let second = data(&json!({ "theme": null }));
    assert!(sessions.replace_data(session_id(1), &second).await.unwrap());
    assert!(sessions.replace_data(session_id(1), &second).await.unwrap(), "the same again is no refusal");
    assert_eq!(sessions.data(session_id(1)).await.unwrap(), Some(second));
    assert_eq!(sessions.data(session_id(2)).await.unwrap(), Some(SessionData::new()));
}

pub async fn data_of_an_ended_session_is_neither_there_nor_stored(stores: Stores) {
    let sessions = &stores.sessions;
    let (session, reference) = login(1, user_id(1));
    sessions.open(&session, &granted(&reference)).await.unwrap();
    assert!(sessions.replace_data(session.id, &data(&json!({ "old": 1 }))).await.unwrap());
    assert!(sessions.end(session.id, &[]).await.unwrap());
    assert_eq!(sessions.data(session.id).await.unwrap(), None);
    assert!(!sessions.replace_data(session.id, &data(&json!({ "new": 1 }))).await.unwrap());
    assert_eq!(sessions.by_id(session.id).await.unwrap(), None);
    sessions.open(&session, &granted(&reference)).await.unwrap();
    assert_eq!(sessions.data(session.id).await.unwrap(), Some(SessionData::new()));
}

pub async fn an_end_is_announced_even_when_the_session_is_gone(stores: Stores) {
    let (session, reference) = login(1, user_id(1));
    stores.sessions.open(&session, &granted(&reference)).await.unwrap();
    assert!(stores.sessions.end(session.id, &[changed(1), changed(2)]).await.unwrap());
    assert!(!stores.sessions.end(session.id, &[changed(3)]).await.unwrap());
    assert!(!stores.sessions.end(session.id, &[]).await.unwrap());
    let entries = stores.revocations.after(Position(0), 10).await.unwrap();
    let announced: Vec<_> = entries.into_iter().map(|entry| entry.target).collect();
    assert_eq!(announced, [1, 2, 3].map(|number| changed(number).target));
}

pub async fn a_race_of_ends_has_one_winner(stores: Stores) {
    let (session, reference) = login(1, user_id(1));
    stores.sessions.open(&session, &granted(&reference)).await.unwrap();
    let won = winners(&stores, |stores, _| async move { stores.sessions.end(session_id(1), &[]).await.unwrap() });
    assert_eq!(won.await, 1);
}
