//! Who is at the other end of a request: its address, what it calls itself, and what it likes to read.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use counterfoil_core::session::Origin;
use http::HeaderMap;
use http::header::{ACCEPT, USER_AGENT};
use http::request::Parts;

use super::address::Proxies;

/// How much of a user agent's own description is kept.
const USER_AGENT_CHARS: usize = 256;

/// The other end of a request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Where it comes from and what it calls itself. This is the one address of a request: its user recognises the login by it,
    /// and whatever counts or notes by address takes it from here.
    pub origin: Origin,
    /// Whether it is a person's browser, which is shown pages.
    pub wants_page: bool,
}

impl<S: Sync> FromRequestParts<S> for Visitor
where
    Proxies: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let sender = |peer: &ConnectInfo<SocketAddr>| Proxies::from_ref(state).sender(peer.0.ip(), &parts.headers);
        let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let origin = Origin {
            ip: peer.map(sender),
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_CHARS).collect()),
        };
        Ok(Self { origin, wants_page: wants_page(&parts.headers) })
    }
}

/// Whether a request comes from a browser that shows a page to somebody: those alone ask for HTML by name. Whoever likes JSON
/// better is a program all the same (RFC 9110 §12.5.1).
pub fn wants_page(headers: &HeaderMap) -> bool {
    let html = weight(headers, "text/html");
    html > 0.0 && html >= weight(headers, "application/json").max(weight(headers, "application/problem+json"))
}

/// How much is thought of a media type that is asked for by name, from 0 to 1; 0 of one that is not.
fn weight(headers: &HeaderMap, media: &str) -> f32 {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let weights = accepted.flat_map(|value| value.split(',')).filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(media) {
            return None;
        }
        let q = parts.find_map(|parameter| parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q=")));
        q.map_or(Some(1.0), |q| q.parse().ok())
    });
    weights.fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_browsers_get_pages() {
        let wants = |accept: &str| wants_page(&[(ACCEPT, accept.parse().unwrap())].into_iter().collect());
        assert!(wants("text/html"));
        assert!(wants("application/json;q=0.5, Text/HTML;q=0.9"));
        assert!(!wants("*/*"), "curl");
        assert!(!wants("application/json"));
        assert!(wants("text/html, application/json"));
        assert!(!wants("application/json, text/html;q=0.9"), "JSON rather");
        assert!(!wants("application/problem+json, text/html; Q=0.5"));
        assert!(!wants("text/html;q=0"));
        assert!(!wants("text/html;q=0.000"));
        assert!(!wants("text/htmlx"));
        assert!(!wants_page(&HeaderMap::new()));
    }
}
