//! What every store promises, each promise a function that takes an empty store and panics if it is broken.
//!
//! A store's tests call [`conformance!`](crate::conformance) once, which makes each promise a test under its own name:
//!
//! ```text
//! counterfoil_core::conformance!(memory, (MemoryStore::new().stores(), ()));
//! ```
//!
//! The expression is evaluated for each test. It gives an empty [`Stores`] and whatever must live as long as it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "these are tests: they fail by a panic"
)]
#![expect(missing_docs, reason = "the name of a promise says what it is")]

pub mod attempts;
pub mod audit;
pub mod expiry;
pub mod facts;
mod failing;
pub mod faults;
mod fixtures;
pub mod grants;
pub mod guessing;
mod house;
pub mod importing;
pub mod keys;
pub mod mending;
pub mod moving;
pub mod nodes;
mod promises;
pub mod purge;
pub mod revocations;
pub mod sessions;
pub mod users;

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::Stores;

/// How many try the same thing at once where only one may succeed.
const RACERS: usize = 24;

/// Lets [`RACERS`] tasks begin at the same moment, and returns what each of them got.
async fn race<T, F>(stores: &Stores, racer: impl Fn(Stores, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let mut racers = JoinSet::new();
    for number in 0..RACERS {
        let (start, run) = (Arc::clone(&start), racer(stores.clone(), number));
        racers.spawn(async move {
            start.wait().await;
            run.await
        });
    }
    racers.join_all().await
}

/// Races for something that only one may get, and returns how many got it.
async fn winners<F>(stores: &Stores, racer: impl Fn(Stores, usize) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    race(stores, racer).await.into_iter().filter(|won| *won).count()
}
