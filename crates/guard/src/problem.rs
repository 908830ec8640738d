//! Errors as their callers see them: RFC 9457 problem documents.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

/// What went wrong, in words that tell a caller what to do and an attacker nothing.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The last part of its `type`: stable, for programs.
    pub slug: &'static str,
    /// The status of the answer.
    pub status: StatusCode,
    /// What kind of problem it is, in a few words.
    pub title: &'static str,
    /// What it is this time.
    pub detail: String,
    /// Further members of the document.
    pub more: Map<String, Value>,
    /// Headers that go with it.
    pub headers: HeaderMap,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, slug: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { slug, status, title, detail: detail.into(), more: Map::new(), headers: HeaderMap::new() }
    }

    /// 401: whoever asks is not known here. `presented`: a credential was there and does not count (RFC 6750 §3).
    pub fn unauthorized(presented: bool) -> Self {
        let (detail, challenge) = if presented {
            ("The credential does not count, or no longer: log in again.", r#"Bearer error="invalid_token""#)
        } else {
            ("Log in first, and send the credential as a bearer token or a cookie.", "Bearer")
        };
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Not logged in", detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// 503: nothing is wrong with the request, and the same one may work in `seconds`.
    pub fn unavailable(seconds: u64) -> Self {
        let detail = "The server cannot do that for certain at the moment; try again. To do it twice does no harm.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again", detail)
            .with_header(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// The same with a header.
    #[must_use]
    pub fn with_header(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a member of its own.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The document itself.
    pub fn to_json(&self) -> Value {
        let mut document = json!({
            "type": format!("/problems/{}", self.slug),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Value::Object(members) = &mut document {
            members.extend(self.more.clone());
        }
        document
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers.clone());
        // For an app that shows browsers a page in its place.
        response.extensions_mut().insert(self);
        response
    }
}
