//! Accounts that were made elsewhere.

use std::collections::BTreeSet;

use counterfoil_core::Timestamp;
use counterfoil_core::account::{Email, UserState, Username};
use counterfoil_core::authority::{Foreseen, Import, ImportConflict, ImportedUser, LoginError};
use counterfoil_core::id::{Role, UserId};
use counterfoil_core::password::PasswordHash;
use counterfoil_core::store::AuditFilter;

use crate::support::{House, Node, over_each_store};

over_each_store!(
    pw_08_an_imported_user_logs_in_and_is_renewed,
    pw_09_no_user_takes_a_password_that_is_too_long_for_bcrypt,
    an_import_that_is_repeated_finds_everybody_there,
    a_name_that_is_taken_is_a_conflict_and_changes_nothing,
    what_would_be_said_is_said_and_nothing_written,
    what_a_dry_run_has_come_by_is_in_the_way_of_what_follows,
    a_disabled_user_stays_out,
);

const STAPLE: &str = "correct horse battery staple";
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
const HASHES: [&str; 4] = [
    BCRYPT,
    "$scrypt$ln=6,r=8,p=1$c29tZXNhbHRvZjE2Ynl0ZQ$aAVKOZ8ROYEE4yWmbDKXV0TAtEvsR+dFsJkrIHJrKIw",
    "pbkdf2_sha256$1000$seasalt22charactersXYZ$X+KnqBORtvVXDkfKpRoPT9izqVBOnNtNHtCKrcokemQ=",
    "$argon2id$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$pdTF8507jcWXjoGSpkGWk5bxVGLI081DxCP04RZcA3E",
];

fn imported(username: &str, hash: &str) -> ImportedUser {
    ImportedUser {
        id: None,
        username: Username::parse(username).unwrap(),
        email: None,
        password: PasswordHash::parse(hash).unwrap(),
        roles: None,
        metadata: None,
        state: None,
        created_at: None,
    }
}

async fn import(node: &Node, user: &ImportedUser) -> Result<Import, ImportConflict> {
    node.authority.import(std::slice::from_ref(user)).await.unwrap().remove(0)
}

async fn pw_08_an_imported_user_logs_in_and_is_renewed(house: House) {
    let node = house.node().await;
    let users: Vec<_> =
        HASHES.iter().zip('a'..).map(|(hash, letter)| imported(&format!("user-{letter}"), hash)).collect();
    let done = node.authority.import(&users).await.unwrap();
    assert_eq!(done, vec![Ok(Import::Added); HASHES.len()]);
    for (user, hash) in users.iter().zip(HASHES) {
        let name = user.username.as_str();
        let stored = async || node.authority.user(name).await.unwrap().password.as_str().to_owned();
        let refused = node.try_log_in(name, "correct horse battery stable", None, None).await.map(drop);
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)));
        assert_eq!(stored().await, hash, "a wrong password renews nothing");
        let issued = node.try_log_in(name, STAPLE, None, None).await.unwrap();
        assert_eq!(issued.user.roles.iter().map(Role::as_str).collect::<Vec<_>>(), ["user"]);
        assert!(stored().await.starts_with("$argon2id$v=19$m=12288,t=3,p=1$"), "{hash}");
        node.try_log_in(name, STAPLE, None, None).await.unwrap();
    }
}

async fn pw_09_no_user_takes_a_password_that_is_too_long_for_bcrypt(house: House) {
    let node = house.node().await;
    let whole = "x".repeat(72);
    let hash = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    import(&node, &imported("bob", hash)).await.unwrap();
    for name in ["bob", "alice", "nobody"] {
        let refused = node.try_log_in(name, &format!("{whole}x"), None, None).await.map(drop);
        assert!(matches!(refused, Err(LoginError::InvalidCredentials)), "{name}");
    }
    assert_eq!(node.authority.user("bob").await.unwrap().password.as_str(), hash);
    node.try_log_in("bob", &whole, None, None).await.unwrap();
}

async fn an_import_that_is_repeated_finds_everybody_there(house: House) {
    let node = house.node().await;
    let full = ImportedUser {
        id: Some(UserId::from_bytes([7; 16])),
        email: Some(Email::parse("bob@example.com").unwrap()),
        roles: Some([Role::parse("editor").unwrap()].into()),
        metadata: Some([("plan".to_owned(), "gold".into())].into_iter().collect()),
        state: Some(UserState::Active),
        created_at: Some(Timestamp::from_seconds(1_600_000_000)),
        ..imported("bob", BCRYPT)
    };
    let bare = imported("carol", HASHES[3]);
    for user in [&full, &bare] {
        assert_eq!(import(&node, user).await, Ok(Import::Added));
        let added = node.authority.user(user.username.as_str()).await.unwrap();
        assert_eq!(import(&node, user).await, Ok(Import::AlreadyThere));
        node.try_log_in(user.username.as_str(), STAPLE, None, None).await.unwrap();
        assert_eq!(import(&node, user).await, Ok(Import::AlreadyThere), "though the hash is another one now");
        let after = node.authority.user(user.username.as_str()).await.unwrap();
        assert_eq!((after.id, after.created_at), (added.id, added.created_at));
    }
    let bob = node.authority.user("bob").await.unwrap();
    assert_eq!((bob.id, bob.email, Some(bob.created_at)), (UserId::from_bytes([7; 16]), full.email, full.created_at));
    assert_eq!((Some(bob.roles), Some(bob.metadata)), (full.roles, full.metadata));
    let filter = AuditFilter { event: Some("user_created".to_owned()), ..AuditFilter::default() };
    let rows = house.stores.audit.latest(10, &filter).await.unwrap();
    let rows: Vec<_> = rows.iter().filter(|row| row.content.contains("imported")).map(|row| row.user).collect();
    let carol = node.authority.user("carol").await.unwrap().id;
    assert_eq!(rows, [Some(carol), Some(UserId::from_bytes([7; 16]))], "each is written down once");
    // What a line does not say may have changed here.
    node.authority.set_roles("carol", BTreeSet::clear).await.unwrap();
    assert_eq!(import(&node, &bare).await, Ok(Import::AlreadyThere));
}

async fn a_name_that_is_taken_is_a_conflict_and_changes_nothing(house: House) {
    let node = house.node().await;
    let bob = ImportedUser { email: Some(Email::parse("bob@example.com").unwrap()), ..imported("bob", BCRYPT) };
    import(&node, &bob).await.unwrap();
    let there = node.authority.user("bob").await.unwrap();
    let other = ImportedUser {
        roles: Some([Role::parse("admin").unwrap()].into()),
        state: Some(UserState::Disabled),
        ..imported("BOB", HASHES[1])
    };
    let differs = import(&node, &other).await.unwrap_err();
    assert_eq!(differs, ImportConflict::Differs(vec!["password_hash", "roles", "disabled"]));
    let alice = import(&node, &imported("alice", BCRYPT)).await;
    assert_eq!(alice, Err(ImportConflict::Differs(vec!["password_hash"])), "somebody else, who was here before");
    let taken = ImportedUser { username: Username::parse("robert").unwrap(), ..bob.clone() };
    assert_eq!(import(&node, &taken).await, Err(ImportConflict::EmailTaken));
    let id = ImportedUser { id: Some(there.id), ..imported("dave", BCRYPT) };
    assert_eq!(import(&node, &id).await, Err(ImportConflict::IdTaken));
    let now = node.authority.user("bob").await.unwrap();
    assert_eq!((now.version, now.password, now.state), (there.version, there.password, there.state));
    assert!(node.authority.user("robert").await.is_err() && node.authority.user("dave").await.is_err());
}

async fn what_would_be_said_is_said_and_nothing_written(house: House) {
    let node = house.node().await;
    import(&node, &imported("bob", BCRYPT)).await.unwrap();
    let users = [imported("bob", BCRYPT), imported("bob", HASHES[1]), imported("carol", BCRYPT)];
    let said = node.authority.would_import(&users, &mut Foreseen::default()).await.unwrap();
    let differs = Err(ImportConflict::Differs(vec!["password_hash"]));
    assert_eq!(said, [Ok(Import::AlreadyThere), differs, Ok(Import::Added)]);
    assert_eq!(house.stores.users.count().await.unwrap(), 2);
}

async fn what_a_dry_run_has_come_by_is_in_the_way_of_what_follows(house: House) {
    let node = house.node().await;
    let email = |text| Some(Email::parse(text).unwrap());
    let bob = ImportedUser { email: email("bob@example.com"), ..imported("bob", HASHES[3]) };
    let admin = Some([Role::parse("admin").unwrap()].into());
    let users = [
        bob.clone(),
        imported("BOB", HASHES[3]),
        ImportedUser { email: email("alice@example.com"), roles: admin, ..imported("bob", BCRYPT) },
        ImportedUser { email: email("BOB@example.com"), ..imported("robert", BCRYPT) },
        ImportedUser { id: Some(bob.user_id()), ..imported("dave", BCRYPT) },
        // The hash is ours: the same user may have got it here.
        ImportedUser { id: Some(bob.user_id()), ..imported("bob", BCRYPT) },
        imported("alice", BCRYPT),
        imported("carol", BCRYPT),
    ];
    let mut foreseen = Foreseen::default();
    let mut said = Vec::new();
    for user in &users {
        said.extend(node.authority.would_import(std::slice::from_ref(user), &mut foreseen).await.unwrap());
    }
    assert_eq!(house.stores.users.count().await.unwrap(), 1, "nothing is written");
    let differs = |fields: &[&'static str]| Err(ImportConflict::Differs(fields.to_vec()));
    let expected = [
        Ok(Import::Added),
        Ok(Import::AlreadyThere),
        differs(&["email", "password_hash", "roles"]),
        Err(ImportConflict::EmailTaken),
        Err(ImportConflict::IdTaken),
        Ok(Import::AlreadyThere),
        differs(&["password_hash"]),
        Ok(Import::Added),
    ];
    assert_eq!(said, expected);
    for (user, expected) in users.iter().zip(expected) {
        assert_eq!(import(&node, user).await, expected, "{}", user.username);
    }
}

async fn a_disabled_user_stays_out(house: House) {
    let node = house.node().await;
    let bob = ImportedUser { state: Some(UserState::Disabled), ..imported("bob", BCRYPT) };
    import(&node, &bob).await.unwrap();
    let refused = node.try_log_in("bob", STAPLE, None, None).await.map(drop);
    assert!(matches!(refused, Err(LoginError::InvalidCredentials)));
    node.authority.enable("bob").await.unwrap();
    node.try_log_in("bob", STAPLE, None, None).await.unwrap();
}
