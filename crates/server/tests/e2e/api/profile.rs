//! `GET /profile`

use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn it_shows_the_account_as_it_is_now() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let tickets = MODES.map(|mode| person.logs_in(&server, &mode));
    let answers = tickets.map(|ticket| server.send(&ticket.on(Request::get("/profile"))).expect(200).json());
    for answer in &answers {
        assert_eq!(answer["user"], answers[0]["user"]);
    }
}

#[test]
fn tk_02_the_name_of_the_scheme_may_be_spelled_in_any_case() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let request = Request::get("/profile").header("Authorization", &format!("{scheme} {}", ticket.text));
        server.send(&request).expect(200);
    }
}

#[test]
fn wb_13_who_somebody_is_comes_from_the_credential_alone() {
    let server = SHARED.server();
    let (person, other) = (Person::new(&server), Person::new(&server));
    let ticket = person.logs_in(&server, &MODES[0]);
    for name in [
        "X-Auth-User",
        "X_Auth_User",
        "X-Auth-Username",
        "X_Auth_Username",
        "X-Auth-Roles",
        "X-User",
        "X_User",
        "Remote-User",
        "Remote_User",
        "X-Remote-User",
        "X-Forwarded-User",
        "X_Forwarded_User",
        "X-Authenticated-User",
        "X-Middleware-Subrequest",
    ] {
        let answer = server.send(&ticket.on(Request::get("/profile").header(name, &other.username))).expect(200);
        assert_eq!(answer.json()["user"]["id"], *person.id, "{name}");
        let answer = server.send(&ticket.on(Request::get("/verify").header(name, &other.username))).expect(200);
        assert_eq!(answer.headers("x-auth-user"), [person.id.as_str()], "{name}: {answer}");
        assert_eq!(answer.headers("x-auth-username"), [person.username.as_str()], "{name}: {answer}");
        server.send(&Request::get("/verify").header(name, &other.username)).is_anonymous();
        server.send(&Request::get("/profile").header(name, &other.username)).is_anonymous();
    }
}
