//! `/logout`: the end of a login.

use axum::extract::Request;
use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::credential::Transport;
use counterfoil_core::verifier::{Denied, Verifier};
use counterfoil_guard::{Denial, Problem};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::behalf::OnBehalf;
use super::refresh::may_be_refreshed;
use crate::http::{Body, Failure, wants_page};

/// A refresh token, for a caller that has nothing else left.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Logout {
    /// It ends its login.
    refresh_token: Option<String>,
}

/// Ends the login that the request's credential, or the refresh token in its body, belongs to. Once this has answered, no
/// credential of that login counts.
#[utoipa::path(
    post, path = "/logout", request_body = Option<Logout>, tag = "logins", security(("bearer" = []), ("cookie" = [])),
    responses(
        (status = 204, description = "Ended; cookies are cleared"),
        (status = 401, description = "Nobody was logged in by that"),
        (status = 503, description = "It could not be made durable: the login has not ended"),
    )
)]
pub(super) async fn logout(OnBehalf(app): OnBehalf, request: Request) -> Response {
    let page = wants_page(request.headers());
    let from_here = app.guard.origins().admit(request.method(), request.uri(), request.headers());
    let from_elsewhere = app.guard.origins().proven(request.uri(), request.headers()) == Some(false);
    let expired = may_be_refreshed(&app.guard, request.headers());
    match app.log_out(request).await {
        // By a token of its own, another site ends its own login; this browser's cookies are another's.
        Ok(()) if from_elsewhere => StatusCode::NO_CONTENT.into_response(),
        Ok(()) if page => app.logged_out(Redirect::to("/login?notice=logged-out")),
        Ok(()) => app.logged_out(StatusCode::NO_CONTENT),
        Err(Failure(problem)) if page && problem.status == StatusCode::UNAUTHORIZED => match () {
            // The login may live on by its refresh token, which a browser does not send here.
            () if expired => Redirect::temporary("/refresh/logout").into_response(),
            () if from_here => app.nothing_to_end(),
            // Another site's form is sent without our cookies, and is not to take them away.
            () => Redirect::to("/login?notice=ended").into_response(),
        },
        Err(failure) => failure.into_response(),
    }
}

impl App {
    /// The answer when a login was ended: its browser forgets it.
    pub(super) fn logged_out(&self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        self.clear_cookies(response.headers_mut());
        response.headers_mut().insert("clear-site-data", self.leaves_behind.forgotten());
        response
    }

    /// The answer to a browser that wanted to log out and has no login that counts: nothing is said to be ended.
    pub(super) fn nothing_to_end(&self) -> Response {
        let mut response = Redirect::to("/login?notice=ended").into_response();
        self.clear_cookies(response.headers_mut());
        response
    }

    async fn log_out(&self, request: Request) -> Result<(), Failure> {
        let credential = self.guard.present(request.headers()).map_err(|denial| denial.problem())?;
        let credential = credential.map(|found| (found.text.to_owned(), found.transport));
        let admitted = self.guard.origins().admit(request.method(), request.uri(), request.headers());
        if matches!(credential, Some((_, Transport::Cookie))) && !admitted {
            return Err(self.cross_site());
        }
        let Body(Logout { refresh_token }) = Body::read_optional(request).await?;
        match (credential, refresh_token) {
            (Some(_), Some(_)) => Err(Denial::Ambiguous.problem().into()),
            (Some((text, transport)), None) => self.log_out_by(&text, transport).await,
            (None, Some(token)) => {
                if self.authority.logout_by_refresh(&token).await? {
                    Ok(())
                } else {
                    Err(Problem::unauthorized(true).into())
                }
            }
            (None, None) => Err(Problem::unauthorized(false).into()),
        }
    }

    async fn log_out_by(&self, text: &str, transport: Transport) -> Result<(), Failure> {
        let verifier: &Verifier = self.guard.verifier();
        let identity = verifier.verify(text).await.map_err(|denied: Denied| Denial::from(denied).problem())?;
        if identity.kind == counterfoil_core::credential::Kind::Session && transport == Transport::Bearer {
            return Err(Problem::unauthorized(true).into());
        }
        Ok(self.authority.logout(&identity).await?)
    }
}

/// What a browser forgets of this origin at a log-out. Never its cookies: that would be those of the whole registrable domain,
/// other apps' too (Clear Site Data §4.2.3); ours are taken back by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeavesBehind {
    /// Nothing: the pages that it has kept, and what they have stored.
    Nothing,
    /// What pages have stored. An app of the same origin keeps drafts and settings there, for the next login as well.
    Storage,
}

impl LeavesBehind {
    fn forgotten(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Nothing => "\"cache\", \"storage\"",
            Self::Storage => "\"cache\"",
        })
    }
}
