//! Requests that say where they come from, or do not.

use super::line::Line;
use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn wb_02_no_other_origin_is_told_that_it_may_read() {
    let server = SHARED.server();
    let ticket = Person::new(&server).logs_in(&server, &MODES[2]);
    let own = server.origin();
    let host = own.trim_start_matches("http://");
    let mut origins: Vec<String> =
        ["null", "", "*", "file://", "https://evil.example", "http://evil.example", "chrome-extension://abc"]
            .map(str::to_owned)
            .to_vec();
    for scheme in ["http", "https", "HTTP", "ws"] {
        for name in [
            host.to_owned(),
            format!("{host}.evil.example"),
            format!("evil-{host}"),
            format!("evil.example#{host}"),
            format!("{host}@evil.example"),
            format!("evil.example:{}", server.port()),
            "127.0.0.1".to_owned(),
            "127.0.0.1:1".to_owned(),
            "localhost".to_owned(),
            format!("localhost:{}", server.port()),
            format!("[::1]:{}", server.port()),
            format!("{host}/"),
        ] {
            origins.push(format!("{scheme}://{name}"));
        }
    }
    assert!(origins.len() >= 50);
    let mut line = Line::to(&server);
    for origin in &origins {
        for request in [
            ticket.alone_on(Request::get("/profile")),
            Request::get("/.well-known/jwks.json"),
            Request::post("/login"),
            Request::new("OPTIONS", "/login").header("Access-Control-Request-Method", "POST"),
            Request::new("OPTIONS", "/profile").header("Access-Control-Request-Headers", "authorization"),
        ] {
            let is_preflight = request.method == "OPTIONS";
            let answer = line.send(&request.header("Origin", origin));
            let told = answer.headers.iter().find(|(name, _)| name.starts_with("access-control-"));
            assert!(told.is_none(), "{origin}: {answer}");
            assert_eq!(answer.status == 405, is_preflight, "{origin}: {answer}");
        }
    }
}

#[test]
fn wb_03_the_browser_and_then_the_origin_decide_and_nothing_else() {
    let server = SHARED.server();
    let own = server.origin();
    let mut line = Line::to(&server);
    let sites =
        [None, Some("same-origin"), Some("same-site"), Some("cross-site"), Some("none"), Some("SAME-ORIGIN"), Some("")];
    let origins = [None, Some(own.as_str()), Some("null"), Some("https://evil.example"), Some("")];
    let referers = [None, Some(own.as_str()), Some("https://evil.example/")];
    let kinds = [None, Some("application/x-www-form-urlencoded"), Some("application/json"), Some("text/plain")];
    let person = Person::new(&server);
    for ticket in [MODES[0], MODES[1]].map(|mode| person.logs_in(&server, &mode)) {
        let put = || ticket.alone_on(Request::put("/sessions/current/data").bytes(b"{}"));
        for (site, origin) in sites.iter().flat_map(|site| origins.iter().map(move |origin| (*site, *origin))) {
            let from_here = match site {
                Some(site) => site == "same-origin",
                None => origin == Some(own.as_str()),
            };
            for (referer, kind) in referers.iter().flat_map(|referer| kinds.iter().map(move |kind| (*referer, *kind))) {
                let said = [("Sec-Fetch-Site", site), ("Origin", origin), ("Referer", referer), ("Content-Type", kind)];
                let said = said.into_iter().filter_map(|(name, value)| Some((name, value?)));
                let request = said.fold(put(), |request, (name, value)| request.header(name, value));
                let answer = line.send(&request);
                let expected = match (from_here, kind) {
                    (false, _) => 403,
                    (true, Some("application/json")) => 204,
                    (true, _) => 415,
                };
                assert_eq!(answer.status, expected, "{:?}: {answer}", request.headers);
            }
        }
        assert!(counts(&server, &ticket));
    }
}

#[test]
fn wb_03_wb_04_no_page_holds_anything_that_lets_another_site_act() {
    let server = SHARED.server();
    let (one, other) = (Person::new(&server), Person::new(&server));
    let (mine, theirs) = (one.logs_in(&server, &MODES[0]), other.logs_in(&server, &MODES[0]));
    let page = server.send(&mine.on(Request::get("/dashboard")).in_browser()).expect(200).text();
    // What proves where a form comes from is the browser's word, so there is no token in it that somebody could carry off.
    assert!(page.contains("<form") && !page.contains("type=\"hidden\""), "{page}");
    for action in page.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        for from in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
        ] {
            let forged = theirs.alone_on(Request::post(action).form(&[])).header(from.0, from.1);
            server.send(&forged).refusal(403, "cross-site");
        }
    }
    assert!(counts(&server, &mine) && counts(&server, &theirs));
}

#[test]
fn lg_11_another_site_makes_no_account_and_sets_nothing_up() {
    let server = SHARED.server();
    for path in ["/login", "/register", "/setup"] {
        for (name, value) in [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Sec-Fetch-Site", "none"),
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
        ] {
            let fields = [("username", "mallory"), ("password", crate::support::PASSWORD), ("code", "x")];
            let fields = if path == "/setup" { &fields[..] } else { &fields[..2] };
            let answer = server.send(&Request::post(path).form(fields).header(name, value));
            answer.refusal(403, "cross-site");
            assert!(answer.set_cookies().is_empty(), "{answer}");
        }
    }
}
