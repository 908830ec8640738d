//! `/.well-known`: what verifiers elsewhere need.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::jose::PublicJwk;
use counterfoil_core::keys::KeyState;
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde::Serialize;

use super::App;

/// A set of public keys (RFC 7517 §5).
#[derive(Serialize)]
struct KeySet {
    keys: Vec<PublicJwk>,
}

/// The public keys that tokens are verified with: next, active and retired. A shared secret is never among them.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "operators",
    responses((status = 200, body = Object, description = "A JWK set (RFC 7517)"))
)]
pub(super) async fn jwks(State(app): State<App>) -> Response {
    let view = app.authority.ring.view();
    let published = view.iter().filter(|(_, key)| key.state != KeyState::Revoked);
    let keys = published.filter_map(|(_, key)| key.verifying().to_jwk()).collect();
    let mut response = Json(KeySet { keys }).into_response();
    // Short enough that a key is known before it becomes active.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    response
}
