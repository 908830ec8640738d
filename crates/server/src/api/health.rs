//! `/healthz` and `/readyz`: for whoever keeps the server running.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;

/// Whether the server can do its work.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`, or `unavailable`.
    status: &'static str,
    /// Whether the store answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'static str>,
    /// Whether the feed of revocations is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    feed: Option<&'static str>,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operators", responses((status = 200, body = Health)))]
pub(super) async fn alive() -> Json<Health> {
    Json(Health { status: "ok", store: None, feed: None })
}

/// The store answers and the feed of revocations is live; a 503 says which is not.
#[utoipa::path(
    get, path = "/readyz", tag = "operators", responses((status = 200, body = Health), (status = 503, body = Health))
)]
pub(super) async fn ready(State(app): State<App>) -> Response {
    let store = app.authority.stores.facts.ready().await;
    if let Err(error) = &store {
        tracing::warn!(error = error as &dyn std::error::Error, "not ready: the store does not answer");
    }
    let (store, feed) = (store.is_ok(), app.guard.verifier().feed_is_live());
    let word = |well| if well { "ok" } else { "unavailable" };
    let status = if store && feed { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let health = Health { status: word(store && feed), store: Some(word(store)), feed: Some(word(feed)) };
    (status, Json(health)).into_response()
}
