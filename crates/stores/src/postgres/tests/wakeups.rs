//! Whoever follows the log is woken by an append, and is left to ask at intervals while nobody can wake it.

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::revocation::{Announcement, Target};
use counterfoil_core::store::Stores;
use tokio::time::timeout;

use super::super::listener::{LISTEN, Listener};
use super::fresh;
use crate::Changes as _;

const LONG: Duration = Duration::from_mins(10);

async fn append(stores: &Stores) {
    let expires_at = Timestamp::from_millis(i64::MAX);
    stores.revocations.append(&[Announcement { target: Target::Ring, expires_at }]).await.unwrap();
}

async fn is_woken(listener: &mut Listener) {
    timeout(Duration::from_secs(60), listener.wait(LONG)).await.unwrap();
}

#[tokio::test]
async fn an_append_wakes_and_a_lost_connection_is_made_again() {
    let (stores, (store, database)) = fresh().await;
    let mut listener = store.changes();
    is_woken(&mut listener).await;
    for _ in 0..3 {
        assert!(timeout(Duration::from_millis(100), listener.wait(LONG)).await.is_err(), "nothing has happened");
        append(&stores).await;
        is_woken(&mut listener).await;
    }
    let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where query = '{LISTEN}'");
    database.query(&end).unwrap();
    // What was missed meanwhile is news when it listens again.
    is_woken(&mut listener).await;
    append(&stores).await;
    is_woken(&mut listener).await;
    listener.wait(Duration::from_millis(50)).await;
    drop(listener);
    drop(store);
}
