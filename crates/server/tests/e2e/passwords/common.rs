//! What is guessed first is nobody's password, whichever way it comes in.

use serde_json::json;

use super::guesses::guesses;
use super::{login, register};
use crate::support::command::counterfoil;
use crate::support::{MODES, PASSWORD, Person, Request, Server, Setup};

/// How many guesses are sent over each way at each minimum: an even choice of them, or as many as are asked for by hand.
fn count() -> usize {
    std::env::var("COMMON_PASSWORDS").ok().and_then(|count| count.parse().ok()).unwrap_or(60)
}

fn some(least: usize, count: usize) -> Vec<String> {
    let all = guesses(least);
    assert!(all.len() >= 3000);
    let step = (all.len() / count.clamp(1, all.len())).max(1);
    all.into_iter().step_by(step).collect()
}

fn with_minimum(least: usize) -> Server {
    // One address tries far more than a person would.
    let config = format!("[passwords]\nmin_length = {least}\n[throttle]\naddress_registrations = 0\n");
    Setup::default().config(&config).start()
}

#[test]
fn pw_05_no_common_password_makes_an_account_at_any_minimum() {
    for least in [8, 10, 12, 15] {
        let server = with_minimum(least);
        for guess in some(least, count()) {
            register(&server, "hopeful", &guess).refusal_naming(422, "guessed");
        }
        let form = [("username", "hopeful"), ("password", "Password1234567890")];
        server.send(&Request::post("/register").form(&form)).refusal_naming(422, "password");
        let page = server.send(&Request::post("/register").form(&form).same_origin().in_browser()).expect(422);
        assert!(page.text().contains("would be guessed") && !page.text().contains("Password1234567890"), "{page}");
        let added = counterfoil(server.folder(), &["user", "add", "hopeful", "--password-stdin"], "passwordpassword");
        assert!(added.code != Some(0) && added.stderr.contains("guessed"), "{added:?}");
    }
}

#[test]
fn pw_05_no_common_password_replaces_another_at_any_minimum() {
    for least in [8, 15] {
        let server = with_minimum(least);
        let person = Person::new(&server);
        let ticket = person.logs_in(&server, &MODES[0]);
        // Each is judged only once the current password has been verified, which takes its time.
        for guess in some(least, count() / 6) {
            let body = json!({ "current_password": PASSWORD, "new_password": guess });
            let answer = server.send(&ticket.on(Request::post("/password").json(&body)));
            answer.refusal_naming(422, "new_password");
            answer.refusal_naming(422, "guessed");
        }
        let typed = counterfoil(
            server.folder(),
            &["user", "password", &person.username, "--password-stdin"],
            "qwertyuiop123456",
        );
        assert!(typed.code != Some(0) && typed.stderr.contains("guessed"), "{typed:?}");
        assert_eq!(login(&server, &person.username, PASSWORD), 200);
    }
}

#[test]
fn pw_05_names_of_the_user_and_of_the_house_are_no_password() {
    let config = "[server]\npublic_url = \"https://login.zyxomma.example\"\n[passwords]\nnames = [\"Quagga & Sons\"]\n";
    let server = Setup::default().config(config).start();
    let attempt = |password: &str| {
        let body = json!({ "username": "wilhelmina", "email": "w.brandt@post.example", "password": password });
        server.send(&Request::post("/register").json(&body))
    };
    for own in ["Wilhelmina-Wilhelmina", "wilhelmina.brandt", "w.brandt@post.example", "wilhelmina12345"] {
        attempt(own).refusal_naming(422, "password");
    }
    for house in ["Zyxomma Zyxomma", "quagga-sons-2026", "zyxomma.example!1", "counterfoil2026!!"] {
        attempt(house).refusal_naming(422, "guessed");
    }
    attempt("the quagga sleeps at noon").expect(201);
}

#[test]
fn pw_05_a_common_password_that_is_stored_already_still_logs_in() {
    // It was accepted by another system, or before the list knew it.
    let server = Setup::default().start();
    let person = Person::new(&server);
    // "password" with the salt "somesalt", from the tests of the reference implementation.
    let hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let database = rusqlite::Connection::open(server.database()).unwrap();
    let changed = database.execute("update users set password = ?1 where username = ?2", (hash, &person.username));
    assert_eq!(changed.unwrap(), 1);
    assert_eq!(login(&server, &person.username, "password"), 200);
}
