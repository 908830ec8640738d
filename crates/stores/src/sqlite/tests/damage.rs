//! Files and rows that cannot be read.

use std::fs;

use counterfoil_core::Timestamp;
use counterfoil_core::credential::{Kind, SecretHash};
use counterfoil_core::id::{ClientId, FamilyId, SessionId, UserId};
use counterfoil_core::revocation::{Position, Target};
use counterfoil_core::session::{Family, Grant, Origin, Session};
use counterfoil_core::store::{Announcement, StoreError};

use super::super::{OpenError, SqliteOptions, SqliteStore};
use super::{fresh, place, tamper};

fn announcements(count: usize) -> Vec<Announcement> {
    vec![Announcement { target: Target::Ring, expires_at: Timestamp::from_millis(1) }; count]
}

#[tokio::test]
async fn a_damaged_page_is_found_at_the_opening() {
    let (path, _folder) = place();
    let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
    store.stores().revocations.append(&announcements(2000)).await.unwrap();
    drop(store);
    let sound = fs::read(&path).unwrap();
    assert!(sound.len() > 20 * 4096);
    // Each page but the first, which the header's own checks cover, and the unused ones.
    let mut found = 0;
    for page in 1..sound.len() / 4096 {
        let mut bytes = sound.clone();
        bytes.get_mut(page * 4096..page * 4096 + 512).unwrap().fill(0xFF);
        fs::write(&path, &bytes).unwrap();
        match SqliteStore::open(&path, &SqliteOptions::default()).err() {
            Some(OpenError::Damaged { .. }) => found += 1,
            Some(error) => panic!("{error}"),
            None => panic!("page {page} is damaged and was not noticed"),
        }
        assert!(fs::read(&path).unwrap() == bytes, "the file has changed");
    }
    assert!(found > 20);
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_found_at_the_opening() {
    let (path, _folder) = place();
    let store = SqliteStore::open(&path, &SqliteOptions::default()).unwrap();
    store.stores().revocations.append(&announcements(2000)).await.unwrap();
    drop(store);
    let sound = fs::read(&path).unwrap();
    for length in [100, 4096, sound.len() / 2, sound.len() - 4096] {
        fs::write(&path, sound.get(..length).unwrap()).unwrap();
        let error = SqliteStore::open(&path, &SqliteOptions::default()).err();
        assert!(
            matches!(error, Some(OpenError::Damaged { .. } | OpenError::NotADatabase { .. })),
            "{length}: {error:?}"
        );
    }
}

fn session() -> (Session, Family) {
    let at = Timestamp::from_millis;
    let client = ClientId::parse("web").unwrap();
    let session = Session {
        id: SessionId::from_bytes([1; 16]),
        user: UserId::from_bytes([2; 16]),
        client: client.clone(),
        kind: Kind::Session,
        generation: 0,
        scopes: Vec::new(),
        authenticated_at: at(0),
        last_seen_at: at(0),
        expires_at: at(1000),
        origin: Origin::default(),
        position: Position(7),
    };
    let family = Family {
        id: FamilyId::from_bytes([3; 16]),
        session: session.id,
        client,
        scopes: Vec::new(),
        generation: 0,
        hash: SecretHash::from_bytes([4; 32]),
        rotated_at: at(0),
        expires_at: at(1000),
        position: Position(9),
    };
    (session, family)
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_without_its_contents() {
    let (stores, (store, _folder)) = fresh();
    let (session, family) = session();
    stores.sessions.open(&session, &Grant::Family(family.clone())).await.unwrap();
    for (column, content) in [
        ("kind", "'oddity'"),
        ("client", "'oddity oddity'"),
        ("generation", "-1"),
        ("scopes", "'odd\"ity'"),
        ("ip", "'oddity'"),
        ("user_id", "x'0102'"),
        ("user_agent", "cast(x'ff6f6464697479' as text)"),
    ] {
        let before = format!(
            "create table if not exists kept as select * from sessions; update sessions set {column} = {content}"
        );
        tamper(&store.path, &before);
        for error in [
            stores.sessions.by_id(session.id).await.err().unwrap(),
            stores.sessions.by_family(family.id).await.err().unwrap(),
        ] {
            let text = format!("{error} {error:?}");
            assert!(
                matches!(&error, StoreError::Damaged { what, .. } if *what == format!("sessions.{column}")),
                "{text}"
            );
            assert!(!text.contains("oddity"), "{text}");
        }
        tamper(&store.path, &format!("update sessions set {column} = (select {column} from kept)"));
        assert_eq!(stores.sessions.by_id(session.id).await.unwrap(), Some(session.clone()));
    }
}

#[tokio::test]
async fn a_log_without_its_head_is_damaged() {
    let (stores, (store, _folder)) = fresh();
    tamper(&store.path, "delete from log_head");
    assert!(matches!(stores.revocations.head().await, Err(StoreError::Damaged { .. })));
    assert!(matches!(stores.revocations.append(&announcements(1)).await, Err(StoreError::Damaged { .. })));
    assert!(matches!(stores.facts.ready().await, Err(StoreError::Damaged { .. })));
    assert!(stores.revocations.after(Position(0), 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_table_that_is_missing_is_no_empty_one() {
    let (stores, (store, _folder)) = fresh();
    tamper(&store.path, "drop table facts");
    assert!(matches!(stores.facts.fact("colour").await, Err(StoreError::Damaged { .. })));
    assert!(matches!(stores.facts.change_fact("colour", None, Some("red")).await, Err(StoreError::Damaged { .. })));
}
