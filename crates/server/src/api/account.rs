//! What only browsers use: the account page's buttons, the pages' style, and errors that people can read.

use askama::Template as _;
use axum::extract::{Path, Request};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use counterfoil_guard::{Authenticated, Denial, Guard, Problem};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use super::behalf::OnBehalf;
use super::refresh::may_be_refreshed;
use super::return_to::{HOME, by_way_of};
use crate::http::headers::RequestId;
use crate::http::{Failure, wants_page};
use crate::pages::{ErrorPage, assets};

/// `/`: a browser is shown its account.
pub(super) async fn front() -> Redirect {
    Redirect::to(HOME)
}

/// Ends one login, by its button.
pub(super) async fn end_session(
    OnBehalf(app): OnBehalf,
    Authenticated(identity): Authenticated,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    // One that has ended meanwhile is as its user wants it.
    if let Ok(id) = id.parse() {
        app.authority.end_own_session(identity.user, id).await?;
    }
    Ok(Redirect::to("/dashboard?notice=login-ended"))
}

/// Ends all logins but this one, by their button.
pub(super) async fn end_other_sessions(
    OnBehalf(app): OnBehalf,
    Authenticated(identity): Authenticated,
) -> Result<Redirect, Failure> {
    if !app.authority.end_all(&identity, true).await? {
        return Err(Problem::unauthorized(true).into());
    }
    Ok(Redirect::to("/dashboard?notice=others-ended"))
}

/// A file that pages refer to. Its name holds its hash, so it may be kept for a year.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match assets::asset(&format!("/assets/{name}")) {
        Some((media_type, bytes)) => {
            let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, bytes).into_response()
        }
        None => Problem::new(StatusCode::NOT_FOUND, "not-found", "Not found", "There is no such file.").into_response(),
    }
}

/// Answers a request that `guard` turns away: a browser that is not logged in is shown where to, and one whose token has
/// expired by way of a refresh.
pub(super) fn turn_away(guard: &Guard, parts: &Parts, denial: &Denial) -> Response {
    if !matches!(denial, Denial::Anonymous | Denial::Refused) || !wants_page(&parts.headers) {
        return denial.problem().into_response();
    }
    let expired = matches!(denial, Denial::Refused) && may_be_refreshed(guard, &parts.headers);
    let here = parts.uri.path_and_query().map_or(HOME, http::uri::PathAndQuery::as_str);
    let redirect = match (parts.method.is_safe(), expired) {
        (true, true) => by_way_of("/refresh/page", here),
        (true, false) => by_way_of("/login", here),
        // What was typed is lost on the way, and is not done.
        (false, true) => by_way_of("/refresh/page", "/dashboard?notice=not-done"),
        (false, false) => Redirect::to("/login?notice=ended"),
    };
    redirect.into_response()
}

/// The same for forward-auth, which must answer 401 to whoever asks, browsers included.
pub(super) fn turn_away_plainly(_: &Parts, denial: &Denial) -> Response {
    let mut response = denial.problem().into_response();
    response.extensions_mut().remove::<Problem>();
    response
}

/// Shows a browser a page in the place of each problem document.
pub(super) async fn show_problems(request: Request, next: Next) -> Response {
    if !wants_page(request.headers()) {
        return next.run(request).await;
    }
    let id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let id = id.as_ref().and_then(|RequestId(id)| id.to_str().ok()).unwrap_or_default();
    let mut page = page_of(&problem, id);
    for name in response.headers().keys().filter(|name| *name != CONTENT_LENGTH) {
        if !page.headers().contains_key(name) {
            // Cookies come in several.
            let values = response.headers().get_all(name).iter().cloned();
            page.headers_mut().extend(values.map(|value| (name.clone(), value)));
        }
    }
    page
}

/// A page was asked for with a password in its address: a form that went there instead of into the body.
pub(super) fn prefilled() -> Response {
    let detail = "The address holds a password, which belongs into the form: histories and logs keep addresses.";
    Problem::new(StatusCode::BAD_REQUEST, "malformed", "Malformed", detail).into_response()
}

fn page_of(problem: &Problem, request_id: &str) -> Response {
    let page = ErrorPage {
        status: problem.status.as_u16(),
        title: problem.title,
        detail: &problem.detail,
        request_id,
        back_href: HOME,
        back_text: "Go to your account",
        holder: None,
    };
    html(problem.status, page.render())
}

/// A page. No cache may keep it: it shows who is logged in, or a form with what was typed.
pub(super) fn html(status: StatusCode, rendered: askama::Result<String>) -> Response {
    match rendered {
        Ok(page) => {
            let mut response = (status, Html(page)).into_response();
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            let detail = "The page could not be made. The log says why.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use http::header::{ACCEPT, SET_COOKIE};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_page_in_the_place_of_a_problem_sets_every_cookie_of_its_answer() {
        let answer = async || {
            let mut response = Problem::unavailable(7).into_response();
            for cookie in ["token=a", "refresh_token=b", "session_id="] {
                response.headers_mut().append(SET_COOKIE, HeaderValue::from_static(cookie));
            }
            response
        };
        let routes = Router::new().route("/", get(answer)).layer(from_fn(show_problems));
        let request = Request::builder().header(ACCEPT, "text/html").body(Body::empty()).unwrap();
        let page = routes.oneshot(request).await.unwrap();
        assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(page.headers()["retry-after"], "7");
        let cookies: Vec<_> = page.headers().get_all(SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["token=a", "refresh_token=b", "session_id="]);
    }
}
