//! A browser whose access token has expired while its refresh token counts: pages have no script that could ask for a refresh.

use std::collections::BTreeMap;

use crate::support::patience::comes;
use crate::support::person::counts;
use crate::support::{Answer, MODES, Mode, PASSWORD, Person, Request, Server, Setup, Ticket};

/// The client whose tokens expire.
const SPA: Mode = MODES[1];

/// How long such a token lasts, and after which time it has expired for certain: by the server's clock, which the tests set.
const LIFETIME: i64 = 600;
const EXPIRED: i64 = LIFETIME + 60;

fn short_lived() -> Setup {
    Setup::default().config("[clients.spa]\nlifetime = \"10m\"\nrefresh = \"1h\"\n").with_clock()
}

/// A browser: it keeps cookies by their path, and goes where it is sent.
#[derive(Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
    stops: Vec<String>,
}

impl Browser {
    #[track_caller]
    fn logged_in(server: &Server, person: &Person) -> Self {
        let mut browser = Self::default();
        let fields = [("username", person.username.as_str()), ("password", PASSWORD), ("client", SPA.client)];
        browser.goes(server, Request::post("/login").form(&fields)).expect(200);
        assert_eq!(browser.stops, ["/login", "/dashboard"]);
        browser
    }

    /// One whose access token has expired meanwhile.
    #[track_caller]
    fn expired(server: &Server, person: &Person) -> Self {
        let [browser] = Self::all_expired(server, person);
        browser
    }

    /// The same, of several at the same time.
    #[track_caller]
    fn all_expired<const N: usize>(server: &Server, person: &Person) -> [Self; N] {
        let browsers = [(); N].map(|()| Self::logged_in(server, person));
        server.set_clock(EXPIRED);
        for browser in &browsers {
            assert!(comes(|| !counts(server, &browser.ticket())), "it does not expire");
        }
        browsers
    }

    fn ticket(&self) -> Ticket {
        let refresh = self.cookies.get("refresh_token").cloned();
        Ticket { cookie: Some("token".into()), text: self.cookies["token"].clone(), refresh }
    }

    /// Sends a request, and then whatever the answers say, for five stops at most.
    #[track_caller]
    fn goes(&mut self, server: &Server, mut request: Request) -> Answer {
        self.stops.clear();
        for _ in 0..5 {
            self.stops.push(request.target.clone());
            let answer = server.send(&self.dressed(request.clone()));
            self.keeps(&answer);
            request = match answer.status {
                303 => Request::get(answer.location()),
                307 => Request { target: answer.location().to_owned(), ..request },
                _ => return answer,
            };
        }
        panic!("it goes on and on: {:?}", self.stops);
    }

    fn dressed(&self, request: Request) -> Request {
        let sent =
            self.cookies.iter().filter(|(name, _)| *name != "refresh_token" || request.target.starts_with("/refresh"));
        let cookies: Vec<_> = sent.map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.in_browser().same_origin();
        if cookies.is_empty() { request } else { request.header("Cookie", &cookies.join("; ")) }
    }

    fn keeps(&mut self, answer: &Answer) {
        for cookie in answer.set_cookies() {
            if cookie.clears() {
                self.cookies.remove(&cookie.name);
            } else {
                self.cookies.insert(cookie.name, cookie.value);
            }
        }
    }
}

#[test]
fn both_cookies_are_kept_for_as_long() {
    let server = short_lived().start();
    let person = Person::new(&server);
    let login = server.send(&person.login_to(SPA.client)).expect(200);
    let renewed = server.send(&SPA.ticket(&login).refreshing()).expect(200);
    for answer in [login, renewed] {
        let age = |name| answer.set_cookie(name).max_age().unwrap();
        assert_eq!(age("token"), age("refresh_token"), "{answer}");
        assert!((3500..=3600).contains(&age("token")), "until the end of the login: {answer}");
        assert!(answer.json()["credential"]["expires_at"].is_string());
    }
}

#[test]
fn a_page_is_shown_after_the_token_has_expired() {
    let server = short_lived().start();
    let person = Person::new(&server);
    let mut browser = Browser::expired(&server, &person);
    let before = browser.ticket();
    let page = browser.goes(&server, Request::get("/dashboard?notice=x&y=%20")).expect(200);
    assert!(page.text().contains(&person.username), "{page}");
    let [first, second, last] = browser.stops.as_slice() else { panic!("{:?}", browser.stops) };
    assert_eq!((first.as_str(), last.as_str()), ("/dashboard?notice=x&y=%20", "/dashboard?notice=x&y=%20"));
    assert!(second.starts_with("/refresh/page?return_to=%2Fdashboard"), "{second}");
    let after = browser.ticket();
    assert!(after.text != before.text && after.refresh != before.refresh && counts(&server, &after));
    let sessions = server.send(&after.on(Request::get("/sessions"))).expect(200).json();
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1, "it is the same login: {sessions}");
}

#[test]
fn a_token_that_counts_is_not_renewed() {
    let server = Setup::default().start();
    let mut browser = Browser::logged_in(&server, &Person::new(&server));
    let answer = server.send(&browser.dressed(Request::get("/refresh/page?return_to=/profile"))).expect(303);
    assert!(answer.location() == "/profile" && answer.set_cookies().is_empty(), "{answer}");
    // Nor is a refresh token that counts no more a reason to log out whose access token does.
    browser.cookies.insert("refresh_token".into(), "stale".into());
    let answer = server.send(&browser.dressed(Request::get("/refresh/page"))).expect(303);
    assert!(answer.location() == "/dashboard" && answer.set_cookies().is_empty(), "{answer}");
}

#[test]
fn a_form_that_came_too_late_changes_nothing_and_says_so() {
    let server = short_lived().start();
    let person = Person::new(&server);
    let other = person.logs_in(&server, &MODES[0]);
    let mut browser = Browser::expired(&server, &person);
    let page = browser.goes(&server, Request::post("/account/sessions/end-others").form(&[])).expect(200);
    assert!(page.text().contains("Nothing was changed"), "{page}");
    assert!(counts(&server, &other) && counts(&server, &browser.ticket()));
}

#[test]
fn a_logout_after_the_token_has_expired_ends_the_login() {
    let server = short_lived().start();
    let mut browser = Browser::expired(&server, &Person::new(&server));
    let ticket = browser.ticket();
    let page = browser.goes(&server, Request::post("/logout").form(&[])).expect(200);
    assert_eq!(browser.stops, ["/logout", "/refresh/logout", "/login?notice=logged-out"]);
    assert!(page.text().contains("You are logged out."), "{page}");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    server.send(&ticket.refreshing()).refusal(401, "invalid-grant");
}

#[test]
fn when_there_is_nothing_to_renew_the_browser_logs_in() {
    let server = short_lived().start();
    let person = Person::new(&server);
    let [mut going, mut leaving] = Browser::all_expired(&server, &person);
    let api = person.logs_in(&server, &MODES[2]);
    server.send(&api.on(Request::delete("/sessions"))).expect(204);

    going.goes(&server, Request::get("/dashboard")).expect(200);
    let stops = ["/dashboard", "/refresh/page?return_to=%2Fdashboard", "/login?return_to=%2Fdashboard"];
    assert_eq!(going.stops, stops);
    assert!(going.cookies.is_empty(), "{:?}", going.cookies);
    going.goes(&server, Request::get("/dashboard")).expect(200);
    assert_eq!(going.stops, ["/dashboard", "/login?return_to=%2Fdashboard"]);

    let page = leaving.goes(&server, Request::post("/logout").form(&[])).expect(200);
    assert_eq!(leaving.stops, ["/logout", "/refresh/logout", "/login?notice=ended"]);
    assert!(!page.text().contains("You are logged out."), "this has ended nothing: {page}");
    assert!(leaving.cookies.is_empty(), "{:?}", leaving.cookies);
}

#[test]
fn a_client_that_uses_cookies_no_more_leads_nobody_in_circles() {
    let mut server = short_lived().start();
    let mut browser = Browser::expired(&server, &Person::new(&server));
    server.start_again_as(Setup::default().config("[clients.spa]\ntransport = \"bearer\"\n").with_clock());
    browser.goes(&server, Request::get("/dashboard")).expect(200);
    let stops = ["/dashboard", "/refresh/page?return_to=%2Fdashboard", "/login?return_to=%2Fdashboard"];
    assert_eq!(browser.stops, stops);
    assert!(!browser.cookies.contains_key("token"), "{:?}", browser.cookies);
}

#[test]
fn of_two_cookies_none_is_said_to_be_logged_out() {
    let server = short_lived().start();
    let ticket = Person::new(&server).logs_in(&server, &MODES[0]);
    let twice = format!("session_id={0}; session_id={0}", ticket.text);
    let logout = Request::post("/logout").form(&[]).header("Cookie", &twice).in_browser().same_origin();
    let answer = server.send(&logout).expect(303);
    assert_eq!(answer.location(), "/login?notice=ended");
    assert!(counts(&server, &ticket));
}

#[test]
fn programs_are_told_and_lose_nothing() {
    let server = short_lived().start();
    let ticket = Browser::expired(&server, &Person::new(&server)).ticket();
    for request in [Request::get("/dashboard"), Request::post("/logout"), Request::delete("/sessions")] {
        let answer = server.send(&ticket.on(request));
        answer.problem(401);
        assert!(answer.set_cookies().is_empty() && answer.header("location").is_none(), "{answer}");
    }
    let renewed = SPA.ticket(&server.send(&ticket.refreshing()).expect(200));
    assert!(counts(&server, &renewed));
}

#[test]
fn another_site_ends_and_takes_away_nothing() {
    let server = short_lived().start();
    let ticket = Person::new(&server).logs_in(&server, &SPA);
    let refresh = ticket.refresh.clone().unwrap();
    for site in ["cross-site", "same-site"] {
        let from_there = |request: Request| request.in_browser().header("Sec-Fetch-Site", site);
        let logout = || from_there(Request::post("/refresh/logout").form(&[]));
        server.send(&logout().cookie("refresh_token", &refresh)).expect(403);
        // A browser leaves our cookies out, and would still take an answer's.
        for bare in
            [logout(), from_there(Request::post("/logout").form(&[])), from_there(Request::get("/refresh/page"))]
        {
            let answer = server.send(&bare);
            assert!(answer.set_cookies().is_empty(), "{} {answer}", bare.target);
        }
    }
    // Whoever follows a link to a page of ours comes from elsewhere.
    let link = Request::get("/refresh/page").in_browser().header("Sec-Fetch-Site", "cross-site");
    let answer = server.send(&link.cookie("refresh_token", &refresh)).expect(303);
    assert!(answer.location() == "/dashboard" && !answer.set_cookie("token").clears(), "{answer}");
}
