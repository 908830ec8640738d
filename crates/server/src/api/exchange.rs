//! `/exchange`: a credential of another client, for the same login.

use axum::response::Response;
use counterfoil_guard::Authenticated;
use serde::Deserialize;
use utoipa::ToSchema;

use super::behalf::OnBehalf;
use super::view::LoginAnswer;
use crate::http::{Failure, Json, Visitor};

/// Which client's credential is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    /// The client.
    client: String,
}

/// Hands out a credential of another client. It lasts no longer than the login, and has no scope that the old one lacks.
#[utoipa::path(
    post, path = "/exchange", request_body = Exchange, tag = "logins", security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 200, body = LoginAnswer),
        (status = 401, description = "Not logged in"),
        (status = 403, description = "The client takes no exchanges, or `cross-site`"),
    )
)]
pub(super) async fn exchange(
    OnBehalf(app): OnBehalf,
    Authenticated(identity): Authenticated,
    visitor: Visitor,
    Json(wish): Json<Exchange>,
) -> Result<Response, Failure> {
    let issued = app.authority.exchange(&identity, &wish.client, visitor.origin).await?;
    Ok(app.hand_out(&issued))
}
