//! The flows of the notes that the project grew from, as they are written there.

use serde_json::json;

use crate::support::command::counterfoil;
use crate::support::token::peek;
use crate::support::{PASSWORD, Person, Request, Setup};

#[test]
fn a_session_is_kept_by_the_server_and_named_by_a_cookie() {
    let server = Setup::default().start();
    Person::named(&server, "alice");
    let login = json!({ "username": "alice", "password": PASSWORD });
    let answer = server.send(&Request::post("/login").json(&login)).expect(200);
    let header = answer.header("set-cookie").unwrap();
    assert!(header.starts_with("session_id=") && header.contains("Path=/") && header.contains("HttpOnly"), "{answer}");
    let session = answer.set_cookie("session_id").value;

    let profile = server.send(&Request::get("/profile").header("Cookie", &format!("session_id={session}")));
    assert_eq!(profile.expect(200).json()["user"]["username"], "alice");
}

#[test]
fn a_jwt_travels_in_a_cookie_named_token() {
    let server = Setup::default().config("default_client = \"spa\"").start();
    Person::named(&server, "alice");
    let login = json!({ "username": "alice", "password": PASSWORD });
    let answer = server.send(&Request::post("/login").json(&login)).expect(200);
    let header = answer.headers("set-cookie").into_iter().find(|header| header.starts_with("token=eyJ")).unwrap();
    assert!(header.contains("Path=/") && header.contains("HttpOnly"), "{answer}");
    let token = answer.set_cookie("token").value;
    let (_, claims) = peek(&token);
    assert_eq!(claims["sub"], answer.json()["user"]["id"], "{claims}");
    assert_eq!(claims["roles"], json!(["user"]), "{claims}");
    assert!(claims["exp"].is_u64(), "{claims}");

    let profile = server.send(&Request::get("/profile").header("Cookie", &format!("token={token}")));
    assert_eq!(profile.expect(200).json()["user"]["username"], "alice");
}

#[test]
fn a_token_from_an_e_mail_address_opens_the_dashboard() {
    for client in ["device", "api", "stateless"] {
        let server = Setup::default().config(&format!("default_client = \"{client}\"")).start();
        let person = Person::named(&server, "user");
        let login = json!({ "email": "user@example.com", "password": PASSWORD });
        let answer = server.send(&Request::post("/login").json(&login)).expect(200);
        assert!(answer.set_cookies().iter().all(|cookie| cookie.value.is_empty()), "{answer}");
        let token = answer.json()["token"].as_str().unwrap().to_owned();

        let dashboard = Request::get("/dashboard").header("Authorization", &format!("Bearer {token}"));
        assert_eq!(server.send(&dashboard).expect(200).json()["user"]["email"], *person.email);
    }
}

#[test]
fn a_login_survives_a_change_of_mode() {
    let issuer = "[tokens]\nissuer = \"https://issuer.example\"\n";
    let mut server = Setup::default().config(issuer).start();
    let person = Person::named(&server, "alice");
    let before = crate::support::MODES.map(|mode| person.logs_in(&server, &mode));
    // What was a session is a token from now on, and the other way round.
    let changed = "[clients.web]\nkind = \"jwt\"\ntransport = \"cookie\"\n[clients.device]\nkind = \"jwt\"\n\
                   [clients.api]\nkind = \"token\"\nrefresh = \"none\"\n";
    server.start_again_as(Setup::default().config(&format!("{issuer}{changed}")));
    for ticket in &before {
        assert!(crate::support::person::counts(&server, ticket), "{:?} {}", ticket.cookie, &ticket.text[..5]);
    }
    let after = person.logs_in_to(&server, "device");
    assert_eq!(after.text.split('.').count(), 3);
    assert!(crate::support::person::counts(&server, &after));
}

/// The passwords of the notes are none that anybody may choose here; whoever has them already logs in, as it stands there.
#[test]
fn the_passwords_of_the_notes_come_along_with_their_users() {
    let server = Setup::default().start();
    for weak in ["secret123", "123456"] {
        let chosen = json!({ "username": "alice", "password": weak });
        server.send(&Request::post("/register").json(&chosen)).refusal(422, "policy");
    }
    // The table of the notes: a hash that begins with `$2a$10$`.
    let alice = json!({
        "username": "alice", "password_hash": "$2a$10$counterfoilnotesexampu.aXVzuUrOpnyIxsBg0l7SK0auKIOKl2", "roles": ["user"],
    });
    let user = json!({
        "username": "user", "email": "user@example.com",
        "password_hash": "$2a$10$counterfoilnotesexampuje4HBC0p3tsUnSgEUsH5rH9mhliSf9e",
    });
    let done = counterfoil(server.folder(), &["user", "import", "-"], &format!("{alice}\n{user}\n"));
    assert_eq!(done.code, Some(0), "{done:?}");
    for body in [
        r#"{ "username": "alice", "password": "secret123" }"#,
        "{\n  \"email\": \"user@example.com\",\n  \"password\": \"123456\"\n}",
    ] {
        // Once by the old hash, and once by the one that has taken its place.
        for _ in 0..2 {
            server.send(&Request::post("/login").text("application/json", body)).expect(200).set_cookie("session_id");
        }
    }
}
