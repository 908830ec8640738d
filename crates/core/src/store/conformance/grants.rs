//! What refers to a login: references, and families that rotate.

use super::fixtures::{at, family, family_id, granted, hash, login, reference, session_id, user_id};
use super::{RACERS, race, winners};
use crate::revocation::Position;
use crate::session::{Family, Grant};
use crate::store::{StoreError, Stores};

async fn open(stores: &Stores, number: u16) {
    let (session, reference) = login(number, user_id(1));
    stores.sessions.open(&session, &granted(&reference)).await.unwrap();
}

/// What becomes of a family when it rotates for the `turn`th time.
fn rotated(family: &Family, turn: u16) -> Family {
    Family {
        generation: family.generation + 1,
        hash: hash(1000 + turn),
        rotated_at: at(i64::from(turn)),
        position: Position(family.position.0 + 1),
        ..family.clone()
    }
}

pub async fn a_session_may_have_many_grants(stores: Stores) {
    let sessions = &stores.sessions;
    open(&stores, 1).await;
    let (second, family) = (reference(2, session_id(1)), family(1, session_id(1)));
    assert!(sessions.attach(&granted(&second)).await.unwrap());
    assert!(sessions.attach(&Grant::Family(family.clone())).await.unwrap());
    let session = sessions.by_id(session_id(1)).await.unwrap().unwrap();
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), Some((reference(1, session.id), session.clone())));
    assert_eq!(sessions.by_reference(&hash(2)).await.unwrap(), Some((second, session.clone())));
    assert_eq!(sessions.by_family(family_id(1)).await.unwrap(), Some((family, session)));
}

pub async fn attaching_overwrites_nothing(stores: Stores) {
    let sessions = &stores.sessions;
    open(&stores, 1).await;
    open(&stores, 2).await;
    assert!(sessions.attach(&Grant::Family(family(1, session_id(1)))).await.unwrap());
    let same_hash = reference(1, session_id(2));
    assert!(matches!(sessions.attach(&granted(&same_hash)).await, Err(StoreError::Conflict(_))));
    let same_id = Grant::Family(family(1, session_id(2)));
    assert!(matches!(sessions.attach(&same_id).await, Err(StoreError::Conflict(_))));
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap().unwrap().1.id, session_id(1));
    assert_eq!(sessions.by_family(family_id(1)).await.unwrap().unwrap().1.id, session_id(1));
}

pub async fn nothing_is_attached_to_an_ended_session(stores: Stores) {
    let sessions = &stores.sessions;
    open(&stores, 1).await;
    assert!(sessions.end(session_id(1), &[]).await.unwrap());
    assert!(!sessions.attach(&granted(&reference(2, session_id(1)))).await.unwrap());
    assert!(!sessions.attach(&Grant::Family(family(2, session_id(1)))).await.unwrap());
    assert_eq!(sessions.by_reference(&hash(2)).await.unwrap(), None);
    assert_eq!(sessions.by_family(family_id(2)).await.unwrap(), None);
    open(&stores, 1).await;
    assert_eq!(sessions.by_reference(&hash(2)).await.unwrap(), None, "it was not kept for later either");
}

pub async fn a_rotation_replaces_the_family(stores: Stores) {
    let sessions = &stores.sessions;
    open(&stores, 1).await;
    let (first, other) = (family(1, session_id(1)), family(2, session_id(1)));
    assert!(sessions.attach(&Grant::Family(first.clone())).await.unwrap());
    assert!(sessions.attach(&Grant::Family(other.clone())).await.unwrap());
    let second = rotated(&first, 1);
    assert!(sessions.rotate(&first, &second).await.unwrap());
    assert_eq!(sessions.by_family(first.id).await.unwrap().unwrap().0, second);
    let third = rotated(&second, 2);
    assert!(sessions.rotate(&second, &third).await.unwrap());
    assert_eq!(sessions.by_family(first.id).await.unwrap().unwrap().0, third);
    assert_eq!(sessions.by_family(other.id).await.unwrap().unwrap().0, other);
}

pub async fn a_rotation_from_another_generation_or_secret_changes_nothing(stores: Stores) {
    let sessions = &stores.sessions;
    open(&stores, 1).await;
    let first = family(1, session_id(1));
    assert!(sessions.attach(&Grant::Family(first.clone())).await.unwrap());
    let later = Family { generation: 1, ..first.clone() };
    let forged = Family { hash: hash(99), ..first.clone() };
    let unknown = family(9, session_id(1));
    for from in [&later, &forged, &unknown] {
        assert!(!sessions.rotate(from, &rotated(from, 1)).await.unwrap());
    }
    assert_eq!(sessions.by_family(first.id).await.unwrap().unwrap().0, first);
    assert_eq!(sessions.by_family(unknown.id).await.unwrap(), None);
}

pub async fn a_race_of_rotations_has_one_winner(stores: Stores) {
    open(&stores, 1).await;
    let mut family = family(1, session_id(1));
    assert!(stores.sessions.attach(&Grant::Family(family.clone())).await.unwrap());
    for round in 0..8 {
        let outcomes = race(&stores, |stores, number| {
            let (from, turn) = (family.clone(), round * 100 + u16::try_from(number).unwrap());
            async move {
                let to = rotated(&from, turn);
                stores.sessions.rotate(&from, &to).await.unwrap().then_some(to)
            }
        });
        let mut won: Vec<_> = outcomes.await.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "in round {round}");
        family = won.remove(0);
        assert_eq!(
            stores.sessions.by_family(family.id).await.unwrap().unwrap().0,
            family,
            "what is stored is the winner's"
        );
    }
}

pub async fn an_ended_family_does_not_rotate(stores: Stores) {
    open(&stores, 1).await;
    let family = family(1, session_id(1));
    assert!(stores.sessions.attach(&Grant::Family(family.clone())).await.unwrap());
    assert!(stores.sessions.end(session_id(1), &[]).await.unwrap());
    assert!(!stores.sessions.rotate(&family, &rotated(&family, 1)).await.unwrap());
    assert_eq!(stores.sessions.by_family(family.id).await.unwrap(), None);
}

pub async fn attaching_while_the_session_ends_leaves_nothing_behind(stores: Stores) {
    open(&stores, 1).await;
    let ended = winners(&stores, |stores, number| async move {
        if number == RACERS / 2 {
            return stores.sessions.end(session_id(1), &[]).await.unwrap();
        }
        // Whether this was in time does not matter here.
        let grant = reference(100 + u16::try_from(number).unwrap(), session_id(1));
        stores.sessions.attach(&granted(&grant)).await.unwrap();
        false
    });
    assert_eq!(ended.await, 1);
    for number in 0..RACERS {
        let hash = hash(100 + u16::try_from(number).unwrap());
        assert_eq!(stores.sessions.by_reference(&hash).await.unwrap(), None);
    }
    open(&stores, 1).await;
    let hash = hash(100);
    assert_eq!(stores.sessions.by_reference(&hash).await.unwrap(), None, "no grant waited for the session's return");
}
