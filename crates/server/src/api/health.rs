//! `/healthz` and `/readyz`: for whoever keeps the server running.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::store::StoreError;
use counterfoil_guard::Problem;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use super::App;

/// How long a part may take to answer before it counts as down: whoever asks gives up soon as well.
const PATIENCE: Duration = Duration::from_secs(1);
/// For how long what was found is told to others too.
const FRESH: Duration = Duration::from_millis(500);

/// Whether the server can do its work.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
    /// Whether the store answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'static str>,
    /// Whether the store of the sessions answers, where they are kept elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<&'static str>,
    /// Whether the audit log can be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<&'static str>,
    /// Whether the feed of revocations is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    feed: Option<&'static str>,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operators", responses((status = 200, body = Health)))]
pub(super) async fn alive() -> Json<Health> {
    Json(Health { status: "ok", store: None, sessions: None, audit: None, feed: None })
}

/// The stores answer, the audit log can be written and the feed of revocations is live; a 503 says what is not so.
#[utoipa::path(
    get, path = "/readyz", tag = "operators",
    responses(
        (status = 200, body = Health),
        (status = 503, description = "`unavailable`, with the members `store`, `sessions`, `audit` and `feed`, as far as they are known: each `ok` or `unavailable`"),
    )
)]
pub(super) async fn ready(State(app): State<App>) -> Response {
    let Found { store, sessions, audit } = app.probe.recent(|| look(&app)).await;
    let feed = app.guard.verifier().feed_is_live();
    let parts = [("store", Some(store)), ("sessions", sessions), ("audit", audit), ("feed", Some(feed))];
    let word = |well| if well { "ok" } else { "unavailable" };
    if parts.iter().all(|(_, well)| *well != Some(false)) {
        let [store, sessions, audit, feed] = parts.map(|(_, well)| well.map(word));
        return Json(Health { status: "ok", store, sessions, audit, feed }).into_response();
    }
    let down: Vec<&str> = parts.iter().filter(|(_, well)| *well == Some(false)).map(|(part, _)| *part).collect();
    let mut problem = Problem::unavailable(1);
    problem.detail = format!("Not ready: what does not answer is {}.", down.join(", "));
    let told = parts.into_iter().filter_map(|(part, well)| Some((part, well?)));
    told.fold(problem, |problem, (part, well)| problem.with(part, word(well))).into_response()
}

/// Which stores answer, and whether the audit log can be written.
#[derive(Clone, Copy)]
struct Found {
    store: bool,
    /// `None`: they are where everything else is.
    sessions: Option<bool>,
    /// `None`: its store does not answer, so nobody knows.
    audit: Option<bool>,
}

/// What was found last, and when. Anybody may ask, and a look is a durable write that waits for those of others.
#[derive(Clone, Default)]
pub(super) struct Probe {
    last: Arc<Mutex<Option<(Instant, Found)>>>,
}

impl Probe {
    /// What was found within [`FRESH`]. Of those who ask meanwhile one looks, and the others wait for what it finds.
    async fn recent<F: Future<Output = Found>>(&self, look: impl FnOnce() -> F) -> Found {
        let mut last = self.last.lock().await;
        if let Some((when, found)) = *last
            && when.elapsed() < FRESH
        {
            return found;
        }
        let found = look().await;
        *last = Some((Instant::now(), found));
        found
    }
}

async fn look(app: &App) -> Found {
    let stores = &app.authority.stores;
    let sessions =
        async { if app.sessions_apart { Some(answers("sessions", stores.sessions.ready()).await) } else { None } };
    let (store, sessions) = tokio::join!(answers("store", stores.facts.ready()), sessions);
    let audit = if store { Some(answers("audit", app.authority.scribe.ready()).await) } else { None };
    Found { store, sessions, audit }
}

async fn answers(part: &'static str, asked: impl Future<Output = Result<(), StoreError>>) -> bool {
    match timeout(PATIENCE, asked).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(part, error = &error as &dyn std::error::Error, "not ready: a part does not do its work");
            false
        }
        Err(_) => {
            tracing::warn!(part, "not ready: a part has not answered within a second");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_hundred_who_ask_at_once_are_one_look() {
        let (probe, looks) = (Probe::default(), AtomicUsize::new(0));
        let look = || async {
            looks.fetch_add(1, SeqCst);
            tokio::time::sleep(Duration::from_millis(5)).await;
            Found { store: true, sessions: None, audit: None }
        };
        let found = futures_util::future::join_all((0..100).map(|_| probe.recent(look))).await;
        assert!(found.iter().all(|found| found.store));
        assert_eq!(looks.load(SeqCst), 1);
        tokio::time::sleep(FRESH).await;
        probe.recent(look).await;
        assert_eq!(looks.load(SeqCst), 2, "what was found is not believed for ever");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_away_while_it_looks_leaves_it_to_the_next() {
        let probe = Probe::default();
        let gone = timeout(Duration::from_millis(1), probe.recent(std::future::pending)).await;
        assert!(gone.is_err());
        assert!(probe.recent(|| async { Found { store: true, sessions: None, audit: None } }).await.store);
    }
}
