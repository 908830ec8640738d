//! `GET /dashboard`

use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn it_lists_the_logins_that_the_sessions_route_lists() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let tickets = MODES.map(|mode| person.logs_in(&server, &mode));
    for ticket in &tickets {
        let dashboard = server.send(&ticket.on(Request::get("/dashboard"))).expect(200).json();
        let sessions = server.send(&ticket.on(Request::get("/sessions"))).expect(200).json();
        assert_eq!(dashboard["sessions"], sessions["sessions"]);
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 4, "{sessions}");
    }
}

#[test]
fn a_browser_without_a_login_is_sent_to_log_in() {
    let server = SHARED.server();
    let answer = server.send(&Request::get("/dashboard").in_browser()).expect(303);
    assert!(answer.location().starts_with("/login"), "{answer}");
    server.send(&Request::get("/dashboard")).is_anonymous();
}

#[test]
fn a_program_that_takes_pages_as_well_gets_json() {
    let server = SHARED.server();
    let asked = |accepted: &str| server.send(&Request::get("/dashboard").header("Accept", accepted));
    for accepted in ["application/json, text/html;q=0.9", "text/html;q=0.5, application/json;q=0.6", "text/html;q=0"] {
        asked(accepted).is_anonymous();
    }
    asked("application/json, text/html").expect(303);
}

#[test]
fn a_browser_whose_login_has_ended_is_sent_to_log_in() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES.iter().filter(|mode| mode.cookie.is_some()) {
        let ticket = person.logs_in(&server, mode);
        server.send(&ticket.on(Request::post("/logout"))).expect(204);
        let answer = server.send(&ticket.on(Request::get("/dashboard")).in_browser()).expect(303);
        assert_eq!(answer.location(), "/login?return_to=%2Fdashboard");
    }
}

#[test]
fn a_browser_gets_the_account_page() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES.iter().filter(|mode| mode.cookie.is_some()) {
        let ticket = person.logs_in(&server, mode);
        let page = server.send(&ticket.on(Request::get("/dashboard")).in_browser()).expect(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page}");
        assert!(page.text().contains(&person.username) && page.text().contains("/logout"), "{page}");
        assert!(!page.text().contains(&ticket.text), "no page holds a credential");
    }
}
