//! What every body says of itself.

use serde_json::json;

use crate::support::{MODES, Person, Request, Setup, request};

#[test]
fn wb_08_every_body_says_its_type_and_its_characters() {
    let server = Setup::default().start();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    let mut requests: Vec<Request> = [
        "/",
        "/login",
        "/register",
        "/setup?code=x",
        "/dashboard",
        "/profile",
        "/sessions",
        "/verify",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/problems/unauthorized",
        "/problems/none",
        "/nowhere",
        "/logout",
        "/assets/counterfoil.css",
        "/assets/icon.svg",
        "/assets/none",
    ]
    .into_iter()
    .flat_map(|path| [Request::get(path), Request::get(path).in_browser(), ticket.on(Request::get(path).in_browser())])
    .collect();
    requests.extend([
        person.login(&json!({})),
        Request::post("/login").text("application/json", "{"),
        Request::post("/login").text("text/plain", "x"),
        Request::post("/login").text("application/json", &"x".repeat(100_000)),
        Request::post("/login").form(&[("username", "x"), ("password", "y")]).in_browser().same_origin(),
        Request::new("TRACE", "/login"),
        Request::get(&format!("/{}", "x".repeat(20_000))),
    ]);
    let mut seen = 0;
    for request in requests {
        let answer = request::exchange(server.port(), &request.to_bytes(server.port())).unwrap();
        if answer.body.is_empty() {
            continue;
        }
        seen += 1;
        let of_type =
            answer.header("content-type").unwrap_or_else(|| panic!("{} {}: {answer}", request.method, request.target));
        // JSON is UTF-8 and has no such parameter (RFC 8259 §11); pictures have none either.
        let says_itself = ["application/json", "application/problem+json", "image/svg+xml"].contains(&of_type);
        assert!(
            says_itself || of_type.ends_with("; charset=utf-8"),
            "{} {}: {of_type}",
            request.method,
            request.target
        );
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn wb_06_the_name_of_an_unknown_field_comes_back_short_and_plain() {
    let server = Setup::default().start();
    for name in ["x".repeat(60_000), "a\u{1b}[31m\u{9b}2J\u{0}b".to_owned()] {
        let answer = server.send(&Request::post("/login").json(&json!({ name: 1 })));
        answer.refusal(422, "invalid-request");
        let text = answer.text();
        assert!(text.len() < 600, "{}", text.len());
        assert!(!text.contains(|c: char| c.is_control()) && !text.contains("\\u00"), "{text}");
    }
}
