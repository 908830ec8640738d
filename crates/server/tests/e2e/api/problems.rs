//! `GET /problems/{slug}`: what a problem's `type` leads to.

use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn the_type_of_every_problem_can_be_read_about() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[0]);
    let refusals = [
        Request::get("/profile"),
        Request::get("/nowhere"),
        Request::post("/profile"),
        Request::post("/login").text("application/json", "{"),
        Request::post("/login").json(&serde_json::json!({})),
        Request::post("/login").text("text/plain", "x"),
        Request::post("/login").json(&serde_json::json!({ "username": "nobody", "password": "x" })),
        Request::post("/refresh").json(&serde_json::json!({ "refresh_token": "x" })),
        ticket.alone_on(Request::post("/logout")),
        ticket.on(Request::get("/profile")).bearer("x"),
    ];
    for request in refusals {
        let document = server.send(&request).json();
        let kind = document["type"].as_str().unwrap();
        assert!(kind.starts_with("/problems/"), "{document}");
        let page = server.send(&Request::get(kind).in_browser()).expect(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page}");
        assert!(page.text().contains(document["title"].as_str().unwrap()), "{document}: {page}");
    }
    server.send(&Request::get("/problems/of-another-kind")).problem(404);
}
