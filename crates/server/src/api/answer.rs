//! Handing out what was issued: in the body for a bearer, in cookies for a browser.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::authority::Issued;
use counterfoil_core::credential::Transport;
use http::HeaderMap;
use http::HeaderValue;
use http::header::CACHE_CONTROL;

use super::App;
use super::view::LoginAnswer;
use crate::http::cookie;

impl App {
    /// The answer to a login, a refresh or an exchange (RFC 6749 §5.1: never stored).
    pub(super) fn hand_out(&self, issued: &Issued) -> Response {
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
        let mut kept_for = issued.expires_in;
        if let (Some(token), Some(expires_at)) = (&issued.refresh, issued.refresh_expires_at) {
            // A browser keeps both for as long: that a token comes which has expired says that a refresh may help, and
            // pages are not sent the refresh token itself.
            kept_for = expires_at.since(self.authority.clock.now().floor_seconds());
            cookie::set_refresh(headers, client, token, kept_for, self.https);
        }
        cookie::set_credential(headers, client, &issued.secret, kept_for, self.https);
        cookie::clear_others(headers, &self.authority.clients, self.https, Some(client));
    }

    /// Takes every cookie of ours back.
    pub(super) fn clear_cookies(&self, headers: &mut HeaderMap) {
        cookie::clear_others(headers, &self.authority.clients, self.https, None);
    }
}
