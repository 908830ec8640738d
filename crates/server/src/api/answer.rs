//! Handing out what was issued: in the body for a bearer, in cookies for a browser.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::Clock as _;
use counterfoil_core::authority::Issued;
use counterfoil_core::credential::Transport;
use counterfoil_guard::Problem;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::App;
use super::view::LoginAnswer;
use crate::http::cookie;

impl App {
    /// The answer to a login, a refresh or an exchange (RFC 6749 §5.1: never stored).
    pub(super) fn hand_out(&self, issued: &Issued) -> Response {
        if let Some(problem) = self.beyond_a_cookie(issued) {
            return problem.into_response();
        }
        let mut response = Json(LoginAnswer::from(issued)).into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.set_cookies(response.headers_mut(), issued);
        response
    }

    /// The cookies of what was issued, if it travels in cookies; those of another login are taken back, as a browser that
    /// sent both would be turned away.
    pub(super) fn set_cookies(&self, headers: &mut HeaderMap, issued: &Issued) {
        let client = &issued.client;
        if client.transport != Transport::Cookie {
            return;
        }
        let until_the_end = issued.refresh_expires_at.map(|end| end.since(self.authority.clock.now().floor_seconds()));
        // A browser keeps both for as long: that a token comes which has expired says that a refresh may help, and to a page's
        // address a browser does not send the refresh token itself.
        let lasting = until_the_end.unwrap_or(issued.expires_in);
        cookie::set_credential(headers, client, &issued.secret, lasting, self.https);
        if let Some(token) = &issued.refresh {
            cookie::set_refresh(headers, client, token, lasting, self.https);
        }
        cookie::clear_others(headers, &self.authority.clients, self.https, Some(client));
    }

    /// Why this cannot be handed out: a browser would drop the cookie and say nothing.
    pub(super) fn beyond_a_cookie(&self, issued: &Issued) -> Option<Problem> {
        let client = &issued.client;
        if client.transport != Transport::Cookie || cookie::takes(client, &issued.secret, self.https) {
            return None;
        }
        tracing::error!(client = %client.id, "a token is longer than browsers take a cookie: have it say less, or choose kind \"session\"");
        let detail = "The server cannot hand a login of this kind out to this user. Its log says why.";
        Some(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail))
    }

    /// Takes every cookie of ours back.
    pub(super) fn clear_cookies(&self, headers: &mut HeaderMap) {
        cookie::clear_others(headers, &self.authority.clients, self.https, None);
    }
}
