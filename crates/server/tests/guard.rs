//! The guard before an app's own routes, with accounts embedded in the same process.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil::Embedded;
use counterfoil::config::{ConfigFile, Settings, Sources};
use counterfoil_core::credential::jwt;
use counterfoil_core::jose::{Algorithm, Writer};
use counterfoil_guard::Authenticated;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

const PASSWORD: &str = "fifteen letters at least";

struct App {
    routes: Router,
    accounts: Embedded,
    _folder: tempfile::TempDir,
}

impl App {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The machine may leave the feed no time for longer than a lease usually lasts.
        let text = format!(
            "[store]\nurl = \"sqlite:{}\"\n[revocation]\nlease = \"30s\"\n",
            folder.path().join("app.db").display()
        );
        let file = ConfigFile { name: "app.toml".to_owned(), text };
        let (settings, _) = Settings::load(&Sources { file: Some(file), ..Sources::default() }).unwrap();
        let accounts = Embedded::with(&settings).await.unwrap();
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
        let app = Self { routes, accounts, _folder: folder };
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
async fn what_the_apps_pages_have_stored_outlasts_a_log_out_unless_it_says_otherwise() {
    let forgotten = async |app: &App| {
        let bearer = app.bearer("device").await;
        let out = app.answer(request(Method::POST, "/logout", &[("authorization", &bearer)], &Value::Null)).await;
        assert_eq!(out.status(), StatusCode::NO_CONTENT);
        out.headers()["clear-site-data"].to_str().unwrap().to_owned()
    };
    let mut app = App::start().await;
    assert_eq!(forgotten(&app).await, r#""cache""#);
    app.accounts = app.accounts.forgetting_storage();
    app.routes = app.accounts.routes();
    assert_eq!(forgotten(&app).await, r#""cache", "storage""#);
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

#[tokio::test]
async fn tk_13_each_policy_judges_a_remembered_token_for_itself_until_it_ends() {
    let app = App::start().await;
    for client in ["api", "device", "stateless"] {
        let bearer = app.bearer(client).await;
        let known = [("authorization", bearer.as_str())];
        // The first of them finds it out, and the others have it remembered.
        for _ in 0..3 {
            for (path, status) in [("/required", 200), ("/role", 403), ("/scope", 403), ("/optional", 200)] {
                assert_eq!(app.get(path, &known).await, status, "{client} at {path}");
            }
        }
        let (status, _) = app.say(request(Method::POST, "/logout", &known, &Value::Null)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        for path in ["/required", "/role", "/scope", "/optional"] {
            assert_eq!(app.get(path, &known).await, StatusCode::UNAUTHORIZED, "{client} at {path}");
        }
    }
}

/// Signed by the key that signs here: nothing but what it says is wrong with it.
#[tokio::test]
async fn jw_12_to_jw_16_jw_21_our_own_key_makes_no_token_true_that_says_anything_else() {
    let app = App::start().await;
    let bearer = app.bearer("api").await;
    let payload = URL_SAFE_NO_PAD.decode(bearer.split('.').nth(1).unwrap()).unwrap();
    let claims: Map<String, Value> = serde_json::from_slice(&payload).unwrap();
    let ring = app.accounts.authority().ring.view();
    let key = Arc::clone(ring.writer(Algorithm::ES256).unwrap().key());
    let sign = |typ: &str, claims: &Map<String, Value>| {
        format!("Bearer {}", Writer::new(Arc::clone(&key), typ).unwrap().sign(claims).unwrap())
    };
    let issuer = claims["iss"].as_str().unwrap();
    let now = claims["iat"].as_i64().unwrap();
    let dates = || {
        let odd =
            [json!(null), json!(true), json!(false), json!(""), json!("0"), json!("2100000000"), json!([]), json!({})];
        odd.into_iter().chain([json!(-1), json!(i64::MIN), json!(u64::MAX), json!(1e300), json!(-0.5), json!([now])])
    };
    let others = |text: &str| {
        [
            json!(""),
            json!(null),
            json!(7),
            json!([]),
            json!([""]),
            json!(["other"]),
            json!([[text]]),
            json!({ "a": text }),
            json!(text.to_uppercase()),
            json!(format!("{text}/")),
            json!(format!("{text}.evil.example")),
            json!(&text[..text.len() - 1]),
            json!(format!(" {text}")),
        ]
    };
    let mut wrong: Vec<(&str, Value)> = Vec::new();
    wrong.extend(others(issuer).into_iter().chain([json!([issuer])]).map(|value| ("iss", value)));
    wrong.extend(others(issuer).into_iter().map(|value| ("aud", value)));
    wrong.extend(
        dates().filter(|value| *value != json!(u64::MAX) && *value != json!(1e300)).map(|value| ("exp", value)),
    );
    wrong.extend(
        dates()
            .filter(|value| !value.is_number())
            .chain([json!(u64::MAX), json!(now + 3600)])
            .map(|value| ("nbf", value)),
    );
    wrong.extend(
        dates()
            .filter(|value| !value.is_number())
            .chain([json!(u64::MAX), json!(now + 3600)])
            .map(|value| ("iat", value)),
    );
    wrong.push(("exp", json!(now - 3600)));
    let refused = async |bearer: &str| {
        app.say(request(Method::GET, "/required", &[("authorization", bearer)], &Value::Null)).await
    };
    let usual = refused("Bearer a.b.c").await;
    assert_eq!(usual.0, StatusCode::UNAUTHORIZED);
    for (name, value) in wrong {
        let mut claims = claims.clone();
        claims.insert(name.to_owned(), value.clone());
        assert_eq!(refused(&sign(jwt::TYPE, &claims)).await, usual, "{name} = {value}");
    }
    for name in ["iss", "aud", "exp", "iat", "sub", "jti", "client_id"] {
        let mut claims = claims.clone();
        claims.remove(name);
        assert_eq!(refused(&sign(jwt::TYPE, &claims)).await, usual, "without {name}");
    }
    for typ in
        ["JWT", "refresh+jwt", "reset+jwt", "logout+jwt", "id+jwt", "dpop+jwt", "at+jwt2", "at", "application/at", ""]
    {
        assert_eq!(refused(&sign(typ, &claims)).await, usual, "{typ:?}");
    }
    for typ in ["at+jwt", "application/at+jwt", "AT+JWT"] {
        assert_eq!(refused(&sign(typ, &claims)).await.0, StatusCode::OK, "{typ:?}");
    }
    let mut several = claims.clone();
    several.insert("aud".to_owned(), json!(["other", claims["aud"]]));
    assert_eq!(refused(&sign(jwt::TYPE, &several)).await.0, StatusCode::OK);
}
