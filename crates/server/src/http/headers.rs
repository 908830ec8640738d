//! What every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use counterfoil_core::id::TokenId;
use counterfoil_core::{Clock, Entropy};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;

/// The header that names a request in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every answer tells a browser, whatever it is an answer to.
pub(crate) const STRICT: [(HeaderName, HeaderValue); 7] = [
    // No script, nothing from elsewhere, in no frame. Two say what `default-src` implies, for whoever looks for their names.
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'none'; object-src 'none'; style-src 'self'; img-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`: with that a browser sends `Origin: null` with our own forms (Fetch §3.2).
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    // A page of ours needs nothing of a device; no frame of it could ask either.
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), \
             midi=(), payment=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
        ),
    ),
    // No window of another site keeps a hand on one of ours, and none includes an answer (HTML §7.1.3, Fetch §3.6).
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// A browser that came over HTTPS once comes so for a year, to every host below as well (RFC 6797 §6.1).
pub(crate) const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Where request ids come from, and how answers travel.
#[derive(Clone)]
pub struct Ids {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What makes them unlike each other.
    pub entropy: Arc<dyn Entropy>,
    /// Whether browsers come over HTTPS.
    pub https: bool,
}

/// The name of a request in the log.
#[derive(Clone)]
pub struct RequestId(pub HeaderValue);

/// Names the request, logs how it went, and sets the headers that every answer carries. The query is not logged: somebody
/// may have put a secret there.
pub async fn every_answer(State(ids): State<Ids>, mut request: Request, next: Next) -> Response {
    let id = ids.next();
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let begun = ids.clock.monotonic();
    async move {
        let mut response = next.run(request).await;
        let micros = u64::try_from(ids.clock.monotonic().saturating_sub(begun).as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(%method, path, status = response.status().as_u16(), micros, "answered");
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id);
        // What a route says nothing about is for its caller alone (ASVS 5 §14.3.2).
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        for (name, value) in STRICT {
            headers.insert(name, value);
        }
        if ids.https {
            headers.insert(STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
        }
        response
    }
    .instrument(span)
    .await
}

impl Ids {
    fn next(&self) -> HeaderValue {
        let id = TokenId::new(self.clock.now(), &*self.entropy).map(|id| id.to_string());
        // An answer without randomness is still an answer.
        id.ok().and_then(|id| id.try_into().ok()).unwrap_or(HeaderValue::from_static("-"))
    }
}
