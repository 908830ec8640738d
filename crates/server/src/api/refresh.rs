//! `/refresh`: a new credential for a refresh token. And, below that path as only there a browser sends its refresh token,
//! what pages need of it: they have no script that could ask for a refresh.

use axum::extract::{Query, Request};
use axum::response::{IntoResponse as _, Redirect, Response};
use counterfoil_core::authority::RefreshError;
use counterfoil_core::credential::{Transport, jwt};
use counterfoil_core::jose;
use counterfoil_core::verifier::{Denied, Refusal};
use counterfoil_guard::{Denial, Guard};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::account::prefilled;
use super::behalf::OnBehalf;
use super::return_to::{by_way_of, within_site};
use super::view::LoginAnswer;
use crate::http::{Body, Failure, cookie, no_refresh_token};

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
pub(super) async fn refresh(OnBehalf(app): OnBehalf, request: Request) -> Result<Response, Failure> {
    let elsewhere = app.guard.origins().proven(request.uri(), request.headers()) == Some(false);
    let planted = app.refresh_cookie(&request)?;
    let Body(Refresh { refresh_token }) = Body::read_optional(request).await?;
    let token = match (refresh_token, planted) {
        (Some(_), Some(_)) => return Err(Denial::Ambiguous.problem().into()),
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => return Err(no_refresh_token().into()),
    };
    let issued = app.authority.refresh(&token).await?;
    // Another site's form with a token of its own must not log its visitor in (login CSRF): that takes a cookie.
    if elsewhere && issued.client.transport == Transport::Cookie {
        return Err(app.cross_site());
    }
    Ok(app.hand_out(&issued))
}

/// What the redirect to the page says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    return_to: Option<String>,
}

/// Renews the login of a browser whose access token has expired, and sends it back to where it was going; to `/login` when
/// that fails. No page: a stop on the way to one.
///
/// This is a GET that changes something, as a browser can be sent here by nothing else. It may be repeated: within the window
/// of reuse the same token has the same successor. What it does is nothing to whoever makes a browser come here: the cookie is
/// `SameSite=Lax`, so only one that really goes here brings it; the answer shows nothing, and leads nowhere but to this
/// site. `Sec-Fetch-Site` is not asked, for a link elsewhere to a page of ours is followed by this redirect, still as
/// `cross-site`.
pub(super) async fn page(OnBehalf(app): OnBehalf, request: Request) -> Response {
    let Ok(Query(link)) = Query::<Link>::try_from_uri(request.uri()) else { return prefilled() };
    let return_to = within_site(link.return_to.as_deref());
    let planted = match app.refresh_cookie(&request) {
        Ok(planted) => planted,
        Err(failure) => return failure.into_response(),
    };
    let headers = request.headers().clone();
    drop(request);
    match app.renew(&headers, planted.as_deref()).await {
        Ok(cookies) => (cookies, Redirect::to(return_to)).into_response(),
        Err(Failure(problem)) if problem.status == StatusCode::UNAUTHORIZED => {
            let mut response = by_way_of("/login", return_to).into_response();
            // What counts for nothing is not to be brought again. Of a browser that has brought nothing it is not known: from
            // a link elsewhere, cookies that are `SameSite=Strict` do not come along.
            if app.brings_cookies(&headers) {
                app.clear_cookies(response.headers_mut());
            }
            response
        }
        Err(failure) => failure.into_response(),
    }
}

/// Ends the login that a browser's refresh token belongs to: `POST /logout` sends it here when its access token has expired.
pub(super) async fn log_out(OnBehalf(app): OnBehalf, request: Request) -> Result<Response, Failure> {
    if !app.guard.origins().admit(request.method(), request.uri(), request.headers()) {
        return Err(app.cross_site());
    }
    let ended = match app.refresh_cookie(&request)? {
        Some(token) => app.authority.logout_by_refresh(&token).await?,
        None => false,
    };
    Ok(if ended { app.logged_out(Redirect::to("/login?notice=logged-out")) } else { app.nothing_to_end() })
}

/// Whether a credential that was refused is one that a browser may have a refresh token for: a JWT of ours in a cookie, with
/// which nothing is wrong but its age.
pub(super) fn may_be_refreshed(guard: &Guard, headers: &HeaderMap) -> bool {
    let Ok(Some(found)) = guard.present(headers) else { return false };
    found.transport == Transport::Cookie
        && matches!(
            guard.verifier().verify_jwt(found.text),
            Err(Denied::Refused(Refusal::Token(jwt::Refusal::Token(jose::Refusal::Expired))))
        )
}

impl App {
    /// The cookies of a renewed login. None are new when the browser's credential counts still.
    async fn renew(&self, headers: &HeaderMap, planted: Option<&str>) -> Result<HeaderMap, Failure> {
        let mut cookies = HeaderMap::new();
        if let Ok(Some(found)) = self.guard.present(headers) {
            match self.guard.verifier().verify(found.text).await {
                Ok(_) => return Ok(cookies),
                // What may count still is not to be taken away.
                Err(denied @ Denied::Unsure(_)) => return Err(Denial::from(denied).problem().into()),
                Err(Denied::Refused(_)) => {}
            }
        }
        let token = planted.ok_or_else(no_refresh_token)?;
        let issued = self.authority.refresh(token).await?;
        // Without a new cookie, the old one would lead here again, and so on.
        if issued.client.transport != Transport::Cookie {
            return Err(RefreshError::InvalidGrant("its client uses cookies no more").into());
        }
        self.set_cookies(&mut cookies, &issued);
        Ok(cookies)
    }

    /// Whether a browser has brought any cookie of a login, whatever is in it.
    fn brings_cookies(&self, headers: &HeaderMap) -> bool {
        let refresh = counterfoil_guard::cookies(headers, cookie::refresh_name(self.https).as_bytes()).next().is_some();
        refresh || !matches!(self.guard.present(headers), Ok(None))
    }

    /// The refresh token in a cookie. Two of them are none.
    fn refresh_cookie(&self, request: &Request) -> Result<Option<String>, Failure> {
        let name = cookie::refresh_name(self.https).as_bytes();
        let mut values = counterfoil_guard::cookies(request.headers(), name);
        let (Some(value), None) = (values.next(), values.next()) else { return Ok(None) };
        if !self.guard.origins().admit(request.method(), request.uri(), request.headers()) {
            return Err(self.cross_site());
        }
        Ok(std::str::from_utf8(value).ok().map(str::to_owned))
    }
}
