//! `POST /refresh`

use std::io::{Read, Write};
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::json;

use crate::support::person::counts;
use crate::support::{MODES, Mode, Person, Request, Server, Setup, Shared, Ticket};

static SHARED: Shared = Shared::new();
static IMPATIENT: Shared = Shared::new();

/// The two clients that have refresh tokens: one in a cookie, one in the body.
const REFRESHING: [Mode; 2] = [MODES[1], MODES[2]];

/// A server on which a refresh token that has been used counts as stolen after a second.
fn impatient() -> std::sync::Arc<Server> {
    IMPATIENT.set_up(|| Setup::default().config("[tokens]\nrefresh_reuse_window = \"1s\""))
}

#[track_caller]
fn renewed(server: &Server, mode: &Mode, ticket: &Ticket) -> Ticket {
    mode.ticket(&server.send(&ticket.refreshing()).expect(200))
}

#[test]
fn it_renews_like_a_login() {
    let server = SHARED.server();
    for mode in REFRESHING {
        let person = Person::new(&server);
        let ticket = person.logs_in(&server, &mode);
        let answer = server.send(&ticket.refreshing()).expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let json = answer.json();
        assert_eq!(json["user"]["id"], *person.id);
        assert_eq!(json["credential"]["client"], mode.client);
        assert_eq!(json["token"].is_string(), mode.cookie.is_none());
        let next = mode.ticket(&answer);
        assert_ne!(next.text, ticket.text);
        assert_ne!(next.refresh, ticket.refresh);
        assert!(counts(&server, &next) && counts(&server, &ticket), "what was issued counts until it expires");
        let sessions = server.send(&next.on(Request::get("/sessions"))).expect(200).json();
        assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "{sessions}");
    }
}

#[test]
fn lg_11_wb_03_another_site_logs_nobody_in_by_a_token_of_its_own() {
    let server = SHARED.server();
    for (mode, status) in [(MODES[1], 403), (MODES[2], 200)] {
        let own = Person::new(&server).logs_in(&server, &mode);
        let posted = Request::post("/refresh").json(&json!({ "refresh_token": own.refresh }));
        let answer = server.send(&posted.header("Sec-Fetch-Site", "cross-site")).expect(status);
        assert!(answer.set_cookies().is_empty(), "{answer}");
        renewed(&server, &mode, &own);
    }
}

#[test]
fn tk_04_whoever_asks_again_gets_the_same_successor() {
    let server = SHARED.server();
    for mode in REFRESHING {
        let ticket = Person::new(&server).logs_in(&server, &mode);
        let first = renewed(&server, &mode, &ticket);
        let second = renewed(&server, &mode, &ticket);
        assert_eq!(first.refresh, second.refresh);
        assert!(counts(&server, &first) && counts(&server, &second));
        renewed(&server, &mode, &second);
    }
}

#[test]
fn tk_04_of_many_at_once_all_get_one_successor() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let successors: Vec<_> = scope(|scope| {
        let ask = || renewed(&server, &MODES[2], &ticket).refresh;
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(successors.iter().all(|successor| successor == &successors[0]), "one live leaf");
}

#[test]
fn tk_06_a_lost_answer_is_given_again_until_its_successor_is_used() {
    let server = SHARED.server();
    for mode in REFRESHING {
        let parent = Person::new(&server).logs_in(&server, &mode);
        // Its answer is lost: the token has its successor, and nobody has that.
        let mut stream = server.connect();
        stream.write_all(&parent.refreshing().to_bytes(server.port())).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        drop(stream);
        let child = renewed(&server, &mode, &parent);
        assert_eq!(
            child.refresh,
            renewed(&server, &mode, &parent).refresh,
            "one live leaf, however often it is asked for"
        );
        let grandchild = renewed(&server, &mode, &child);
        server.send(&parent.refreshing()).refusal(401, "invalid-grant");
        for stolen in [&parent, &child, &grandchild] {
            server.send(&stolen.refreshing()).refusal(401, "invalid-grant");
            assert!(!counts(&server, stolen), "{}", mode.client);
        }
    }
}

#[test]
fn tk_05_a_token_from_before_the_last_one_ends_the_family() {
    let server = SHARED.server();
    for mode in REFRESHING {
        let a = Person::new(&server).logs_in(&server, &mode);
        let b = renewed(&server, &mode, &a);
        let c = renewed(&server, &mode, &b);
        server.send(&a.refreshing()).refusal(401, "invalid-grant");
        for stolen in [&a, &b, &c] {
            server.send(&stolen.refreshing()).refusal(401, "invalid-grant");
            assert!(!counts(&server, stolen), "{}", mode.client);
        }
    }
}

#[test]
fn tk_05_after_the_window_a_used_token_ends_the_family() {
    let server = impatient();
    for mode in REFRESHING {
        let used = Person::new(&server).logs_in(&server, &mode);
        let next = renewed(&server, &mode, &used);
        sleep(Duration::from_millis(1200));
        server.send(&used.refreshing()).refusal(401, "invalid-grant");
        server.send(&next.refreshing()).refusal(401, "invalid-grant");
        assert!(!counts(&server, &next) && !counts(&server, &used));
    }
    assert!(server.writes("authn_token_reuse"), "the operator hears of it");
}

#[test]
fn tk_05_another_login_of_the_user_stays() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let (stolen, other) = (person.logs_in(&server, &MODES[2]), person.logs_in(&server, &MODES[2]));
    let next = renewed(&server, &MODES[2], &stolen);
    renewed(&server, &MODES[2], &next);
    server.send(&stolen.refreshing()).problem(401);
    assert!(counts(&server, &other));
    renewed(&server, &MODES[2], &other);
}

#[test]
fn tk_10_neither_token_stands_in_for_the_other() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let ticket = person.logs_in(&server, &mode);
        let body = json!({ "refresh_token": ticket.text });
        server.send(&Request::post("/refresh").json(&body)).refusal(401, "invalid-grant");
        let cookie = Request::post("/refresh").cookie("refresh_token", &ticket.text).same_origin();
        server.send(&cookie).refusal(401, "invalid-grant");
        let Some(refresh) = ticket.refresh else { continue };
        server.send(&Request::get("/profile").bearer(&refresh)).is_refused();
        for name in ["session_id", "token"] {
            server.send(&Request::get("/profile").cookie(name, &refresh)).is_refused();
        }
    }
}

#[test]
fn wb_03_a_refresh_cookie_works_from_this_site_alone() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[1]);
    let refresh = ticket.refresh.clone().unwrap();
    let bare = || Request::post("/refresh").cookie("refresh_token", &refresh);
    for request in [
        bare(),
        bare().header("Sec-Fetch-Site", "cross-site"),
        bare().header("Sec-Fetch-Site", "same-site"),
        bare().header("Origin", "https://evil.example"),
    ] {
        server.send(&request).refusal(403, "cross-site");
    }
    server.send(&bare().header("Origin", &server.origin())).expect(200);
}

#[test]
fn a_browser_sends_its_other_cookies_along() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[1]);
    let refresh = ticket.refresh.clone().unwrap();
    // The access token's cookie goes to every path, also when it counts no more.
    for token in [ticket.text.as_str(), "expired"] {
        let cookies = format!("theme=dark; token={token}; refresh_token={refresh}");
        let answer = server.send(&Request::post("/refresh").header("Cookie", &cookies).same_origin()).expect(200);
        assert!(counts(&server, &MODES[1].ticket(&answer)));
    }
}

#[test]
fn of_two_refresh_tokens_none_is_taken() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[1]);
    let refresh = ticket.refresh.clone().unwrap();
    let twice = format!("refresh_token={refresh}; refresh_token={refresh}");
    server.send(&Request::post("/refresh").header("Cookie", &twice).same_origin()).problem(401);
    let both = ticket.refreshing().json(&json!({ "refresh_token": refresh }));
    server.send(&both).refusal(400, "ambiguous-credentials");
    renewed(&server, &MODES[1], &ticket);
}

#[test]
fn nothing_is_said_of_a_token_that_nobody_has_sent() {
    let server = SHARED.server();
    let empty = || Request::post("/refresh");
    let nobodys =
        [empty(), empty().json(&json!({})), empty().json(&json!({ "refresh_token": null })), empty().form(&[])];
    for request in nobodys {
        let answer = server.send(&request);
        answer.refusal(401, "invalid-grant");
        answer.is_anonymous();
    }
    let answer = server.send(&Request::post("/refresh").json(&json!({ "refresh_token": "none" })));
    answer.refusal(401, "invalid-grant");
    answer.is_refused();
}

#[test]
fn what_is_no_refresh_token_renews_nothing() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let refresh = ticket.refresh.clone().unwrap();
    let mut edited = refresh.clone();
    edited.replace_range(20..21, if &refresh[20..21] == "A" { "B" } else { "A" });
    for text in ["", "cf_r_", &edited, &refresh[1..], &refresh[..refresh.len() - 1], &format!("{refresh} ")] {
        let body = json!({ "refresh_token": text });
        server.send(&Request::post("/refresh").json(&body)).refusal(401, "invalid-grant");
    }
    server.send(&Request::post("/refresh").bearer(&refresh)).problem(401);
    server.send(&Request::post(&format!("/refresh?refresh_token={refresh}"))).problem(401);
    renewed(&server, &MODES[2], &ticket);
}
