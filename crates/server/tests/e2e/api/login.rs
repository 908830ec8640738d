//! `POST /login`

use std::thread::scope;

use serde_json::{Value, json};

use crate::support::command::counterfoil;
use crate::support::person::counts;
use crate::support::{Answer, MODES, PASSWORD, Person, Request, Server, Setup, Shared};

static SHARED: Shared = Shared::new();

#[test]
fn by_username_or_e_mail_as_json_or_as_a_form() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let (name, email) = (person.username.as_str(), person.email.as_str());
    for mode in MODES {
        for (field, value) in [("username", name), ("email", email), ("username", email)] {
            let body = json!({ field: value, "password": PASSWORD, "client": mode.client });
            let form = [(field, value), ("password", PASSWORD), ("client", mode.client)];
            for request in [Request::post("/login").json(&body), Request::post("/login").form(&form)] {
                let answer = server.send(&request).expect(200);
                assert_eq!(answer.json()["user"]["id"], *person.id);
                assert_eq!(answer.json()["credential"]["client"], mode.client);
            }
        }
    }
}

#[test]
fn without_a_client_the_default_one_is_meant() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let answer = server.send(&person.login(&json!({}))).expect(200);
    assert_eq!(answer.json()["credential"]["client"], "web");
    for client in ["", "nobody", "WEB", "web "] {
        server.send(&person.login_to(client)).refusal_naming(422, "client");
    }
}

#[test]
fn lg_01_every_failure_is_alike() {
    // So many guesses at one account would have to wait.
    let server = Setup::default().config("[throttle]\nfree_failures = 100\n").start();
    let person = Person::new(&server);
    let disabled = Person::new(&server);
    let done = counterfoil(server.folder(), &["user", "disable", &disabled.username], "");
    assert_eq!(done.code, Some(0), "{done:?}");

    let wrong = "seven green bottles on the floor";
    let attempts = [
        json!({ "username": person.username, "password": wrong }),
        json!({ "email": person.email, "password": wrong }),
        json!({ "username": "nobody-of-that-name", "password": wrong }),
        json!({ "username": "nobody-of-that-name", "password": PASSWORD }),
        json!({ "email": "nobody@example.com", "password": wrong }),
        json!({ "username": disabled.username, "password": PASSWORD }),
        json!({ "username": disabled.username, "password": wrong }),
        json!({ "email": disabled.email, "password": PASSWORD }),
        json!({ "username": "no \u{0}name \u{202e}at all;", "password": wrong }),
        json!({ "email": "not an address", "password": wrong }),
        json!({ "username": "", "password": wrong }),
        json!({ "username": "x".repeat(10_000), "password": wrong }),
        json!({ "username": person.username, "password": "" }),
    ];
    for client in MODES.map(|mode| mode.client) {
        let answers = attempts.iter().map(|attempt| {
            let mut attempt = attempt.clone();
            attempt["client"] = client.into();
            let answer = server.send(&Request::post("/login").json(&attempt));
            answer.refusal(401, "invalid-credentials");
            masked(&answer)
        });
        let answers: Vec<_> = answers.collect();
        for (attempt, answer) in attempts.iter().zip(&answers) {
            assert_eq!(answer, &answers[0], "{attempt}");
        }
    }
}

#[test]
fn lg_01_a_locked_account_is_like_a_locked_name_that_is_nobodys() {
    let server = Setup::default().config("[throttle]\nlock_after = 2\n").start();
    let (person, disabled) = (Person::new(&server), Person::new(&server));
    let done = counterfoil(server.folder(), &["user", "disable", &disabled.username], "");
    assert_eq!(done.code, Some(0), "{done:?}");
    let answers: Vec<_> = [person.username.as_str(), "nobody-of-that-name", disabled.username.as_str()]
        .into_iter()
        .map(|name| {
            let guess =
                |secret| server.send(&Request::post("/login").json(&json!({ "username": name, "password": secret })));
            for _ in 0..2 {
                guess("seven green bottles").refusal(401, "invalid-credentials");
            }
            let locked = guess(PASSWORD);
            locked.refusal(429, "too-many-attempts");
            assert!(locked.set_cookies().is_empty() && locked.header("retry-after") == Some("86400"), "{locked}");
            let said = locked.text();
            assert!(said.contains("none counts any more") && !said.contains(" s;"), "no time is promised: {said}");
            masked(&locked)
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    // The operator sees it, and gives another password.
    let common = [person.username.as_str(), "--json", "--config", "settings.toml"];
    let run = |words: &[&str], typed| counterfoil(server.folder(), &[words, &common].concat(), typed);
    let shown = || serde_json::from_str::<Value>(&run(&["user", "show"], "").stdout).unwrap();
    assert_eq!((&shown()["locked"], &shown()["failed_logins"]), (&json!(true), &json!(2)));
    let next = "nine yellow lemons in a bowl";
    assert_eq!(run(&["user", "password", "--password-stdin"], next).code, Some(0));
    let body = json!({ "username": person.username, "password": next });
    server.send(&Request::post("/login").json(&body)).expect(200);
    assert_eq!(shown()["locked"], json!(false));
}

#[test]
fn lg_05_forms_and_json_pages_and_programs_have_one_budget() {
    let server = Setup::default().config("[throttle]\nlock_after = 5\n").start();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    let (name, email) = (person.username.as_str(), person.email.as_str());
    let form = |field, text| Request::post("/login").form(&[(field, text), ("password", "wrong")]);
    let json = |field: &str, text: &str| Request::post("/login").json(&json!({ field: text, "password": "wrong" }));
    let change = |current| json!({ "current_password": current, "new_password": "nine yellow lemons in a bowl" });
    let change = |current| ticket.on(Request::post("/password").json(&change(current)));
    let (shouted_name, shouted_email) = (name.to_uppercase(), email.to_uppercase());
    for guess in [
        form("username", name),
        form("username", &shouted_name).in_browser().same_origin(),
        json("email", email),
        json("username", &shouted_email),
        change("wrong"),
    ] {
        server.send(&guess).expect(401);
    }
    for guess in
        [form("email", email), json("username", name), person.login_to("api"), change("wrong"), change(PASSWORD)]
    {
        let answer = server.send(&guess);
        answer.refusal(429, "too-many-attempts");
        assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{answer}");
    }
    // The form keeps the name and says what to do; whoever is in stays in.
    let page = server.send(&form("username", name).in_browser().same_origin()).expect(429);
    assert!(page.text().contains(&format!("value=\"{name}\"")) && page.text().contains("Too many attempts"), "{page}");
    assert!(page.header("retry-after").is_some(), "{page}");
    assert!(counts(&server, &ticket));
}

#[test]
fn lg_07_no_header_and_no_address_of_ones_own_network_buys_a_guess() {
    let few = "[throttle]\naddress_failures = 3\naddress_window = \"1d\"\n";
    let guess = |server: &Server, number: u32, name: &str, value: &str| {
        let body = json!({ "username": format!("somebody{number}"), "password": "wrong" });
        server.send(&Request::post("/login").json(&body).header(name, value)).status
    };
    // Whoever is no proxy may say what they like.
    let server = Setup::default().config(few).start();
    for number in 0..12 {
        let name = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP"][number as usize % 4];
        let value = if name == "Forwarded" { format!("for=192.0.2.{number}") } else { format!("192.0.2.{number}") };
        assert_eq!(guess(&server, number, name, &value), if number < 3 { 401 } else { 429 }, "{name}: {value}");
    }
    // What a proxy says is believed, and counted by network.
    let server = Setup::default().config(&format!("[server]\ntrusted_proxies = [\"127.0.0.1\"]\n{few}")).start();
    let forwarded = |number, value: &str| guess(&server, number, "X-Forwarded-For", value);
    for number in 0..12 {
        let value = [format!("2001:db8:0:7::{number:x}"), format!("2001:0DB8:0000:0007:{number:x}::1")];
        let expected = if number < 3 { 401 } else { 429 };
        assert_eq!(forwarded(number, &value[number as usize % 2]), expected, "{value:?}");
    }
    assert_eq!(forwarded(20, "2001:db8:0:8::1"), 401);
    for (number, value) in
        ["198.51.100.7", "::ffff:198.51.100.7", "10.0.0.1, 198.51.100.7", "198.51.100.7"].iter().enumerate()
    {
        let expected = if number < 3 { 401 } else { 429 };
        assert_eq!(forwarded(30 + u32::try_from(number).unwrap(), value), expected, "{value}");
    }
}

#[test]
fn lg_08_credentials_in_the_query_log_nobody_in() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let query = format!("/login?username={}&password=seven%20green%20bottles%20on%20a%20wall", person.username);
    let answer = server.send(&Request::get(&query));
    assert!(answer.status == 200 || answer.status >= 400, "{answer}");
    assert!(answer.set_cookies().is_empty() && !answer.text().contains("seven green"), "{answer}");
    let answer = server.send(&Request::post(&query).json(&json!({})));
    assert!(matches!(answer.status, 400 | 422), "{answer}");
}

#[test]
fn lg_11_a_form_on_another_site_logs_nobody_in() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for (name, value) in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let fields = [("username", person.username.as_str()), ("password", PASSWORD)];
        let answer = server.send(&Request::post("/login").form(&fields).header(name, value));
        answer.refusal(403, "cross-site");
        assert!(answer.set_cookies().is_empty(), "{answer}");
    }
}

#[test]
fn lg_11_a_login_without_a_cookie_may_come_from_anywhere() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        for (name, value) in [("Origin", "https://app.example"), ("Sec-Fetch-Site", "cross-site")] {
            let answer = server.send(&person.login_to(mode.client).header(name, value));
            if mode.cookie.is_some() {
                answer.refusal(403, "cross-site");
            } else {
                assert!(answer.expect(200).set_cookies().is_empty());
            }
        }
    }
}

#[test]
fn a_page_logs_in_with_a_cookie_whatever_the_default_is() {
    let server = Setup::default().config("default_client = \"api\"\n").start();
    let person = Person::new(&server);
    let fields = [("username", person.username.as_str()), ("password", PASSWORD)];
    let form = || Request::post("/login").form(&fields);
    let answer = server.send(&form().in_browser().same_origin()).expect(303);
    assert!(counts(&server, &MODES[0].ticket(&answer)));
    // From elsewhere it is what it is: a login with a cookie.
    server.send(&form().in_browser().header("Origin", "https://evil.example")).expect(403);
    assert_eq!(server.send(&form()).expect(200).json()["credential"]["client"], "api", "a program");
}

#[test]
fn wb_14_of_two_fields_of_one_name_none_counts() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let name = person.username.as_str();
    let twice = [("username", name), ("username", name), ("password", PASSWORD)];
    server.send(&Request::post("/login").form(&twice)).problem(400);
    let twice = format!(r#"{{"username":"{name}","username":"{name}","password":"{PASSWORD}"}}"#);
    server.send(&Request::post("/login").text("application/json", &twice)).problem(400);
}

#[test]
fn a_name_and_an_address_at_once_are_one_too_many() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let answer = server.send(&person.login(&json!({ "email": "other@example.com" })));
    assert!(matches!(answer.status, 400 | 422), "{answer}");
}

#[test]
fn ss_02_an_id_from_outside_is_never_adopted() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let made_up = format!("cf_s_{}", "A".repeat(49));
    let request = person.login_to("web").cookie("session_id", &made_up).same_origin();
    let answer = server.send(&request).expect(200);
    assert_ne!(answer.set_cookie("session_id").value, made_up);
    server.send(&Request::get("/profile").cookie("session_id", &made_up)).is_refused();
}

#[test]
fn ss_03_each_login_has_an_id_of_its_own() {
    let server = SHARED.server();
    let person = Person::new(&server);
    for mode in MODES {
        let (first, second) = (person.logs_in(&server, &mode), person.logs_in(&server, &mode));
        assert_ne!(first.text, second.text);
        assert!(first.refresh.is_none() || first.refresh != second.refresh);
    }
}

#[test]
fn ss_03_a_login_takes_the_place_of_the_one_that_the_browser_had() {
    let server = SHARED.server();
    let (before, person) = (Person::new(&server), Person::new(&server));
    for old in MODES.iter().filter(|mode| mode.cookie.is_some()) {
        for new in MODES.iter().filter(|mode| mode.cookie.is_some()) {
            let replaced = before.logs_in(&server, old);
            let answer = server.send(&replaced.on(person.login_to(new.client))).expect(200);
            let ticket = new.ticket(&answer);
            assert!(counts(&server, &ticket) && !counts(&server, &replaced), "{} by {}", old.client, new.client);
            if old.cookie != new.cookie {
                assert!(answer.set_cookie(old.cookie.unwrap()).clears(), "both at once are ambiguous: {answer}");
            }
        }
    }
}

#[test]
fn a_browser_with_two_cookies_can_still_log_in() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let (web, spa) = (person.logs_in(&server, &MODES[0]), person.logs_in(&server, &MODES[1]));
    for (first, second) in [(web.text.as_str(), spa.text.as_str()), ("stale", "stale")] {
        let cookies = format!("session_id={first}; token={second}");
        let fields = [("username", person.username.as_str()), ("password", PASSWORD)];
        let request = Request::post("/login").form(&fields).header("Cookie", &cookies).same_origin().in_browser();
        let answer = server.send(&request).expect(303);
        assert!(counts(&server, &MODES[0].ticket(&answer)));
        assert!(answer.set_cookie("token").clears(), "{answer}");
        for page in ["/login", "/register"] {
            server.send(&Request::get(page).header("Cookie", &cookies).in_browser()).expect(200);
        }
    }
}

#[test]
fn too_many_at_once_are_put_off() {
    // One hash at a time, one waiting, and each takes a while.
    let config = "[passwords]\nmemory_kib = 131072\niterations = 4\nworkers = 1\nqueue = 1\n";
    let server = Setup::default().config(config).start();
    let person = Person::new(&server);
    let ticket = person.logs_in(&server, &MODES[0]);
    let answers: Vec<_> = scope(|scope| {
        let attempts: Vec<_> = (0..8).map(|_| scope.spawn(|| server.send(&person.login_to("api")))).collect();
        assert!(counts(&server, &ticket), "whoever is logged in does not notice");
        attempts.into_iter().map(|attempt| attempt.join().unwrap()).collect()
    });
    let (done, put_off): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(!done.is_empty() && !put_off.is_empty(), "{} done, {} put off", done.len(), put_off.len());
    for answer in put_off {
        answer.problem(503);
        let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer}");
    }
}

/// The answer without what is new in each: the request's id and the date.
fn masked(answer: &Answer) -> String {
    let id = answer.header("x-request-id").unwrap_or_default();
    let headers = answer.headers.iter().filter(|(name, _)| name != "date");
    let headers: Vec<_> = headers.map(|(name, value)| format!("{name}: {}", value.replace(id, "ID"))).collect();
    format!("{}\n{}\n\n{}", answer.status, headers.join("\n"), answer.text().replace(id, "ID"))
}
