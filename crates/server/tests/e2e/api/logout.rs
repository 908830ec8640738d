//! `POST /logout`

use serde_json::json;

use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn without_a_credential_there_is_nothing_to_end() {
    let server = SHARED.server();
    server.send(&Request::post("/logout")).is_anonymous();
}

#[test]
fn ss_14_a_link_logs_nobody_out() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        let answer = server.send(&ticket.on(Request::get("/logout")));
        assert_eq!(answer.status, 405, "{answer}");
        assert!(counts(&server, &ticket), "{}", mode.client);
    }
}

#[test]
fn a_refresh_token_ends_its_login() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let api = MODES[2];
    let ticket = person.logs_in(&server, &api);
    let body = json!({ "refresh_token": ticket.refresh });
    server.send(&Request::post("/logout").json(&body)).expect(204);
    assert!(!counts(&server, &ticket));
    server.send(&ticket.refreshing()).refusal(401, "invalid-grant");
    server.send(&Request::post("/logout").json(&body)).problem(401);
    for text in ["", "cf_r_", "nothing of the kind"] {
        server.send(&Request::post("/logout").json(&json!({ "refresh_token": text }))).problem(401);
    }
}

#[test]
fn ss_14_a_browser_forgets_what_it_has_kept_and_stored() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let answer = server.send(&person.logs_in(&server, &mode).on(Request::post("/logout"))).expect(204);
        assert_eq!(answer.header("clear-site-data"), Some(r#""cache", "storage""#), "{answer}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    }
}

#[test]
fn one_login_ends_and_the_others_stay() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let (gone, left) = (person.logs_in(&server, &mode), person.logs_in(&server, &mode));
        server.send(&gone.on(Request::post("/logout"))).expect(204);
        assert!(!counts(&server, &gone) && counts(&server, &left), "{}", mode.client);
    }
}

#[test]
fn wb_03_another_sites_own_login_takes_no_cookies_with_it() {
    let server = SHARED.server();
    for mode in &MODES[1..3] {
        let own = Person::new(&server).logs_in(&server, mode);
        let posted = Request::post("/logout").json(&json!({ "refresh_token": own.refresh }));
        let answer = server.send(&posted.header("Sec-Fetch-Site", "cross-site")).expect(204);
        assert!(answer.set_cookies().is_empty() && answer.header("clear-site-data").is_none(), "{answer}");
        assert!(!counts(&server, &own));
    }
}
