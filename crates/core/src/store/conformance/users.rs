//! Accounts.

use super::fixtures::{assert_same, at, changed, family, granted, hash, login, password, session_id, user, user_id};
use super::{RACERS, race, winners};
use crate::account::{Email, User, UserState, Username};
use crate::revocation::Position;
use crate::session::Grant;
use crate::store::{StoreError, Stores, UserConflict};

pub async fn an_added_user_is_found_under_each_of_its_names(stores: Stores) {
    let users = &stores.users;
    let full = user(1);
    assert_ne!(full.username.as_str(), full.username.key());
    let bare =
        User { email: None, state: UserState::Disabled, roles: [].into(), metadata: serde_json::Map::new(), ..user(2) };
    assert!(users.is_empty().await.unwrap());
    for user in [&full, &bare] {
        assert!(users.by_id(user.id).await.unwrap().is_none());
        assert!(users.by_username(user.username.key()).await.unwrap().is_none());
        users.add(user).await.unwrap().unwrap();
        assert_same(&users.by_id(user.id).await.unwrap().unwrap(), user);
        assert_same(&users.by_username(user.username.key()).await.unwrap().unwrap(), user);
    }
    assert!(users.by_username(full.username.as_str()).await.unwrap().is_none(), "only the key is looked for");
    let email = full.email.as_ref().unwrap();
    assert_ne!(email.as_str(), email.key());
    assert_same(&users.by_email(email.key()).await.unwrap().unwrap(), &full);
    assert!(!users.is_empty().await.unwrap());
}

pub async fn an_added_user_overwrites_nobody(stores: Stores) {
    let users = &stores.users;
    let first = user(1);
    users.add(&first).await.unwrap().unwrap();

    let same_name = User { username: first.username.clone(), ..user(2) };
    assert_eq!(users.add(&same_name).await.unwrap(), Err(UserConflict::UsernameTaken));
    let same_address = User { email: first.email.clone(), ..user(2) };
    assert_eq!(users.add(&same_address).await.unwrap(), Err(UserConflict::EmailTaken));
    let both = User { username: first.username.clone(), email: first.email.clone(), ..user(2) };
    assert!(users.add(&both).await.unwrap().is_err());
    let same_id = User { id: first.id, ..user(2) };
    assert!(matches!(users.add(&same_id).await, Err(StoreError::Conflict(_))));

    assert_same(&users.by_id(first.id).await.unwrap().unwrap(), &first);
    assert_eq!(users.list(None, 10).await.unwrap().len(), 1);
}

pub async fn names_are_compared_byte_for_byte(stores: Stores) {
    let users = &stores.users;
    let plain = User { username: Username::parse("resume").unwrap(), ..user(1) };
    users.add(&plain).await.unwrap().unwrap();
    for other in ["RESUME", "Resume", "résumé", "resume ", " resume", "resume\0", "resum", "resum_", "%", "r\u{ae}sume"]
    {
        assert!(users.by_username(other).await.unwrap().is_none(), "{other:?} is another name");
    }
    for other in ["USER1@example.org", "user1@example.org ", "üser1@example.org", "user_@example.org"] {
        assert!(users.by_email(other).await.unwrap().is_none(), "{other:?} is another address");
    }
    let accented = User { username: Username::parse("résumé").unwrap(), ..user(2) };
    users.add(&accented).await.unwrap().unwrap();
    assert_same(&users.by_username(accented.username.key()).await.unwrap().unwrap(), &accented);
    assert_same(&users.by_username("resume").await.unwrap().unwrap(), &plain);
}

/// Each of them is a name of its own, as long as it may be: nothing is folded, trimmed, normalised or cut off.
pub async fn names_that_look_alike_are_told_apart(stores: Stores) {
    let ends = ["x", "y", "é"].map(|end| format!("{}{end}", "é".repeat(254)));
    let names =
        ["alice", "Alice", "ALICE", "alicé", "alice\u{301}", "alice ", "alice  ", "alice\t", " alice", "alic", "alicе"]
            .into_iter()
            .chain([
                "straße", "strasse", "ﬁn", "fin", "Ⅳ", "IV", "i", "İ", "ı", "ｉ", "k", "\u{212a}", "ς", "σ", "か",
                "カ", "が",
            ])
            .chain([
                "😀",
                "😁",
                "👩",
                "👩\u{200d}💻",
                "a\u{200b}",
                "a\u{ad}",
                "a",
                "\u{feff}a",
                "%",
                "_",
                "\\",
                "'",
                "\"",
                "\u{10ffff}",
            ])
            .chain(ends.iter().map(String::as_str));
    let users: Vec<User> = (1..)
        .zip(names)
        .map(|(number, name)| {
            let email = Some(Email::stored(name, name));
            User { username: Username::stored(name, name), email, ..user(number) }
        })
        .collect();
    for user in &users {
        let added = stores.users.add(user).await.unwrap();
        assert_eq!(added, Ok(()), "{:?} was taken for another name", user.username.key());
    }
    for user in &users {
        let key = user.username.key();
        assert_same(&stores.users.by_username(key).await.unwrap().unwrap(), user);
        assert_same(&stores.users.by_email(key).await.unwrap().unwrap(), user);
    }
}

pub async fn users_without_an_address_do_not_collide(stores: Stores) {
    for number in 1..=3 {
        stores.users.add(&User { email: None, ..user(number) }).await.unwrap().unwrap();
    }
    assert!(stores.users.by_email("").await.unwrap().is_none());
}

pub async fn a_race_for_a_username_has_one_winner(stores: Stores) {
    let outcomes = race(&stores, |stores, number| async move {
        let number = u16::try_from(number).unwrap();
        stores.users.add(&User { username: user(0).username, ..user(number) }).await.unwrap()
    });
    let outcomes = outcomes.await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(UserConflict::UsernameTaken)).count(), RACERS - 1);
    assert_eq!(stores.users.list(None, RACERS).await.unwrap().len(), 1);
}

pub async fn a_change_replaces_the_whole_record(stores: Stores) {
    stores.users.add(&user(1)).await.unwrap().unwrap();
    stores.users.add(&user(2)).await.unwrap().unwrap();
    let changed = User {
        username: Username::parse("renamed").unwrap(),
        email: None,
        password: password(47_104),
        roles: [].into(),
        metadata: serde_json::Map::new(),
        state: UserState::Disabled,
        standing: user(1).standing.raised(Some(session_id(9))),
        ..user(1)
    };
    stores.users.change(&changed, &[]).await.unwrap().unwrap();
    let stored = stores.users.by_id(user_id(1)).await.unwrap().unwrap();
    assert_same(&stored, &User { version: 2, ..changed });
    assert_same(&stores.users.by_id(user_id(2)).await.unwrap().unwrap(), &user(2));
    stores.users.change(&User { email: user(1).email, ..stored }, &[]).await.unwrap().unwrap();
    assert_eq!(stores.users.by_id(user_id(1)).await.unwrap().unwrap().version, 3);
}

pub async fn a_change_from_an_outdated_version_changes_nothing(stores: Stores) {
    let users = &stores.users;
    users.add(&user(1)).await.unwrap().unwrap();
    users.change(&user(1), &[]).await.unwrap().unwrap();
    let disabled = |version| User { state: UserState::Disabled, version, ..user(1) };
    for version in [0, 1, 3] {
        assert_eq!(users.change(&disabled(version), &[]).await.unwrap(), Err(UserConflict::Outdated));
    }
    assert_eq!(users.change(&user(2), &[]).await.unwrap(), Err(UserConflict::Outdated), "a change adds nobody");
    assert!(users.by_id(user_id(2)).await.unwrap().is_none());
    assert_same(&users.by_id(user_id(1)).await.unwrap().unwrap(), &User { version: 2, ..user(1) });
}

pub async fn a_change_to_a_taken_name_changes_nothing(stores: Stores) {
    let users = &stores.users;
    users.add(&user(1)).await.unwrap().unwrap();
    users.add(&user(2)).await.unwrap().unwrap();
    let name = User { username: user(1).username, ..user(2) };
    assert_eq!(users.change(&name, &[]).await.unwrap(), Err(UserConflict::UsernameTaken));
    let address = User { email: user(1).email, ..user(2) };
    assert_eq!(users.change(&address, &[]).await.unwrap(), Err(UserConflict::EmailTaken));
    assert_same(&users.by_id(user_id(2)).await.unwrap().unwrap(), &user(2));
    assert_same(&users.by_username(user(1).username.key()).await.unwrap().unwrap(), &user(1));
}

pub async fn a_name_that_was_given_up_is_free_and_finds_nobody(stores: Stores) {
    let users = &stores.users;
    users.add(&user(1)).await.unwrap().unwrap();
    let renamed = User {
        username: Username::parse("renamed").unwrap(),
        email: Some(Email::parse("renamed@example.org").unwrap()),
        ..user(1)
    };
    users.change(&renamed, &[]).await.unwrap().unwrap();
    assert!(users.by_username(user(1).username.key()).await.unwrap().is_none());
    assert!(users.by_email(user(1).email.unwrap().key()).await.unwrap().is_none());
    users.add(&User { username: user(1).username, email: user(1).email, ..user(2) }).await.unwrap().unwrap();
    users.remove(user_id(1), &[]).await.unwrap();
    users.add(&User { username: renamed.username, email: renamed.email, ..user(3) }).await.unwrap().unwrap();
}

pub async fn a_race_of_changes_has_one_winner(stores: Stores) {
    stores.users.add(&user(1)).await.unwrap().unwrap();
    let won = winners(&stores, |stores, number| async move {
        let raced = User { created_at: at(i64::try_from(number).unwrap()), ..user(1) };
        stores.users.change(&raced, &[changed(1)]).await.unwrap().is_ok()
    });
    assert_eq!(won.await, 1);
    assert_eq!(stores.users.by_id(user_id(1)).await.unwrap().unwrap().version, 2);
    assert_eq!(stores.revocations.head().await.unwrap(), Position(1), "who lost announced nothing");
}

pub async fn the_log_says_what_the_change_announces_and_nothing_when_it_fails(stores: Stores) {
    let users = &stores.users;
    users.add(&user(1)).await.unwrap().unwrap();
    users.add(&user(2)).await.unwrap().unwrap();
    let outdated = User { version: 7, ..user(1) };
    assert!(users.change(&outdated, &[changed(1)]).await.unwrap().is_err());
    let taken = User { username: user(2).username, ..user(1) };
    assert!(users.change(&taken, &[changed(1)]).await.unwrap().is_err());
    assert_eq!(stores.revocations.head().await.unwrap(), Position(0));

    users.change(&user(1), &[changed(1), changed(2)]).await.unwrap().unwrap();
    let entries = stores.revocations.after(Position(0), 10).await.unwrap();
    let announced: Vec<_> = entries.into_iter().map(|entry| (entry.position, entry.target)).collect();
    assert_eq!(announced, [(Position(1), changed(1).target), (Position(2), changed(2).target)]);
}

pub async fn a_removed_user_takes_its_sessions_along(stores: Stores) {
    stores.users.add(&user(1)).await.unwrap().unwrap();
    stores.users.add(&user(2)).await.unwrap().unwrap();
    let (gone, reference) = login(1, user_id(1));
    stores.sessions.open(&gone, &granted(&reference)).await.unwrap();
    stores.sessions.attach(&Grant::Family(family(1, gone.id))).await.unwrap();
    let (stays, other) = login(2, user_id(2));
    stores.sessions.open(&stays, &granted(&other)).await.unwrap();

    assert!(stores.users.remove(user_id(1), &[]).await.unwrap());
    assert!(stores.users.by_id(user_id(1)).await.unwrap().is_none());
    assert!(stores.users.by_username(user(1).username.key()).await.unwrap().is_none());
    assert!(stores.sessions.by_id(gone.id).await.unwrap().is_none());
    assert!(stores.sessions.by_reference(&hash(1)).await.unwrap().is_none());
    assert!(stores.sessions.by_family(family(1, gone.id).id).await.unwrap().is_none());
    assert!(stores.sessions.by_reference(&hash(2)).await.unwrap().is_some());
    assert!(stores.users.by_id(user_id(2)).await.unwrap().is_some());
}

pub async fn a_removal_is_announced_once(stores: Stores) {
    stores.users.add(&user(1)).await.unwrap().unwrap();
    assert!(!stores.users.remove(user_id(2), &[changed(2)]).await.unwrap());
    assert!(stores.users.remove(user_id(1), &[changed(1)]).await.unwrap());
    assert!(!stores.users.remove(user_id(1), &[changed(1)]).await.unwrap());
    let entries = stores.revocations.after(Position(0), 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries.first().unwrap().target, changed(1).target);
}

pub async fn pages_are_complete_and_without_repeats(stores: Stores) {
    // Added in no order, and with both a low and a high first byte.
    let numbers = [500_u16, 3, 65_535, 256, 0, 255, 77, 32_768, 1, 1000];
    for number in numbers {
        stores.users.add(&user(number)).await.unwrap().unwrap();
    }
    let mut sorted = numbers.map(user_id).to_vec();
    sorted.sort_unstable();
    for size in [1, 3, 5, 10, 11] {
        let (mut seen, mut after) = (Vec::new(), None);
        while let page = stores.users.list(after, size).await.unwrap()
            && let Some(last) = page.last()
        {
            assert!(page.len() <= size && seen.len() < numbers.len(), "a page is too long or comes again");
            after = Some(last.id);
            seen.extend(page.iter().map(|user| user.id));
        }
        assert_eq!(seen, sorted, "in pages of {size}");
    }
    assert!(stores.users.list(None, 0).await.unwrap().is_empty());
}
