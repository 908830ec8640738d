//! What an installation moves by: whole logins handed over and taken in, a log that keeps its positions, and counts.

use std::collections::BTreeMap;

use serde_json::json;

use super::fixtures::{
    at, changed, family, family_id, granted, hash, login, reference, session, session_id, user, user_id,
};
use crate::revocation::{Entry, Position, Target};
use crate::session::{Grant, Origin, Reference, Session, SessionData};
use crate::store::{Login, LoginCounts, Sessions, StoreError, Stores};

fn data(number: u16) -> SessionData {
    json!({ "basket": [number, 2.5, "ü\u{0}\"'"] }).as_object().unwrap().clone()
}

/// A login with data, two references and two families, and one field or the other empty.
fn whole(number: u16) -> Login {
    let session = Session { origin: Origin::default(), ..session(number, user_id(number % 5)) };
    let lasting = Reference { idle: None, idle_expires_at: None, scopes: Vec::new(), ..reference(number, session.id) };
    Login {
        data: data(number),
        references: vec![lasting, reference(10_000 + number, session.id)],
        families: vec![family(number, session.id), family(20_000 + number, session.id)],
        session,
    }
}

/// A login with its grants in the order of their names.
fn sorted(mut login: Login) -> Login {
    login.references.sort_unstable_by_key(|reference| reference.hash);
    login.families.sort_unstable_by_key(|family| family.id);
    login
}

/// Every login of a store, page by page. One that comes twice must come alike.
async fn exported(sessions: &dyn Sessions, limit: usize) -> BTreeMap<[u8; 16], Login> {
    let (mut logins, mut cursor, mut pages) = (BTreeMap::new(), None, 0);
    loop {
        let page = sessions.export(cursor.as_deref(), limit).await.unwrap();
        for login in page.logins.into_iter().map(sorted) {
            let before = logins.insert(*login.session.id.as_bytes(), login.clone());
            assert!(before.is_none_or(|before| before == login), "{:?} came in two forms", login.session.id);
        }
        cursor = page.next;
        if cursor.is_none() {
            return logins;
        }
        pages += 1;
        assert!(pages < 1000, "an export does not end");
    }
}

fn by_id(logins: impl IntoIterator<Item = Login>) -> BTreeMap<[u8; 16], Login> {
    logins.into_iter().map(|login| (*login.session.id.as_bytes(), sorted(login))).collect()
}

pub async fn an_empty_store_exports_nothing(stores: Stores) {
    assert!(exported(&*stores.sessions, 10).await.is_empty());
    assert_eq!(stores.sessions.count().await.unwrap(), LoginCounts::default());
    assert_eq!(stores.sessions.import(&[]).await.unwrap(), 0);
}

pub async fn an_export_has_each_login_with_all_that_hangs_on_it(stores: Stores) {
    let mut expected = Vec::new();
    for number in 1..=4 {
        let (session, first) = login(number, user_id(1));
        stores.sessions.open(&session, &granted(&first)).await.unwrap();
        let second = reference(100 + number, session.id);
        let families = vec![family(number, session.id), family(100 + number, session.id)];
        assert!(stores.sessions.attach(&granted(&second)).await.unwrap());
        for family in &families {
            assert!(stores.sessions.attach(&Grant::Family(family.clone())).await.unwrap());
        }
        assert!(stores.sessions.replace_data(session.id, &data(number)).await.unwrap());
        expected.push(Login { session, data: data(number), references: vec![first, second], families });
    }
    let (bare, only) = login(9, user_id(2));
    stores.sessions.open(&bare, &Grant::Family(family(9, bare.id))).await.unwrap();
    drop(only);
    expected.push(Login {
        families: vec![family(9, bare.id)],
        session: bare,
        data: SessionData::new(),
        references: Vec::new(),
    });
    assert_eq!(exported(&*stores.sessions, 100).await, by_id(expected));
}

pub async fn pages_of_an_export_are_complete(stores: Stores) {
    let logins: Vec<_> = (1..=37).map(whole).collect();
    assert_eq!(stores.sessions.import(&logins).await.unwrap(), 37);
    for limit in [1, 5, 37, 100] {
        assert_eq!(exported(&*stores.sessions, limit).await, by_id(logins.clone()), "in pages of {limit}");
    }
}

pub async fn an_export_goes_on_while_logins_come_and_end(stores: Stores) {
    let logins: Vec<_> = (1..=20).map(whole).collect();
    stores.sessions.import(&logins).await.unwrap();
    let (mut seen, mut cursor, mut turn) = (Vec::new(), None, 0);
    loop {
        let page = stores.sessions.export(cursor.as_deref(), 3).await.unwrap();
        seen.extend(page.logins.into_iter().map(|login| login.session.id));
        turn += 1;
        let (new, first) = login(500 + turn, user_id(turn));
        stores.sessions.open(&new, &granted(&first)).await.unwrap();
        // What was on a page already may go; the next page still begins where it should.
        if let Some(ended) = seen.get(usize::from(turn)) {
            stores.sessions.end(*ended, &[]).await.unwrap();
        }
        cursor = page.next;
        if cursor.is_none() || turn > 100 {
            break;
        }
    }
    assert!(turn <= 100, "an export does not end");
    for stayed in exported(&*stores.sessions, 100).await.into_values().map(|login| login.session.id) {
        let is_old = logins.iter().any(|login| login.session.id == stayed);
        assert!(!is_old || seen.contains(&stayed), "{stayed:?} was there throughout and did not come");
    }
}

pub async fn an_imported_login_is_as_if_it_had_been_made_here(stores: Stores) {
    let sessions = &stores.sessions;
    let login = whole(1);
    assert_eq!(sessions.import(std::slice::from_ref(&login)).await.unwrap(), 1);
    let id = login.session.id;
    assert_eq!(sessions.by_id(id).await.unwrap().as_ref(), Some(&login.session));
    assert_eq!(sessions.data(id).await.unwrap().as_ref(), Some(&login.data));
    assert_eq!(
        sessions.list(login.session.user, at(1), usize::MAX).await.unwrap(),
        std::slice::from_ref(&login.session)
    );
    for reference in &login.references {
        let found = sessions.by_reference(&reference.hash).await.unwrap();
        assert_eq!(found, Some((reference.clone(), login.session.clone())));
    }
    for family in &login.families {
        let found = sessions.by_family(family.id).await.unwrap();
        assert_eq!(found, Some((family.clone(), login.session.clone())));
    }
    assert!(sessions.end(id, &[]).await.unwrap());
    assert_eq!(sessions.by_reference(&hash(1)).await.unwrap(), None);
    assert_eq!(sessions.by_family(family_id(1)).await.unwrap(), None);
    assert_eq!(sessions.count().await.unwrap(), LoginCounts::default());
}

pub async fn logins_are_looked_up_whole(stores: Stores) {
    let sessions = &stores.sessions;
    let logins: Vec<_> = (1..=150).map(whole).collect();
    sessions.import(&logins).await.unwrap();
    let found = async |numbers: Vec<u16>| {
        let ids: Vec<_> = numbers.into_iter().map(session_id).collect();
        sessions.logins(&ids).await.unwrap()
    };
    assert!(found(vec![]).await.is_empty());
    assert!(found(vec![151, 200]).await.is_empty(), "they are not there");
    for numbers in [vec![7], (20..=90).collect(), (140..=160).collect(), (1..=150).collect()] {
        let expected: Vec<_> = numbers.iter().filter(|number| **number <= 150).copied().map(whole).collect();
        let looked_up = found(numbers).await;
        assert_eq!(looked_up.len(), expected.len());
        assert_eq!(by_id(looked_up), by_id(expected));
    }
}

pub async fn an_import_of_many_is_whole_whatever_their_number(stores: Stores) {
    let sessions = &stores.sessions;
    let mut logins = Vec::new();
    for (count, first) in [(9, 1), (63, 100), (65, 200), (137, 300)] {
        // Some with more credentials than others, so that their number follows from nothing.
        let some: Vec<_> = (first..first + count)
            .map(|number| match number % 3 {
                0 => Login { references: Vec::new(), ..whole(number) },
                1 => Login { families: Vec::new(), ..whole(number) },
                _ => whole(number),
            })
            .collect();
        assert_eq!(sessions.import(&some).await.unwrap(), u64::from(count));
        logins.extend(some);
        assert_eq!(exported(&**sessions, 50).await, by_id(logins.clone()), "{count} more");
    }
    assert_eq!(sessions.import(&logins).await.unwrap(), 0);
    let mixed: Vec<_> = (430..=450).map(whole).collect();
    assert_eq!(sessions.import(&mixed).await.unwrap(), 14, "seven of them were there");
}

pub async fn an_import_leaves_what_is_there(stores: Stores) {
    let sessions = &stores.sessions;
    assert_eq!(sessions.import(&[whole(1), whole(3)]).await.unwrap(), 2);
    let other = Login { data: data(99), references: vec![reference(99, session_id(3))], ..whole(3) };
    assert_eq!(sessions.import(&[whole(1), whole(2), other, whole(4)]).await.unwrap(), 2, "only two are new");
    assert_eq!(sessions.import(&[whole(2), whole(4)]).await.unwrap(), 0, "the same again is no error");
    assert_eq!(exported(&**sessions, 10).await, by_id((1..=4).map(whole)));
    assert_eq!(sessions.by_reference(&hash(99)).await.unwrap(), None);
}

pub async fn an_import_takes_no_credential_of_another_login(stores: Stores) {
    let sessions = &stores.sessions;
    sessions.import(&[whole(1)]).await.unwrap();
    let mut same_hash = whole(2);
    same_hash.references.push(reference(1, session_id(2)));
    let mut same_family = whole(3);
    same_family.families.push(family(1, session_id(3)));
    for thief in [same_hash, same_family] {
        let taken = sessions.import(std::slice::from_ref(&thief)).await;
        assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
        assert_eq!(sessions.by_id(thief.session.id).await.unwrap(), None, "nothing of it is stored");
    }
    assert_eq!(exported(&**sessions, 10).await, by_id([whole(1)]));
    assert_eq!(sessions.count().await.unwrap(), LoginCounts { sessions: 1, references: 2, families: 2 });
}

pub async fn logins_and_users_are_counted(stores: Stores) {
    assert_eq!(stores.users.count().await.unwrap(), 0);
    for number in 1..=3 {
        stores.users.add(&user(number)).await.unwrap().unwrap();
        stores.sessions.import(&[whole(number)]).await.unwrap();
    }
    assert_eq!(stores.users.count().await.unwrap(), 3);
    assert_eq!(stores.sessions.count().await.unwrap(), LoginCounts { sessions: 3, references: 6, families: 6 });
    assert!(stores.sessions.end(session_id(1), &[]).await.unwrap());
    assert_eq!(stores.sessions.count().await.unwrap(), LoginCounts { sessions: 2, references: 4, families: 4 });
    assert!(stores.users.remove(user_id(2), &[]).await.unwrap());
    assert_eq!(stores.users.count().await.unwrap(), 2);
}

pub async fn a_session_store_is_ready(stores: Stores) {
    stores.sessions.ready().await.unwrap();
}

/// An entry that expires when its position says.
fn entry(position: u16) -> Entry {
    let target = if position.is_multiple_of(2) { Target::Ring } else { changed(position).target };
    Entry { position: Position(position.into()), target, expires_at: at(position.into()) }
}

pub async fn an_imported_log_keeps_its_positions_and_its_head(stores: Stores) {
    let log = &stores.revocations;
    log.import(&[entry(3), entry(7)], Position(5)).await.unwrap();
    assert_eq!(log.head().await.unwrap(), Position(7), "the head is never behind an entry");
    log.import(&[entry(8), entry(9)], Position(12)).await.unwrap();
    assert_eq!(log.head().await.unwrap(), Position(12));
    assert_eq!(log.after(Position(0), 10).await.unwrap(), [3, 7, 8, 9].map(entry));
    assert_eq!(log.count().await.unwrap(), 4);
    assert_eq!(log.append(&[changed(1)]).await.unwrap(), Position(13), "what is new stands behind the head");
    assert_eq!(log.purge(at(7), 10).await.unwrap(), 2);
    assert_eq!(log.count().await.unwrap(), 3);
}

pub async fn an_import_never_moves_the_log_back(stores: Stores) {
    let log = &stores.revocations;
    log.import(&[entry(3), entry(7)], Position(12)).await.unwrap();
    let other = Entry { target: changed(99).target, ..entry(7) };
    log.import(&[entry(3), other, entry(8)], Position(4)).await.unwrap();
    assert_eq!(log.after(Position(0), 10).await.unwrap(), [3, 7, 8].map(entry), "what was there is left");
    log.import(&[], Position(4)).await.unwrap();
    assert_eq!(log.head().await.unwrap(), Position(12));
    log.import(&[], Position(20)).await.unwrap();
    assert_eq!(log.head().await.unwrap(), Position(20));
}

pub async fn facts_are_listed_by_name(stores: Stores) {
    assert!(stores.facts.list().await.unwrap().is_empty());
    for (name, content) in [("b", "2"), ("a", ""), ("B", "ü")] {
        assert!(stores.facts.change_fact(name, None, Some(content)).await.unwrap());
    }
    let expected = [("B", "ü"), ("a", ""), ("b", "2")].map(|(name, content)| (name.to_owned(), content.to_owned()));
    assert_eq!(stores.facts.list().await.unwrap(), expected);
}
