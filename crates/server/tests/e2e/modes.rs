//! The whole way of a login, from registration to the last 401, in each of the five modes.

use std::sync::Arc;

use serde_json::Value;

use crate::support::cookie::SetCookie;
use crate::support::person::counts;
use crate::support::{Answer, MODES, Mode, Person, Place, Request, Server, Setup, Shared, Ticket};

/// The five modes in each set-up.
macro_rules! set_ups {
    ($($name:ident)*) => { $(
        mod $name {
            use super::*;

            static SHARED: Shared = Shared::new();

            fn server() -> Arc<Server> {
                SHARED.set_up(|| Setup::default().at(&Place::$name()))
            }

            #[test]
            fn a_session_in_a_cookie_from_login_to_logout() {
                whole_way(&server(), &MODES[0]);
            }

            #[test]
            fn a_jwt_in_a_cookie_from_login_to_logout() {
                whole_way(&server(), &MODES[1]);
            }

            #[test]
            fn a_jwt_as_bearer_from_login_to_logout() {
                whole_way(&server(), &MODES[2]);
            }

            #[test]
            fn a_jwt_without_any_record_from_login_to_logout() {
                whole_way(&server(), &MODES[3]);
            }

            #[test]
            fn an_opaque_token_from_login_to_logout() {
                whole_way(&server(), &MODES[4]);
            }
        }
    )* };
}
set_ups!(sqlite postgres mariadb postgres_redis mariadb_redis_cluster);

/// Every request that needs a credential and changes nothing.
const READS: [&str; 4] = ["/profile", "/dashboard", "/sessions", "/verify"];

fn whole_way(server: &Server, mode: &Mode) {
    let person = Person::new(server);
    let answer = server.send(&person.login_to(mode.client)).expect(200);
    is_a_login(&answer, mode, &person);
    let ticket = mode.ticket(&answer);
    let credential = answer.json()["credential"].clone();

    is_recognised(server, &ticket, &person, &credential);
    shows_its_logins(server, &ticket, mode, &credential);
    is_verified(server, &ticket, &person, mode, &credential);
    let others = exchanges(server, &ticket, mode, &person, &credential);

    let copy = ticket.clone();
    let out = server.send(&ticket.on(Request::post("/logout"))).expect(204);
    assert!(out.body.is_empty(), "{out}");
    clears_cookies(&out, mode);
    for dead in [&copy].into_iter().chain(&others) {
        is_out(server, dead);
    }
    for path in READS {
        server.send(&Request::get(path)).is_anonymous();
    }
}

/// The answer to a login, to the letter.
#[track_caller]
fn is_a_login(answer: &Answer, mode: &Mode, person: &Person) {
    let json = answer.json();
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "tk_15: {answer}");
    is_the_user(&json["user"], person);

    let credential = &json["credential"];
    assert_eq!(credential["kind"], mode.kind, "{answer}");
    assert_eq!(credential["transport"], mode.transport(), "{answer}");
    assert_eq!(credential["client"], mode.client, "{answer}");
    assert_eq!(credential["session"].is_string(), mode.stored, "{answer}");
    assert!(is_rfc_3339_utc(&credential["expires_at"]), "{answer}");

    let top: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let refresh = if mode.refresh { vec!["refresh_token"] } else { vec![] };
    if mode.cookie.is_some() {
        assert_eq!(sorted(top), ["credential", "user"], "{answer}");
        sets_cookies(answer, mode);
    } else {
        let expected = [vec!["user", "credential", "token", "token_type", "expires_in"], refresh].concat();
        assert_eq!(sorted(top), sorted(expected), "{answer}");
        assert_eq!(json["token_type"], "Bearer", "{answer}");
        let expires_in = json["expires_in"].as_u64().unwrap();
        assert!((mode.lifetime - 2..=mode.lifetime).contains(&expires_in), "{answer}");
        assert!(answer.set_cookies().iter().all(SetCookie::clears), "{answer}");
        has_the_form(json["token"].as_str().unwrap(), mode.kind);
    }
}

#[track_caller]
fn sets_cookies(answer: &Answer, mode: &Mode) {
    let credential = answer.set_cookie(mode.cookie.unwrap());
    assert_eq!(credential.reach(), ["HttpOnly", "Path=/", "SameSite=Lax"], "ss_04: {answer}");
    has_the_form(&credential.value, mode.kind);
    let refresh = answer.set_cookies().into_iter().find(|cookie| cookie.name == "refresh_token" && !cookie.clears());
    assert_eq!(refresh.is_some(), mode.refresh, "{answer}");
    if let Some(refresh) = refresh {
        assert_eq!(refresh.reach(), ["HttpOnly", "Path=/refresh", "SameSite=Lax"], "ss_04: {answer}");
        assert!(refresh.value.starts_with("cf_r_"), "{answer}");
    }
}

#[track_caller]
fn has_the_form(text: &str, kind: &str) {
    let url_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match kind {
        "jwt" => {
            let (header, claims) = crate::support::token::peek(text);
            assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"ES256".into()), "{header}");
            for claim in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "auth_time"] {
                assert!(!claims[claim].is_null(), "{claim}: {claims}");
            }
        }
        kind => {
            let prefix = if kind == "session" { "cf_s_" } else { "cf_t_" };
            assert!(text.starts_with(prefix) && text.len() == 5 + 43 + 6 && text.chars().all(url_safe), "{text}");
        }
    }
}

#[track_caller]
fn is_the_user(user: &Value, person: &Person) {
    assert_eq!(user["id"], *person.id, "{user}");
    assert_eq!(user["username"], *person.username, "{user}");
    assert_eq!(user["email"], *person.email, "{user}");
    assert_eq!(user["roles"], serde_json::json!(["user"]), "{user}");
    for (name, _) in user.as_object().unwrap() {
        assert!(!name.contains("password") && !name.contains("hash"), "{user}");
    }
}

#[track_caller]
fn is_recognised(server: &Server, ticket: &Ticket, person: &Person, credential: &Value) {
    let profile = server.send(&ticket.on(Request::get("/profile"))).expect(200).json();
    assert_eq!(sorted(profile.as_object().unwrap().keys().map(String::as_str).collect()), ["credential", "user"]);
    is_the_user(&profile["user"], person);
    for member in ["kind", "transport", "client", "session"] {
        assert_eq!(profile["credential"][member], credential[member], "{profile}");
    }
    assert!(is_rfc_3339_utc(&profile["credential"]["expires_at"]), "{profile}");
    let dashboard = server.send(&ticket.on(Request::get("/dashboard"))).expect(200).json();
    let members = dashboard.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(sorted(members), ["credential", "sessions", "user"]);
    assert_eq!(dashboard["user"], profile["user"]);
    assert_eq!(dashboard["credential"], profile["credential"]);
}

#[track_caller]
fn shows_its_logins(server: &Server, ticket: &Ticket, mode: &Mode, credential: &Value) {
    let listed = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), usize::from(mode.stored), "{listed}");
    let Some(session) = sessions.first() else { return };
    let mut members: Vec<&str> = session.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    let expected = ["client", "created_at", "current", "expires_at", "id", "ip", "kind", "last_seen_at", "user_agent"];
    assert_eq!(members, expected, "{session}");
    assert_eq!(session["id"], credential["session"], "{session}");
    assert_eq!(session["client"], mode.client, "{session}");
    assert_eq!(session["kind"], mode.kind, "{session}");
    assert_eq!(session["current"], true, "{session}");
    assert_eq!(session["ip"], "127.0.0.1", "{session}");
    for member in ["created_at", "last_seen_at", "expires_at"] {
        assert!(is_rfc_3339_utc(&session[member]), "{member}: {session}");
    }
}

#[track_caller]
fn is_verified(server: &Server, ticket: &Ticket, person: &Person, mode: &Mode, credential: &Value) {
    let answer = server.send(&ticket.on(Request::get("/verify"))).expect(200);
    assert!(answer.body.is_empty(), "{answer}");
    assert_eq!(answer.header("x-auth-user"), Some(&*person.id), "{answer}");
    assert_eq!(answer.header("x-auth-username"), Some(&*person.username), "{answer}");
    assert_eq!(answer.header("x-auth-roles"), Some("user"), "{answer}");
    assert_eq!(answer.header("x-auth-client"), Some(mode.client), "{answer}");
    assert_eq!(answer.header("x-auth-scopes").unwrap_or_default(), "", "{answer}");
    assert_eq!(answer.header("x-auth-session").unwrap_or_default(), credential["session"].as_str().unwrap_or_default());
}

/// Exchanges the ticket for one of each client. Those of a stored login share its session.
#[track_caller]
fn exchanges(server: &Server, ticket: &Ticket, from: &Mode, person: &Person, credential: &Value) -> Vec<Ticket> {
    let exchanged = MODES.iter().map(|to| {
        let request = Request::post("/exchange").json(&serde_json::json!({ "client": to.client }));
        let answer = server.send(&ticket.on(request)).expect(200);
        if from.stored {
            // The same session stands behind it, also behind what would store none by itself.
            is_a_login_after_exchange(&answer, to, person);
            assert_eq!(
                answer.json()["credential"]["session"],
                credential["session"],
                "{} to {}",
                from.client,
                to.client
            );
        }
        let other = to.ticket(&answer);
        assert!(counts(server, &other), "{} to {}", from.client, to.client);
        other
    });
    let exchanged = exchanged.collect();
    if from.stored { exchanged } else { Vec::new() }
}

#[track_caller]
fn is_a_login_after_exchange(answer: &Answer, mode: &Mode, person: &Person) {
    let json = answer.json();
    is_the_user(&json["user"], person);
    assert_eq!(json["credential"]["client"], mode.client, "{answer}");
    assert_eq!(json["credential"]["kind"], mode.kind, "{answer}");
    assert_eq!(json["credential"]["transport"], mode.transport(), "{answer}");
    assert_eq!(json["token"].is_string(), mode.cookie.is_none(), "{answer}");
}

#[track_caller]
fn clears_cookies(out: &Answer, mode: &Mode) {
    if let Some(name) = mode.cookie {
        let cleared = out.set_cookie(name);
        assert!(cleared.clears(), "{out}");
        assert_eq!(cleared.reach(), ["HttpOnly", "Path=/", "SameSite=Lax"], "{out}");
    }
    if mode.cookie.is_some() && mode.refresh {
        let cleared = out.set_cookie("refresh_token");
        assert!(cleared.clears(), "{out}");
        assert_eq!(cleared.reach(), ["HttpOnly", "Path=/refresh", "SameSite=Lax"], "{out}");
    }
}

/// Nothing lets the bearer in any more.
#[track_caller]
fn is_out(server: &Server, ticket: &Ticket) {
    for path in READS {
        server.send(&ticket.on(Request::get(path))).is_refused();
    }
    server.send(&ticket.on(Request::post("/logout"))).is_refused();
    server.send(&ticket.on(Request::delete("/sessions"))).is_refused();
    server.send(&ticket.on(Request::get("/sessions/current/data"))).is_refused();
    let exchange = Request::post("/exchange").json(&serde_json::json!({ "client": "api" }));
    server.send(&ticket.on(exchange)).is_refused();
    if ticket.refresh.is_some() {
        server.send(&ticket.refreshing()).refusal(401, "invalid-grant");
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

/// `2026-01-01T00:15:00Z`, perhaps with a fraction.
pub(crate) fn is_rfc_3339_utc(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        let shape = text.get(..19).unwrap_or_default().bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b });
        shape.eq(*b"0000-00-00T00:00:00") && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
    })
}
