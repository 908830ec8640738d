//! `POST /account/sessions/{id}/end` and `POST /account/sessions/end-others`: the account page's buttons.

use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

fn press(path: &str) -> Request {
    Request::post(path).form(&[]).in_browser()
}

#[test]
fn a_button_ends_one_login_of_any_kind() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    for mode in MODES.iter().filter(|mode| mode.stored) {
        let answer = server.send(&person.login_to(mode.client)).expect(200);
        let (id, victim) = (answer.json()["credential"]["session"].clone(), mode.ticket(&answer));
        let renewed = mode.refresh.then(|| mode.ticket(&server.send(&victim.refreshing()).expect(200)));
        let path = format!("/account/sessions/{}/end", id.as_str().unwrap());
        let page = || server.send(&ticket.on(Request::get("/dashboard")).in_browser()).expect(200).text();
        assert!(page().contains(&path), "{}: the page has the button", mode.client);
        assert_eq!(server.send(&ticket.alone_on(press(&path))).status, 403, "wb_03");
        assert!(counts(&server, &victim));
        let answer = server.send(&ticket.on(press(&path))).expect(303);
        assert!(answer.location().starts_with("/dashboard"), "{answer}");
        assert!([Some(&victim), renewed.as_ref()].into_iter().flatten().all(|victim| !counts(&server, victim)));
        assert!(counts(&server, &ticket) && !page().contains(&path), "{}", mode.client);
    }
}

#[test]
fn a_button_ends_all_others() {
    let server = SHARED.server();
    for mode in MODES.iter().filter(|mode| mode.cookie.is_some()) {
        let person = Person::new(&server);
        let ticket = person.logs_in(&server, mode);
        let others = MODES.map(|mode| person.logs_in(&server, &mode));
        let path = "/account/sessions/end-others";
        assert_eq!(server.send(&ticket.alone_on(press(path))).status, 403, "wb_03");
        server.send(&ticket.on(press(path))).expect(303);
        assert!(others.iter().all(|other| !counts(&server, other)) && counts(&server, &ticket));
    }
}
