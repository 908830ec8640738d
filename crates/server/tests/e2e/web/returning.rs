//! Where a browser may be sent to: thousands of ways of writing another place, made by rule, and none leads there (LG-10).

use super::line::Line;
use crate::support::request::escape;
use crate::support::{MODES, PASSWORD, Person, Request, Shared};

static SHARED: Shared = Shared::new();

/// What stands before a host.
const BEFORE: [&str; 46] = [
    "http:",
    "https:",
    "HtTpS:",
    "http:/",
    "https:\\",
    "javascript:",
    "data:text/html,",
    "vbscript:",
    "file:",
    "ftp:",
    "ws:",
    "mailto:",
    "blob:",
    "about:",
    "view-source:",
    "",
    "/\t",
    "/\n",
    "/\r",
    "\t",
    "\n",
    " ",
    "\0",
    "\u{1}",
    "\u{1f}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}",
    "/\\",
    "\\",
    "/%2f",
    "/%5c",
    "%2f",
    "/.",
    "/..",
    "/;",
    "/:",
    "/?",
    "/#",
    "\u{2044}",
    "\u{2215}",
    "\u{ff0f}",
    "\u{29f8}",
];

/// What may separate it from the host.
const SLASHES: [&str; 8] = ["//", "/", "\\\\", "/\\", "/\t/", "\u{2044}\u{2044}", "%2f%2f", "///"];

/// Hosts that are not ours, or would be read as ours.
const HOSTS: [&str; 6] = [
    "evil.example",
    "127.0.0.1@evil.example",
    "evil.example\\@127.0.0.1",
    "evil\u{3002}example",
    "[::ffff:192.0.2.1]:80",
    "3221225985/",
];

fn payloads() -> impl Iterator<Item = String> {
    let made = BEFORE.iter().flat_map(|before| {
        SLASHES.iter().flat_map(move |slashes| HOSTS.iter().map(move |host| format!("{before}{slashes}{host}")))
    });
    let long = [2_048, 2_049, 8_000].map(|length| format!("/{}", "a".repeat(length - 1)));
    let odd = [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:x",
        "data:,x",
        "//",
        "/\\",
        "",
        "?",
        "#",
        ".",
        "..",
        "@evil.example",
        "evil.example",
    ];
    made.chain(long)
        .chain(odd.map(str::to_owned))
        .chain((0..0x20).map(|byte| format!("/{}/evil.example", char::from(byte))))
}

/// Where a browser goes by a `Location`, as the WHATWG reads URLs (§4.1, §4.4): `None` is this host.
fn other_place(location: &str) -> Option<String> {
    let trimmed = location.trim_matches(|c: char| c <= ' ');
    let text: String = trimmed.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let scheme = text.split([':', '/', '\\', '?', '#']).next().unwrap_or_default();
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && text[scheme.len()..].starts_with(':');
    let slashed = text.replace('\\', "/");
    (is_scheme || slashed.starts_with("//")).then_some(text)
}

#[test]
fn the_oracle_knows_another_place_when_it_sees_one() {
    for other in ["//evil", "/\\evil", "\\\\evil", "/\t/evil", " //evil", "https:evil", "javascript:x", "\u{1}//evil"] {
        assert!(other_place(other).is_some(), "{other:?}");
    }
    for own in ["/", "/a//b", "/a:b", "/?//evil", "?a:b", "a/b", "/%2fevil", "/.//evil"] {
        assert!(other_place(own).is_none(), "{own:?}");
    }
}

#[test]
fn lg_10_no_way_of_writing_it_leads_elsewhere() {
    let server = SHARED.server();
    let known = Person::new(&server).logs_in(&server, &MODES[1]);
    let mut line = Line::to(&server);
    let (mut tried, mut kept) = (0, 0);
    for payload in payloads() {
        let page = Request::get(&format!("/refresh/page?return_to={}", escape(&payload))).in_browser();
        // Whoever is logged in is sent there at once, and whoever is not by way of the form, which carries it.
        for (request, through) in [(known.alone_on(page.clone()), false), (page, true)] {
            let answer = line.send(&request);
            let location = answer.location();
            assert_eq!(answer.status, 303, "{payload:?}: {answer}");
            assert_eq!(other_place(location), None, "{payload:?}: {answer}");
            assert!(
                location.starts_with('/') && location.bytes().all(|byte| byte.is_ascii_graphic()),
                "{payload:?}: {answer}"
            );
            assert!(!through || location.starts_with("/login?return_to=%2F"), "{payload:?}: {answer}");
            kept += u32::from(!through && location == payload);
        }
        tried += 1;
    }
    assert!(tried > 2_000, "{tried}");
    assert!(kept > 100, "some of them are paths of this site, and are followed: {kept}");
}

#[test]
fn lg_10_a_login_itself_leads_nowhere_else() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for payload in payloads().step_by(97) {
        let fields = [("username", &*person.username), ("password", PASSWORD), ("return_to", &payload)];
        let answer = server.send(&Request::post("/login").form(&fields).in_browser().same_origin()).expect(303);
        assert_eq!(other_place(answer.location()), None, "{payload:?}: {answer}");
    }
}

#[test]
fn lg_09_a_form_with_a_password_is_sent_on_by_303_alone() {
    let server = SHARED.server();
    let name = "a-newcomer";
    let form = |path: &str, fields: &[(&str, &str)]| Request::post(path).form(fields).in_browser().same_origin();
    server.send(&form("/register", &[("username", name), ("password", PASSWORD)])).expect(303);
    for return_to in ["", "/app", "https://evil.example"] {
        let fields = [("username", name), ("password", PASSWORD), ("return_to", return_to)];
        let answer = server.send(&form("/login", &fields)).expect(303);
        let cookie = answer.set_cookie("session_id").value;
        let change = form("/password", &[("current_password", PASSWORD), ("new_password", PASSWORD)]);
        let answer = server.send(&change.cookie("session_id", &cookie)).expect(303);
        let cookie = answer.set_cookie("session_id").value;
        server.send(&form("/logout", &[]).cookie("session_id", &cookie)).expect(303);
        // Without a login that counts, a form with passwords is not sent on with them either.
        let change = form("/password", &[("current_password", PASSWORD), ("new_password", PASSWORD)]);
        server.send(&change.cookie("session_id", &cookie)).expect(303);
        server.send(&form("/password", &[("current_password", PASSWORD), ("new_password", PASSWORD)])).expect(303);
    }
}
