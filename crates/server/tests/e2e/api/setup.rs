//! `/setup`, and the link to it that a server without users prints.

use std::thread::scope;

use crate::support::patience::found;
use crate::support::{PASSWORD, Person, Request, Server, Setup};

/// The code in the set-up link of the server that runs.
fn printed(server: &Server) -> Option<String> {
    let link = format!("{}/setup?code=", server.origin());
    let log = server.log();
    let (_, rest) = log.rsplit_once(&link).filter(|(_, rest)| rest.contains('\n'))?;
    Some(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect())
}

/// The same, once it is printed: that comes after the address.
fn code(server: &Server) -> Option<String> {
    found(|| printed(server))
}

fn set_up(code: &str, username: &str) -> Request {
    let fields = [("code", code), ("username", username), ("password", PASSWORD)];
    Request::post("/setup").form(&fields).same_origin().in_browser()
}

#[test]
fn lg_12_the_link_makes_one_administrator() {
    let server = Setup::default().start();
    let code = code(&server).unwrap();
    assert!(code.len() >= 22, "128 bits at least: {}", code.len());
    let page = server.send(&Request::get(&format!("/setup?code={code}")).in_browser()).expect(200);
    assert!(page.text().contains("<form") && page.header("cache-control") == Some("no-store"), "{page}");
    let wrong = "A".repeat(code.len());
    for code in [wrong.as_str(), "", &code[1..]] {
        let answer = server.send(&set_up(code, "mallory"));
        assert!((400..500).contains(&answer.status), "{answer}");
    }

    let answer = server.send(&set_up(&code, "root"));
    assert!(matches!(answer.status, 201 | 303), "{answer}");
    let login = serde_json::json!({ "username": "root", "password": PASSWORD, "client": "api" });
    let answer = server.send(&Request::post("/login").json(&login)).expect(200);
    let roles = answer.json()["user"]["roles"].clone();
    assert!(roles.as_array().unwrap().contains(&"admin".into()), "{answer}");

    let again = server.send(&set_up(&code, "second"));
    assert!((400..500).contains(&again.status), "once: {again}");
    let page = server.send(&Request::get(&format!("/setup?code={code}")).in_browser());
    assert!((400..500).contains(&page.status), "once: {page}");
}

#[test]
fn lg_12_tk_14_of_many_with_one_link_one_becomes_the_administrator() {
    let server = Setup::default().start();
    let code = code(&server).unwrap();
    let done = scope(|scope| {
        let attempt = |index| server.send(&set_up(&code, &format!("root{index}"))).status;
        let attempts: Vec<_> = (0..6).map(|index| scope.spawn(move || attempt(index))).collect();
        attempts.into_iter().map(|done| done.join().unwrap()).filter(|status| matches!(status, 201 | 303)).count()
    });
    assert_eq!(done, 1);
}

#[test]
fn a_refused_account_does_not_use_the_link_up() {
    let server = Setup::default().start();
    let code = code(&server).unwrap();
    let fields = [("code", code.as_str()), ("username", "root"), ("password", "short")];
    let answer = server.send(&Request::post("/setup").form(&fields).same_origin().in_browser());
    assert_eq!(answer.status, 422, "{answer}");
    assert!(matches!(server.send(&set_up(&code, "root")).status, 201 | 303));
}

#[test]
fn a_server_with_users_prints_none() {
    let mut server = Setup::default().start();
    let old = code(&server).unwrap();
    Person::new(&server);
    server.start_again();
    // Whoever registers before the operator has used the link does not keep the operator out.
    assert!(matches!(server.send(&set_up(&old, "root")).status, 201 | 303));
    server.terminate();
    server.wait();
    assert_eq!(printed(&server), None, "{}", server.log());
}

#[test]
fn a_restart_prints_a_new_link_and_the_old_one_counts_no_more() {
    let mut server = Setup::default().start();
    let old = code(&server).unwrap();
    server.start_again();
    let new = code(&server).unwrap();
    assert_ne!(old, new);
    assert!((400..500).contains(&server.send(&set_up(&old, "root")).status));
    assert!(matches!(server.send(&set_up(&new, "root")).status, 201 | 303));
}
