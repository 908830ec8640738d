//! `/logout`: the end of a login.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::credential::Transport;
use counterfoil_core::verifier::{Denied, Verifier};
use counterfoil_guard::{Denial, Problem};
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
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
pub(super) async fn logout(State(app): State<App>, request: Request) -> Response {
    let page = wants_page(request.headers());
    match app.log_out(request).await {
        Ok(()) if page => {
            let mut response = Redirect::to("/login?notice=logged-out").into_response();
            app.clear_cookies(response.headers_mut());
            clear_site_data(&mut response);
            response
        }
        Ok(()) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            app.clear_cookies(response.headers_mut());
            clear_site_data(&mut response);
            response.headers_mut().insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        // Who is logged in no more and wants to log out is where they want to be.
        Err(Failure(problem)) if page && problem.status == StatusCode::UNAUTHORIZED => {
            let mut response = Redirect::to("/login?notice=logged-out").into_response();
            app.clear_cookies(response.headers_mut());
            response
        }
        Err(failure) => failure.into_response(),
    }
}

impl App {
    async fn log_out(&self, request: Request) -> Result<(), Failure> {
        let credential = self.guard.present(request.headers()).map_err(|denial| denial.problem())?;
        let credential = credential.map(|found| (found.text.to_owned(), found.transport));
        let admitted = self.guard.origins().admit(request.method(), request.uri(), request.headers());
        if matches!(credential, Some((_, Transport::Cookie))) && !admitted {
            return Err(Denial::CrossSite.problem().into());
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

/// Tells a browser to forget what it keeps of this site's pages.
fn clear_site_data(response: &mut Response) {
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
}
