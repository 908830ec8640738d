//! Where a credential may stand, and which one counts.

use serde_json::json;

use crate::support::person::counts;
use crate::support::request::escape;
use crate::support::{MODES, Person, Request, Server, Shared, Ticket};

static SHARED: Shared = Shared::new();

fn tickets(server: &Server) -> [Ticket; 5] {
    let person = Person::new(server);
    MODES.map(|mode| person.logs_in(server, &mode))
}

#[test]
fn tk_01_two_credentials_are_one_too_many() {
    let server = SHARED.server();
    let tickets = tickets(&server);
    for path in ["/profile", "/dashboard", "/sessions", "/verify"] {
        for first in &tickets {
            for second in tickets.iter().filter(|second| first.cookie.is_none() || first.cookie != second.cookie) {
                let request = second.alone_on(first.alone_on(Request::get(path)));
                server.send(&request).refusal(400, "ambiguous-credentials");
            }
        }
        let [web, spa, api, ..] = &tickets;
        let both = format!("session_id={}; token={}", web.text, spa.text);
        server.send(&Request::get(path).header("Cookie", &both)).refusal(400, "ambiguous-credentials");
        let basic = api.on(Request::get(path)).header("Authorization", "Basic eDp5");
        server.send(&basic).refusal(400, "ambiguous-credentials");
        // Also when one of them, or both, would not count.
        server.send(&api.on(Request::get(path)).bearer("nonsense")).refusal(400, "ambiguous-credentials");
        server.send(&api.on(Request::get(path)).cookie("session_id", "x")).refusal(400, "ambiguous-credentials");
    }
    let twice = tickets[2].on(tickets[3].on(Request::post("/logout")));
    server.send(&twice).refusal(400, "ambiguous-credentials");
    assert!(tickets.iter().all(|ticket| counts(&server, ticket)), "none of them was ended by it");
}

#[test]
fn ss_06_of_two_cookies_of_one_name_none_counts() {
    let server = SHARED.server();
    let [web, spa, ..] = tickets(&server);
    for (name, text) in [("session_id", &web.text), ("token", &spa.text)] {
        for cookies in [
            format!("{name}={text}; {name}={text}"),
            format!("{name}={text}; {name}=planted"),
            format!("{name}=planted; {name}={text}"),
        ] {
            server.send(&Request::get("/profile").header("Cookie", &cookies)).is_anonymous();
        }
        let apart = Request::get("/profile").cookie(name, text).cookie(name, text);
        server.send(&apart).is_anonymous();
    }
}

#[test]
fn ss_06_a_crafted_cookie_is_none() {
    let server = SHARED.server();
    let [web, ..] = tickets(&server);
    let id = &web.text;
    for cookies in [
        format!("Session_id={id}"),
        format!("SESSION_ID={id}"),
        format!("%73ession_id={id}"),
        format!("\u{2000}session_id={id}"),
        format!("session_id\u{a0}={id}"),
        format!("=session_id={id}"),
        format!("__Host-session_id={id}"),
        format!("$Version=1; $session_id={id}"),
        format!("session_id.x={id}"),
        format!("other=\"session_id={id}\""),
        format!("session_id,x={id}"),
    ] {
        server.send(&Request::get("/profile").header("Cookie", &cookies)).problem(401);
    }
    for cookies in [format!("a=b; session_id={id}"), format!("session_id={id};c=d"), format!("a; session_id={id} ;")] {
        server.send(&Request::get("/profile").header("Cookie", &cookies)).expect(200);
    }
}

#[test]
fn tk_01_a_credential_elsewhere_is_none() {
    let server = SHARED.server();
    for ticket in tickets(&server) {
        let text = ticket.text.as_str();
        for name in ["access_token", "token", "session_id", "sid", "jwt", "api_key"] {
            let query = format!("/profile?{name}={}", escape(text));
            server.send(&Request::get(&query)).is_anonymous();
            let answer = server.send(&Request::post("/logout").json(&json!({ name: text })));
            assert!(matches!(answer.status, 401 | 422), "{answer}");
            server.send(&Request::new("GET", "/profile").form(&[(name, text)])).is_anonymous();
        }
        server.send(&Request::get(&format!("/profile;jsessionid={text}"))).problem(404);
        for name in ["X-Auth-Token", "X-Session", "X-Access-Token", "Proxy-Authorization", "X-Authorization", "Token"] {
            server.send(&Request::get("/profile").header(name, text)).is_anonymous();
            server.send(&Request::get("/profile").header(name, &format!("Bearer {text}"))).is_anonymous();
        }
        for value in [format!("Basic {text}"), format!("Token {text}"), text.to_owned(), "Bearer".to_owned()] {
            server.send(&Request::get("/profile").header("Authorization", &value)).is_anonymous();
        }
        assert!(counts(&server, &ticket));
    }
}

#[test]
fn ss_11_a_session_id_counts_in_its_cookie_alone() {
    let server = SHARED.server();
    let [web, ..] = tickets(&server);
    server.send(&Request::get("/profile").bearer(&web.text)).is_refused();
}

#[test]
fn tk_03_an_edited_credential_counts_nowhere() {
    let server = SHARED.server();
    for ticket in tickets(&server) {
        let text = ticket.text.as_str();
        let mut edits =
            vec![format!("{text}A"), format!("A{text}"), text[1..].to_owned(), text[..text.len() - 1].to_owned()];
        edits.extend([text.to_uppercase(), text.to_lowercase(), format!("{text}="), format!("{text}.")]);
        for position in (0..text.len()).step_by(text.len() / 24 + 1) {
            let (head, tail) = text.split_at(position);
            let other = if tail.starts_with('A') { 'B' } else { 'A' };
            edits.push(format!("{head}{other}{}", &tail[1..]));
            edits.push(format!("{head}{}", &tail[1..]));
        }
        for edit in edits.into_iter().filter(|edit| edit != text) {
            let edited = Ticket { text: edit, ..ticket.clone() };
            assert!(!counts(&server, &edited), "{:?}", ticket.cookie);
        }
        assert!(counts(&server, &ticket));
    }
}

#[test]
fn wb_03_what_rides_on_a_cookie_must_come_from_here() {
    let server = SHARED.server();
    let [web, spa, ..] = tickets(&server);
    let own = server.origin();
    for ticket in [&web, &spa] {
        let bare = || ticket.alone_on(Request::put("/sessions/current/data").json(&json!({ "a": 1 })));
        let foreign = [
            vec![],
            vec![("Sec-Fetch-Site", "cross-site")],
            vec![("Sec-Fetch-Site", "same-site")],
            vec![("Sec-Fetch-Site", "none")],
            vec![("Sec-Fetch-Site", "Same-Origin")],
            vec![("Sec-Fetch-Site", "cross-site"), ("Origin", &own)],
            vec![("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
            vec![("Origin", "https://evil.example")],
            vec![("Origin", "null")],
            vec![("Origin", "http://127.0.0.1")],
            vec![("Origin", &own), ("Origin", "https://evil.example")],
            vec![("Referer", &own)],
        ];
        for headers in foreign {
            let request = headers.iter().fold(bare(), |request, (name, value)| request.header(name, value));
            server.send(&request).refusal(403, "cross-site");
        }
        server.send(&bare().header("Origin", &own)).expect(204);
        server.send(&bare().header("Sec-Fetch-Site", "same-origin")).expect(204);
        server.send(&bare().header("Sec-Fetch-Site", "same-origin").header("Origin", &own)).expect(204);
        // Reading is no change.
        let read = ticket.alone_on(Request::get("/profile")).header("Sec-Fetch-Site", "cross-site");
        server.send(&read).expect(200);
    }
}

#[test]
fn a_bearer_request_needs_no_such_proof() {
    let server = SHARED.server();
    for mode in [MODES[2], MODES[3], MODES[4]] {
        let person = Person::new(&server);
        for headers in [vec![], vec![("Origin", "https://app.example")], vec![("Sec-Fetch-Site", "cross-site")]] {
            let ticket = person.logs_in(&server, &mode);
            let request = ticket.on(Request::post("/logout"));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
            server.send(&request).expect(204);
        }
    }
}

#[test]
fn what_is_no_credential_is_refused_where_one_stands() {
    let server = SHARED.server();
    for text in ["x", "cf_s_", "cf_t_short", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", &"x".repeat(8000), "....", "null"] {
        server.send(&Request::get("/profile").bearer(text)).is_refused();
        server.send(&Request::get("/profile").cookie("session_id", text)).is_refused();
        server.send(&Request::get("/profile").cookie("token", text)).is_refused();
    }
}

#[test]
fn jw_21_every_refused_token_gets_the_same_answer() {
    let server = SHARED.server();
    let ended = Person::new(&server).logs_in(&server, &MODES[2]);
    server.send(&ended.on(Request::post("/logout"))).expect(204);
    let [_, _, api, ..] = tickets(&server);
    let (head, signature) = api.text.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", api.text.split('.').nth(1).unwrap());
    let texts = [ended.text, forged, unsigned, "a.b.c".to_owned(), "cf_t_x".to_owned()];
    let answers = texts.map(|text| server.send(&Request::get("/profile").bearer(&text)).json());
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
}
