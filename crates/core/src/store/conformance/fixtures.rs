//! Records to store. Numbers stand for identities.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use crate::Timestamp;
use crate::account::{Email, User, UserState, Username};
use crate::credential::{Kind, SecretHash};
use crate::id::{ClientId, FamilyId, Role, Scope, SessionId, UserId};
use crate::jose::Algorithm;
use crate::keys::{KeyRecord, KeyState};
use crate::password::PasswordHash;
use crate::revocation::{Position, Standing, Target};
use crate::session::{Family, Grant, Origin, Reference, Session};
use crate::store::{Announcement, BudgetId};

/// An ordinary moment, so that times before and after it are ordinary too.
pub(super) const NOW: i64 = 1_900_000_000_000;
/// How long sessions and credentials of these fixtures last, in milliseconds.
pub(super) const LIFETIME: i64 = 3_600_000;
/// How long references of these fixtures may go unused, in milliseconds.
pub(super) const IDLE: i64 = 600_000;

/// A moment, in milliseconds after [`NOW`].
pub(super) const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW + millis)
}

fn bytes<const N: usize>(number: u16) -> [u8; N] {
    let mut bytes = [0x5A; N];
    for (byte, digit) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *byte = digit;
    }
    bytes
}

pub(super) fn user_id(number: u16) -> UserId {
    UserId::from_bytes(bytes(number))
}

pub(super) fn session_id(number: u16) -> SessionId {
    SessionId::from_bytes(bytes(number))
}

pub(super) fn family_id(number: u16) -> FamilyId {
    FamilyId::from_bytes(bytes(number))
}

pub(super) fn hash(number: u16) -> SecretHash {
    SecretHash::from_bytes(bytes(number))
}

pub(super) fn budget(number: u16) -> BudgetId {
    BudgetId::from_bytes(bytes(number))
}

fn scopes() -> Vec<Scope> {
    ["orders:read", "orders:write"].into_iter().map(|scope| Scope::parse(scope).unwrap()).collect()
}

fn client(name: &str) -> ClientId {
    ClientId::parse(name).unwrap()
}

/// A hash of the form of Argon2id that no password has.
pub(super) fn password(cost: u32) -> PasswordHash {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    PasswordHash::parse(&format!("$argon2id$v=19$m={cost},t=2,p=1${salt}${hash}")).unwrap()
}

/// A user with every field filled, whose names are spelled otherwise than their keys.
pub(super) fn user(number: u16) -> User {
    let metadata = json!({ "team": "north", "badge": number, "nested": { "list": [1, null, "ü\u{0}'\"\\"] } });
    User {
        id: user_id(number),
        username: Username::parse(&format!("User{number}")).unwrap(),
        email: Some(Email::parse(&format!("User{number}@Example.org")).unwrap()),
        password: password(19_456),
        roles: BTreeSet::from([Role::parse("admin").unwrap(), Role::parse("staff").unwrap()]),
        metadata: metadata.as_object().unwrap().clone(),
        state: UserState::Active,
        standing: Standing::default(),
        version: 1,
        created_at: at(0),
    }
}

/// That two users are the same in each field.
#[track_caller]
pub(super) fn assert_same(found: &User, expected: &User) {
    assert_eq!(found.id, expected.id);
    assert_eq!(found.username.as_str(), expected.username.as_str());
    assert_eq!(found.username.key(), expected.username.key());
    assert_eq!(found.email.as_ref().map(Email::as_str), expected.email.as_ref().map(Email::as_str));
    assert_eq!(found.email.as_ref().map(Email::key), expected.email.as_ref().map(Email::key));
    assert!(found.password.as_str() == expected.password.as_str(), "the password's hash differs");
    assert_eq!(found.roles, expected.roles);
    assert_eq!(found.metadata, expected.metadata);
    assert_eq!(found.state, expected.state);
    assert_eq!(found.standing, expected.standing);
    assert_eq!(found.version, expected.version);
    assert_eq!(found.created_at, expected.created_at);
}

/// A session with every field filled.
pub(super) fn session(number: u16, user: UserId) -> Session {
    Session {
        id: session_id(number),
        user,
        client: client("web"),
        kind: Kind::Session,
        generation: 3,
        scopes: scopes(),
        authenticated_at: at(0),
        last_seen_at: at(0),
        expires_at: at(LIFETIME),
        origin: Origin { ip: Some([192, 0, 2, 7].into()), user_agent: Some("Browser/1 (\"ü\")".to_owned()) },
        position: Position(u64::from(number) + 41),
    }
}

/// A reference with idle expiry, named like its session.
pub(super) fn reference(number: u16, session: SessionId) -> Reference {
    Reference {
        hash: hash(number),
        session,
        client: client("spa"),
        scopes: scopes(),
        idle: Some(Duration::from_millis(IDLE.unsigned_abs())),
        idle_expires_at: Some(at(IDLE)),
        expires_at: at(LIFETIME),
        position: Position(u64::from(number) + 42),
    }
}

/// A family of generation nought.
pub(super) fn family(number: u16, session: SessionId) -> Family {
    Family {
        id: family_id(number),
        session,
        client: client("api"),
        scopes: scopes(),
        generation: 0,
        hash: hash(number),
        rotated_at: at(0),
        expires_at: at(LIFETIME),
        position: Position(u64::from(number) + 43),
    }
}

/// A session and its first reference, both of that number.
pub(super) fn login(number: u16, user: UserId) -> (Session, Reference) {
    let session = session(number, user);
    let reference = reference(number, session.id);
    (session, reference)
}

/// The grant of a reference.
pub(super) fn granted(reference: &Reference) -> Grant {
    Grant::Reference(reference.clone())
}

/// That a user's record has changed.
pub(super) fn changed(number: u16) -> Announcement {
    let target = Target::Changed { user: user_id(number), version: 2, roles: Some(user(number).roles) };
    Announcement { target, expires_at: at(LIFETIME) }
}

/// A key of the default algorithm, later made the higher its number is.
pub(super) fn key(number: u16, state: KeyState) -> KeyRecord {
    KeyRecord {
        kid: format!("key-{number}"),
        algorithm: Algorithm::default(),
        state,
        sealed: vec![0, 255, 10, 39, 0],
        created_at: at(number.into()),
        state_since: at(number.into()),
    }
}
