//! What time does to a login: use, expiry, lists and the purge.

use super::fixtures::{
    IDLE, LIFETIME, at, family, family_id, granted, hash, login, reference, session, session_id, user_id,
};
use super::{RACERS, winners};
use crate::credential::SecretHash;
use crate::session::{Family, Grant, Reference, Session};
use crate::store::{Stores, Touch};

async fn open(stores: &Stores, number: u16) -> Session {
    let (session, reference) = login(number, user_id(1));
    stores.sessions.open(&session, &granted(&reference)).await.unwrap();
    session
}

/// A use at a moment, with the reference of the same number, which may then go unused for as long as before.
fn used(number: u16, millis: i64) -> Touch {
    Touch { session: session_id(number), seen_at: at(millis), reference: Some((hash(number), Some(at(millis + IDLE)))) }
}

/// When a session was last used and when its reference idles out, in milliseconds.
async fn times(stores: &Stores, hash: &SecretHash) -> (i64, Option<i64>) {
    let (reference, session) = stores.sessions.by_reference(hash).await.unwrap().unwrap();
    let millis = |time: crate::Timestamp| time.as_millis() - at(0).as_millis();
    (millis(session.last_seen_at), reference.idle_expires_at.map(millis))
}

pub async fn a_touch_moves_forward_and_never_back(stores: Stores) {
    let sessions = &stores.sessions;
    let opened = open(&stores, 1).await;
    open(&stores, 2).await;
    assert!(sessions.touch(&used(1, 100)).await.unwrap());
    assert_eq!(times(&stores, &hash(1)).await, (100, Some(100 + IDLE)));
    assert!(sessions.touch(&used(1, 50)).await.unwrap(), "a use that is noted late is noted");
    assert_eq!(times(&stores, &hash(1)).await, (100, Some(100 + IDLE)));
    assert!(sessions.touch(&used(1, 100)).await.unwrap());
    assert!(sessions.touch(&Touch { reference: None, ..used(1, 200) }).await.unwrap());
    assert_eq!(times(&stores, &hash(1)).await, (200, Some(100 + IDLE)));
    assert_eq!(times(&stores, &hash(2)).await, (0, Some(IDLE)), "another session is not touched");
    let stored = sessions.by_id(session_id(1)).await.unwrap();
    assert_eq!(stored, Some(Session { last_seen_at: at(200), ..opened }), "nothing else has changed");
}

pub async fn a_touch_never_resurrects(stores: Stores) {
    let sessions = &stores.sessions;
    open(&stores, 1).await;
    assert!(!sessions.touch(&used(1, IDLE)).await.unwrap(), "it had idled out");
    assert_eq!(times(&stores, &hash(1)).await, (0, Some(IDLE)));
    assert!(!sessions.touch(&Touch { reference: None, ..used(1, LIFETIME) }).await.unwrap(), "it had expired");
    assert_eq!(times(&stores, &hash(1)).await, (0, Some(IDLE)));
    assert!(sessions.touch(&used(1, IDLE - 1)).await.unwrap(), "just in time");

    sessions.end(session_id(1), &[]).await.unwrap();
    assert!(!sessions.touch(&used(1, 10)).await.unwrap());
    assert!(!sessions.touch(&Touch { reference: None, ..used(1, 10) }).await.unwrap());
    assert_eq!(sessions.by_id(session_id(1)).await.unwrap(), None);
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), None);
}

pub async fn a_touch_of_another_sessions_reference_changes_nothing(stores: Stores) {
    open(&stores, 1).await;
    open(&stores, 2).await;
    let mixed = Touch { session: session_id(2), ..used(1, 100) };
    assert!(!stores.sessions.touch(&mixed).await.unwrap());
    let unknown = Touch { reference: Some((hash(9), Some(at(IDLE)))), ..used(1, 100) };
    assert!(!stores.sessions.touch(&unknown).await.unwrap());
    for number in [1, 2] {
        assert_eq!(times(&stores, &hash(number)).await, (0, Some(IDLE)));
    }
}

pub async fn a_reference_without_idle_expiry_gets_none_by_a_touch(stores: Stores) {
    let lasting = Reference { idle: None, idle_expires_at: None, ..reference(1, session_id(1)) };
    stores.sessions.open(&session(1, user_id(1)), &granted(&lasting)).await.unwrap();
    assert!(stores.sessions.touch(&used(1, 100)).await.unwrap());
    assert_eq!(times(&stores, &hash(1)).await, (100, None));

    open(&stores, 2).await;
    assert!(stores.sessions.touch(&Touch { reference: Some((hash(2), None)), ..used(2, 100) }).await.unwrap());
    assert_eq!(times(&stores, &hash(2)).await, (100, Some(IDLE)), "nor is one taken away");
}

/// The numbers of the user's sessions in the list at a moment.
async fn listed(stores: &Stores, millis: i64) -> Vec<u16> {
    let sessions = stores.sessions.list(user_id(1), at(millis), usize::MAX).await.unwrap();
    let number = |session: &Session| (0..10).find(|number| session_id(*number) == session.id).unwrap();
    let mut numbers: Vec<_> = sessions.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

pub async fn a_list_leaves_out_what_has_expired(stores: Stores) {
    let lasting = |number| Reference { idle: None, idle_expires_at: None, ..reference(number, session_id(number)) };
    let brief = Reference { expires_at: at(1000), ..lasting(2) };
    let renewable = Family { expires_at: at(2000), ..family(3, session_id(3)) };
    stores.sessions.open(&session(1, user_id(1)), &granted(&lasting(1))).await.unwrap();
    stores.sessions.open(&session(2, user_id(1)), &granted(&brief)).await.unwrap();
    stores.sessions.open(&session(3, user_id(1)), &Grant::Family(renewable)).await.unwrap();
    assert_eq!(listed(&stores, 999).await, [1, 2, 3]);
    assert_eq!(listed(&stores, 1000).await, [1, 3], "its only reference has expired");
    assert_eq!(listed(&stores, 1999).await, [1, 3]);
    assert_eq!(listed(&stores, 2000).await, [1], "its only family has expired");
    assert_eq!(listed(&stores, LIFETIME - 1).await, [1]);
    assert!(listed(&stores, LIFETIME).await.is_empty());
}

pub async fn a_list_leaves_out_what_has_idled_out(stores: Stores) {
    for number in [1, 2, 3] {
        open(&stores, number).await;
    }
    assert!(stores.sessions.attach(&Grant::Family(family(2, session_id(2)))).await.unwrap());
    assert!(stores.sessions.touch(&used(3, 100)).await.unwrap());
    assert_eq!(listed(&stores, IDLE - 1).await, [1, 2, 3]);
    assert_eq!(listed(&stores, IDLE).await, [2, 3], "a family renews the second, a use has prolonged the third");
    assert_eq!(listed(&stores, IDLE + 100).await, [2]);
}

pub async fn expired_references_are_still_returned(stores: Stores) {
    let past = Session { expires_at: at(-LIFETIME), ..session(1, user_id(1)) };
    let expired =
        Reference { expires_at: at(-LIFETIME), idle_expires_at: Some(at(-LIFETIME)), ..reference(1, past.id) };
    stores.sessions.open(&past, &granted(&expired)).await.unwrap();
    assert_eq!(stores.sessions.by_reference(&hash(1)).await.unwrap(), Some((expired, past)));
}

pub async fn a_purge_takes_the_expired_in_small_batches_and_leaves_the_living(stores: Stores) {
    let sessions = &stores.sessions;
    for number in 0..10 {
        let (session, reference) = login(number, user_id(number % 2));
        let session = Session { expires_at: at(i64::from(number) * 100), ..session };
        sessions.open(&session, &granted(&reference)).await.unwrap();
        assert!(sessions.attach(&Grant::Family(family(number, session.id))).await.unwrap());
    }
    let now = at(600);
    assert_eq!(sessions.purge(now, 0).await.unwrap(), 0);
    assert_eq!(sessions.purge(now, 3).await.unwrap(), 3);
    assert_eq!(sessions.purge(now, 3).await.unwrap(), 3);
    assert_eq!(sessions.purge(now, 3).await.unwrap(), 1, "what expires now has expired");
    assert_eq!(sessions.purge(now, 3).await.unwrap(), 0);
    for number in 0..10 {
        let alive = number > 6;
        assert_eq!(sessions.by_id(session_id(number)).await.unwrap().is_some(), alive);
        assert_eq!(sessions.by_reference(&hash(number)).await.unwrap().is_some(), alive);
        assert_eq!(sessions.by_family(family_id(number)).await.unwrap().is_some(), alive);
    }
}

pub async fn a_purge_of_grants_leaves_their_session_and_its_other_grants(stores: Stores) {
    let sessions = &stores.sessions;
    let (session, living) = login(1, user_id(1));
    sessions.open(&session, &granted(&living)).await.unwrap();
    for number in 2..6 {
        let expired = Reference { expires_at: at(i64::from(number)), ..reference(number, session.id) };
        assert!(sessions.attach(&granted(&expired)).await.unwrap());
        let expired = Family { expires_at: at(i64::from(number)), ..family(number, session.id) };
        assert!(sessions.attach(&Grant::Family(expired)).await.unwrap());
    }
    let now = at(4);
    assert_eq!(sessions.purge_grants(now, 0).await.unwrap(), 0);
    assert_eq!(sessions.purge_grants(now, 2).await.unwrap(), 4);
    assert_eq!(sessions.purge_grants(now, 2).await.unwrap(), 2, "what expires now has expired");
    assert_eq!(sessions.purge_grants(now, 2).await.unwrap(), 0);
    for number in 2..6 {
        let alive = number == 5;
        assert_eq!(sessions.by_reference(&hash(number)).await.unwrap().is_some(), alive);
        assert_eq!(sessions.by_family(family_id(number)).await.unwrap().is_some(), alive);
    }
    assert!(sessions.by_reference(&hash(1)).await.unwrap().is_some());
    assert!(sessions.by_id(session.id).await.unwrap().is_some());
    assert!(sessions.end(session.id, &[]).await.unwrap());
    assert!(sessions.by_family(family_id(5)).await.unwrap().is_none());
}

pub async fn touching_while_the_session_ends_leaves_it_ended(stores: Stores) {
    open(&stores, 1).await;
    let ended = winners(&stores, |stores, number| async move {
        if number == RACERS / 2 {
            return stores.sessions.end(session_id(1), &[]).await.unwrap();
        }
        stores.sessions.touch(&used(1, i64::try_from(number).unwrap())).await.unwrap();
        false
    });
    assert_eq!(ended.await, 1);
    assert_eq!(stores.sessions.by_id(session_id(1)).await.unwrap(), None);
    assert_eq!(stores.sessions.by_reference(&hash(1)).await.unwrap(), None);
}
