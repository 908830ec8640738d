//! What a server that was just started lets nobody do.

use serde_json::json;

use crate::support::{MODES, PASSWORD, Person, Request, Setup, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn lg_12_there_are_no_accounts_that_come_with_it() {
    let server = Setup::default().config("[passwords]\nmemory_kib = 12288\niterations = 3\n").start();
    let names = ["admin", "root", "administrator", "user", "test", "guest", "counterfoil", "demo", "operator", "setup"];
    let passwords = ["", "admin", "password", "changeme", "counterfoil"];
    for name in names {
        for password in passwords {
            let login = json!({ "username": name, "password": if password.is_empty() { name } else { password } });
            let answer = server.send(&Request::post("/login").json(&login));
            // After some of them nobody is asked any more.
            assert!(matches!(answer.status, 401 | 429), "{name}: {answer}");
            assert!(answer.set_cookies().is_empty(), "{answer}");
        }
    }
}

#[test]
fn lg_08_a_password_in_an_address_is_neither_taken_nor_written_down() {
    let mut server = Setup::default().config("[log]\nlevel = \"trace\"\n").variable("RUST_LOG", "trace").start();
    let person = Person::new(&server);
    let canary = "canary-in-an-address-of-a-login";
    let query = format!("username={}&password={canary}", person.username);
    for path in ["/login", "/register"] {
        let target = format!("{path}?{query}");
        for request in [Request::get(&target), Request::get(&target).in_browser()] {
            let answer = server.send(&request);
            assert!(answer.status == 400 && answer.set_cookies().is_empty(), "{answer}");
            assert!(!answer.text().contains(canary), "{answer}");
        }
        for request in [
            Request::post(&target),
            Request::post(&target).json(&json!({})),
            Request::post(&target).form(&[]).in_browser().same_origin(),
        ] {
            let answer = server.send(&request);
            assert!(matches!(answer.status, 400 | 415 | 422) && answer.set_cookies().is_empty(), "{answer}");
        }
    }
    let right = format!("/login?username={}&password={}", person.username, crate::support::request::escape(PASSWORD));
    server.send(&Request::get(&right)).expect(400);
    server.terminate();
    server.wait();
    assert!(!server.log().contains(canary) && !server.log().contains("seven%20green"), "{}", server.log());
}

#[test]
fn wb_15_nobody_gives_themselves_anything_by_a_field() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[2]);
    let extras = [
        ("roles", json!(["admin"])),
        ("role", json!("admin")),
        ("is_admin", json!(true)),
        ("email_verified", json!(true)),
        ("id", json!("0190b5e0-7a3c-7e8f-8a6b-1c2d3e4f5a6b")),
        ("state", json!("active")),
        ("metadata", json!({ "plan": "gold" })),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("scopes", json!(["everything"])),
        ("__proto__", json!({ "admin": true })),
    ];
    for (name, value) in extras {
        let with = |mut body: serde_json::Value| {
            body[name] = value.clone();
            body
        };
        let new = json!({ "username": format!("new-{}", name.replace('_', "-")), "password": PASSWORD });
        server.send(&Request::post("/register").json(&with(new))).refusal_naming(422, name);
        server
            .send(&Request::post("/register").form(&[("username", "a-form"), ("password", PASSWORD), (name, "admin")]))
            .refusal_naming(422, name);
        let login = json!({ "username": person.username, "password": PASSWORD });
        server.send(&Request::post("/login").json(&with(login))).refusal_naming(422, name);
        let refresh = json!({ "refresh_token": ticket.refresh });
        server.send(&Request::post("/refresh").json(&with(refresh))).refusal_naming(422, name);
        server
            .send(&ticket.on(Request::post("/exchange").json(&with(json!({ "client": "device" })))))
            .refusal_naming(422, name);
        let change = json!({ "current_password": PASSWORD, "new_password": "nine yellow lemons" });
        server.send(&ticket.on(Request::post("/password").json(&with(change)))).refusal_naming(422, name);
    }
    let profile = server.send(&ticket.on(Request::get("/profile"))).expect(200).json();
    assert_eq!(profile["user"]["roles"], json!(["user"]), "{profile}");
}

#[test]
fn wb_14_what_is_there_twice_is_refused() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    for target in [
        "/verify?role=user&role=admin",
        "/verify?role=user&role=user",
        "/verify?scope=&scope=a",
        "/verify?r%6fle=a&role=user",
    ] {
        server.send(&ticket.on(Request::get(target))).problem(400);
    }
    server.send(&ticket.on(Request::delete("/sessions?keep=current&keep=x"))).problem(400);
    for (path, field) in [
        ("/login", "username"),
        ("/register", "password"),
        ("/logout", "refresh_token"),
        ("/refresh", "refresh_token"),
        ("/setup", "code"),
    ] {
        let form = [(field, "a"), ("other", "b"), (field, "a")];
        server.send(&Request::post(path).form(&form).same_origin()).problem(400);
        let twice = format!("{{\"{field}\":\"a\",\"{field}\":\"b\"}}");
        server.send(&Request::post(path).text("application/json", &twice)).problem(400);
    }
    let form = [("new_password", "a"), ("new_password", "b")];
    server.send(&ticket.on(Request::post("/password").form(&form))).problem(400);
    server.send(&ticket.on(Request::get("/profile"))).expect(200);
}
