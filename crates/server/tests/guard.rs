//! The guard before an app's own routes, with accounts embedded in the same process.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use counterfoil::Embedded;
use counterfoil_guard::Authenticated;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

const PASSWORD: &str = "fifteen letters at least";

struct App {
    routes: Router,
    _accounts: Embedded,
    _folder: tempfile::TempDir,
}

impl App {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Embedded::open(folder.path().join("app.db"), None).await.unwrap();
        let guard = accounts.guard();
        let name = |Authenticated(user): Authenticated| async move { user.username.to_string() };
        let anybody = |user: Option<Authenticated>| async move {
            user.map_or_else(|| "nobody".to_owned(), |Authenticated(user)| user.username.to_string())
        };
        let routes = Router::new()
            .route("/required", get(name).merge(post(name)).route_layer(guard.required()))
            .route("/optional", get(anybody).route_layer(guard.optional()))
            .route("/role", get(name).route_layer(guard.role("admin")))
            .route("/scope", get(name).route_layer(guard.scope("read")))
            .route("/unguarded", get(name))
            .route("/", get(|| async { "the app's own" }))
            .fallback(|| async { (StatusCode::NOT_FOUND, "the app's own") })
            .merge(accounts.routes());
        let app = Self { routes, _accounts: accounts, _folder: folder };
        let account = json!({"username": "alice", "password": PASSWORD});
        let (status, _) = app.say(request(Method::POST, "/register", &[], &account)).await;
        assert_eq!(status, StatusCode::CREATED);
        app
    }

    async fn answer(&self, request: Request) -> Response {
        self.routes.clone().oneshot(request).await.unwrap()
    }

    async fn say(&self, request: Request) -> (StatusCode, String) {
        let response = self.answer(request).await;
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> StatusCode {
        self.say(request(Method::GET, path, headers, &Value::Null)).await.0
    }

    async fn bearer(&self, client: &str) -> String {
        let login = json!({"username": "alice", "password": PASSWORD, "client": client});
        let (_, body) = self.say(request(Method::POST, "/login", &[], &login)).await;
        let answer: Value = serde_json::from_str(&body).unwrap();
        format!("Bearer {}", answer["token"].as_str().unwrap())
    }

    /// `name=value` of the cookie that a login sets.
    async fn cookie(&self, client: &str) -> String {
        let login = json!({"username": "alice", "password": PASSWORD, "client": client});
        let response = self.answer(request(Method::POST, "/login", &[], &login)).await;
        let mut cookies = response.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        cookies.find(|cookie| !cookie.contains("=;")).unwrap().split(';').next().unwrap().to_owned()
    }
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &Value) -> Request {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if body.is_null() {
        request.body(Body::empty()).unwrap()
    } else {
        request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
    }
}

#[tokio::test]
async fn each_demand_is_met_or_refused() {
    let app = App::start().await;
    let bearer = app.bearer("device").await;
    let known = [("authorization", bearer.as_str())];
    assert_eq!(app.get("/required", &[]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/required", &known).await, StatusCode::OK);
    assert_eq!(app.get("/role", &known).await, StatusCode::FORBIDDEN);
    assert_eq!(app.get("/role", &[]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/scope", &known).await, StatusCode::FORBIDDEN);
    assert_eq!(app.get("/unguarded", &known).await, StatusCode::UNAUTHORIZED, "nobody was recognised there");
    let said =
        async |headers: &[(&str, &str)]| app.say(request(Method::GET, "/optional", headers, &Value::Null)).await.1;
    assert_eq!(said(&[]).await, "nobody");
    assert_eq!(said(&known).await, "alice");
    let (status, _) = app.say(request(Method::GET, "/optional", &[("authorization", "Bearer x")], &Value::Null)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "a credential that does not count is refused all the same");
}

#[tokio::test]
async fn what_is_the_apps_own_stays_so() {
    let app = App::start().await;
    for path in ["/", "/nowhere"] {
        assert_eq!(app.say(request(Method::GET, path, &[], &Value::Null)).await.1, "the app's own", "{path}");
    }
}

#[tokio::test]
async fn ss_11_a_session_id_counts_in_its_cookie_alone() {
    let app = App::start().await;
    let cookie = app.cookie("web").await;
    let bearer = format!("Bearer {}", cookie.split_once('=').unwrap().1);
    assert_eq!(app.get("/required", &[("authorization", &bearer)]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/required", &[("cookie", &cookie)]).await, StatusCode::OK);
    let remembered = app.get("/required", &[("authorization", &bearer)]).await;
    assert_eq!(remembered, StatusCode::UNAUTHORIZED, "nor when it is remembered");
    for header in ["x-session", "x-auth-token", "session_id"] {
        let id = cookie.split_once('=').unwrap().1;
        assert_eq!(app.get("/required", &[(header, id)]).await, StatusCode::UNAUTHORIZED, "{header}");
        assert_eq!(app.get(&format!("/required?{header}={id}"), &[]).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn wb_03_a_change_by_cookie_must_come_from_here() {
    let app = App::start().await;
    for client in ["web", "spa"] {
        let cookie = app.cookie(client).await;
        let post = |headers: Vec<(&'static str, String)>| {
            let mut all = vec![("cookie", cookie.clone()), ("host", "app.test".to_owned())];
            all.extend(headers);
            let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
            request(Method::POST, "/required", &all, &Value::Null)
        };
        let status = |request| async { app.say(request).await.0 };
        assert_eq!(status(post(vec![])).await, StatusCode::FORBIDDEN);
        assert_eq!(status(post(vec![("origin", "http://evil.test".to_owned())])).await, StatusCode::FORBIDDEN);
        assert_eq!(status(post(vec![("origin", "http://app.test".to_owned())])).await, StatusCode::OK);
        assert_eq!(status(post(vec![("sec-fetch-site", "same-origin".to_owned())])).await, StatusCode::OK);
    }
    let bearer = app.bearer("api").await;
    let post = request(Method::POST, "/required", &[("authorization", &bearer)], &Value::Null);
    assert_eq!(app.say(post).await.0, StatusCode::OK, "a bearer needs none of that");
}

#[tokio::test]
async fn ss_16_what_is_made_for_one_user_is_kept_by_no_cache() {
    let app = App::start().await;
    let bearer = app.bearer("stateless").await;
    let response = app.answer(request(Method::GET, "/required", &[("authorization", &bearer)], &Value::Null)).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let response = app.answer(request(Method::GET, "/optional", &[], &Value::Null)).await;
    assert!(!response.headers().contains_key("cache-control"), "what is for everybody is the app's own matter");
}
