//! What becomes of a request whose client has gone, or whose handler has panicked.

use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use counterfoil_guard::Problem;
use futures_util::FutureExt as _;
use http::StatusCode;
use tracing::Instrument as _;

use super::App;
use crate::http::headers::RequestId;
use crate::listener::Stay;

/// What changes something is done to its end, even if its client hangs up meanwhile: what has begun to end, ends everywhere. And
/// a panic is the end of one request alone (ASVS 5 §16.5.4).
pub(super) async fn to_the_end(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let is_safe = request.method().is_safe();
    let stay = request.extensions().get::<Stay>().cloned();
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    let outcome = if is_safe {
        Ok(work.await)
    } else {
        let to_its_end = async move {
            let done = work.await;
            drop(stay);
            done
        };
        tokio::spawn(to_its_end.in_current_span()).await
    };
    match outcome {
        Ok(Ok(response)) => response,
        // What the panic says may hold what somebody has sent: the hook has written where it was, and that must do.
        Ok(Err(_)) => {
            app.note_crash(id.as_ref());
            let detail = "Something is wrong with the server. Its log says more, under the id of this request.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).into_response()
        }
        // The runtime ends, and has dropped the task.
        Err(_) => Problem::unavailable(1).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use http::header::{ACCEPT, CONTENT_TYPE};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use crate::api::{account_routes, finished};
    use crate::config::{Flags, Settings, Sources};

    /// Every route, each of which panics when it is asked to.
    async fn routes() -> Router {
        let flags = Flags::default().with("store.url", "--store", Some("memory:".to_owned()));
        let flags = flags.with("secrets.file", "--secret-file", None);
        let (settings, _) = Settings::load(&Sources { flags, ..Sources::default() }).unwrap();
        let app: App = crate::startup::open(&settings).await.unwrap().app(&settings);
        let routes = account_routes(&app).layer(from_fn(async |request: Request, next: Next| {
            assert!(!request.headers().contains_key("x-boom"), "as it was told, with a canary");
            next.run(request).await
        }));
        finished(routes, &app)
    }

    async fn ask(routes: &Router, method: &str, path: &str, accept: &str, boom: bool) -> (Response, String) {
        let mut request = Request::builder().method(method).uri(path).header(ACCEPT, accept);
        if boom {
            request = request.header("x-boom", "1");
        }
        let response = routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        (Response::from_parts(parts, Body::empty()), text)
    }

    #[tokio::test]
    async fn lo_05_a_panic_is_the_end_of_one_request_alone() {
        let routes = routes().await;
        for (method, path) in [
            ("GET", "/login"),
            ("POST", "/login"),
            ("GET", "/register"),
            ("POST", "/register"),
            ("POST", "/logout"),
            ("POST", "/refresh"),
            ("GET", "/refresh/page"),
            ("POST", "/refresh/logout"),
            ("POST", "/exchange"),
            ("GET", "/profile"),
            ("GET", "/dashboard"),
            ("GET", "/sessions"),
            ("DELETE", "/sessions"),
            ("DELETE", "/sessions/0190b5e0-7a3c-7e8f-8a6b-1c2d3e4f5a6b"),
            ("GET", "/sessions/current/data"),
            ("PUT", "/sessions/current/data"),
            ("POST", "/password"),
            ("GET", "/verify"),
            ("GET", "/setup"),
            ("POST", "/setup"),
            ("GET", "/.well-known/jwks.json"),
            ("POST", "/account/sessions/end-others"),
        ] {
            for (accept, kind) in [("*/*", "application/problem+json"), ("text/html", "text/html; charset=utf-8")] {
                let (response, text) = ask(&routes, method, path, accept, true).await;
                assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
                assert_eq!(response.headers()[CONTENT_TYPE], kind, "{method} {path}");
                assert!(text.contains("Internal error") && !text.contains("canary"), "{text}");
                for name in
                    ["x-request-id", "content-security-policy", "cross-origin-opener-policy", "permissions-policy"]
                {
                    assert!(response.headers().contains_key(name), "wb_01: {name} at {method} {path}");
                }
                assert_eq!(response.headers()["cache-control"], "no-store");
            }
            let (response, _) = ask(&routes, method, path, "*/*", false).await;
            assert_ne!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{method} {path} lives on");
        }
    }
}
