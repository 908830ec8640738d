//! What an installation may hold, and all that a place holds.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::account::{Email, User, UserState, Username};
use counterfoil_core::audit::{Caller, ChainKey, Ends, Entry as Happened, Event, Scribe};
use counterfoil_core::credential::{Kind, SecretHash};
use counterfoil_core::id::{ClientId, FamilyId, Role, Scope, SessionId, UserId};
use counterfoil_core::jose::Algorithm;
use counterfoil_core::keys::{KeyRecord, KeyState};
use counterfoil_core::password::PasswordHash;
use counterfoil_core::revocation::{Announcement, Entry, Position, Standing, Target};
use counterfoil_core::session::{Family, Origin, Reference, Session};
use counterfoil_core::store::{AuditFilter, AuditRow, BudgetId, Login, Stores, Tally, TallyChange};
use counterfoil_core::system::SECRET_FACT;
use counterfoil_core::{Clock, FloorClock, Timestamp};
use counterfoil_stores::MemoryStore;
use serde_json::json;

/// What time it is in these tests.
pub const NOW: i64 = 1_900_000_000_000;

/// A clock that stands still.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        at(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// How much of each kind there is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub users: u16,
    pub logins: u16,
    pub entries: u16,
    /// How much of the log has been purged already.
    pub purged: u16,
    pub facts: u16,
}

impl Size {
    pub const SMALL: Self = Self { users: 3, logins: 4, entries: 5, purged: 2, facts: 2 };
    /// More of each kind than one step takes.
    pub const LARGE: Self = Self { users: 150, logins: 2500, entries: 1100, purged: 30, facts: 3 };
}

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW + millis)
}

fn bytes<const N: usize>(number: u16) -> [u8; N] {
    let mut bytes = [0x3C; N];
    for (byte, digit) in bytes.iter_mut().zip(number.to_be_bytes()) {
        *byte = digit;
    }
    bytes
}

pub fn session_id(number: u16) -> SessionId {
    SessionId::from_bytes(bytes(number))
}

pub fn user(number: u16) -> User {
    let salted = PasswordHash::parse(&format!("$argon2id$v=19$m=19456,t=2,p=1${}${}", "A".repeat(22), "A".repeat(43)));
    let odd = !number.is_multiple_of(2);
    User {
        id: UserId::from_bytes(bytes(number)),
        username: Username::parse(&format!("Person{number}")).unwrap(),
        email: odd.then(|| Email::parse(&format!("Person{number}@Example.org")).unwrap()),
        password: salted.unwrap(),
        roles: BTreeSet::from([Role::parse("user").unwrap()]),
        metadata: json!({ "badge": number, "odd": odd }).as_object().unwrap().clone(),
        state: if number % 7 == 3 { UserState::Disabled } else { UserState::Active },
        standing: Standing { generation: number.into(), spared: odd.then(|| session_id(number)) },
        version: 1 + u64::from(number % 3),
        created_at: at(-i64::from(number)),
    }
}

/// A login with some references and families; every eleventh has expired.
pub fn login(number: u16) -> Login {
    let id = session_id(number);
    let client = ClientId::parse("web").unwrap();
    let scopes: Vec<_> = (0..number % 3).map(|scope| Scope::parse(&format!("scope:{scope}")).unwrap()).collect();
    let expires_at = at(if number % 11 == 10 { -1 } else { 3_600_000 });
    let name = |grant| number + grant * 5000;
    let reference = |grant| Reference {
        hash: SecretHash::from_bytes(bytes(name(grant))),
        session: id,
        client: client.clone(),
        scopes: scopes.clone(),
        idle: (grant == 1).then_some(Duration::from_mins(10)),
        idle_expires_at: (grant == 1).then_some(at(600_000)),
        expires_at,
        position: Position(u64::from(name(grant))),
    };
    let family = |grant| Family {
        id: FamilyId::from_bytes(bytes(name(grant))),
        session: id,
        client: client.clone(),
        scopes: scopes.clone(),
        generation: number.into(),
        hash: SecretHash::from_bytes(bytes(name(grant))),
        rotated_at: at(0),
        expires_at,
        position: Position(u64::from(name(grant))),
    };
    Login {
        session: Session {
            id,
            user: UserId::from_bytes(bytes(number % 3)),
            client: client.clone(),
            kind: Kind::Session,
            generation: 3,
            scopes: scopes.clone(),
            authenticated_at: at(0),
            last_seen_at: at(i64::from(number)),
            expires_at,
            origin: Origin { ip: Some([192, 0, 2, 1].into()), user_agent: None },
            position: Position(u64::from(number)),
        },
        data: json!({ "number": number }).as_object().unwrap().clone(),
        references: (0..number % 3).map(reference).collect(),
        families: (0..number % 2).map(family).collect(),
    }
}

pub fn key(number: u16, state: KeyState) -> KeyRecord {
    KeyRecord {
        kid: format!("key-{number}"),
        algorithm: Algorithm::default(),
        state,
        sealed: bytes::<24>(number).to_vec(),
        created_at: at(number.into()),
        state_since: at(number.into()),
    }
}

pub fn announcement(number: u16) -> Announcement {
    // Those that come first expire first.
    Announcement { target: Target::Session { session: session_id(number) }, expires_at: at(1000 + i64::from(number)) }
}

/// What writes the audit log of such a place.
pub fn scribe(stores: &Stores) -> Scribe {
    Scribe::new(stores.audit.clone(), ChainKey::new(&[5; 32]), Arc::new(FloorClock::new(Arc::new(Still))))
}

/// So many records more in the audit log.
pub async fn write_down(stores: &Stores, records: u16) {
    let entries = (0..records).map(|number| Happened::new(Event::UserCreated).about(user(number).id));
    scribe(stores).record(&Caller::default(), entries).await.unwrap();
}

/// A place in memory that holds so much.
pub async fn place(size: Size) -> Stores {
    let stores = MemoryStore::new().stores();
    for number in 0..size.users {
        stores.users.add(&user(number)).await.unwrap().unwrap();
    }
    let logins: Vec<_> = (0..size.logins).map(login).collect();
    assert_eq!(stores.sessions.import(&logins).await.unwrap(), u64::from(size.logins));
    let announcements: Vec<_> = (0..size.entries).map(announcement).collect();
    stores.revocations.append(&announcements).await.unwrap();
    stores.revocations.purge(at(i64::MAX - NOW), size.purged.into()).await.unwrap();
    for (number, state) in
        [KeyState::Retired, KeyState::Revoked, KeyState::Active, KeyState::Next].into_iter().enumerate()
    {
        assert!(stores.keys.add(&key(u16::try_from(number).unwrap(), state)).await.unwrap());
    }
    for number in 0..size.users {
        let expires_at = (number % 2 == 0).then_some(at(60_000));
        let to = Some(Tally {
            failures: 1 + u32::from(number),
            recent: number.into(),
            noted_at: at(number.into()),
            expires_at,
        });
        let change = TallyChange { budget: BudgetId::from_bytes(bytes(number)), from: None, to };
        assert!(stores.attempts.change(&[change]).await.unwrap());
    }
    for number in 0..size.facts {
        stores.facts.change_fact(&format!("fact {number}"), None, Some("so it is")).await.unwrap();
    }
    write_down(&stores, size.entries).await;
    stores.facts.change_fact(SECRET_FACT, None, Some("mark of the secret")).await.unwrap();
    stores
}

/// All that a place holds.
#[derive(Debug, PartialEq)]
pub struct Snapshot {
    users: Vec<(String, String)>,
    logins: BTreeMap<[u8; 16], Login>,
    entries: Vec<Entry>,
    head: Position,
    keys: Vec<KeyRecord>,
    facts: Vec<(String, String)>,
    audit: (Ends, Vec<AuditRow>),
    tallies: Vec<(BudgetId, Tally)>,
}

pub async fn snapshot(stores: &Stores) -> Snapshot {
    let users = stores.users.list(None, 10_000).await.unwrap();
    let page = stores.sessions.export(None, 10_000).await.unwrap();
    assert_eq!(page.next, None, "a page that long holds all");
    let logins = page.logins.into_iter().map(|mut login| {
        login.references.sort_by_key(|reference| reference.hash);
        login.families.sort_by_key(|family| family.id);
        (*login.session.id.as_bytes(), login)
    });
    Snapshot {
        users: users.iter().map(|user| (format!("{user:?}"), user.password.as_str().to_owned())).collect(),
        logins: logins.collect(),
        entries: stores.revocations.after(Position(0), 10_000).await.unwrap(),
        head: stores.revocations.head().await.unwrap(),
        keys: stores.keys.list().await.unwrap(),
        facts: stores.facts.list().await.unwrap(),
        audit: (
            stores.audit.ends().await.unwrap(),
            stores.audit.after(0, 10_000, &AuditFilter::default()).await.unwrap(),
        ),
        tallies: stores.attempts.list(None, 10_000).await.unwrap(),
    }
}
