//! The same routes as a browser sees them: pages and redirects.

use crate::support::person::counts;
use crate::support::{Answer, MODES, PASSWORD, Person, Request, Server, Shared, Ticket};

static SHARED: Shared = Shared::new();

#[track_caller]
fn is_a_page(answer: &Answer) {
    assert!(answer.header("content-type").is_some_and(|kind| kind == "text/html; charset=utf-8"), "{answer}");
    assert!(answer.text().starts_with("<!doctype html>"), "{answer}");
    assert!(!answer.text().contains("<script"), "wb_16: {answer}");
}

fn submit(path: &str, fields: &[(&str, &str)]) -> Request {
    Request::post(path).form(fields).in_browser().same_origin()
}

/// The cookie that a browser holds after a login.
fn ticket(answer: &Answer) -> Ticket {
    Ticket { cookie: Some("session_id".into()), text: answer.set_cookie("session_id").value, refresh: None }
}

#[track_caller]
fn register(server: &Server, username: &str) {
    let fields = [("username", username), ("email", ""), ("password", PASSWORD)];
    let answer = server.send(&submit("/register", &fields)).expect(303);
    assert!(answer.location().starts_with("/login"), "{answer}");
}

#[test]
fn forms_are_shown_to_whoever_asks() {
    let server = SHARED.server();
    for (path, fields) in
        [("/login", vec!["username", "password"]), ("/register", vec!["username", "email", "password"])]
    {
        let page = server.send(&Request::get(path).in_browser()).expect(200);
        is_a_page(&page);
        for field in fields {
            assert!(page.text().contains(&format!("name=\"{field}\"")), "{field}: {page}");
        }
        assert!(page.set_cookies().is_empty(), "ss_13: nobody has logged in: {page}");
    }
}

#[test]
fn wb_16_from_registration_to_logout_without_a_script() {
    let server = SHARED.server();
    register(&server, "a-browser");
    let fields = [("username", "a-browser"), ("password", PASSWORD)];
    let answer = server.send(&submit("/login", &fields)).expect(303);
    assert_eq!(answer.location(), "/dashboard", "lg_09: {answer}");
    let ticket = ticket(&answer);

    let page = server.send(&ticket.on(Request::get("/dashboard")).in_browser()).expect(200);
    is_a_page(&page);
    assert!(page.text().contains("a-browser") && page.text().contains("/logout"), "{page}");

    let out = server.send(&ticket.on(Request::post("/logout").form(&[])).in_browser()).expect(303);
    assert!(out.location().starts_with("/login"), "{out}");
    assert!(out.set_cookie("session_id").clears(), "{out}");
    assert!(!counts(&server, &ticket));
    let back = server.send(&ticket.on(Request::get("/dashboard")).in_browser()).expect(303);
    assert!(back.location().starts_with("/login"), "{back}");
}

#[test]
fn a_wrong_password_shows_the_form_again() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for username in [person.username.as_str(), "nobody-at-all"] {
        let page =
            server.send(&submit("/login", &[("username", username), ("password", "a wrong password")])).expect(401);
        is_a_page(&page);
        assert!(page.text().contains("role=\"alert\"") && page.text().contains(username), "{page}");
        assert!(!page.text().contains("a wrong password"), "{page}");
        assert!(page.set_cookies().is_empty(), "{page}");
    }
}

#[test]
fn a_refused_registration_shows_the_form_again() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for (username, password, status) in
        [(person.username.as_str(), PASSWORD, 409), ("a b", PASSWORD, 422), ("short-one", "fourteen chars", 422)]
    {
        let page = server.send(&submit("/register", &[("username", username), ("password", password)])).expect(status);
        is_a_page(&page);
        assert!(page.text().contains("aria-invalid=\"true\"") && !page.text().contains(password), "{page}");
    }
}

#[test]
fn a_changed_password_is_said_on_the_page() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let login = server.send(&submit("/login", &[("username", &person.username), ("password", PASSWORD)])).expect(303);
    let ticket = ticket(&login);
    let change = |current: &str, new: &str| {
        let request = Request::post("/password").form(&[("current_password", current), ("new_password", new)]);
        server.send(&ticket.on(request).in_browser())
    };
    is_a_page(&change("a wrong password", "nine yellow lemons").expect(401));
    let page = change(PASSWORD, "fourteen chars").expect(422);
    is_a_page(&page);
    assert!(page.text().contains("15"), "{page}");
    assert!(counts(&server, &ticket));
    let done = change(PASSWORD, "nine yellow lemons").expect(303);
    assert!(done.location().starts_with("/dashboard"), "{done}");
    let renewed = self::ticket(&done);
    assert!(counts(&server, &renewed) && !counts(&server, &ticket));
    let page = server.send(&renewed.on(Request::get(done.location())).in_browser()).expect(200);
    assert!(page.text().contains("Your password is changed"), "{page}");
}

#[test]
fn errors_are_pages() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let web = person.logs_in(&server, &MODES[0]);
    for (request, status) in [
        (Request::get("/nowhere"), 404),
        (Request::new("PATCH", "/profile"), 405),
        (web.on(Request::get("/profile")).bearer("x"), 400),
        (web.alone_on(Request::post("/logout").form(&[])), 403),
        (Request::post("/login").text("text/plain", "x"), 415),
        (web.on(Request::delete("/sessions/0190b5e0-7a3c-7e8f-8a6b-1c2d3e4f5a6b")), 404),
    ] {
        let page = server.send(&request.in_browser()).expect(status);
        is_a_page(&page);
        assert!(page.text().contains(page.header("x-request-id").unwrap()), "{page}");
    }
}

#[test]
fn wb_06_what_people_type_is_text_and_nothing_else() {
    let server = SHARED.server();
    let payload = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
    let fields = [("username", payload), ("password", payload), ("return_to", payload), ("client", payload)];
    let page = server.send(&submit("/login", &fields));
    assert!(!page.text().contains("<script>") && !page.text().contains("<img"), "{page}");
    for field in ["username", "email", payload] {
        let mut fields = vec![("username", "a-name"), ("password", "x")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, payload));
        let page = server.send(&submit("/register", &fields));
        assert!(page.status >= 400 && !page.text().contains("<script>") && !page.text().contains("<img"), "{page}");
    }
    for target in [format!("/{}", crate::support::request::escape(payload)), "/sessions/%3Cscript%3E".to_owned()] {
        for method in ["GET", "DELETE", "POST"] {
            let page = server.send(&Request::new(method, &target).in_browser());
            assert!(!page.text().contains("<script>") && !page.text().contains("<img"), "{page}");
        }
    }
    let person = Person::new(&server);
    server.send(&person.login_to("web").header("User-Agent", payload)).expect(200);
    let ticket = person.logs_in(&server, &MODES[0]);
    let page = server.send(&ticket.on(Request::get("/dashboard")).in_browser()).expect(200);
    assert!(!page.text().contains("<script>") && !page.text().contains("<img"), "{page}");
    for target in ["/login", "/register"] {
        let query = format!("{target}?return_to={0}&client={0}&notice={0}", crate::support::request::escape(payload));
        let page = server.send(&Request::get(&query).in_browser());
        assert!(!page.text().contains("<script>") && !page.text().contains("<img"), "{page}");
    }
}

#[test]
fn the_style_sheet_and_the_icon_are_there() {
    let server = SHARED.server();
    let page = server.send(&Request::get("/login").in_browser()).expect(200).text();
    let mut found = 0;
    for link in page.split("<link ").skip(1) {
        let href = link.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let answer = server.send(&Request::get(href)).expect(200);
        assert!(!answer.body.is_empty() && answer.header("content-type").is_some(), "{href}");
        found += 1;
    }
    assert_eq!(found, 2);
}
