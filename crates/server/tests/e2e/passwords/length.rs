//! How long a password must be, and how long it may be.

use serde_json::json;

use super::{login, register, text_of};
use crate::support::{PASSWORD, Person, Request, Setup, Shared};

static SHARED: Shared = Shared::new();

/// Fourteen code points each: Latin, astral, and letters with marks of their own.
const FOURTEEN: [&str; 4] = [
    "plum otter hat",
    "🦀🐙🦑🐠🐡🦈🐋🐬🐳🦐🐚🦞🪸🐟",
    "p\u{301}l\u{302}k\u{303}v\u{304}z\u{306}g\u{307}j\u{308}",
    "数独は楽しい遊びですよねえ本",
];

#[test]
fn pw_01_fourteen_code_points_are_refused_with_the_reason_and_fifteen_accepted() {
    let server = SHARED.server();
    // A token stays the same when the password changes, as a cookie does not.
    let ticket = Person::new(&server).logs_in(&server, &crate::support::MODES[2]);
    let mut current = PASSWORD.to_owned();
    for (index, fourteen) in FOURTEEN.into_iter().enumerate() {
        let (name, fifteen) = (format!("short{index}"), format!("{fourteen}w"));
        let refused = register(&server, &name, fourteen);
        refused.refusal_naming(422, "15");
        refused.refusal_naming(422, "has 14");
        register(&server, &name, &fifteen).expect(201);

        let change = |new: &str| {
            let body = json!({ "current_password": current, "new_password": new });
            server.send(&ticket.on(Request::post("/password").json(&body)))
        };
        change(fourteen).refusal_naming(422, "15");
        change(&fifteen).expect(204);
        current = fifteen;
    }
}

#[test]
fn pw_01_an_operator_may_ask_for_less_but_never_for_less_than_eight() {
    let server = Setup::default().config("[passwords]\nmin_length = 8\n").start();
    register(&server, "brief", "xk7#pq2").refusal_naming(422, "8");
    register(&server, "brief", "xk7#pq2m").expect(201);
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("counterfoil.toml"), "[passwords]\nmin_length = 7\n").unwrap();
    let done = crate::support::command::counterfoil_alone(folder.path(), &["config", "check"]);
    assert!(done.code != Some(0) && done.stderr.contains("from 8 to 64"), "{done:?}");
}

#[test]
fn pw_02_1024_bytes_are_taken_whole_and_1025_not_at_all() {
    let server = SHARED.server();
    for bytes in [64, 72, 73, 128, 1024] {
        let (name, password) = (format!("long{bytes}"), text_of(bytes));
        assert_eq!(password.len(), bytes);
        register(&server, &name, &password).expect(201);
        assert_eq!(login(&server, &name, &password), 200, "{bytes}");
    }
    // Counted in bytes of UTF-8: 1,024 in 512 letters.
    let wide = "éà".repeat(200) + "çöñßøåæđłžõüšïëôîûâêìòùáíóúýěřůťďň";
    let wide = format!("{wide}{}", "Ж".repeat((1024 - wide.len()) / 2));
    register(&server, "wide", &format!("{wide}é")).refusal_naming(422, "1024");
    let long = text_of(1025);
    register(&server, "too-long", &long).refusal_naming(422, "1024");
    let form = [("username", "too-long"), ("password", long.as_str())];
    server.send(&Request::post("/register").form(&form)).refusal_naming(422, "1024");
    // Not even at a login, where it could only be wrong: it is not hashed, and not cut to one that is right.
    for name in ["long1024", "nobody-of-that-name"] {
        let body = json!({ "username": name, "password": text_of(1024) + "z" });
        server.send(&Request::post("/login").json(&body)).refusal_naming(422, "1024");
    }
    let ticket = Person::new(&server).logs_in(&server, &crate::support::MODES[0]);
    let body = json!({ "current_password": PASSWORD, "new_password": long });
    server.send(&ticket.on(Request::post("/password").json(&body))).refusal_naming(422, "1024");
}
