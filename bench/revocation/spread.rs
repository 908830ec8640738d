//! How soon an end on one node is obeyed on the other, and how long its answer takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use counterfoil_bench::{Outcome, log_in};
use counterfoil_core::Clock as _;
use counterfoil_core::credential::Identity;
use counterfoil_core::id::SessionId;
use counterfoil_core::verifier::Verifier;
use tokio::runtime::Handle;

use crate::latencies::{Latencies, now};
use crate::node::Node;

/// A client for each kind, in turn: a session id, an opaque token, an ES256 token.
pub(crate) const CLIENTS: [&str; 3] = ["web", "device", "stateless"];
/// How long the other node rests between two checks.
const REST: Duration = Duration::from_micros(50);
/// The same once it has refused: then each check is a look into the store, which has other things to do.
const REST_REFUSED: Duration = Duration::from_millis(1);
/// How many checks are made after the answer, in search of one that is accepted.
const AFTER: u32 = 5;

/// What the other node did while logins were ended on the first.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    /// From the beginning of the call to the first check that was refused.
    pub(crate) refused: Latencies,
    /// From the last check that was accepted to the answer, where it was before the answer.
    pub(crate) ahead: Latencies,
    /// Checks that began after the answer and were accepted. Anything but nought is a defect.
    pub(crate) late: u32,
}

/// Ends a login on `one` again and again while its credential is used on `other` all the time.
pub(crate) async fn measure(one: &Node, other: &Node, user: &Identity, rounds: u32) -> Outcome<Spread> {
    let mut spread = Spread::default();
    for (round, client) in (0..rounds).zip(CLIENTS.into_iter().cycle()) {
        let text = log_in_anew(one, user, client).await?;
        let identity = one.verifier.verify(&text).await?;
        let logout = async { Ok(one.authority.logout(&identity).await?) };
        spread.watch(other, text, round, logout).await?;
    }
    Ok(spread)
}

impl Spread {
    /// Uses a credential on a node all the time while `end` ends it.
    pub(crate) async fn watch(
        &mut self,
        other: &Node,
        text: String,
        round: u32,
        end: impl Future<Output = Outcome<()>>,
    ) -> Outcome<()> {
        other.verifier.verify(&text).await?;
        let answered = Arc::new(AtomicBool::new(false));
        let (verifier, flag) = (Arc::clone(&other.verifier), Arc::clone(&answered));
        let watching = tokio::task::spawn_blocking(move || watch(&verifier, &text, &flag, &Handle::current()));
        // At any phase of whatever the other node does at intervals.
        tokio::time::sleep(Duration::from_millis(u64::from(5 + round * 37 % 100))).await;
        let began = now();
        let outcome = end.await;
        let ended = now();
        answered.store(true, Ordering::Release);

        let Watched { accepted, refused, late } = watching.await?.ok_or("it was refused before it was revoked")?;
        outcome?;
        if refused < began {
            return Err("it was refused before it was revoked".into());
        }
        self.refused.push(refused - began);
        self.ahead.push(ended.saturating_duration_since(accepted));
        self.late += late;
        Ok(())
    }
}

/// A login of its own: what is only exchanged belongs to the old one's login, and ends with it.
pub(crate) async fn log_in_anew(node: &Node, user: &Identity, client: &str) -> Outcome<String> {
    let authority = &node.authority;
    let login = SessionId::new(authority.clock.now(), &*authority.entropy)?;
    let user = Identity { login, ..user.clone() };
    Ok(log_in(authority, &user, client).await?.0)
}

/// How one credential fared.
struct Watched {
    /// When the last check that was accepted began.
    accepted: Instant,
    /// When the first check after it began.
    refused: Instant,
    /// How many were accepted that began after the answer.
    late: u32,
}

/// Checks a credential as a request would, until some time after the answer. `None`: it was never accepted.
fn watch(verifier: &Verifier, text: &str, answered: &AtomicBool, runtime: &Handle) -> Option<Watched> {
    let (mut accepted, mut refused, mut late, mut after) = (None, None, 0, 0);
    while after < AFTER {
        let is_after = answered.load(Ordering::Acquire);
        let began = now();
        if verifier.recall(text).is_some() || runtime.block_on(verifier.verify(text)).is_ok() {
            (accepted, refused) = (Some(began), None);
            late += u32::from(is_after);
        } else {
            refused.get_or_insert(began);
        }
        after += u32::from(is_after);
        thread::sleep(if refused.is_some() { REST_REFUSED } else { REST });
    }
    Some(Watched { accepted: accepted?, refused: refused?, late })
}

/// How long logouts take on `node` while nobody uses what they end.
pub(crate) async fn logouts(node: &Node, user: &Identity, rounds: u32) -> Outcome<Latencies> {
    let mut latencies = Latencies::default();
    for (round, client) in (0..rounds).zip(CLIENTS.into_iter().cycle()) {
        let text = log_in_anew(node, user, client).await?;
        let identity = node.verifier.verify(&text).await?;
        tokio::time::sleep(Duration::from_millis(u64::from(round * 37 % 100))).await;
        let began = now();
        node.authority.logout(&identity).await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}

/// How long the first check of a login takes on a node that has never seen it: it is read from the store.
pub(crate) async fn misses(one: &Node, other: &Node, user: &Identity, rounds: u32) -> Outcome<Latencies> {
    let mut latencies = Latencies::default();
    for _ in 0..rounds {
        let text = log_in_anew(one, user, "web").await?;
        let began = now();
        other.verifier.verify(&text).await?;
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}
