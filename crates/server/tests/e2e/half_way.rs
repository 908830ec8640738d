//! What somebody holds half-way through a flow opens no other, and no answer that hands something out is kept.

use serde_json::json;

use crate::support::{MODES, Person, Request, Server, Setup, Shared};

static SHARED: Shared = Shared::new();

/// What asks for a credential, in every place where one could stand.
fn entrances(text: &str) -> Vec<Request> {
    let mut all = Vec::new();
    for path in ["/profile", "/sessions", "/verify", "/dashboard"] {
        all.push(Request::get(path).bearer(text));
        for name in ["session_id", "token", "refresh_token", "__Host-session_id", "__Host-token", "setup"] {
            all.push(Request::get(path).cookie(name, text));
        }
    }
    for request in [Request::post("/exchange").json(&json!({ "client": "api" })), Request::post("/logout")] {
        all.push(request.clone().bearer(text));
        all.push(request.cookie("session_id", text).same_origin());
    }
    all
}

#[track_caller]
fn opens_nothing(server: &Server, text: &str, except: &[&str]) {
    for request in entrances(text) {
        if except.contains(&request.target.as_str()) {
            continue;
        }
        let answer = server.send(&request);
        assert_eq!(answer.status, 401, "{} {}: {answer}", request.method, request.target);
    }
}

#[test]
fn ss_17_a_set_up_code_is_no_credential() {
    let server = Setup::default().start();
    assert!(server.writes("/setup?code="), "{}", server.log());
    let log = server.log();
    let code: String = log
        .split("/setup?code=")
        .nth(1)
        .unwrap()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    assert!(code.len() >= 22, "{log}");
    opens_nothing(&server, &code, &[]);
    for prefix in ["cf_s_", "cf_t_", "cf_r_"] {
        opens_nothing(&server, &format!("{prefix}{code}AAAAAA"), &[]);
    }
    server.send(&Request::post("/refresh").json(&json!({ "refresh_token": code }))).problem(401);
    // And the other way round: no credential is a code.
    let person = Person::new(&server);
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        let body = json!({ "code": ticket.text, "username": "mallory", "password": "a password that is long" });
        let answer = server.send(&Request::post("/setup").json(&body));
        assert!(answer.status == 403 || answer.status == 422, "{answer}");
    }
}

#[test]
fn ss_17_a_refresh_token_opens_the_way_to_its_successor_alone() {
    let server = SHARED.server();
    for mode in MODES.into_iter().filter(|mode| mode.refresh) {
        let ticket = Person::new(&server).logs_in(&server, &mode);
        // `/logout` takes one in its body; elsewhere it is nothing.
        opens_nothing(&server, ticket.refresh.as_deref().unwrap(), &["/logout"]);
        server.send(&ticket.on(Request::get("/profile"))).expect(200);
        server.send(&ticket.refreshing()).expect(200);
    }
}

#[test]
fn tk_15_an_answer_that_hands_something_out_is_kept_by_no_cache() {
    let server = SHARED.server();
    for mode in MODES {
        let person = Person::new(&server);
        let mut answers = vec![server.send(&person.login_to(mode.client)).expect(200)];
        let ticket = mode.ticket(&answers[0]);
        for other in MODES {
            let exchange = Request::post("/exchange").json(&json!({ "client": other.client }));
            answers.push(server.send(&ticket.on(exchange)).expect(200));
        }
        if mode.refresh {
            answers.push(server.send(&ticket.refreshing()).expect(200));
            // The same once more, from the window.
            answers.push(server.send(&ticket.refreshing()).expect(200));
        }
        for answer in answers {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
        }
    }
}

#[test]
fn tk_13_what_is_remembered_of_a_token_answers_no_other_question() {
    let config = "[clients.shop]\nkind = \"token\"\nscopes = [\"read\", \"write\"]\n\
                  [clients.shop-jwt]\nkind = \"jwt\"\nscopes = [\"read\", \"write\"]\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    for client in ["shop", "shop-jwt"] {
        let login = person.login(&json!({ "client": client, "scope": "read" }));
        let ticket = crate::support::Ticket::bearer(&server.send(&login).expect(200));
        let asked = [("", 200), ("?scope=read", 200), ("?scope=write", 403), ("?role=user", 200), ("?role=admin", 403)];
        let ask = |query: &str| server.send(&ticket.on(Request::get(&format!("/verify{query}")))).status;
        // Each question after each other one, so that whatever is remembered was another's answer.
        for (first, _) in asked {
            for (second, status) in asked {
                ask(first);
                assert_eq!(ask(second), status, "{client}: {first:?} and then {second:?}");
            }
        }
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        assert!(asked.iter().all(|(query, _)| ask(query) == 401), "{client}");
    }
}
