//! Tricks to guess on at an account whose budget is spent. Each comes with the right password: were it looked at, it would let in.

use serde_json::json;

use crate::support::command::counterfoil;
use crate::support::cookie::SetCookie;
use crate::support::{MODES, PASSWORD, Person, Request, Server, Setup};

/// A server on which somebody's password is locked, and the address has guesses without end.
fn spent() -> (Server, Person) {
    let server = Setup::default().config("[throttle]\nlock_after = 3\naddress_failures = 0\n").start();
    let person = Person::new(&server);
    for _ in 0..3 {
        server.send(&person.login(&json!({ "password": "seven green bottles" }))).refusal(401, "invalid-credentials");
    }
    (server, person)
}

/// That none of these requests lets anybody in or is looked at, and the count of the account stands still.
#[track_caller]
fn buys_nothing(server: &Server, person: &Person, requests: impl IntoIterator<Item = (Request, &'static [u16])>) {
    for (request, expected) in requests {
        let answer = server.send(&request);
        let what = format!("{} {} {}", request.method, request.target, String::from_utf8_lossy(&request.body));
        assert!(expected.contains(&answer.status), "{what}: {answer}");
        assert!(answer.set_cookies().iter().all(SetCookie::clears), "{what}: {answer}");
    }
    let shown = counterfoil(server.folder(), &["user", "show", &person.username, "--json"], "");
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["failed_logins"], 3, "{shown}");
}

fn named(field: &str, name: &str) -> Request {
    Request::post("/login").json(&json!({ field: name, "password": PASSWORD }))
}

#[test]
fn lg_05_no_other_spelling_of_a_name_has_a_budget_of_its_own() {
    let (server, person) = spent();
    let (name, email) = (person.username.as_str(), person.email.as_str());
    let (_, domain) = email.split_once('@').unwrap();
    let first = &name[..1];
    let rest = &name[1..];
    // The same account, so the same budget.
    let same = [name.to_uppercase(), format!("{name}@{domain}").to_uppercase()];
    let same = same.iter().map(|name| (named("username", name), &[429, 401][..]));
    buys_nothing(&server, &person, same);
    // Nobody.
    let names = [
        format!(" {name}"),
        format!("{name} "),
        format!("{name}\t"),
        format!("{name}\n"),
        format!("{name}\0"),
        format!("\u{feff}{name}"),
        format!("{name}\u{a0}"),
        format!("{first}\u{ad}{rest}"),
        format!("{first}\u{200d}{rest}"),
        format!("{first}\u{301}{rest}"),
        format!("{name}/"),
        format!("./{name}"),
        format!("{name}#x"),
        format!("{name}%00"),
        format!("{name}'--"),
        format!("\u{1d41a}{rest}"),
        format!("\u{24d0}{rest}"),
        person.id.clone(),
        person.id.to_uppercase(),
        format!("urn:uuid:{}", person.id),
        format!("{{{}}}", person.id),
        format!("x+{email}"),
        format!("{email}."),
        format!("X <{email}>"),
        email.replace('@', "%40"),
        email.replace('@', "＠"),
        format!("\"{}", email.replace('@', "\"@")),
        format!("{email}\0"),
        format!("mailto:{email}"),
        format!("{email},x@{domain}"),
        email.replace('.', "。"),
    ];
    let requests = names.iter().flat_map(|name| {
        let form = Request::post("/login").form(&[("username", name), ("password", PASSWORD)]);
        [
            (named("username", name), &[401_u16][..]),
            (named("email", name), &[401]),
            (form.in_browser().same_origin(), &[401]),
        ]
    });
    buys_nothing(&server, &person, requests);
}

#[test]
fn lg_05_no_shape_of_a_request_gets_past_the_budget() {
    let (server, person) = spent();
    let (name, email) = (person.username.as_str(), person.email.as_str());
    let json = |text: String| Request::post("/login").text("application/json", &text);
    let form = |text: String| Request::post("/login").text("application/x-www-form-urlencoded", &text);
    let said = PASSWORD.replace(' ', "+");
    let requests: Vec<(Request, &'static [u16])> = vec![
        (json(format!(r#"{{"username":"nobody1","username":"{name}","password":"{PASSWORD}"}}"#)), &[400]),
        (json(format!(r#"{{"username":"{name}","password":"x","password":"{PASSWORD}"}}"#)), &[400]),
        (json(format!(r#"{{"username":"{name}","password":["x","{PASSWORD}"]}}"#)), &[422]),
        (json(format!(r#"{{"username":["{name}"],"password":"{PASSWORD}"}}"#)), &[422]),
        (json(format!(r#"{{"username":{{"$ne":null}},"password":"{PASSWORD}"}}"#)), &[422]),
        (json(format!(r#"{{"username":"{name}","email":"x@example.com","password":"{PASSWORD}"}}"#)), &[422]),
        (json(format!(r#"{{"username":null,"email":"{email}","password":"{PASSWORD}"}}"#)), &[429]),
        (json(format!(r#"[{{"username":"{name}","password":"{PASSWORD}"}}]"#)), &[400, 422]),
        (json(format!(r#"{{"username":"{name}","password":"{PASSWORD}"}}{{}}"#)), &[400]),
        (
            json(format!(
                r#"{{"username":"\u{:04x}{}","password":"{PASSWORD}"}}"#,
                u32::from(name.as_bytes()[0]),
                &name[1..]
            )),
            &[429],
        ),
        (json(format!("\u{feff}{{\"username\":\"{name}\",\"password\":\"{PASSWORD}\"}}")), &[400]),
        (form(format!("username=nobody1&username={name}&password={said}")), &[400]),
        (form(format!("username[]={name}&password={said}")), &[422]),
        (form(format!("username=%{:02x}{}&password={said}", name.as_bytes()[0], &name[1..])), &[429]),
        (form(format!("USERNAME={name}&password={said}")), &[422]),
    ];
    buys_nothing(&server, &person, requests);
    let body = json!({ "username": name, "password": PASSWORD });
    let targets = ["/login/", "//login", "/LOGIN", "/./login", "/login%20", "/login;x", "/%6cogin", "/login/../login"];
    buys_nothing(&server, &person, targets.map(|target| (Request::post(target).json(&body), &[400, 404][..])));
    let methods = ["PUT", "PATCH", "DELETE", "QUERY", "LOGIN"];
    let methods = methods.map(|method| {
        (Request::new(method, "/login").json(&body).header("X-HTTP-Method-Override", "POST"), &[405][..])
    });
    buys_nothing(&server, &person, methods);
    let text = body.to_string();
    let types = ["text/plain", "application/xml", "application/vnd.api+json", "multipart/form-data; boundary=x"];
    buys_nothing(&server, &person, types.map(|media| (Request::post("/login").text(media, &text), &[415][..])));
    let clients = MODES.map(|mode| {
        (
            Request::post("/login").json(&json!({ "username": name, "password": PASSWORD, "client": mode.client })),
            &[429][..],
        )
    });
    buys_nothing(&server, &person, clients);
}

#[test]
fn lg_05_no_other_door_looks_at_the_password() {
    let (server, person) = spent();
    let other = Person::new(&server);
    let (name, email, id) = (person.username.as_str(), person.email.as_str(), person.id.as_str());
    let basic = "Basic YWxpY2U6c2V2ZW4gZ3JlZW4gYm90dGxlcw==";
    let with = |request: Request| request.header("Authorization", basic).header("X-Auth-User", name);
    let strangers = vec![
        (with(Request::get("/profile")), &[401][..]),
        (with(Request::get("/verify")), &[401]),
        (with(Request::post("/exchange").json(&json!({ "client": "api" }))), &[401]),
        (with(Request::post("/refresh").json(&json!({ "refresh_token": PASSWORD }))), &[401]),
        (Request::post("/register").json(&json!({ "username": name.to_uppercase(), "password": PASSWORD })), &[409]),
        (
            Request::post("/register").json(&json!({ "username": "other", "email": email, "password": PASSWORD })),
            &[409],
        ),
    ];
    buys_nothing(&server, &person, strangers);
    // By a cookie of one's own one guesses at one's own password, and at no other.
    let ticket = other.logs_in(&server, &MODES[0]);
    let change = |target: &str, more: serde_json::Value| {
        let mut body = json!({ "current_password": "nine yellow lemons", "new_password": "plum otter lantern" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ticket.on(Request::post(target).json(&body))
    };
    let own = vec![
        (change("/password", json!({ "username": name })), &[422][..]),
        (change("/password", json!({ "user": id })), &[422]),
        (change(&format!("/password?username={name}&user={id}"), json!({})), &[401]),
    ];
    buys_nothing(&server, &person, own);
    // An import that finds her there leaves the count as it is.
    let line =
        json!({ "username": name, "password_hash": "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG" });
    assert_eq!(counterfoil(server.folder(), &["user", "import", "-"], &line.to_string()).code, Some(1));
    for command in ["disable", "enable"] {
        assert_eq!(counterfoil(server.folder(), &["user", command, name], "").code, Some(0));
    }
    buys_nothing(&server, &person, [(named("username", name), &[429][..])]);
}
