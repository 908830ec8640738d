//! `/verify`: forward-auth, for a proxy that asks before it lets a request through.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use counterfoil_core::credential::Identity;
use counterfoil_guard::{Authenticated, Denial};
use http::{HeaderName, HeaderValue, StatusCode, Uri};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{Failure, Query};

/// What is demanded beyond a credential that counts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Demand {
    /// A role that the user must have.
    role: Option<String>,
    /// A scope that the credential must have.
    scope: Option<String>,
}

/// Tells a proxy who a request speaks for. It counts as a use of the login and changes nothing else.
#[utoipa::path(
    get, path = "/verify", tag = "logins", params(Demand), security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, description = "Empty: who it is stands in its headers", headers(
            ("X-Auth-User" = String, description = "The user's id"),
            ("X-Auth-Username" = String, description = "The username"),
            ("X-Auth-Roles" = String, description = "Roles, with commas between"),
            ("X-Auth-Scopes" = String, description = "Scopes, with spaces between"),
            ("X-Auth-Client" = String, description = "The client that the credential was issued to"),
            ("X-Auth-Session" = String, description = "The stored login; empty where nothing is stored"),
        )),
        (status = 401, description = "Not logged in"),
        (status = 403, description = "The role or scope is lacking"),
    )
)]
pub(super) async fn verify(
    Authenticated(identity): Authenticated,
    Query(demand): Query<Demand>,
) -> Result<Response, Failure> {
    if let Some(role) = demand.role.filter(|role| !identity.has_role(role)) {
        return Err(Denial::Role(role.into()).problem().into());
    }
    if let Some(scope) = demand.scope.filter(|scope| !identity.has_scope(scope)) {
        return Err(Denial::Scope(scope.into()).problem().into());
    }
    Ok(answer(&identity))
}

/// The same for a proxy that asks with the method and the address of the request that it holds back (Envoy's
/// `ext_authz`). That address is the visitor's own, so it demands nothing.
pub(super) async fn verify_held_back(Authenticated(identity): Authenticated) -> Response {
    answer(&identity)
}

/// Takes `/verify/request` off the address, so that a browser that nobody is logged in with is led back to where it was going.
pub(super) async fn as_it_came(mut request: Request) -> Request {
    let mut parts = request.uri().clone().into_parts();
    let held_back = parts.path_and_query.as_ref().and_then(|target| target.as_str().strip_prefix("/verify/request"));
    if let Some(held_back) = held_back.and_then(|target| target.parse().ok()) {
        parts.path_and_query = Some(held_back);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

fn answer(identity: &Identity) -> Response {
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    for (name, value) in facts(identity) {
        // A username may hold letters beyond ASCII: they stand as UTF-8 (RFC 9110 §5.5).
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.insert(name, value);
        }
    }
    response
}

fn facts(identity: &Identity) -> [(HeaderName, String); 6] {
    let joined = |words: Vec<&str>, between: &str| words.join(between);
    [
        (HeaderName::from_static("x-auth-user"), identity.user.to_string()),
        (HeaderName::from_static("x-auth-username"), identity.username.to_string()),
        (
            HeaderName::from_static("x-auth-roles"),
            joined(identity.roles.iter().map(counterfoil_core::id::Role::as_str).collect(), ","),
        ),
        (
            HeaderName::from_static("x-auth-scopes"),
            joined(identity.scopes.iter().map(counterfoil_core::id::Scope::as_str).collect(), " "),
        ),
        (HeaderName::from_static("x-auth-client"), identity.client.to_string()),
        (
            HeaderName::from_static("x-auth-session"),
            identity.session.map(|session| session.to_string()).unwrap_or_default(),
        ),
    ]
}
