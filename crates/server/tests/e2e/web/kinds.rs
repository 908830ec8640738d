//! Everything that somebody may hold, in every place where something may stand: only what belongs there opens anything.

use serde_json::json;

use super::line::Line;
use crate::support::cookie::SetCookie;
use crate::support::token::peek;
use crate::support::{MODES, PASSWORD, Person, Request, Server, Setup};

/// What somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Session,
    Jwt,
    Token,
    Refresh,
    /// One of a client that uses no cookies.
    BearerRefresh,
    /// The code of the set-up link.
    Code,
    /// What is no secret: names of logins, users and tokens.
    Name,
}

/// Where it is put.
const PLACES: [(&str, &[Kind]); 8] = [
    ("bearer", &[Kind::Jwt, Kind::Token]),
    ("session_id", &[Kind::Session, Kind::Jwt, Kind::Token]),
    ("token", &[Kind::Session, Kind::Jwt, Kind::Token]),
    ("refresh cookie", &[Kind::Refresh, Kind::BearerRefresh]),
    ("refresh page", &[Kind::Refresh]),
    ("refresh body", &[Kind::Refresh, Kind::BearerRefresh]),
    ("logout body", &[Kind::Refresh, Kind::BearerRefresh]),
    ("set-up", &[Kind::Code]),
];

/// What a session id, an access token or an opaque one opens.
const DOORS: [&str; 5] = ["/profile", "/dashboard", "/sessions", "/verify", "/sessions/current/data"];

fn requests(place: &str, text: &str) -> Vec<Request> {
    match place {
        "bearer" => DOORS.iter().map(|path| Request::get(path).bearer(text)).collect(),
        "session_id" | "token" => DOORS.iter().map(|path| Request::get(path).cookie(place, text)).collect(),
        "refresh cookie" => vec![Request::post("/refresh").cookie("refresh_token", text).same_origin()],
        "refresh page" => vec![Request::get("/refresh/page").cookie("refresh_token", text)],
        "refresh body" => vec![Request::post("/refresh").json(&json!({ "refresh_token": text }))],
        "logout body" => vec![Request::post("/logout").json(&json!({ "refresh_token": text }))],
        _ => {
            let account = json!({ "code": text, "username": "root", "password": PASSWORD });
            vec![Request::get(&format!("/setup?code={text}")), Request::post("/setup").json(&account)]
        }
    }
}

/// The code that an empty server prints.
fn code(server: &Server) -> String {
    assert!(server.writes("/setup?code="), "{}", server.log());
    let log = server.log();
    let (_, rest) = log.rsplit_once("/setup?code=").unwrap();
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

#[test]
fn jw_16_ss_17_tk_10_each_kind_opens_its_own_doors_alone() {
    let server = Setup::default().start();
    let code = code(&server);
    let person = Person::new(&server);
    let [web, spa, api, stateless, device] = MODES.map(|mode| person.logs_in(&server, &mode));
    let refresh = |ticket: &crate::support::Ticket| ticket.refresh.clone().unwrap();
    let (_, claims) = peek(&api.text);
    let claim = |name: &str| claims[name].as_str().unwrap().to_owned();
    let held = [
        (Kind::Session, web.text.clone()),
        (Kind::Jwt, spa.text.clone()),
        (Kind::Jwt, api.text.clone()),
        (Kind::Jwt, stateless.text.clone()),
        (Kind::Token, device.text.clone()),
        (Kind::Code, code),
        (Kind::Name, claim("sid")),
        (Kind::Name, claim("sub")),
        (Kind::Name, claim("jti")),
        (Kind::Refresh, refresh(&spa)),
        (Kind::BearerRefresh, refresh(&api)),
    ];
    let mut line = Line::to(&server);
    for (kind, text) in &held {
        for (place, welcome) in PLACES {
            for request in requests(place, text) {
                // Nothing is stored about one of them, so it has no data to show.
                let bare = request.target == "/sessions/current/data" && *text == stateless.text;
                let is_page = request.target == "/refresh/page";
                let answer = line.send(&request);
                let opened = match answer.status {
                    200 | 201 | 204 => true,
                    303 if is_page => answer.location() == "/dashboard",
                    404 if bare => true,
                    401 | 403 => false,
                    303 if request.target.starts_with("/setup") => true,
                    _ => panic!("{kind:?} as {place} on {}: {answer}", request.target),
                };
                assert_eq!(opened, welcome.contains(kind), "{kind:?} as {place} on {}: {answer}", request.target);
                assert!(opened || answer.set_cookies().iter().all(SetCookie::clears), "{answer}");
            }
        }
    }
}

#[test]
fn jw_16_ss_17_nothing_of_one_house_counts_in_another() {
    let (here, there) = (Setup::default().start(), Setup::default().start());
    let person = Person::new(&there);
    for mode in MODES {
        let ticket = person.logs_in(&there, &mode);
        here.send(&ticket.alone_on(Request::get("/profile"))).is_refused();
        if ticket.refresh.is_some() {
            here.send(&ticket.refreshing()).refusal(401, "invalid-grant");
        }
    }
}
