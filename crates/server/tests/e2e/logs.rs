//! What is written, and what never is.

use serde_json::json;

use crate::support::request::escape;
use crate::support::{MODES, PASSWORD, Person, Request, Server, Setup, Ticket};

/// Texts that stand for secrets which people put in wrong places.
const CANARIES: [&str; 6] = [
    "canary-in-a-query",
    "canary-in-a-password",
    "canary-in-a-new-one",
    "canary-in-a-bearer",
    "canary-in-a-cookie",
    "canary-in-a-body",
];

/// A journey through everything that handles a secret. Returns the secrets that were issued.
fn journey(server: &Server) -> Vec<String> {
    let mut secrets: Vec<String> = CANARIES.iter().map(|&canary| canary.to_owned()).collect();
    let mut note = |ticket: &Ticket| secrets.extend([ticket.text.clone()].into_iter().chain(ticket.refresh.clone()));
    let [query, password, new, bearer, cookie, body] = CANARIES;
    for mode in MODES {
        let person = Person::new(server);
        let ticket = person.logs_in(server, &mode);
        note(&ticket);
        for path in ["/profile", "/dashboard", "/sessions", "/verify", "/sessions/current/data"] {
            server.send(&ticket.on(Request::get(path)));
            server.send(&ticket.on(Request::get(path).in_browser()));
        }
        for other in MODES {
            let exchange = Request::post("/exchange").json(&json!({ "client": other.client }));
            note(&other.ticket(&server.send(&ticket.on(exchange)).expect(200)));
        }
        if mode.refresh {
            note(&mode.ticket(&server.send(&ticket.refreshing()).expect(200)));
            server.send(&Request::get("/profile").bearer(ticket.refresh.as_deref().unwrap()));
        }
        server.send(&person.login(&json!({ "client": mode.client, "password": password })));
        let wrong = json!({ "current_password": password, "new_password": new });
        server.send(&ticket.on(Request::post("/password").json(&wrong)));
        let right = json!({ "current_password": PASSWORD, "new_password": format!("{new}-that-is-long") });
        let answer = server.send(&ticket.on(Request::post("/password").json(&right))).expect(204);
        let ticket = mode.after_change(&ticket, &answer);
        note(&ticket);
        server.send(&ticket.on(Request::get("/profile")).bearer(bearer));
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        server.send(&ticket.on(Request::post("/logout")));
    }
    server.send(&Request::get(&format!("/login?username=x&password={}", escape(query))));
    server.send(&Request::get(&format!("/profile?access_token={}", escape(query))));
    server.send(&Request::get(&format!("/nowhere?token={}", escape(query))));
    server.send(&Request::get("/profile").bearer(bearer));
    server.send(&Request::get("/profile").cookie("session_id", cookie));
    server.send(&Request::post("/refresh").cookie("refresh_token", cookie).same_origin());
    server.send(&Request::post("/refresh").json(&json!({ "refresh_token": body })));
    server.send(&Request::post("/login").text("application/json", &format!("{{\"password\":\"{body}\"")));
    server.send(&Request::post("/login").json(&json!({ "username": "x", "password": [body] })));
    server.send(&Request::post("/register").json(&json!({ "username": "x y", "password": body })));
    server.send(&Request::post("/register").form(&[("username", "short"), ("password", body)]));
    server.send(&Request::post("/login").text("text/plain", body));
    secrets.push(PASSWORD.to_owned());
    secrets
}

#[test]
fn lo_02_no_secret_is_ever_written() {
    for format in ["text", "json"] {
        let config = format!("[log]\nlevel = \"trace\"\nformat = \"{format}\"\n");
        let secret = "kX2fZ81mQp0sVt7nJr4wBy6cLd9hGe3a";
        let setup =
            Setup::default().config(&config).variable("RUST_LOG", "trace").variable("COUNTERFOIL_SECRET", secret);
        let mut server = setup.start();
        let mut secrets = journey(&server);
        secrets.push(secret.to_owned());
        server.terminate();
        server.wait();
        let log = server.log();
        assert!(log.lines().count() > 100, "{log}");
        for secret in &secrets {
            let (line, found) =
                (log.lines().find(|line| line.contains(secret.as_str())), log.contains(secret.as_str()));
            assert!(!found, "{line:?}");
            // Nor a half of a token, which would be enough to look one up or to forge the rest.
            let half = if secret.len() > 40 { secret.get(..secret.len() / 2) } else { None };
            let common = half.is_some_and(|half| log.contains(half));
            assert!(!common, "a half of it: {:?}", log.lines().find(|line| line.contains(half.unwrap_or_default())));
        }
        assert!(!log.contains("$argon2"), "a hash is a secret too");
    }
}

#[test]
fn lo_03_nobody_writes_lines_of_their_own() {
    let mut server = Setup::default().config("[log]\nlevel = \"trace\"\nformat = \"json\"\n").start();
    let payloads = ["a\nb", "a\r\nforged: yes", "\u{1b}[31mred", "quote\"}", "\u{2028}x", "{\"level\":\"ERROR\"}"];
    for payload in payloads {
        server.send(&Request::post("/login").json(&json!({ "username": payload, "password": payload })));
        server.send(&Request::get(&format!("/{}", escape(payload))));
        let visible: String = payload.chars().filter(|c| !c.is_control()).collect();
        server.send(&Request::get("/profile").header("User-Agent", &visible).header("X-Forwarded-For", &visible));
    }
    server.terminate();
    server.wait();
    let log = server.log();
    let mut records = 0;
    for line in log.lines().filter(|line| line.starts_with('{')) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(record["level"] != "ERROR", "{line}");
        records += 1;
    }
    assert!(records > 10, "{log}");
    assert!(!log.contains('\u{1b}') && !log.contains("\nforged") && !log.contains('\r'), "{log:?}");
}

#[test]
fn lo_01_what_matters_has_a_name() {
    let mut server = Setup::default().start();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    server.send(&person.login(&json!({ "password": "a wrong password" }))).problem(401);
    server.send(&ticket.on(Request::post("/logout"))).expect(204);
    server.terminate();
    server.wait();
    for event in ["authn_login_success", "authn_login_fail", "session_logout"] {
        assert_eq!(server.log().matches(event).count(), 1, "{event}: {}", server.log());
    }
}
