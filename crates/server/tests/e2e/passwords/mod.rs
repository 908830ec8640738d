//! What a password may be, at every place where one is given: registration, change, set-up, login, the command line.

mod breached;
mod common;
mod exact;
mod length;
mod spelling;
mod stored;
mod storm;

#[path = "../../../../core/src/password/policy/tests/guesses.rs"]
mod guesses;

use serde_json::json;

use crate::support::{Answer, Request, Server};

/// Makes an account, or does not.
fn register(server: &Server, username: &str, password: &str) -> Answer {
    let body = json!({ "username": username, "password": password });
    server.send(&Request::post("/register").json(&body))
}

/// The status of a login as JSON.
fn login(server: &Server, username: &str, password: &str) -> u16 {
    server.send(&Request::post("/login").json(&json!({ "username": username, "password": password }))).status
}

/// The status of a login as a form.
fn login_by_form(server: &Server, username: &str, password: &str) -> u16 {
    server.send(&Request::post("/login").form(&[("username", username), ("password", password)])).status
}

/// So many bytes of text in which nothing is repeated.
fn text_of(bytes: usize) -> String {
    let words = (1_u32..).map(|number| format!("{:x} ", number.wrapping_mul(2_654_435_761)));
    let text: String = words.take(bytes / 5 + 5).collect();
    format!("{}z", &text[..bytes - 1])
}
