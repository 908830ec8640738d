//! Accounts whose passwords were hashed elsewhere, and rows that somebody has changed.

use serde_json::json;

use crate::support::command::counterfoil;
use crate::support::{Answer, PASSWORD, Person, Request, Server, Setup};

/// Of `correct horse battery staple`.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";
/// Of 72 times `x`.
const LONG: &str = "$2b$10$abcdefghijklmnopqrstuuhBb/0dYbuuS1CS8hp30IXhlFBW2VAWG";

fn log_in(server: &Server, name: &str, password: &str) -> Answer {
    server.send(&Request::post("/login").json(&json!({ "username": name, "password": password })))
}

/// What a visitor can tell one refusal from another by.
fn face(answer: &Answer) -> String {
    let id = answer.header("x-request-id").unwrap_or_default();
    let headers = answer.headers.iter().filter(|(name, _)| name != "date");
    let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{}\n{}\n\n{}", answer.status, headers.join("\n"), answer.text()).replace(id, "ID")
}

#[test]
fn pw_09_the_73rd_byte_does_not_tell_a_bcrypt_user_from_another_or_from_nobody() {
    let server = Setup::default().start();
    let person = Person::new(&server);
    let line = json!({ "username": "bob", "password_hash": LONG }).to_string();
    let done = counterfoil(server.folder(), &["user", "import", "-"], &line);
    assert_eq!(done.code, Some(0), "{done:?}");
    let too_long = "x".repeat(73);
    let answers = ["bob", &person.username, "nobody"].map(|name| log_in(&server, name, &too_long).expect(401));
    assert_eq!(face(&answers[0]), face(&answers[1]));
    assert_eq!(face(&answers[0]), face(&answers[2]));
    log_in(&server, "bob", &too_long[1..]).expect(200);
}

#[test]
fn cr_06_a_row_that_was_tampered_with_is_401_and_an_alarm_and_the_server_goes_on() {
    let server = Setup::default().start();
    let (person, other) = (Person::new(&server), Person::new(&server));
    let database = rusqlite::Connection::open(server.database()).unwrap();
    let store = |hash: &str| {
        let changed =
            database.execute("update users set password = ? where username_key = ?", [hash, &person.username]);
        assert_eq!(changed.unwrap(), 1);
    };
    let unknown = face(&log_in(&server, "nobody", PASSWORD).expect(401));
    for damaged in [
        "",
        "tampered-with",
        "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6é",
        "$scrypt$ln=63,r=8,p=1$c29tZXNhbHRvZjE2Ynl0ZQ$aAVKOZ8ROYEE4yWmbDKXV0TAtEvsR+dFsJkrIHJrKIw",
    ] {
        store(damaged);
        let answer = log_in(&server, &person.username, PASSWORD).expect(401);
        assert_eq!(face(&answer), unknown, "{damaged:?}");
    }
    assert!(server.writes("a stored password hash cannot be read"));
    let log = server.log();
    assert!(log.contains(&person.id) && !log.contains("tampered-with") && !log.contains("aAVKOZ8R"), "{log}");
    log_in(&server, &other.username, PASSWORD).expect(200);
    store(BCRYPT);
    log_in(&server, &person.username, "correct horse battery staple").expect(200);
}
