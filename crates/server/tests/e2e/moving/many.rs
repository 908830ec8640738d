//! So many logins that a copy takes a while.

use std::path::Path;

use counterfoil_core::Timestamp;
use counterfoil_core::credential::{Kind, SecretHash};
use counterfoil_core::id::{ClientId, SessionId, UserId};
use counterfoil_core::revocation::Position;
use counterfoil_core::session::{Origin, Reference, Session, SessionData};
use counterfoil_core::store::Login;
use counterfoil_stores::{SqliteOptions, SqliteStore};

/// How many there are.
pub(super) const MANY: u16 = 20_000;

/// A login that nobody has made.
fn login(number: u16) -> Login {
    let mut id = [0xAB; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    let mut hash = [0xCD; 32];
    hash[..2].copy_from_slice(&number.to_be_bytes());
    let (session, client) = (SessionId::from_bytes(id), ClientId::parse("web").unwrap());
    let expires_at = Timestamp::from_seconds(4_000_000_000);
    Login {
        session: Session {
            id: session,
            user: UserId::from_bytes([1; 16]),
            client: client.clone(),
            kind: Kind::Session,
            generation: 0,
            scopes: Vec::new(),
            authenticated_at: Timestamp::from_seconds(1_800_000_000),
            last_seen_at: Timestamp::from_seconds(1_800_000_000),
            expires_at,
            origin: Origin::default(),
            position: Position(0),
        },
        data: SessionData::new(),
        references: vec![Reference {
            hash: SecretHash::from_bytes(hash),
            session,
            client,
            scopes: Vec::new(),
            idle: None,
            idle_expires_at: None,
            expires_at,
            position: Position(0),
        }],
        families: Vec::new(),
    }
}

/// Adds [`MANY`] logins to a database that nobody uses.
pub(super) fn fill(database: &Path) {
    let stores = SqliteStore::open(database, &SqliteOptions::default()).unwrap().stores();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let logins: Vec<_> = (0..MANY).map(login).collect();
        assert_eq!(stores.sessions.import(&logins).await.unwrap(), u64::from(MANY));
    });
}
