//! Where a browser is sent after a login: wherever it came from on this site, and never elsewhere (LG-10).

use crate::support::request::escape;
use crate::support::{MODES, PASSWORD, Person, Request, Shared};

static SHARED: Shared = Shared::new();

/// Ways of writing another host, as browsers and servers have read them.
const ELSEWHERE: [&str; 62] = [
    "https://evil.example",
    "http://evil.example/",
    "HTTPS://EVIL.EXAMPLE",
    "//evil.example",
    "//evil.example/%2f..",
    "///evil.example",
    "////evil.example/",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "\\evil.example",
    "/\\/evil.example",
    "/\\\\evil.example",
    "//\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/\r\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\u{0}//evil.example",
    "\u{a0}//evil.example",
    "/ /evil.example",
    "http:evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:\\evil.example",
    "https:///evil.example",
    "http://127.0.0.1@evil.example",
    "//127.0.0.1@evil.example",
    "//127.0.0.1:80@evil.example/",
    "@evil.example",
    ".evil.example",
    "evil.example",
    "evil.example/dashboard",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "\u{1}javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "mailto:a@evil.example",
    "//evil%E3%80%82example",
    "//evil。example",
    "/\u{2f}evil.example",
    "//[::1]",
    "//2130706433",
    "//0x7f.1",
    "?//evil.example",
    "#//evil.example",
    "?next=//evil.example",
    "",
    " ",
    ".",
    "..",
    "*",
    "dashboard",
    "http://",
    "//",
    "/\u{9}\u{9}/evil.example",
    "/dashboard\r\nSet-Cookie: session_id=planted",
];

/// Places on this site.
const HERE: [&str; 6] =
    ["/dashboard", "/", "/app/page", "/app?a=1&b=%2F%2Fevil.example", "/app?next=https://evil.example", "/a%20b?c=d+e"];

fn login(username: &str, return_to: &str) -> Request {
    let fields = [("username", username), ("password", PASSWORD), ("return_to", return_to)];
    Request::post("/login").form(&fields).in_browser().same_origin()
}

/// Whether a browser that follows it stays here (WHATWG URL §4.4).
fn stays_here(location: &str) -> bool {
    let visible = location.bytes().all(|byte| (0x21..0x7f).contains(&byte) && byte != b'\\');
    visible && location.starts_with('/') && !location.starts_with("//")
}

#[test]
fn lg_10_nobody_is_sent_to_another_host() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for payload in ELSEWHERE {
        let answer = server.send(&login(&person.username, payload));
        assert!(answer.status == 303 || answer.status == 422, "{payload:?}: {answer}");
        if answer.status == 303 {
            assert!(stays_here(answer.location()), "{payload:?}: {answer}");
            assert!(!answer.location().contains("evil"), "{payload:?}: {answer}");
        }
        let planted = |cookie: crate::support::cookie::SetCookie| cookie.value == "planted";
        assert!(!answer.set_cookies().into_iter().any(planted), "{payload:?}: {answer}");
    }
}

#[test]
fn lg_09_lg_10_whoever_came_from_here_is_sent_back() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for target in HERE {
        assert_eq!(server.send(&login(&person.username, target)).expect(303).location(), target);
        let page = server.send(&Request::get(&format!("/login?return_to={}", escape(target))).in_browser()).expect(200);
        assert!(page.text().contains("name=\"return_to\""), "the form carries it: {page}");
    }
}

#[test]
fn what_a_page_does_not_know_in_its_address_is_no_matter() {
    let server = SHARED.server();
    for page in ["/login", "/register"] {
        let query = "utm_source=mail&return_to=%2Fapp&fbclid&a=1&a=2";
        let answer = server.send(&Request::get(&format!("{page}?{query}")).in_browser()).expect(200);
        assert!(answer.text().contains("value=\"/app\""), "{answer}");
        let twice = format!("{page}?return_to=%2Fapp&return_to=%2Fother");
        let answer = server.send(&Request::get(&twice).in_browser()).expect(200);
        assert!(!answer.text().contains("/app") && !answer.text().contains("/other"), "{answer}");
        for name in ["password", "current_password", "new_password"] {
            server.send(&Request::get(&format!("{page}?return_to=%2Fapp&{name}=x")).in_browser()).expect(400);
        }
    }
}

#[test]
fn lg_10_registration_sends_nobody_elsewhere_either() {
    let server = SHARED.server();
    for (index, payload) in ELSEWHERE.into_iter().step_by(6).enumerate() {
        let username = format!("newcomer{index}");
        let fields = [("username", username.as_str()), ("password", PASSWORD), ("return_to", payload)];
        let answer = server.send(&Request::post("/register").form(&fields).in_browser().same_origin());
        assert!(answer.status == 303 || answer.status == 422, "{payload:?}: {answer}");
        assert!(answer.status == 422 || stays_here(answer.location()), "{payload:?}: {answer}");
    }
}

#[test]
fn lg_10_a_refresh_on_the_way_leads_nowhere_else() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[1]);
    let refresh = ticket.refresh.as_deref().unwrap();
    let page = |target: &str| Request::get(&format!("/refresh/page?return_to={}", escape(target))).in_browser();
    for payload in ELSEWHERE {
        // Renewed, not renewed, and nothing to renew.
        for request in [page(payload).cookie("refresh_token", refresh), ticket.on(page(payload)), page(payload)] {
            let answer = server.send(&request).expect(303);
            assert!(stays_here(answer.location()) && !answer.location().contains("evil"), "{payload:?}: {answer}");
        }
    }
    for target in HERE {
        assert_eq!(server.send(&page(target).cookie("refresh_token", refresh)).expect(303).location(), target);
        let login = server.send(&page(target)).expect(303);
        assert!(login.location().starts_with("/login?return_to=%2F"), "{login}");
    }
    let password = Request::get("/refresh/page?password=x").in_browser().cookie("refresh_token", refresh);
    server.send(&password).expect(400);
}

#[test]
fn an_unknown_host_header_does_not_steer_a_redirect() {
    let server = SHARED.server();
    for name in ["Host", "X-Forwarded-Host", "Forwarded"] {
        let value = if name == "Forwarded" { "host=evil.example" } else { "evil.example" };
        let answer = server.send(&Request::get("/dashboard").in_browser().header(name, value)).expect(303);
        assert!(stays_here(answer.location()), "{answer}");
    }
}
