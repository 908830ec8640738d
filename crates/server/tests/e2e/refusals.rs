//! What bad input gets, on every route alike.

use serde_json::{Value, json};

use crate::support::{MODES, Person, Request, Shared, Ticket};

static SHARED: Shared = Shared::new();

/// A route of the contract.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    /// The methods of the contract.
    pub(crate) api: &'static [&'static str],
    /// The methods that pages add.
    pages: &'static [&'static str],
}

pub(crate) const ROUTES: [Route; 16] = [
    route("/register", &["POST"], &["GET"]),
    route("/login", &["POST"], &["GET"]),
    route("/logout", &["POST"], &[]),
    route("/refresh", &["POST"], &[]),
    route("/exchange", &["POST"], &[]),
    route("/profile", &["GET"], &[]),
    route("/dashboard", &["GET"], &[]),
    route("/sessions", &["GET", "DELETE"], &[]),
    route("/sessions/{id}", &["DELETE"], &[]),
    route("/sessions/current/data", &["GET", "PUT"], &[]),
    route("/password", &["POST"], &[]),
    route("/verify", &["GET"], &[]),
    route("/.well-known/jwks.json", &["GET"], &[]),
    route("/healthz", &["GET"], &[]),
    route("/readyz", &["GET"], &[]),
    route("/openapi.json", &["GET"], &[]),
];

const fn route(path: &'static str, api: &'static [&'static str], pages: &'static [&'static str]) -> Route {
    Route { path, api, pages }
}

/// The routes that read a body, and one that each takes.
fn bodies() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("POST", "/register", json!({ "username": "a-name", "password": "short" })),
        ("POST", "/login", json!({ "username": "a-name", "password": "wrong" })),
        ("POST", "/refresh", json!({ "refresh_token": "none" })),
        ("POST", "/exchange", json!({ "client": "nobody" })),
        ("POST", "/password", json!({ "current_password": "wrong", "new_password": "also wrong" })),
    ]
}

fn someone() -> (std::sync::Arc<crate::support::Server>, Ticket) {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    (server, ticket)
}

/// The request, with a credential where the route wants one.
fn sent_to(path: &str, request: Request, ticket: &Ticket) -> Request {
    if matches!(path, "/exchange" | "/password") { ticket.on(request) } else { request }
}

#[test]
fn wb_07_a_wrong_method_is_told_the_right_ones() {
    let (server, ticket) = someone();
    for Route { path, api, pages } in ROUTES {
        let target = path.replace("{id}", "0190b5e0-7a3c-7e8f-8a6b-1c2d3e4f5a6b");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            if api.contains(&method) || pages.contains(&method) {
                continue;
            }
            for request in [Request::new(method, &target), ticket.on(Request::new(method, &target))] {
                let answer = server.send(&request);
                answer.problem(405);
                let allowed: Vec<_> = answer.header("allow").unwrap_or_default().split(',').map(str::trim).collect();
                for right in api.iter().chain(pages) {
                    assert!(allowed.contains(right), "{method} {path}: {answer}");
                }
                assert!(!allowed.contains(&method), "{method} {path}: {answer}");
            }
        }
    }
}

#[test]
fn an_unknown_path_is_not_found() {
    let (server, ticket) = someone();
    for path in ["/nowhere", "/login/", "/Login", "//login", "/profile/x", "/sessions/", "/.well-known/", "/admin.php"]
    {
        for method in ["GET", "POST", "DELETE"] {
            server.send(&Request::new(method, path)).problem(404);
            server.send(&ticket.on(Request::new(method, path))).problem(404);
        }
    }
}

#[test]
fn malformed_json_is_400() {
    let (server, ticket) = someone();
    for (method, path, body) in bodies() {
        let good = body.to_string();
        let cut = &good[..good.len() - 1];
        let broken = ["", "{", cut, "nonsense", "{\"a\":01}", "{'a':1}", "\u{feff}{}", "{} x", &format!("{good},")];
        for text in broken.into_iter().filter(|text| path != "/refresh" || !text.is_empty()) {
            let request = Request::new(method, path).text("application/json", text);
            server.send(&sent_to(path, request, &ticket)).problem(400);
        }
        let invalid = Request::new(method, path).header("Content-Type", "application/json").bytes(b"{\"a\":\"\xff\"}");
        server.send(&sent_to(path, invalid, &ticket)).problem(400);
        let twice = good.replacen('{', &format!("{{{},", good.trim_matches(['{', '}'])), 1);
        let request = Request::new(method, path).text("application/json", &twice);
        server.send(&sent_to(path, request, &ticket)).problem(400);
    }
}

#[test]
fn an_encoded_body_is_415() {
    let (server, ticket) = someone();
    for (method, path, body) in bodies() {
        let request = |coding: &str| {
            let request = Request::new(method, path).json(&body).header("Content-Encoding", coding);
            server.send(&sent_to(path, request, &ticket))
        };
        let plain = request("identity").status;
        assert_ne!(plain, 415, "{path}");
        for coding in ["gzip", "br", "identity, gzip", ""] {
            let answer = request(coding);
            answer.refusal(415, "unsupported-media-type");
            // RFC 9110 §15.5.16.
            assert_eq!(answer.header("accept-encoding"), Some("identity"), "{path}: {answer}");
        }
    }
}

#[test]
fn wb_15_an_unknown_field_is_named() {
    let (server, ticket) = someone();
    for (method, path, mut body) in bodies() {
        body["surprise"] = json!("egg");
        server.send(&sent_to(path, Request::new(method, path).json(&body), &ticket)).refusal_naming(422, "surprise");
    }
}

#[test]
fn a_field_of_the_wrong_type_is_named() {
    let (server, ticket) = someone();
    for (method, path, body) in bodies() {
        for name in body.as_object().unwrap().keys() {
            for wrong in [json!(7), json!(true), json!(["x"]), json!({ "x": 1 })] {
                let mut body = body.clone();
                body[name] = wrong;
                let answer = server.send(&sent_to(path, Request::new(method, path).json(&body), &ticket));
                answer.refusal_naming(422, name);
            }
        }
        for whole in [json!([]), json!("text"), json!(7), Value::Null] {
            let request = Request::new(method, path).json(&whole);
            server.send(&sent_to(path, request, &ticket)).problem(422);
        }
    }
}

#[test]
fn a_missing_field_is_named() {
    let (server, ticket) = someone();
    for (method, path, body) in bodies() {
        for name in body.as_object().unwrap().keys() {
            let mut body = body.clone();
            body.as_object_mut().unwrap().remove(name);
            let answer = server.send(&sent_to(path, Request::new(method, path).json(&body), &ticket));
            // Nothing is missing from a login by e-mail, and a refresh token may come as a cookie.
            if path == "/refresh" {
                answer.problem(401);
            } else {
                answer.refusal_naming(422, name);
            }
        }
    }
}

#[test]
fn a_refusal_never_repeats_a_secret() {
    let (server, ticket) = someone();
    let secret = "a password in the wrong place";
    for (method, path, body) in bodies() {
        for name in body.as_object().unwrap().keys() {
            let mut body = body.clone();
            body[name] = json!({ "nested": secret });
            let answer = server.send(&sent_to(path, Request::new(method, path).json(&body), &ticket));
            assert!(!answer.text().contains(secret), "{answer}");
        }
        let answer = server.send(&sent_to(path, Request::new(method, path).json(&json!(secret)), &ticket));
        assert!(!answer.text().contains(secret), "{answer}");
    }
}

#[test]
fn wb_05_another_media_type_is_415() {
    let (server, ticket) = someone();
    for (method, path, body) in bodies() {
        let bare = || Request::new(method, path).bytes(body.to_string().as_bytes());
        for kind in ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonx", ""] {
            let request = bare().header("Content-Type", kind);
            server.send(&sent_to(path, request, &ticket)).problem(415);
        }
        server.send(&sent_to(path, bare(), &ticket)).problem(415);
    }
    server.send(&ticket.on(Request::post("/exchange").form(&[("client", "api")]))).problem(415);
    let kinds = ["application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"];
    for kind in kinds {
        let body = json!({ "username": "a-name", "password": "wrong" }).to_string();
        server.send(&Request::post("/login").text(kind, &body)).problem(401);
    }
}

#[test]
fn wb_10_a_body_over_the_limit_is_413() {
    const LIMIT: usize = 64 * 1024;
    let (server, ticket) = someone();
    for (method, path, _) in bodies() {
        let body = |bytes: usize| format!("{}{{}}", " ".repeat(bytes - 2));
        let request = |bytes| Request::new(method, path).text("application/json", &body(bytes));
        let answer = server.send(&sent_to(path, request(LIMIT + 1), &ticket));
        answer.problem(413);
        assert!(answer.text().contains("the 65536 bytes that are taken"), "{answer}");
        let answer = server.send(&sent_to(path, request(LIMIT), &ticket));
        assert!(matches!(answer.status, 401 | 422), "{answer}");
        server.send(&sent_to(path, request(4 * 1024 * 1024), &ticket)).problem(413);
    }
    let huge = Request::put("/sessions/current/data").json(&json!({ "a": "x".repeat(2 * LIMIT) }));
    server.send(&ticket.on(huge)).problem(413);
}

#[test]
fn every_answer_names_its_request_anew() {
    let (server, _) = someone();
    let sent = Request::get("/healthz").header("X-Request-Id", "chosen-by-the-caller");
    let ids: Vec<_> = (0..3).map(|_| server.send(&sent).header("x-request-id").unwrap().to_owned()).collect();
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
}

#[test]
fn wb_01_every_answer_tells_browsers_to_be_strict() {
    let (server, ticket) = someone();
    for request in [
        Request::get("/login").in_browser(),
        Request::get("/nowhere").in_browser(),
        Request::get("/profile"),
        ticket.on(Request::get("/profile")),
        Request::post("/profile"),
        Request::post("/login").text("application/json", "{"),
    ] {
        let answer = server.send(&request);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{answer}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{part}: {answer}");
        }
        assert!(answer.header("access-control-allow-origin").is_none(), "wb_02: {answer}");
    }
}
