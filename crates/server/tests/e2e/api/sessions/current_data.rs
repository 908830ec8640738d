//! `GET` and `PUT /sessions/current/data`

use serde_json::{Value, json};

use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

const PATH: &str = "/sessions/current/data";

fn put(data: &Value) -> Request {
    Request::put(PATH).json(data)
}

#[test]
fn a_login_keeps_what_the_app_likes() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES.iter().filter(|mode| mode.stored) {
        let (ticket, other) = (person.logs_in(&server, mode), person.logs_in(&server, mode));
        assert_eq!(server.send(&ticket.on(Request::get(PATH))).expect(200).json(), json!({}));
        let cart = json!({ "cart": [1, 2, { "three": null }], "naïve": "日本 🦀 \u{0}" });
        server.send(&ticket.on(put(&cart))).expect(204);
        assert_eq!(server.send(&ticket.on(Request::get(PATH))).expect(200).json(), cart);
        server.send(&ticket.on(put(&json!({ "role": "user" })))).expect(204);
        assert_eq!(server.send(&ticket.on(Request::get(PATH))).expect(200).json(), json!({ "role": "user" }));
        assert_eq!(server.send(&other.on(Request::get(PATH))).expect(200).json(), json!({}), "each has its own");
    }
}

#[test]
fn four_kibibytes_and_no_more() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let sized = |bytes: usize| json!({ "a": "x".repeat(bytes - r#"{"a":""}"#.len()) });
    server.send(&ticket.on(put(&sized(4096)))).expect(204);
    server.send(&ticket.on(put(&sized(4097)))).problem(413);
    assert_eq!(
        server.send(&ticket.on(Request::get(PATH))).expect(200).json(),
        sized(4096),
        "a refusal changes nothing"
    );
    let wide = json!({ "a": "é".repeat(2045) });
    assert!(wide.to_string().len() > 4096);
    server.send(&ticket.on(put(&wide))).problem(413);
}

#[test]
fn it_is_an_object() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[0]);
    for data in [json!([]), json!("text"), json!(7), json!(true), Value::Null] {
        server.send(&ticket.on(put(&data))).problem(422);
    }
    for text in ["", "{", "{\"a\":}", "{} {}", "nonsense", "{\"a\":1,\"a\":2}"] {
        server.send(&ticket.on(Request::put(PATH).text("application/json", text))).problem(400);
    }
    server.send(&ticket.on(Request::put(PATH).form(&[("a", "b")]))).problem(415);
    assert_eq!(server.send(&ticket.on(Request::get(PATH))).expect(200).json(), json!({}));
}

#[test]
fn nothing_is_kept_about_a_login_without_a_session() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[3]);
    server.send(&ticket.on(Request::get(PATH))).problem(404);
    server.send(&ticket.on(put(&json!({})))).problem(404);
}

#[test]
fn wb_03_another_site_changes_nothing() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[1]);
    server.send(&ticket.alone_on(put(&json!({ "a": 1 })))).refusal(403, "cross-site");
    server.send(&Request::get(PATH)).is_anonymous();
    server.send(&put(&json!({}))).is_anonymous();
}
