//! The address that a login is shown with, and that everything counts by.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Person, Request, Server, Setup, Ticket};

/// The address that a login has which came with these headers.
#[track_caller]
fn shown(server: &Server, person: &Person, headers: &[(&str, &str)]) -> Value {
    let mut login = person.login_to("device");
    for (name, value) in headers {
        login = login.header(name, value);
    }
    let ticket = Ticket::bearer(&server.send(&login).expect(200));
    let list = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
    let sessions = list["sessions"].as_array().unwrap();
    sessions.iter().find(|session| session["current"] == json!(true)).unwrap()["ip"].clone()
}

#[test]
fn lg_07_nobody_chooses_an_address() {
    let server = Setup::default().start();
    let person = Person::new(&server);
    for headers in [
        &[][..],
        &[("X-Forwarded-For", "192.0.2.1")],
        &[("X-Forwarded-For", "192.0.2.1, 127.0.0.1")],
        &[("Forwarded", "for=192.0.2.1")],
        &[("X-Real-IP", "192.0.2.1")],
        &[("True-Client-IP", "192.0.2.1"), ("CF-Connecting-IP", "192.0.2.1"), ("X_Forwarded_For", "192.0.2.1")],
    ] {
        assert_eq!(shown(&server, &person, headers), "127.0.0.1", "{headers:?}");
    }
}

#[test]
fn lg_07_a_trusted_proxy_says_whom_it_speaks_for() {
    let server = Setup::default().config("[server]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]").start();
    let person = Person::new(&server);
    for (headers, ip) in [
        (&[("X-Forwarded-For", "192.0.2.1")][..], "192.0.2.1"),
        (&[("X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.1.1.1")], "192.0.2.1"),
        (&[("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "2001:DB8::1, 10.1.1.1")], "2001:db8::1"),
        (&[("X-Forwarded-For", "::ffff:192.0.2.1")], "192.0.2.1"),
        (&[("X-Forwarded-For", "6.6.6.6, nonsense, 10.1.1.1")], "10.1.1.1"),
        (&[("Forwarded", "for=192.0.2.1"), ("X-Real-IP", "192.0.2.1")], "127.0.0.1"),
    ] {
        assert_eq!(shown(&server, &person, headers), ip, "{headers:?}");
    }
}

#[test]
fn what_a_proxy_says_of_the_scheme_changes_nothing() {
    let server = Setup::default().config("[server]\ntrusted_proxies = [\"127.0.0.1\"]").start();
    let person = Person::new(&server);
    let body = json!({ "username": person.username, "password": PASSWORD });
    let login =
        Request::post("/login").json(&body).header("X-Forwarded-Proto", "https").header("Forwarded", "proto=https");
    let answer = server.send(&login).expect(200);
    assert!(answer.set_cookie("session_id").reach().iter().all(|attribute| *attribute != "Secure"), "{answer}");
    assert_eq!(answer.header("strict-transport-security"), None);
}
