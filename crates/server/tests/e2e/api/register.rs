//! `POST /register`

use serde_json::json;

use crate::support::{PASSWORD, Person, Request, Setup, Shared};

static SHARED: Shared = Shared::new();

fn register(username: &str, password: &str) -> Request {
    Request::post("/register").json(&json!({ "username": username, "password": password }))
}

#[test]
fn an_account_is_made_and_logs_in() {
    let server = SHARED.server();
    let answer = server.send(&register("fresh", PASSWORD)).expect(201);
    let json = answer.json();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["user"], "{answer}");
    assert_eq!(json["user"]["username"], "fresh");
    assert_eq!(json["user"]["roles"], json!(["user"]));
    assert!(json["user"]["email"].is_null(), "{answer}");
    assert!(answer.set_cookies().is_empty(), "an account is not a login: {answer}");
    let login = json!({ "username": "fresh", "password": PASSWORD });
    server.send(&Request::post("/login").json(&login)).expect(200);
}

#[test]
fn a_form_is_as_good_as_json() {
    let server = SHARED.server();
    let fields = [("username", "by.form"), ("email", "by.form@example.com"), ("password", PASSWORD)];
    let answer = server.send(&Request::post("/register").form(&fields)).expect(201);
    assert_eq!(answer.json()["user"]["email"], "by.form@example.com");
}

#[test]
fn what_is_taken_is_taken_in_any_spelling() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for username in [person.username.clone(), person.username.to_uppercase()] {
        server.send(&register(&username, PASSWORD)).problem(409);
    }
    let other = json!({ "username": "somebody-else", "email": person.email.to_uppercase(), "password": PASSWORD });
    server.send(&Request::post("/register").json(&other)).problem(409);
}

#[test]
fn wb_15_nobody_gives_themselves_a_role() {
    let server = SHARED.server();
    for member in ["roles", "role", "id", "is_admin", "metadata", "state"] {
        let body = json!({ "username": "climber", "password": PASSWORD, member: ["admin"] });
        server.send(&Request::post("/register").json(&body)).refusal_naming(422, member);
    }
}

#[test]
fn names_and_addresses_that_nobody_can_have_are_refused_by_name() {
    let server = SHARED.server();
    for username in ["", "a b", "semi;colon", "at@sign", "new\nline", "nul\0", "\u{202e}evil"] {
        server.send(&register(username, PASSWORD)).refusal_naming(422, "username");
    }
    for email in ["", "nobody", "a@", "@b", "a b@example.com"] {
        let body = json!({ "username": "no-address", "email": email, "password": PASSWORD });
        server.send(&Request::post("/register").json(&body)).refusal_naming(422, "email");
    }
}

#[test]
fn a_closed_registration_takes_nobody() {
    let server = Setup::default().config("[registration]\nopen = false").start();
    server.send(&register("late", PASSWORD)).problem(403);
    let login = json!({ "username": "late", "password": PASSWORD });
    server.send(&Request::post("/login").json(&login)).refusal(401, "invalid-credentials");
}
