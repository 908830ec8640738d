//! `POST /register`

use serde_json::json;

use crate::support::{PASSWORD, Person, Request, Setup, Shared};

static SHARED: Shared = Shared::new();

fn register(username: &str, password: &str) -> Request {
    Request::post("/register").json(&json!({ "username": username, "password": password }))
}

#[test]
fn an_account_is_made_and_logs_in() {
    let server = SHARED.server();
    let answer = server.send(&register("fresh", PASSWORD)).expect(201);
    let json = answer.json();
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["user"], "{answer}");
    assert_eq!(json["user"]["username"], "fresh");
    assert_eq!(json["user"]["roles"], json!(["user"]));
    assert!(json["user"]["email"].is_null(), "{answer}");
    assert!(answer.set_cookies().is_empty(), "an account is not a login: {answer}");
    let login = json!({ "username": "fresh", "password": PASSWORD });
    server.send(&Request::post("/login").json(&login)).expect(200);
}

#[test]
fn a_form_is_as_good_as_json() {
    let server = SHARED.server();
    let fields = [("username", "by.form"), ("email", "by.form@example.com"), ("password", PASSWORD)];
    let answer = server.send(&Request::post("/register").form(&fields)).expect(201);
    assert_eq!(answer.json()["user"]["email"], "by.form@example.com");
}

#[test]
fn what_is_taken_is_taken_in_any_spelling() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for username in [person.username.clone(), person.username.to_uppercase()] {
        server.send(&register(&username, PASSWORD)).problem(409);
    }
    let other = json!({ "username": "somebody-else", "email": person.email.to_uppercase(), "password": PASSWORD });
    server.send(&Request::post("/register").json(&other)).problem(409);
}

#[test]
fn pw_01_a_short_password_is_refused_with_the_reason() {
    let server = SHARED.server();
    for (index, unit) in ["x", "🦀", "e\u{301}"].into_iter().enumerate() {
        let counted = unit.chars().count();
        let short = unit.repeat(14 / counted);
        server.send(&register(&format!("short{index}"), &short)).refusal_naming(422, "15");
        let long = unit.repeat(15_usize.div_ceil(counted));
        server.send(&register(&format!("short{index}"), &long)).expect(201);
    }
}

#[test]
fn pw_02_a_long_password_is_taken_whole_or_not_at_all() {
    let server = SHARED.server();
    for (index, length) in [64, 73, 128, 1024].into_iter().enumerate() {
        let (name, password) = (format!("long{index}"), "p".repeat(length));
        server.send(&register(&name, &password)).expect(201);
        let login = |password: &str| Request::post("/login").json(&json!({ "username": name, "password": password }));
        server.send(&login(&password)).expect(200);
        let flipped = format!("{}q", &password[1..]);
        server.send(&login(&flipped)).refusal(401, "invalid-credentials");
        server.send(&login(&password[1..])).refusal(401, "invalid-credentials");
    }
    server.send(&register("too-long", &"p".repeat(1025))).refusal_naming(422, "1024");
}

#[test]
fn pw_03_pw_04_every_character_counts() {
    let server = SHARED.server();
    let odd = [
        "               ",
        " leading and trailing ",
        "nul\0nul\0nul\0nul\0nul",
        "tab\tnewline\nreturn\r bell\u{7}",
        "кириллица и ещё немного",
        "🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
        "\"quotes\" 'and' \\slashes\\/",
        "+plus & ampersand = equals %41",
        "\u{200b}\u{202e} invisible ones \u{feff}",
    ];
    for (index, password) in odd.into_iter().enumerate() {
        let name = format!("odd{index}");
        server.send(&register(&name, password)).expect(201);
        let login = |password: &str| {
            let json = Request::post("/login").json(&json!({ "username": name, "password": password }));
            let form = Request::post("/login").form(&[("username", &name), ("password", password)]);
            [server.send(&json).status, server.send(&form).status]
        };
        assert_eq!(login(password), [200; 2], "{password:?}");
        for other in [format!("{password} "), format!(" {password}"), password.replace(['\0', 'e', '🦀', ' '], "x")] {
            assert_eq!(login(&other), [401; 2], "{other:?}");
        }
    }
}

#[test]
fn wb_15_nobody_gives_themselves_a_role() {
    let server = SHARED.server();
    for member in ["roles", "role", "id", "is_admin", "metadata", "state"] {
        let body = json!({ "username": "climber", "password": PASSWORD, member: ["admin"] });
        server.send(&Request::post("/register").json(&body)).refusal_naming(422, member);
    }
}

#[test]
fn names_and_addresses_that_nobody_can_have_are_refused_by_name() {
    let server = SHARED.server();
    for username in ["", "a b", "semi;colon", "at@sign", "new\nline", "nul\0", "\u{202e}evil"] {
        server.send(&register(username, PASSWORD)).refusal_naming(422, "username");
    }
    for email in ["", "nobody", "a@", "@b", "a b@example.com"] {
        let body = json!({ "username": "no-address", "email": email, "password": PASSWORD });
        server.send(&Request::post("/register").json(&body)).refusal_naming(422, "email");
    }
}

#[test]
fn a_closed_registration_takes_nobody() {
    let server = Setup::default().config("[registration]\nopen = false").start();
    server.send(&register("late", PASSWORD)).problem(403);
    let login = json!({ "username": "late", "password": PASSWORD });
    server.send(&Request::post("/login").json(&login)).refusal(401, "invalid-credentials");
}
