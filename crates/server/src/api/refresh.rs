//! `/refresh`: a new credential for a refresh token.

use axum::extract::{Request, State};
use axum::response::Response;
use counterfoil_core::authority::RefreshError;
use counterfoil_guard::Denial;
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::view::LoginAnswer;
use crate::http::{Body, Failure, cookie};

/// A refresh token. A browser has it in a cookie instead.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Refresh {
    /// It is used up by this, and its successor is in the answer.
    refresh_token: Option<String>,
}

/// Renews a credential. Two callers with one token get the same answer; a token that was given up long ago ends the login.
#[utoipa::path(
    post, path = "/refresh", request_body = Option<Refresh>, tag = "logins",
    responses(
        (status = 200, body = LoginAnswer),
        (status = 401, description = "`invalid-grant`"),
        (status = 403, description = "`cross-site`, for a cookie"),
        (status = 503, description = "Try again with the same token"),
    )
)]
pub(super) async fn refresh(State(app): State<App>, request: Request) -> Result<Response, Failure> {
    let planted = app.refresh_cookie(&request)?;
    let Body(Refresh { refresh_token }) = Body::read_optional(request).await?;
    let token = match (refresh_token, planted) {
        (Some(_), Some(_)) => return Err(Denial::Ambiguous.problem().into()),
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => return Err(RefreshError::InvalidGrant("there is none").into()),
    };
    Ok(app.hand_out(&app.authority.refresh(&token).await?))
}

impl App {
    /// The refresh token in a cookie. Two of them are none.
    fn refresh_cookie(&self, request: &Request) -> Result<Option<String>, Failure> {
        let name = cookie::refresh_name(self.https).as_bytes();
        let mut values = counterfoil_guard::cookies(request.headers(), name);
        let (Some(value), None) = (values.next(), values.next()) else { return Ok(None) };
        if !self.guard.origins().admit(request.method(), request.uri(), request.headers()) {
            return Err(Denial::CrossSite.problem().into());
        }
        Ok(std::str::from_utf8(value).ok().map(str::to_owned))
    }
}
