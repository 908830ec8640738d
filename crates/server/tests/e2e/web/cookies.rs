//! What is made of `Cookie` headers that nobody honest sends.

use rusqlite::Connection;

use super::line::Line;
use crate::support::person::counts;
use crate::support::{MODES, Person, Request, Setup, Shared};

static SHARED: Shared = Shared::new();

/// White space, and what looks like none, of Unicode: some servers trim it from names.
const BLANKS: [char; 16] = [
    '\u{85}', '\u{a0}', '\u{1680}', '\u{180e}', '\u{2000}', '\u{2003}', '\u{2009}', '\u{200a}', '\u{200b}', '\u{2028}',
    '\u{2029}', '\u{202f}', '\u{205f}', '\u{2060}', '\u{3000}', '\u{feff}',
];

/// Headers that hold a session id which counts, and are not the one header in which it counts.
fn crafted(name: &str, id: &str) -> Vec<String> {
    let escaped = |at: usize| format!("{}%{:02X}{}", &name[..at], name.as_bytes()[at], &name[at + 1..]);
    let mut crafted: Vec<String> =
        BLANKS.iter().flat_map(|c| [format!("{c}{name}={id}"), format!("{name}{c}={id}")]).collect();
    crafted.extend((0..name.len()).step_by(2).map(|at| format!("{}={id}", escaped(at))));
    let bare = name.trim_start_matches("__Host-");
    for other in [
        name.to_uppercase(),
        name.to_lowercase().replacen("session", "Session", 1),
        format!("__HOST-{bare}"),
        format!("__host-{bare}x"),
        format!("__Secure-{bare}"),
        format!("__Http-{bare}"),
        format!("__Host-Http-{bare}"),
        format!("__Host-__Host-{bare}"),
        format!("{name}[]"),
        format!("{name}[0]"),
        format!("{name}."),
        format!("{name}:"),
        format!("{name} "),
        format!("{name}\t"),
        format!("\"{name}\""),
        format!("'{name}'"),
        format!("${name}"),
        format!("{name},x"),
        format!("x,{name}"),
        format!("x {name}"),
        format!("Cookie: {name}"),
        format!("={name}"),
        format!(";={name}"),
        String::new(),
    ] {
        crafted.push(format!("{other}={id}"));
    }
    for header in [
        id.to_owned(),
        name.to_owned(),
        format!("{name}="),
        format!("{name};{id}"),
        format!("{name}=;{id}"),
        format!("{name}==="),
        format!("{name}=={id}"),
        format!("{name}=\"{id}\""),
        format!("{name}='{id}'"),
        format!("{name}=\"{id}"),
        format!("{name}= {id}"),
        format!("{name}={id},"),
        format!("{name}={id} x"),
        format!("{name}={id}%20"),
        format!("{name}=%{:02x}{}", id.as_bytes()[0], &id[1..]),
        format!("{name}={}", id.replace('_', "%5F")),
        format!("{name}={}", id.to_uppercase()),
        format!("a=\"; {name}={id}; b=\"; {name}={id}"),
        format!("a=b, {name}={id}"),
        format!("a=\"b, {name}={id}\""),
        format!("$Version=1; {name}={id}"),
        format!("$Version=1, {name}={id}"),
        format!("$Version=\"1\"; {name}=\"{id}\"; $Path=\"/\""),
        format!("$version=0;{name}={id};$Domain=x"),
        format!("{name}={id}; {name}={id}"),
        format!("{name}=x; {name}={id}"),
        format!("{name}={id}; {name}=x"),
        format!("{name}={id}; a=b; {name}=\"\""),
    ] {
        crafted.push(header);
    }
    crafted
}

#[test]
fn ss_06_a_hundred_crafted_headers_let_nobody_in() {
    for (https, name) in [(false, "session_id"), (true, "__Host-session_id")] {
        let setup = if https {
            Setup::default().argument("--public-url").argument("https://auth.example.com")
        } else {
            Setup::default()
        };
        let server = setup.start();
        let id = server.send(&Person::new(&server).login_to("web")).expect(200).set_cookie(name).value;
        let mut line = Line::to(&server);
        let crafted = crafted(name, &id);
        assert!(crafted.len() >= 60, "{}", crafted.len());
        for header in crafted.iter().filter(|header| **header != format!("{name}={id}")) {
            let answer = line.send(&Request::get("/profile").header("Cookie", header));
            assert_eq!(answer.status, 401, "{header:?}: {answer}");
            assert!(answer.set_cookies().is_empty(), "{answer}");
        }
        for (name, value) in [
            ("Cookie2", format!("{name}={id}")),
            ("Set-Cookie", format!("{name}={id}")),
            ("X-Cookie", format!("{name}={id}")),
        ] {
            assert_eq!(line.send(&Request::get("/profile").header(name, &value)).status, 401, "{name}");
        }
        let (other, bare) =
            if https { ("session_id", "session_id") } else { ("__Host-session_id", "__Secure-session_id") };
        for name in [other, bare] {
            assert_eq!(line.send(&Request::get("/profile").cookie(name, &id)).status, 401, "{name}");
        }
        assert_eq!(line.send(&Request::get("/profile").cookie(name, &id)).status, 200, "it counts all the while");
    }
}

#[test]
fn ss_02_a_made_up_id_is_never_adopted() {
    let server = SHARED.server();
    let person = Person::new(&server);
    let real = person.logs_in(&server, &MODES[0]);
    let mut line = Line::to(&server);
    for count in 0..2_000_u32 {
        // Each as long as a real one, and each unlike any.
        let made_up = format!("cf_s_{:0>49}", format!("{:x}", u64::from(count).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let answer = line.send(&Request::get("/profile").cookie("session_id", &made_up));
        assert!(answer.status == 401 && answer.set_cookies().is_empty(), "{answer}");
    }
    // Also one that is made as ours are, by another house.
    let elsewhere = Setup::default().start();
    let foreign = Person::new(&elsewhere).logs_in(&elsewhere, &MODES[0]).text;
    for made_up in [foreign.as_str(), "cf_s_", "x", "0", "admin"] {
        server.send(&Request::get("/profile").cookie("session_id", made_up)).is_refused();
        let answer = server.send(&person.login_to("web").cookie("session_id", made_up).same_origin()).expect(200);
        let set = answer.set_cookie("session_id").value;
        assert!(set != made_up && set.len() == real.text.len(), "{answer}");
        server.send(&Request::get("/profile").cookie("session_id", made_up)).is_refused();
    }
    assert!(counts(&server, &real));
}

#[test]
fn ss_11_the_same_id_elsewhere_is_nobodys() {
    let server = SHARED.server();
    let id = Person::new(&server).logs_in(&server, &MODES[0]).text;
    let mut line = Line::to(&server);
    for target in [
        format!("/profile?session_id={id}"),
        format!("/profile?sid={id}"),
        format!("/profile?token={id}&access_token={id}"),
        format!("/verify?session_id={id}"),
        format!("/profile;jsessionid={id}"),
        format!("/profile/{id}"),
        format!("/sessions/current/data?session_id={id}"),
    ] {
        let answer = line.send(&Request::get(&target));
        assert!(matches!(answer.status, 401 | 404), "{target}: {answer}");
    }
    for name in [
        "X-Session",
        "X-Session-Id",
        "Session-Id",
        "Session_id",
        "X-Auth-Token",
        "Proxy-Authorization",
        "Authorization",
    ] {
        for value in [id.clone(), format!("Bearer {id}"), format!("session_id={id}"), format!("Session {id}")] {
            let answer = line.send(&Request::get("/profile").header(name, &value));
            assert_eq!(answer.status, 401, "{name}: {value}: {answer}");
        }
    }
    for body in [format!("session_id={id}"), format!("sid={id}")] {
        let form = Request::post("/logout").text("application/x-www-form-urlencoded", &body).same_origin();
        assert!(matches!(line.send(&form).status, 401 | 422));
    }
    assert_eq!(line.send(&Request::get("/profile").cookie("session_id", &id)).status, 200, "it has not ended");
}

#[test]
fn ss_13_who_has_not_logged_in_leaves_no_row() {
    let server = Setup::default().start();
    Person::new(&server);
    let database = Connection::open(server.database()).unwrap();
    let rows = || -> Vec<(String, i64)> {
        let mut tables = database.prepare("select name from sqlite_master where type = 'table'").unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let count = |table: String| {
            let rows = database.query_row(&format!("select count(*) from \"{table}\""), [], |row| row.get(0)).unwrap();
            (table, rows)
        };
        tables.into_iter().map(count).collect()
    };
    let before = rows();
    let mut line = Line::to(&server);
    let paths = [
        "/login",
        "/",
        "/register",
        "/dashboard",
        "/profile",
        "/verify",
        "/nowhere",
        "/refresh/page",
        "/healthz",
        "/setup",
    ];
    for (count, path) in paths.iter().cycle().take(3_000).enumerate() {
        let request = Request::get(path);
        let answer = line.send(&if count % 3 == 0 { request } else { request.in_browser() });
        assert!(answer.set_cookies().is_empty(), "{path}: {answer}");
    }
    assert_eq!(rows(), before);
}
