//! `GET /verify`

use crate::support::command::counterfoil;
use crate::support::{Answer, MODES, Person, Request, Setup};

const CONFIG: &str = "[clients.shop]\nkind = \"token\"\nscopes = [\"orders:read\", \"orders:write\"]\n\
                      [clients.shop-jwt]\nkind = \"jwt\"\nscopes = [\"orders:read\", \"orders:write\"]\n";

fn verify(query: &str) -> Request {
    Request::get(&format!("/verify{query}"))
}

#[test]
fn tk_02_roles_and_scopes_may_be_demanded() {
    let server = Setup::default().config(CONFIG).start();
    let person = Person::new(&server);
    for client in ["shop", "shop-jwt"] {
        let request = person.login(&serde_json::json!({ "client": client, "scope": "orders:read" }));
        let ticket = crate::support::Ticket::bearer(&server.send(&request).expect(200));
        for query in ["", "?role=user", "?scope=orders:read", "?scope=orders%3Aread&role=user"] {
            let answer = server.send(&ticket.on(verify(query))).expect(200);
            assert_eq!(answer.header("x-auth-scopes"), Some("orders:read"), "{answer}");
        }
        for query in [
            "?role=admin",
            "?scope=orders:write",
            "?scope=orders",
            "?role=user&scope=orders:write",
            "?role=admin&scope=orders:read",
            "?role=",
            "?scope=",
        ] {
            let answer = server.send(&ticket.on(verify(query)));
            assert_eq!(answer.status, 403, "{query}: {answer}");
            let scope = !query.contains("role=admin") && query != "?role=";
            let challenge = scope.then_some(r#"Bearer error="insufficient_scope""#);
            assert_eq!(answer.header("www-authenticate"), challenge, "tk_02: {query}: {answer}");
            assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("x-auth-")), "{query}: {answer}");
        }
    }
    for query in ["", "?role=user", "?scope=orders:read"] {
        server.send(&verify(query)).is_anonymous();
    }
}

#[test]
fn a_role_counts_from_the_next_login_on() {
    let server = Setup::default().start();
    let person = Person::new(&server);
    let done = counterfoil(server.folder(), &["user", "roles", &person.username, "--add", "editor"], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        let answer = server.send(&ticket.on(verify("?role=editor"))).expect(200);
        let mut roles: Vec<_> =
            answer.header("x-auth-roles").unwrap().split([',', ' ']).filter(|r| !r.is_empty()).collect();
        roles.sort_unstable();
        assert_eq!(roles, ["editor", "user"], "{}", mode.client);
    }
}

#[test]
fn a_name_in_any_script_goes_into_a_header() {
    let server = Setup::default().start();
    for (index, username) in ["jürgen", "алиса", "日本", "a.b-c_d"].into_iter().enumerate() {
        let body = serde_json::json!({ "username": username, "password": crate::support::PASSWORD });
        let made = server.send(&Request::post("/register").json(&body));
        if made.status == 422 {
            continue;
        }
        assert!(made.status == 201, "{index}: {made}");
        let login = serde_json::json!({ "username": username, "password": crate::support::PASSWORD, "client": "api" });
        let ticket = crate::support::Ticket::bearer(&server.send(&Request::post("/login").json(&login)).expect(200));
        let answer = server.send(&ticket.on(verify(""))).expect(200);
        assert!(answer.header("x-auth-username").is_some_and(|name| name == username || name.is_ascii()), "{answer}");
        assert_eq!(answer.header("x-auth-user"), made.json()["user"]["id"].as_str(), "{answer}");
    }
}

#[test]
fn it_changes_nothing() {
    let server = Setup::default().start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[0]);
    // What a proxy passes on of the request in front of it neither helps nor harms.
    let request = ticket.alone_on(verify("")).header("X-Forwarded-Method", "POST").header("X-Forwarded-Uri", "/x");
    let answer = server.send(&request).expect(200);
    assert!(answer.set_cookies().is_empty(), "{answer}");
}

#[test]
fn a_proxy_may_ask_with_the_request_that_it_holds_back() {
    let server = Setup::default().start();
    let person = Person::new(&server);
    let web = person.logs_in(&server, &MODES[0]);
    let own = |request: Request| request.header("Sec-Fetch-Site", "same-origin");
    for held_back in [
        "/verify/request/",
        "/verify/request/app/a?role=admin&x",
        "/verify/request//b",
        "/verify/request/verify",
        "/verify/request/%2e%2e/login",
    ] {
        let plain = server.send(&web.on(verify(""))).expect(200);
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"] {
            let request = own(web.on(Request::new(method, held_back)));
            let answer = server.send(&request);
            assert_eq!(answer.status, 200, "{method} {held_back}: {answer}");
            let told = |answer: &Answer| {
                let facts = answer.headers.iter().filter(|(name, _)| name.starts_with("x-auth-"));
                facts.cloned().collect::<Vec<_>>()
            };
            assert_eq!(told(&answer), told(&plain), "{method} {held_back}");
        }
        server.send(&Request::get(held_back)).is_anonymous();
    }
    // What a page of another site has sent rides on the cookie here, as everywhere.
    server.send(&web.on(Request::post("/verify/request/app")).header("Sec-Fetch-Site", "cross-site")).expect(403);
    let page = |path: &str| Request::get(path).header("Accept", "text/html");
    let answer = server.send(&page("/verify/request/app/a?b=c")).expect(303);
    assert_eq!(answer.header("location"), Some("/login?return_to=%2Fapp%2Fa%3Fb%3Dc"), "{answer}");
    for (path, status) in
        [("/verify", 401), ("/verifyx", 404), ("/verify/?role=admin", 404), ("/verify/request", 404), ("/verif/y", 404)]
    {
        assert_eq!(server.send(&page(path)).status, status, "{path}");
    }
}
