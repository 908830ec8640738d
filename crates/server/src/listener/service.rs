//! From a request as the library gives it to the routes.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::{Body as _, Incoming};
use tower::Service as _;

use super::activity::Activity;
use super::body::InTime;
use super::limits::Limits;
use super::refusal::{Refusal, is_http1};
use super::stay::Stay;

/// Answers one request of a connection.
pub(super) async fn answer(
    request: Request<Incoming>,
    mut routes: Router,
    peer: SocketAddr,
    limits: &Limits,
    activity: &Activity,
    stay: &Stay,
) -> Result<Response<Body>, Infallible> {
    let stay = stay.of_a_request();
    let answering = activity.begin();
    let mut request =
        request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(InTime::new(body, limits)) });
    request.extensions_mut().insert(ConnectInfo(peer));
    let is_http1 = is_http1(&request);
    let refusal = match stay {
        Some(stay) => {
            request.extensions_mut().insert(stay);
            if is_http1 { Refusal::of(&request) } else { Refusal::of_sizes(&request) }
        }
        None => Some(Refusal::Busy),
    };
    if let Some(refusal) = refusal {
        refusal.apply(&mut request);
    }
    let mut response = match routes.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    // Nothing more is expected of whoever was too slow (RFC 9110 §15.5.9), and what follows of a body that is too long is no
    // request (RFC 9110 §15.5.14).
    if is_http1 && matches!(response.status(), StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    drop(answering);
    Ok(response)
}
