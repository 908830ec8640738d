//! What is stored, and that nothing of it means anything by itself.

use counterfoil_core::credential::SecretHash;
use counterfoil_core::revocation::Standing;
use counterfoil_core::session::{Grant, Reference};
use counterfoil_core::store::{LoginCounts, StoreError};
use xtask::services::{Options, Redis, fresh};

use super::{Keys, at, family, hash, id, reference, rotated, session, stores, user};
use crate::redis::names;

#[tokio::test]
async fn what_a_crash_leaves_between_the_steps_of_an_opening_lets_nobody_in() {
    for space in [fresh::redis().unwrap(), fresh::redis_cluster().unwrap()] {
        let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
        let sessions = &stores.sessions;
        // The first step was done: pointers and index are there, the session is not.
        let lost = names::hex(id(1).as_bytes());
        for field in [names::reference(&hash(1)), names::family(family(1, 1).id)] {
            keys.ask::<()>(&["SET", &keys.names.pointer(&field), &lost]).await;
        }
        keys.ask::<i64>(&["ZADD", &keys.names.user(user(1)), "1900003600000", &lost]).await;

        assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), None);
        assert_eq!(sessions.by_family(family(1, 1).id).await.unwrap(), None);
        assert_eq!(sessions.by_id(id(1)).await.unwrap(), None);
        assert!(sessions.list(user(1), at(1), usize::MAX).await.unwrap().is_empty());
        assert!(!sessions.rotate(&family(1, 1), &rotated(&family(1, 1), 9)).await.unwrap());
        assert!(!sessions.attach(&reference(1, 1)).await.unwrap());
        assert!(!sessions.end(id(1), &[]).await.unwrap());
        assert_eq!(sessions.end_all(user(1), Standing::NOBODY).await.unwrap(), 0);
        assert_eq!(sessions.count().await.unwrap(), LoginCounts::default());
        assert!(sessions.export(None, 100).await.unwrap().logins.is_empty());

        // And it is in nobody's way: not in that of another session, nor of the same when it is tried again.
        sessions.open(&session(2, 1), &Grant::Family(family(1, 2))).await.unwrap();
        assert_eq!(sessions.by_family(family(1, 2).id).await.unwrap().unwrap().1.id, id(2));
        sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
        assert_eq!(sessions.by_reference(&hash(1)).await.unwrap().unwrap().1.id, id(1));
        assert_eq!(sessions.list(user(1), at(1), usize::MAX).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_pointer_to_another_session_gives_none_of_its_rights() {
    let space = fresh::redis_cluster().unwrap();
    let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    let pointer = keys.names.pointer(&names::reference(&hash(2)));
    keys.ask::<()>(&["SET", &pointer, &names::hex(id(1).as_bytes())]).await;
    assert_eq!(stores.sessions.by_reference(&hash(2)).await.unwrap(), None);
}

#[tokio::test]
async fn every_key_expires_a_day_after_what_it_holds_and_goes_with_it() {
    for space in [fresh::redis().unwrap(), fresh::redis_cluster().unwrap()] {
        let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
        let sessions = &stores.sessions;
        for number in 1..=8 {
            sessions.open(&session(number, number % 2), &reference(number, number)).await.unwrap();
            assert!(sessions.attach(&Grant::Family(family(number, number))).await.unwrap());
            assert!(sessions.rotate(&family(number, number), &rotated(&family(number, number), 99)).await.unwrap());
            assert!(sessions.replace_data(id(number), &serde_json::Map::new()).await.unwrap());
        }
        let all = keys.all().await;
        assert_eq!(all.len(), 8 * 3 + 2, "{all:?}");
        for key in &all {
            let expires_at: i64 = keys.ask(&["PEXPIRETIME", key]).await;
            assert_eq!(expires_at, at(3_600_000 + 86_400_000).as_millis(), "{key}");
        }
        for number in 1..=8 {
            assert!(sessions.end(id(number), &[]).await.unwrap());
        }
        assert_eq!(keys.all().await, [""; 0], "nothing is left of what has ended");
    }
}

#[tokio::test]
async fn redis_removes_by_itself_what_has_expired_for_a_day() {
    let space = fresh::redis().unwrap();
    let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
    let past = counterfoil_core::Timestamp::from_millis(1_600_000_000_000);
    let Grant::Reference(grant) = reference(1, 1) else { return };
    let grant = Grant::Reference(Reference { expires_at: past, ..grant });
    let old = counterfoil_core::session::Session { expires_at: past, ..session(1, 1) };
    stores.sessions.open(&old, &grant).await.unwrap();
    assert_eq!(keys.all().await, [""; 0]);
}

#[tokio::test]
async fn a_dump_holds_no_secret() {
    let secret = "not-a-real-secret-but-long-enough-to-look-for";
    let space = fresh::redis().unwrap();
    let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
    let Grant::Reference(grant) = reference(1, 1) else { return };
    let grant = Grant::Reference(Reference { hash: SecretHash::of(secret.as_bytes()), ..grant });
    stores.sessions.open(&session(1, 1), &grant).await.unwrap();
    let mut family = family(1, 1);
    family.hash = SecretHash::of(secret.as_bytes());
    assert!(stores.sessions.attach(&Grant::Family(family)).await.unwrap());
    let mut dumped = String::new();
    for key in keys.all().await {
        let dump: Vec<u8> = keys.ask(&["DUMP", &key]).await;
        dumped += &key;
        dumped += &String::from_utf8_lossy(&dump);
    }
    assert!(dumped.contains(&names::hex(id(1).as_bytes())), "the dump shows what is stored");
    assert!(!dumped.contains(secret));
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_are_sent_again() {
    let server = Redis::start(&Options::default()).unwrap();
    let stores = stores(&server.url()).await;
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    server.query(&["SCRIPT", "FLUSH", "SYNC"]).unwrap();
    stores.sessions.open(&session(2, 1), &reference(2, 2)).await.unwrap();
    server.query(&["SCRIPT", "FLUSH", "SYNC"]).unwrap();
    assert!(stores.sessions.end(id(2), &[]).await.unwrap());
    assert!(stores.sessions.by_reference(&hash(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn two_programs_on_one_server_see_the_same() {
    let space = fresh::redis_cluster().unwrap();
    let (one, other) = (stores(&space.url()).await, stores(&space.url()).await);
    one.sessions.open(&session(1, 1), &Grant::Family(family(1, 1))).await.unwrap();
    let (first, second, third) = (family(1, 1), rotated(&family(1, 1), 8), rotated(&family(1, 1), 9));
    assert_eq!(other.sessions.by_family(first.id).await.unwrap().unwrap().0, first);
    let (a, b) = tokio::join!(one.sessions.rotate(&first, &second), other.sessions.rotate(&first, &third));
    assert!(a.unwrap() != b.unwrap(), "one of them is first");
    assert!(other.sessions.end(id(1), &[]).await.unwrap());
    assert_eq!(one.sessions.by_family(first.id).await.unwrap(), None);
}

#[tokio::test]
async fn installations_with_prefixes_of_their_own_do_not_meet() {
    let (one, other) = (fresh::redis().unwrap(), fresh::redis().unwrap());
    let (one, other) = (stores(&one.url()).await, stores(&other.url()).await);
    one.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    assert_eq!(other.sessions.by_reference(&hash(1)).await.unwrap(), None);
    assert_eq!(other.sessions.end_all(user(1), Standing::NOBODY).await.unwrap(), 0);
    assert_eq!(other.sessions.purge(at(i64::from(u32::MAX)), 10).await.unwrap(), 0);
    assert!(one.sessions.by_reference(&hash(1)).await.unwrap().is_some());
}

/// What is damaged, in which field, by what, and what is said of it.
#[tokio::test]
async fn cr_07_a_damaged_record_is_named_and_never_not_found() {
    let space = fresh::redis().unwrap();
    let (stores, keys) = (stores(&space.url()).await, Keys::at(&space.url()).await);
    let sessions = &stores.sessions;
    let key = keys.names.session(id(1));
    let reference_field = names::reference(&hash(1));
    let user_text = user(1).to_string();
    let cases = [
        ("s", "x", "session.expires_at"),
        ("s", "1900003600000 nobody {}", "session.user"),
        ("s", &format!("1900003600000 {user_text} {{"), "session"),
        ("t", "soon", "session.last_seen_at"),
        (&reference_field, "x", "reference.expires_at"),
        (&reference_field, "1 later {}", "reference.idle_expires_at"),
        (&reference_field, "1  {}", "reference"),
        (&reference_field, "1  {\"client\":\"\",\"scopes\":\"\"}", "reference.client"),
        (&reference_field, "1  {\"client\":\"web\",\"scopes\":\"é\"}", "reference.scopes"),
    ];
    for (field, text, expected) in cases {
        sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
        keys.ask::<i64>(&["HSET", &key, field, text]).await;
        let Err(StoreError::Damaged { what, .. }) = sessions.by_reference(&hash(1)).await else {
            panic!("{field} as {text:?} was read")
        };
        assert_eq!(what, expected);
        assert!(sessions.end(id(1), &[]).await.unwrap(), "what is damaged can be removed");
    }
    sessions.open(&session(1, 1), &Grant::Family(family(1, 1))).await.unwrap();
    keys.ask::<i64>(&["HSET", &key, &names::family(family(1, 1).id), "1 x"]).await;
    assert!(matches!(sessions.by_family(family(1, 1).id).await, Err(StoreError::Damaged { .. })));
    let turned = sessions.rotate(&family(1, 1), &rotated(&family(1, 1), 2)).await;
    assert!(matches!(turned, Err(StoreError::Damaged { .. })), "{turned:?}");
    keys.ask::<i64>(&["DEL", &key]).await;
    keys.ask::<()>(&["SET", &key, "text"]).await;
    assert!(matches!(sessions.by_id(id(1)).await, Err(StoreError::Damaged { .. })), "a key of another type");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_serves_one_installation_under_one_prefix() {
    let space = fresh::redis().unwrap();
    let [one, other] = [stores(&space.url()).await, stores(&space.url()).await];
    assert_eq!(other.sessions.owner().await.unwrap(), None, "to ask is not to take");
    assert!(one.sessions.belongs_to("one").await.unwrap());
    assert!(!other.sessions.belongs_to("other").await.unwrap());
    assert!(other.sessions.belongs_to("one").await.unwrap(), "another node of the same installation");
    assert_eq!(other.sessions.owner().await.unwrap().as_deref(), Some("one"));
    let keys = Keys::at(&space.url()).await;
    assert!(keys.ask::<i64>(&["TTL", &keys.names.owner()]).await > 0, "it goes by itself");
    let elsewhere = stores(&fresh::redis().unwrap().url()).await;
    assert!(elsewhere.sessions.belongs_to("other").await.unwrap());
}
