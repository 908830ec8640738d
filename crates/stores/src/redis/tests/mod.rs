//! What Redis and Redis Cluster do for us, seen at real servers.

mod conformance;
mod cut_off;
mod faults;
mod index;
mod keys;
mod looking;
mod outages;
mod shards;

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::credential::{Kind, SecretHash};
use counterfoil_core::id::{ClientId, FamilyId, SessionId, UserId};
use counterfoil_core::revocation::Position;
use counterfoil_core::session::{Family, Grant, Origin, Reference, Session};
use counterfoil_core::store::Stores;

use super::RedisStore;
use super::link::Link;
use super::names::Names;
use super::probe;
use crate::address::SessionsUrl;
use crate::memory::MemoryStore;
use crate::server::Options;

/// How long a server may take in tests that make it wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// In which time all comes to an end, on a busy machine too. What is paused would stand still for ever.
const SOONER_OR_LATER: Duration = Duration::from_secs(60);

/// Stores with the sessions at an address and the rest in memory.
async fn stores(url: &str) -> Stores {
    stores_within(url, Options::patient().timeout).await
}

async fn stores_within(url: &str, timeout: Duration) -> Stores {
    let memory = MemoryStore::new().stores();
    let options = Options { timeout, ..Options::default() };
    let log = Arc::clone(&memory.revocations);
    RedisStore::open(&url.parse().unwrap(), log, &options).await.unwrap().beside(memory)
}

/// The way to the keys themselves, to look at what is there and to put there what a crash would leave.
struct Keys {
    link: Link,
    names: Names,
}

impl Keys {
    async fn at(url: &str) -> Self {
        let url: SessionsUrl = url.parse().unwrap();
        let (SessionsUrl::Redis(server) | SessionsUrl::RedisCluster(server)) = &url;
        let names = Names::new(server.prefix.as_deref().unwrap_or(super::PREFIX));
        Self { link: probe::connect(&url, &names, &Options::patient()).await.unwrap(), names }
    }

    /// Sends a command whose second word is the key.
    async fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        self.link.command(words[1], &command).await.unwrap()
    }

    /// All keys with our prefix.
    async fn all(&self) -> Vec<String> {
        let mut keys = Vec::new();
        for server in self.link.masters().await.unwrap().0 {
            let mut command = redis::cmd("KEYS");
            command.arg(format!("{}*", self.names.prefix()));
            let found = server.ask(command).await.unwrap().unwrap();
            keys.extend(redis::from_redis_value::<Vec<String>>(found).unwrap());
        }
        keys.retain(|key| !key.contains("probe:"));
        keys
    }
}

/// In the year 2030, when nothing of this expires by Redis' own clock.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_900_000_000_000 + millis)
}

fn bytes<const N: usize>(number: u16) -> [u8; N] {
    let mut bytes = [0xC3; N];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn user(number: u16) -> UserId {
    UserId::from_bytes(bytes(number))
}

fn id(number: u16) -> SessionId {
    SessionId::from_bytes(bytes(number))
}

fn hash(number: u16) -> SecretHash {
    SecretHash::from_bytes(bytes(number))
}

fn session(number: u16, of: u16) -> Session {
    Session {
        id: id(number),
        user: user(of),
        client: ClientId::parse("web").unwrap(),
        kind: Kind::Session,
        generation: 0,
        scopes: Vec::new(),
        authenticated_at: at(0),
        last_seen_at: at(0),
        expires_at: at(3_600_000),
        origin: Origin::default(),
        position: Position(7),
    }
}

fn reference(number: u16, of: u16) -> Grant {
    Grant::Reference(Reference {
        hash: hash(number),
        session: id(of),
        client: ClientId::parse("web").unwrap(),
        scopes: Vec::new(),
        idle: None,
        idle_expires_at: None,
        expires_at: at(3_600_000),
        position: Position(8),
    })
}

fn family(number: u16, of: u16) -> Family {
    Family {
        id: FamilyId::from_bytes(bytes(number)),
        session: id(of),
        client: ClientId::parse("web").unwrap(),
        scopes: Vec::new(),
        generation: 0,
        hash: hash(number),
        rotated_at: at(0),
        expires_at: at(3_600_000),
        position: Position(9),
    }
}

/// What becomes of a family when it rotates.
fn rotated(family: &Family, to: u16) -> Family {
    Family { generation: family.generation + 1, hash: hash(to), rotated_at: at(1), ..family.clone() }
}
