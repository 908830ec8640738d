//! `GET /sessions`

use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn ss_10_each_login_knows_itself_among_the_others() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let login = |index: usize| {
        let agent = format!("agent {index}");
        server.send(&person.login_to(MODES[index].client).header("User-Agent", &agent)).expect(200)
    };
    let answers = [0, 1, 2, 3, 4].map(login);
    for (mode, answer) in MODES.iter().zip(&answers) {
        let ticket = mode.ticket(answer);
        let listed = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
        let sessions = listed["sessions"].as_array().unwrap();
        assert_eq!(sessions.len(), 4, "`stateless` leaves no record: {listed}");
        let current: Vec<_> = sessions.iter().filter(|session| session["current"] == true).collect();
        assert_eq!(current.len(), usize::from(mode.stored), "{listed}");
        for session in &current {
            assert_eq!(session["id"], answer.json()["credential"]["session"]);
            let position = MODES.iter().position(|known| known.client == mode.client).unwrap();
            assert_eq!(session["user_agent"], format!("agent {position}"));
        }
    }
}

#[test]
fn lg_07_an_address_is_not_taken_from_whoever_asks() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let agent = format!("{} ✂ 日本", "x".repeat(2000));
    let login = person.login_to("web").header("User-Agent", &agent);
    let login =
        login.header("X-Forwarded-For", "6.6.6.6").header("X-Real-IP", "6.6.6.6").header("Forwarded", "for=6.6.6.6");
    let ticket = MODES[0].ticket(&server.send(&login).expect(200));
    let listed = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
    let session = &listed["sessions"][0];
    assert_eq!(session["ip"], "127.0.0.1", "{listed}");
    assert!(session["user_agent"].as_str().is_none_or(|agent| agent.chars().count() <= 256), "{listed}");
}

#[test]
fn nobody_sees_the_logins_of_others() {
    let server = SHARED.server();
    let (mine, other) = (Person::new(&server), Person::new(&server));
    let ticket = mine.logs_in(&server, &MODES[0]);
    other.logs_in(&server, &MODES[0]);
    let listed = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "{listed}");
}

#[test]
fn a_list_holds_nothing_that_could_log_in() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let tickets = MODES.map(|mode| person.logs_in(&server, &mode));
    let listed = server.send(&tickets[0].on(Request::get("/sessions"))).expect(200).text();
    for ticket in &tickets {
        assert!(!listed.contains(&ticket.text), "{listed}");
    }
    assert!(!listed.contains("cf_"), "{listed}");
}
