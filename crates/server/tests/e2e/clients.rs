//! Clients that a configuration adds or changes.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::support::patience::comes;
use crate::support::person::counts;
use crate::support::token::peek;
use crate::support::{Mode, Person, Request, Server, Setup, Ticket};

#[test]
fn a_login_may_ask_for_fewer_scopes_than_its_client_allows() {
    let shop = "scopes = [\"orders:read\", \"orders:write\"]\n";
    let config = format!("[clients.shop]\nkind = \"jwt\"\n{shop}[clients.till]\nkind = \"token\"\n{shop}");
    let server = Setup::default().config(&config).start();
    let person = Person::new(&server);
    for client in ["shop", "till"] {
        let verified = |scope: &str| {
            let answer = server.send(&person.login(&json!({ "client": client, "scope": scope }))).expect(200);
            let answer = server.send(&Ticket::bearer(&answer).on(Request::get("/verify"))).expect(200);
            answer.header("x-auth-scopes").unwrap_or_default().to_owned()
        };
        assert_eq!(verified("orders:read"), "orders:read");
        assert_eq!(verified("orders:write orders:write"), "orders:write");
        assert_eq!(verified(""), "");
        let all = person.logs_in_to(&server, client);
        let answer = server.send(&all.on(Request::get("/verify"))).expect(200);
        assert_eq!(answer.header("x-auth-scopes"), Some("orders:read orders:write"), "{answer}");
        for scope in ["orders:delete", "orders:read admin", "ORDERS:READ", "orders"] {
            let answer = server.send(&person.login(&json!({ "client": client, "scope": scope })));
            assert!(matches!(answer.status, 400 | 422), "{answer}");
            answer.refusal_naming(answer.status, "scope");
        }
    }
}

#[test]
fn tk_09_a_refresh_never_widens() {
    let config = "[clients.shop]\nkind = \"jwt\"\nrefresh = \"1h\"\nscopes = [\"a\", \"b\"]\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let ticket = Ticket::bearer(&server.send(&person.login(&json!({ "client": "shop", "scope": "b" }))).expect(200));
    let next = Ticket::bearer(&server.send(&ticket.refreshing()).expect(200));
    assert_eq!(peek(&next.text).1["scope"], "b");
    let wider = json!({ "refresh_token": next.refresh, "scope": "a b" });
    assert_eq!(server.send(&Request::post("/refresh").json(&wider)).status, 422);
}

#[test]
fn a_token_says_what_its_client_wants_said() {
    let config = "[clients.plain]\nkind = \"jwt\"\nroles = false\n\
                  [clients.rich]\nkind = \"jwt\"\nlifetime = \"5m\"\naudience = \"https://shop.example\"\nmetadata = [\"plan\"]\n\
                  claims = { tenant = \"north\", level = 3 }\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let database = rusqlite::Connection::open(server.database()).unwrap();
    let metadata = r#"{"plan":"gold","secret":"hush"}"#;
    database.execute("update users set metadata = ?1 where username = ?2", [metadata, &person.username]).unwrap();

    let (_, plain) = peek(&person.logs_in_to(&server, "plain").text);
    for absent in ["roles", "plan", "secret", "tenant", "email", "scope"] {
        assert!(plain.get(absent).is_none(), "{absent}: {plain}");
    }
    assert_eq!(plain["aud"], server.origin(), "the issuer, when nothing else is said");
    assert_eq!(plain["iss"], server.origin());
    assert_eq!(plain["client_id"], "plain");
    assert_eq!(plain["sub"], *person.id);

    let ticket = person.logs_in_to(&server, "rich");
    let (_, rich) = peek(&ticket.text);
    assert_eq!((&rich["plan"], &rich["tenant"], &rich["level"]), (&json!("gold"), &json!("north"), &json!(3)));
    assert!(rich.get("secret").is_none(), "{rich}");
    assert_eq!((&rich["aud"], &rich["roles"]), (&json!("https://shop.example"), &json!(["user"])));
    let lifetime = rich["exp"].as_i64().unwrap() - rich["iat"].as_i64().unwrap();
    assert!((300..=301).contains(&lifetime), "whole seconds, and none too few: {rich}");
    assert!(counts(&server, &ticket));
}

#[test]
fn every_algorithm_signs_and_verifies() {
    let algorithms = ["HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
        .map(|name| (name.to_lowercase(), name));
    let tables =
        algorithms.iter().map(|(client, name)| format!("[clients.{client}]\nkind = \"jwt\"\nalgorithm = \"{name}\"\n"));
    let server = Setup::default().config(&tables.collect::<String>()).start();
    let person = Person::new(&server);
    for (client, name) in &algorithms {
        let ticket = person.logs_in_to(&server, client);
        assert_eq!(peek(&ticket.text).0["alg"], *name);
        assert!(counts(&server, &ticket), "{name}");
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        assert!(!counts(&server, &ticket), "{name}");
    }
}

#[test]
fn ss_07_a_credential_ends_at_its_time_however_busy_it_is() {
    let config = "[clients.busy]\nkind = \"session\"\nlifetime = \"3h\"\nidle = \"2h\"\n\
                  [clients.ticket]\nkind = \"token\"\nlifetime = \"3h\"\n[clients.brief]\nkind = \"jwt\"\nlifetime = \"3h\"\nrefresh = \"none\"\n\
                  [clients.flying]\nkind = \"jwt\"\nlifetime = \"1h\"\nrefresh = \"3h\"\n";
    let server = Setup::default().config(config).with_clock().start();
    let person = Person::new(&server);
    let busy = server.send(&person.login_to("busy")).expect(200);
    let busy = Ticket { cookie: Some("session_id".into()), text: busy.set_cookie("session_id").value, refresh: None };
    let tickets = [busy, person.logs_in_to(&server, "ticket"), person.logs_in_to(&server, "brief")];
    let flying = person.logs_in_to(&server, "flying");
    for minutes in (0..180).step_by(20) {
        it_becomes(&server, minutes);
        assert!(tickets.iter().all(|ticket| counts(&server, ticket)), "before its time, after {minutes} minutes");
    }
    it_becomes(&server, 181);
    for ticket in &tickets {
        assert!(comes(|| !counts(&server, ticket)), "{:?} {}", ticket.cookie, &ticket.text[..5]);
    }
    assert!(!counts(&server, &flying));
    server.send(&flying.refreshing()).refusal(401, "invalid-grant");
    let ticket = person.logs_in_to(&server, "api");
    let listed = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "what has ended is listed no more: {listed}");
}

#[test]
fn ss_07_what_is_used_stays_and_what_is_not_ends() {
    let config = "[clients.web]\nidle = \"2h\"\n[clients.till]\nkind = \"token\"\nidle = \"2h\"\n";
    let server = Setup::default().config(config).with_clock().start();
    let person = Person::new(&server);
    let web = crate::support::MODES[0];
    let used = [person.logs_in(&server, &web), person.logs_in_to(&server, "till")];
    let unused = [person.logs_in(&server, &web), person.logs_in_to(&server, "till")];
    for minutes in (0..=160).step_by(20) {
        it_becomes(&server, minutes);
        assert!(used.iter().all(|ticket| counts(&server, ticket)), "after {minutes} minutes");
    }
    assert!(comes(|| unused.iter().all(|ticket| !counts(&server, ticket))));
    it_becomes(&server, 300);
    assert!(comes(|| used.iter().all(|ticket| !counts(&server, ticket))));
}

/// Lets the server's clock go on to so many minutes from the start, and gives it a moment to see it: should that not be enough, it
/// does so by the next time.
fn it_becomes(server: &Server, minutes: i64) {
    server.set_clock(minutes * 60);
    sleep(Duration::from_millis(50));
}

#[test]
fn ss_04_over_https_a_cookie_keeps_to_its_host() {
    let server = Setup::default().argument("--public-url").argument("https://auth.example.com").start();
    let person = Person::new(&server);
    let web = server.send(&person.login_to("web")).expect(200);
    let spa = server.send(&person.login_to("spa")).expect(200);
    for (answer, name) in [(&web, "__Host-session_id"), (&spa, "__Host-token")] {
        let cookie = answer.set_cookie(name);
        assert_eq!(cookie.reach(), ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{answer}");
        assert!(!cookie.clears(), "{answer}");
        server.send(&Request::get("/profile").cookie(name, &cookie.value)).expect(200);
        let bare = name.trim_start_matches("__Host-");
        server.send(&Request::get("/profile").cookie(bare, &cookie.value)).is_anonymous();
        let logout = || Request::post("/logout").cookie(name, &cookie.value);
        server.send(&logout().header("Origin", &server.origin())).refusal(403, "cross-site");
        let out = server.send(&logout().header("Origin", "https://auth.example.com")).expect(204);
        let cleared = out.set_cookie(name);
        assert!(cleared.clears() && cleared.reach() == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{out}");
    }
    let refresh = spa.set_cookie("__Secure-refresh_token");
    assert_eq!(refresh.reach(), ["HttpOnly", "Path=/refresh", "SameSite=Lax", "Secure"], "{spa}");
}

#[test]
fn a_cookie_is_named_and_sent_as_its_client_says() {
    let config = "[server]\npublic_url = \"https://auth.example.com\"\n[clients.shop]\nkind = \"jwt\"\ntransport = \"cookie\"\n\
                  refresh = \"1h\"\n[clients.shop.cookie]\nname = \"shop\"\ndomain = \"example.com\"\nsame_site = \"strict\"\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let answer = server.send(&person.login_to("shop")).expect(200);
    let cookie = answer.set_cookie("__Secure-shop");
    let reach = ["Domain=example.com", "HttpOnly", "Path=/", "SameSite=Strict", "Secure"];
    assert_eq!(cookie.reach(), reach, "{answer}");
    let shown = |text: &str| server.send(&Request::get("/profile").cookie("__Secure-shop", text));
    shown(&cookie.value).expect(200);
    let logout = Request::post("/logout").cookie("__Secure-shop", &cookie.value).same_origin();
    let out = server.send(&logout).expect(204);
    assert!(out.set_cookie("__Secure-shop").clears(), "{out}");
    assert_eq!(out.set_cookie("__Secure-shop").reach(), reach, "a cookie goes only where it came from: {out}");
    shown(&cookie.value).is_refused();
}

#[test]
fn a_built_in_client_can_be_made_another_kind() {
    let config = "[clients.web]\nkind = \"jwt\"\n[clients.device]\nkind = \"jwt\"\n[clients.spa]\nkind = \"session\"\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let changed = |client, kind, cookie| Mode { client, kind, cookie, refresh: false, stored: true, lifetime: 0 };
    let modes = [
        changed("web", "jwt", Some("token")),
        changed("device", "jwt", None),
        changed("spa", "session", Some("session_id")),
    ];
    for mode in modes {
        let answer = server.send(&person.login_to(mode.client)).expect(200);
        assert_eq!(answer.json()["credential"]["kind"], mode.kind);
        let ticket = mode.ticket(&answer);
        assert!(counts(&server, &ticket), "{}", mode.client);
        logs_out(&server, &ticket);
    }
}

fn logs_out(server: &Server, ticket: &Ticket) {
    server.send(&ticket.on(Request::post("/logout"))).expect(204);
    assert!(!counts(server, ticket));
}
