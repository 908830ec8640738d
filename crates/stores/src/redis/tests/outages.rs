//! A server that does not answer, goes, and comes back.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::account::{User, UserState, Username};
use counterfoil_core::password::PasswordHash;
use counterfoil_core::revocation::{Entry, Position, Standing, Target};
use counterfoil_core::session::Grant;
use counterfoil_core::store::{Announcement, Revocations, StoreError, Stores};
use tokio::time::Instant;
use xtask::services::{Options, Proxy, Redis};

use super::{PATIENCE, SOONER_OR_LATER, at, family, hash, id, reference, rotated, session, stores_within, user};
use crate::memory::MemoryStore;
use crate::redis::RedisStore;

async fn resumes(stores: &Stores) {
    let start = Instant::now();
    while stores.sessions.by_reference(&hash(1)).await.is_err() {
        assert!(start.elapsed() < SOONER_OR_LATER, "it does not resume by itself");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[track_caller]
fn assert_unavailable<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}

#[tokio::test]
async fn a_paused_server_is_unavailable_in_time_and_resumes() {
    let mut server = Redis::start(&Options::default()).unwrap();
    let stores = stores_within(&server.url(), PATIENCE).await;
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    assert!(stores.sessions.attach(&Grant::Family(family(1, 1))).await.unwrap());
    server.pause().unwrap();
    let start = Instant::now();
    assert_unavailable(&stores.sessions.rotate(&family(1, 1), &rotated(&family(1, 1), 2)).await);
    assert!(start.elapsed() < SOONER_OR_LATER, "{:?}", start.elapsed());
    let mut waited = 0;
    for _ in 0..40 {
        let start = Instant::now();
        assert_unavailable(&stores.sessions.by_reference(&hash(1)).await);
        waited += usize::from(start.elapsed() >= PATIENCE);
    }
    assert!(waited < 20, "most of them do not wait: {waited}");
    server.resume().unwrap();
    resumes(&stores).await;
    // The rotation was carried out once or never, and is not carried out again.
    let found = stores.sessions.by_family(family(1, 1).id).await.unwrap().unwrap().0;
    assert!(found == family(1, 1) || found == rotated(&family(1, 1), 2));
    assert!(stores.sessions.rotate(&found, &rotated(&found, 3)).await.unwrap());
}

#[tokio::test]
async fn a_server_that_was_killed_has_what_was_acknowledged_when_it_is_back() {
    let mut server = Redis::start(&Options::default().durable()).unwrap();
    let stores = stores_within(&server.url(), PATIENCE).await;
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    stores.sessions.open(&session(2, 1), &reference(2, 2)).await.unwrap();
    assert!(stores.sessions.end(id(2), &[]).await.unwrap());
    server.kill().unwrap();
    assert_unavailable(&stores.sessions.by_reference(&hash(1)).await);
    assert_unavailable(&stores.sessions.list(user(1), at(1), usize::MAX).await);
    assert_unavailable(&stores.sessions.end(id(1), &[]).await);
    assert_unavailable(&stores.sessions.ready().await);
    server.start_again().unwrap();
    resumes(&stores).await;
    assert_eq!(stores.sessions.by_reference(&hash(1)).await.unwrap().unwrap().1.id, id(1));
    assert_eq!(stores.sessions.by_reference(&hash(2)).await.unwrap(), None);
    assert_eq!(stores.sessions.list(user(1), at(1), usize::MAX).await.unwrap().len(), 1);
    stores.sessions.ready().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_the_server_closed_costs_no_write() {
    let server = Redis::start(&Options::default()).unwrap();
    let stores = stores_within(&server.url(), PATIENCE).await;
    for number in 1..=5 {
        server.query(&["CLIENT", "KILL", "TYPE", "NORMAL", "SKIPME", "yes"]).unwrap();
        // Closed once the server lists nobody but whoever asks for the list; and then it is to be noticed.
        while server.query(&["CLIENT", "LIST", "TYPE", "NORMAL"]).unwrap().trim().lines().count() > 1 {}
        tokio::time::sleep(Duration::from_millis(100)).await;
        stores.sessions.open(&session(number, 1), &reference(number, number)).await.unwrap();
    }
}

#[tokio::test]
async fn a_way_that_is_cut_off_or_leads_nowhere_is_unavailable_and_heals() {
    let server = Redis::start(&Options::default()).unwrap();
    let proxy = Proxy::to(server.port()).unwrap();
    let url = server.url().replace(&server.port().to_string(), &proxy.port().to_string());
    let stores = stores_within(&url, PATIENCE).await;
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    for cut in [true, false] {
        if cut {
            proxy.cut();
        } else {
            proxy.stall();
        }
        assert_unavailable(&stores.sessions.by_reference(&hash(1)).await);
        proxy.restore().unwrap();
        resumes(&stores).await;
    }
}

#[tokio::test]
async fn an_end_is_in_the_log_before_anything_is_removed() {
    let mut server = Redis::start(&Options::default()).unwrap();
    let memory = MemoryStore::new().stores();
    let options = crate::server::Options { timeout: PATIENCE, ..Default::default() };
    let store = RedisStore::open(&server.url().parse().unwrap(), memory.revocations.clone(), &options).await.unwrap();
    let stores = store.beside(memory);
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    server.pause().unwrap();
    let line = Announcement { target: Target::Changed { user: user(1), version: 1, roles: None }, expires_at: at(1) };
    assert_unavailable(&stores.sessions.end(id(1), &[line]).await);
    assert_eq!(stores.revocations.count().await.unwrap(), 1, "whoever follows the log knows");
    server.resume().unwrap();
    resumes(&stores).await;
    stores.sessions.end(id(1), &[]).await.unwrap();
    assert_eq!(stores.sessions.by_reference(&hash(1)).await.unwrap(), None, "a repeat works");
}

#[tokio::test]
async fn a_full_server_takes_nothing_and_loses_nothing() {
    let server = Redis::start(&Options::default()).unwrap();
    let stores = stores_within(&server.url(), PATIENCE).await;
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    server.query(&["CONFIG", "SET", "maxmemory", "1"]).unwrap();
    assert_unavailable(&stores.sessions.open(&session(2, 1), &reference(2, 2)).await);
    assert_unavailable(&stores.sessions.ready().await);
    assert!(stores.sessions.by_reference(&hash(1)).await.unwrap().is_some());
    assert!(stores.sessions.end(id(1), &[]).await.unwrap(), "an end needs no memory");
    server.query(&["CONFIG", "SET", "maxmemory", "0"]).unwrap();
    stores.sessions.open(&session(2, 1), &reference(2, 2)).await.unwrap();
}

#[tokio::test]
async fn a_user_is_removed_whether_or_not_redis_is_there() {
    let mut server = Redis::start(&Options::default()).unwrap();
    let stores = stores_within(&server.url(), PATIENCE).await;
    for number in [1, 2] {
        stores.users.add(&account(number)).await.unwrap().unwrap();
        stores.sessions.open(&session(number, number), &reference(number, number)).await.unwrap();
    }
    server.pause().unwrap();
    assert!(stores.users.remove(user(1), &[]).await.unwrap());
    assert!(stores.users.by_id(user(1)).await.unwrap().is_none());
    server.resume().unwrap();
    resumes(&stores).await;
    assert!(stores.users.remove(user(2), &[]).await.unwrap());
    assert_eq!(stores.sessions.by_reference(&hash(2)).await.unwrap(), None);
}

fn account(number: u16) -> User {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    User {
        id: user(number),
        username: Username::parse(&format!("user{number}")).unwrap(),
        email: None,
        password: PasswordHash::parse(&format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}")).unwrap(),
        roles: std::collections::BTreeSet::new(),
        metadata: serde_json::Map::new(),
        state: UserState::Active,
        standing: Standing::default(),
        version: 1,
        created_at: at(0),
    }
}

/// A log that takes nothing.
struct BrokenLog;

#[async_trait::async_trait]
impl Revocations for BrokenLog {
    async fn append(&self, _: &[Announcement]) -> Result<Position, StoreError> {
        Err(StoreError::Unavailable("it takes nothing".into()))
    }

    async fn after(&self, _: Position, _: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(Vec::new())
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(Position(0))
    }

    async fn purge(&self, _: Timestamp, _: usize) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn import(&self, _: &[Entry], _: Position) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn an_end_that_cannot_be_announced_removes_nothing() {
    let server = Redis::start(&Options::default()).unwrap();
    let store =
        RedisStore::open(&server.url().parse().unwrap(), Arc::new(BrokenLog), &crate::server::Options::patient())
            .await
            .unwrap();
    let stores = store.beside(MemoryStore::new().stores());
    stores.sessions.open(&session(1, 1), &reference(1, 1)).await.unwrap();
    let line = Announcement { target: Target::Changed { user: user(1), version: 1, roles: None }, expires_at: at(1) };
    assert_unavailable(&stores.sessions.end(id(1), &[line]).await);
    assert!(stores.sessions.by_reference(&hash(1)).await.unwrap().is_some());
}
