//! `/healthz` and `/readyz`: for whoever keeps the server running.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::store::StoreError;
use counterfoil_guard::Problem;
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::App;

/// How long a part may take to answer before it counts as down: whoever asks gives up soon as well.
const PATIENCE: Duration = Duration::from_secs(1);

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
    /// Whether the feed of revocations is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    feed: Option<&'static str>,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operators", responses((status = 200, body = Health)))]
pub(super) async fn alive() -> Json<Health> {
    Json(Health { status: "ok", store: None, sessions: None, feed: None })
}

/// The stores answer and the feed of revocations is live; a 503 says which does not.
#[utoipa::path(
    get, path = "/readyz", tag = "operators",
    responses(
        (status = 200, body = Health),
        (status = 503, description = "`unavailable`, with the members `store`, `sessions` and `feed`: each `ok` or `unavailable`"),
    )
)]
pub(super) async fn ready(State(app): State<App>) -> Response {
    let stores = &app.authority.stores;
    let sessions =
        async { if app.sessions_apart { Some(answers("sessions", stores.sessions.ready()).await) } else { None } };
    let (store, sessions) = tokio::join!(answers("store", stores.facts.ready()), sessions);
    let feed = app.guard.verifier().feed_is_live();
    let parts = [("store", Some(store)), ("sessions", sessions), ("feed", Some(feed))];
    let word = |well| if well { "ok" } else { "unavailable" };
    if parts.iter().all(|(_, well)| *well != Some(false)) {
        let [store, sessions, feed] = parts.map(|(_, well)| well.map(word));
        return Json(Health { status: "ok", store, sessions, feed }).into_response();
    }
    let down: Vec<&str> = parts.iter().filter(|(_, well)| *well == Some(false)).map(|(part, _)| *part).collect();
    let mut problem = Problem::unavailable(1);
    problem.detail = format!("Not ready: what does not answer is {}.", down.join(", "));
    let told = parts.into_iter().filter_map(|(part, well)| Some((part, well?)));
    told.fold(problem, |problem, (part, well)| problem.with(part, word(well))).into_response()
}

async fn answers(part: &'static str, asked: impl Future<Output = Result<(), StoreError>>) -> bool {
    match timeout(PATIENCE, asked).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(part, error = &error as &dyn std::error::Error, "not ready: a store does not answer");
            false
        }
        Err(_) => {
            tracing::warn!(part, "not ready: a store has not answered within a second");
            false
        }
    }
}
