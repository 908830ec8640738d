//! Marked secrets go in wherever something goes in, on every route and by every command, and come out nowhere.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use counterfoil::cli::Cli;
use serde_json::{Value, json};

use crate::support::command::{Done, program, run};
use crate::support::person::counts;
use crate::support::request::{self, escape};
use crate::support::{Answer, MODES, Mode, PASSWORD, Person, Request, Server, Setup, Ticket};

/// What stands for secrets that people put in right and in wrong places.
const CANARY: &str = "canary-5b7e1d";
const SECRET: &str = "kX2fZ81mQp0sVt7nJr4wBy6cLd9hGe3a";

/// A route that is in the server's own description, so that none can be forgotten.
struct Operation {
    method: String,
    path: String,
    /// The members that a body may have.
    fields: Vec<String>,
}

fn operations(server: &Server) -> Vec<Operation> {
    let document = server.send(&Request::get("/openapi.json")).expect(200).json();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if !["get", "put", "post", "delete", "patch"].contains(&method.as_str()) {
                continue;
            }
            let path = path.replace("{id}", "0190b5e0-7a3c-7e8f-8a6b-1c2d3e4f5a6b").replace("{slug}", "unauthorized");
            let mut fields = Vec::new();
            properties(&operation["requestBody"], &document, &mut fields);
            found.push(Operation { method: method.to_uppercase(), path, fields });
        }
    }
    assert!(found.len() >= 17, "{}", found.len());
    found
}

/// The names of all properties in a schema and in what it refers to.
fn properties(schema: &Value, document: &Value, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        properties(document.pointer(reference).unwrap_or(&Value::Null), document, found);
    }
    found.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    match schema {
        Value::Object(members) => members.values().for_each(|member| properties(member, document, found)),
        Value::Array(items) => items.iter().for_each(|item| properties(item, document, found)),
        _ => {}
    }
}

/// The request as it should be, but for what is marked in it, and as it should not be.
fn requests(operation: &Operation, person: &Person) -> Vec<Request> {
    let bare = || Request::new(&operation.method, &operation.path);
    if operation.path == "/sessions/current/data" {
        // What an app puts there is stored, and given back.
        return vec![bare(), bare().header("X-Session", CANARY), bare().text("text/plain", CANARY)];
    }
    let value = |field: &str| match field {
        "username" => json!(person.username),
        "client" => json!("device"),
        _ => json!(CANARY),
    };
    let full: serde_json::Map<_, _> = operation.fields.iter().map(|field| (field.clone(), value(field))).collect();
    let full = Value::Object(full);
    let pairs: Vec<(&str, &str)> = operation.fields.iter().map(|field| (field.as_str(), CANARY)).collect();
    let wrong = json!({ "password": [CANARY], "current_password": { "x": CANARY }, "refresh_token": [CANARY] });
    let query = format!("{}?password={CANARY}&token={CANARY}&code={CANARY}", operation.path);
    vec![
        bare(),
        bare().in_browser(),
        bare().json(&full),
        bare().form(&pairs).in_browser(),
        bare().json(&wrong),
        bare().json(&json!({ CANARY: 1, "password": CANARY })),
        bare().text("application/json", &format!("{{\"password\":\"{CANARY}\"")),
        bare().text("text/plain", CANARY),
        Request::new(&operation.method, &query),
        bare().header("X-Session", CANARY).header("Proxy-Authorization", &format!("Bearer {CANARY}")),
    ]
}

/// That an answer repeats nothing of what was marked. What was issued is in the answer that issues it, of course.
#[track_caller]
fn is_silent(request: &Request, answer: &Answer) {
    let headers: Vec<String> = answer.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let all = format!("{}\n{}", headers.join("\n"), String::from_utf8_lossy(&answer.body));
    for mark in [CANARY, PASSWORD, SECRET, "$argon2"] {
        // A page links to itself, and an error names the field that nobody knows.
        let named = request.target.contains(mark)
            || String::from_utf8_lossy(&request.body).contains(&format!("\"{CANARY}\":1"));
        assert!(named || !all.contains(mark), "{} {}: {mark}\n{all}", request.method, request.target);
    }
}

/// Everything that was issued, and what was marked.
struct Marks(Vec<String>);

impl Marks {
    fn issued(&mut self, ticket: &Ticket) {
        self.0.push(ticket.text.clone());
        self.0.extend(ticket.refresh.clone());
    }

    /// That none of it stands in this, nor half of one, which would be enough to look the rest up.
    #[track_caller]
    fn not_in(&self, place: &str, text: &str) {
        for mark in &self.0 {
            let half = if mark.len() > 40 { &mark[..mark.len() / 2] } else { mark };
            let line = text.lines().find(|line| line.contains(half));
            assert!(line.is_none(), "{place}: {line:?}");
        }
        assert!(!text.contains("$argon2") && !text.contains("PRIVATE KEY"), "{place}");
    }
}

/// Without the checks that hold for what the contract describes: much of this is none of it.
#[track_caller]
fn sent(server: &Server, request: &Request) -> Answer {
    request::exchange(server.port(), &request.to_bytes(server.port())).unwrap()
}

fn drive(server: &Server, marks: &mut Marks) {
    let operations = operations(server);
    for mode in MODES {
        let person = Person::new(server);
        let mut ticket = person.logs_in(server, &mode);
        marks.issued(&ticket);
        for operation in &operations {
            for request in requests(operation, &person) {
                let mut all = vec![ticket.on(request.clone())];
                // Without one that counts, it makes no difference whose it is.
                if mode.client == MODES[0].client {
                    all.extend([request.clone(), request.bearer(CANARY)]);
                }
                for request in all {
                    is_silent(&request, &sent(server, &request));
                }
                // It may have logged out, or changed what counts.
                if !counts(server, &ticket) {
                    ticket = person.logs_in(server, &mode);
                    marks.issued(&ticket);
                }
            }
        }
        cookies(server, &mode);
    }
}

fn cookies(server: &Server, mode: &Mode) {
    for name in [mode.cookie.unwrap_or("token"), "refresh_token", "__Host-session_id"] {
        for path in ["/profile", "/refresh", "/logout", "/dashboard"] {
            let request = Request::post(path).cookie(name, CANARY).same_origin();
            is_silent(&request, &sent(server, &request));
        }
    }
}

#[test]
fn lo_02_no_route_lets_a_secret_out() {
    // Wrong passwords without end, so that each is looked at.
    let config = "[log]\nlevel = \"trace\"\nformat = \"json\"\n\
                  [throttle]\nfree_failures = 100\naddress_failures = 0\naddress_registrations = 0\n";
    let setup = Setup::default().config(config).variable("RUST_LOG", "trace").variable("COUNTERFOIL_SECRET", SECRET);
    let mut server = setup.start();
    let mut marks = Marks(vec![CANARY.to_owned(), PASSWORD.to_owned(), SECRET.to_owned(), escape(PASSWORD)]);
    drive(&server, &mut marks);
    server.terminate();
    server.wait();
    let log = server.log();
    assert!(log.lines().count() > 1000, "it says little: {}", log.lines().count());
    marks.not_in("the log", &log);
    let files = ["counterfoil.db", "counterfoil.db-wal"].map(|name| std::fs::read(server.folder().join(name)));
    let bytes = files.into_iter().filter_map(Result::ok).collect::<Vec<_>>().concat();
    let text = String::from_utf8_lossy(&bytes);
    for mark in &marks.0 {
        assert!(!text.contains(mark.as_str()), "the database holds {mark:?}");
    }
}

/// The commands that can be run, without the servers: these are run by everything else here.
fn commands() -> Vec<String> {
    fn leaves(command: &Command, before: &str, found: &mut Vec<String>) {
        for inner in command.get_subcommands() {
            let name = format!("{before} {}", inner.get_name()).trim().to_owned();
            if inner.get_subcommands().next().is_none() { found.push(name) } else { leaves(inner, &name, found) }
        }
    }
    let mut found = Vec::new();
    leaves(&Cli::command(), "", &mut found);
    found.retain(|name| name != "serve" && name != "demo");
    found
}

/// Words after a command's name, and what it is given to read.
fn said_to(command: &str, token: &str) -> (Vec<String>, String) {
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let password = format!("{CANARY} is a long password\n");
    match command {
        "user add" => (words("mallory --password-stdin"), password),
        "user password" => (words("alice --password-stdin"), password),
        "user show" | "user disable" | "user enable" | "user delete" | "user metadata" => {
            (words("alice"), String::new())
        }
        "user roles" => (words("alice --add editor"), String::new()),
        "revoke" => (words("--user alice"), String::new()),
        "key import" => (words("--file own.jwk --algorithm HS256"), String::new()),
        "key retire" | "key revoke" => (words("nobody"), String::new()),
        "token decode" => (words("-"), token.to_owned()),
        "token verify" => (words("--jwks own.jwk -"), token.to_owned()),
        "store copy" => (words("--to sqlite:copy.db"), String::new()),
        _ => (Vec::new(), String::new()),
    }
}

fn typed(folder: &Path, words: &[String], stdin: &str) -> Done {
    let mut command = program(folder);
    command
        .args(words)
        .env("COUNTERFOIL_SECRET", SECRET)
        .env("RUST_LOG", "trace")
        .env("COUNTERFOIL_LOG_LEVEL", "trace");
    run(&mut command, stdin)
}

#[test]
fn lo_02_no_command_lets_a_secret_out() {
    let folder = tempfile::tempdir().unwrap();
    let key: String = (0..43).map(|n| char::from(b"QzkX7mWb2vKc8xTp4yLs9pHd"[n * 7 % 24])).collect();
    let jwk = json!({ "kty": "oct", "alg": "HS256", "kid": "own", "k": key });
    std::fs::write(folder.path().join("own.jwk"), jwk.to_string()).unwrap();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let made = typed(folder.path(), &words("user add alice --password-stdin"), &format!("{PASSWORD}\n"));
    assert_eq!(made.code, Some(0), "{made:?}");

    // Made up, and spelt as ours are.
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im93biJ9.eyJpc3MiOiJ4In0.bm9ib2R5IGhhcyBldmVyIHNpZ25lZCB0aGlzIHRva2Vu";
    let signature = token.rsplit('.').next().unwrap().to_owned();
    let marks = Marks(vec![CANARY.to_owned(), PASSWORD.to_owned(), SECRET.to_owned(), key, signature]);
    for command in commands() {
        let (more, stdin) = said_to(&command, token);
        for json in [false, true] {
            let json = json.then(|| "--json".to_owned());
            let all: Vec<String> = words(&command).into_iter().chain(more.clone()).chain(json).collect();
            let done = typed(folder.path(), &all, &stdin);
            assert!(matches!(done.code, Some(0..=2)), "{command}: {done:?}");
            marks.not_in(&command, &format!("{}{}", done.stdout, done.stderr));
        }
        // A store with a password, that is not there, and one that is no address.
        for store in [
            format!("postgres://u:{CANARY}@127.0.0.1:9/d"),
            format!("postgres://u:{CANARY}@[::/d"),
            format!("mysql://u:{CANARY}@"),
        ] {
            let all: Vec<String> =
                words(&command).into_iter().chain(more.clone()).chain(["--store".to_owned(), store]).collect();
            let done = typed(folder.path(), &all, &stdin);
            assert!(matches!(done.code, Some(0..=2)), "{command}: {done:?}");
            marks.not_in(&command, &format!("{}{}", done.stdout, done.stderr));
        }
    }
    // A secret that is refused is not repeated either.
    for weak in [format!("{CANARY}{CANARY}"), CANARY.to_owned(), CANARY.repeat(4)] {
        for arguments in ["key list", "config show", "config check", "doctor"] {
            let mut command = program(folder.path());
            command.args(arguments.split(' ')).env("COUNTERFOIL_SECRET", &weak);
            let done = run(&mut command, "");
            marks.not_in(arguments, &format!("{}{}", done.stdout, done.stderr));
        }
    }
}
