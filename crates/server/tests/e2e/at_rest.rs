//! What a copy of the files gives away.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use xtask::services::{MariaDb, Options, Postgres, Redis};

use crate::support::{MODES, PASSWORD, Person, Place, Request, Server, Setup};

#[test]
fn ss_12_a_copied_database_lets_nobody_in() {
    let config =
        "[clients.hs]\nkind = \"jwt\"\nalgorithm = \"HS256\"\n[clients.rs]\nkind = \"jwt\"\nalgorithm = \"RS256\"\n";
    let mut server = Setup::default().config(config).start();
    let mut secrets = vec![PASSWORD.to_owned()];
    for _ in 0..3 {
        let person = Person::new(&server);
        for mode in MODES {
            let ticket = person.logs_in(&server, &mode);
            secrets.push(ticket.text.clone());
            secrets.extend(ticket.refresh.clone());
            if mode.refresh {
                let next = mode.ticket(&server.send(&ticket.refreshing()).expect(200));
                secrets.extend([next.text].into_iter().chain(next.refresh));
            }
            server.send(&ticket.on(Request::get("/profile"))).expect(200);
        }
        secrets.push(person.logs_in_to(&server, "hs").text);
        secrets.push(person.logs_in_to(&server, "rs").text);
    }
    // Once with the write-ahead log beside it, as a thief of a running system gets it, and once without.
    for running in [true, false] {
        if !running {
            server.terminate();
            server.wait();
        }
        let names = ["counterfoil.db", "counterfoil.db-wal"];
        let copies = names.map(|name| std::fs::read(server.folder().join(name)).unwrap_or_default()).concat();
        assert!(copies.len() > 8192);
        for secret in &secrets {
            // The part that is secret: behind the prefix, and of a JWT the signature.
            let core =
                secret.rsplit('.').next().unwrap().trim_start_matches("cf_").trim_start_matches(['s', 't', 'r', '_']);
            assert!(!contains(&copies, core.as_bytes()), "{core}");
        }
        for readable in ["PRIVATE KEY", "\"d\":", "\"k\":"] {
            assert!(!contains(&copies, readable.as_bytes()), "{readable}");
        }
        assert!(contains(&copies, b"$argon2id$v=19$m=19456,t=2,p=1$"), "pw_07");
        let secret = std::fs::read(server.folder().join("counterfoil.secret")).unwrap();
        assert!(
            secret.len() >= 32 && !contains(&copies, secret.trim_ascii()),
            "the secret is not beside what it keeps"
        );
    }
}

#[test]
fn ss_13_stateless_logins_and_strangers_leave_nothing_behind() {
    let server = Setup::default().start();
    let person = Person::new(&server);
    let rows = || {
        let database = rusqlite::Connection::open(server.database()).unwrap();
        let count = |table: &str| -> i64 {
            database.query_row(&format!("select count(*) from {table}"), (), |row| row.get(0)).unwrap()
        };
        ["sessions", "session_references", "families", "revocations"].map(count)
    };
    let before = rows();
    for _ in 0..3 {
        let ticket = person.logs_in(&server, &MODES[3]);
        server.send(&ticket.on(Request::get("/profile"))).expect(200);
    }
    assert_eq!(rows(), before);
    for path in ["/login", "/register", "/profile", "/nowhere"] {
        server.send(&Request::get(path).in_browser());
    }
    assert_eq!(rows(), before, "ss_13: nor do those who have not logged in");
    let [sessions, references, families, revocations] = before;
    let ticket = person.logs_in(&server, &MODES[3]);
    server.send(&ticket.on(Request::post("/logout"))).expect(204);
    let after = [sessions, references, families, revocations + 1];
    assert_eq!(rows(), after, "its end is an entry in the log, and nothing more");
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// How many secrets are issued to be looked for.
const ISSUED: usize = 1000;

/// A thousand secrets of every kind, for the price of one password.
fn issue(server: &Server) -> Vec<String> {
    let person = Person::new(server);
    let source = person.logs_in(server, &MODES[4]);
    let mut secrets = vec![PASSWORD.to_owned(), source.text.clone()];
    for mode in MODES.into_iter().cycle() {
        if secrets.len() >= ISSUED {
            break;
        }
        let exchange = Request::post("/exchange").json(&json!({ "client": mode.client }));
        let mut ticket = mode.ticket(&server.send(&source.on(exchange)).expect(200));
        for _ in 0..if mode.refresh { 20 } else { 0 } {
            secrets.extend([ticket.text.clone()].into_iter().chain(ticket.refresh.clone()));
            ticket = mode.ticket(&server.send(&ticket.refreshing()).expect(200));
        }
        secrets.push(ticket.text.clone());
        secrets.extend(ticket.refresh.clone());
        server.send(&ticket.on(Request::get("/profile"))).expect(200);
    }
    secrets
}

/// What is looked for: the part of each secret that is secret, as text and as the bytes that it stands for.
struct Needles {
    /// By their first bytes.
    all: HashMap<[u8; 4], Vec<Vec<u8>>>,
    /// Whether one begins with these two, which is quicker to ask.
    begun: Vec<bool>,
}

impl Needles {
    fn of(secrets: &[String]) -> Self {
        let (mut all, mut begun) = (HashMap::<_, Vec<_>>::new(), vec![false; 1 << 16]);
        for secret in secrets {
            let last = secret.rsplit('.').next().unwrap();
            let core = last.strip_prefix("cf_").and_then(|rest| rest.get(2..)).unwrap_or(last);
            let mut forms = vec![core.as_bytes().to_vec()];
            // A reference has 32 bytes and a checksum, a refresh token its generation before its secret.
            forms.extend(core.get(..43).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()));
            forms.extend(core.len().checked_sub(6).and_then(|end| URL_SAFE_NO_PAD.decode(&core[..end]).ok()));
            for form in forms {
                begun[usize::from(u16::from_be_bytes([form[0], form[1]]))] = true;
                all.entry(*form.first_chunk().unwrap()).or_default().push(form);
            }
        }
        Self { all, begun }
    }

    /// How many stand in this.
    fn in_bytes(&self, bytes: &[u8]) -> usize {
        const PAGE: usize = 4096;
        let (mut found, mut at) = (0, 0);
        while let Some(begin) = bytes.get(at..at + 4) {
            // Databases keep much room that nothing was written to yet.
            if bytes.get(at..at + PAGE) == Some(&[0; PAGE]) {
                at += PAGE;
                continue;
            }
            if self.begun[usize::from(u16::from_be_bytes([begin[0], begin[1]]))] {
                let needles = self.all.get(begin).map_or(&[][..], Vec::as_slice);
                found += usize::from(needles.iter().any(|needle| bytes[at..].starts_with(needle)));
            }
            at += 1;
        }
        found
    }

    /// How many stand in the files of a folder, of which at least one is no longer empty.
    fn in_folder(&self, folder: &Path) -> usize {
        let mut found = 0;
        for entry in std::fs::read_dir(folder).unwrap().map_while(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                found += self.in_folder(&path);
            } else if path.is_file() {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let count = self.in_bytes(&bytes);
                assert_eq!(count, 0, "{}", path.display());
                found += count;
            }
        }
        found
    }
}

#[test]
fn ss_12_what_is_looked_for_would_be_found() {
    let server = Setup::default().start();
    let secrets = issue(&server);
    assert!(secrets.len() >= ISSUED);
    let needles = Needles::of(&secrets);
    for secret in &secrets {
        assert!(needles.in_bytes(format!("before {secret} after").as_bytes()) >= 1, "{secret}");
    }
    let raw = URL_SAFE_NO_PAD.decode(&secrets[1][5..48]).unwrap();
    assert_eq!(needles.in_bytes(&[&[7; 100], raw.as_slice()].concat()), 1, "as bytes too");
    drop(server);
}

#[test]
fn ss_12_no_file_of_sqlite_holds_one_of_a_thousand_secrets() {
    let mut server = Setup::default().start();
    let needles = Needles::of(&issue(&server));
    assert_eq!(needles.in_folder(server.folder()), 0, "while it runs, with its log beside it");
    server.terminate();
    server.wait();
    assert_eq!(needles.in_folder(server.folder()), 0);
}

#[test]
fn ss_12_no_file_of_postgresql_holds_one_of_a_thousand_secrets() {
    let mut postgres = Postgres::start(&Options::default()).unwrap();
    let server = Setup::node(&Place::at(postgres.url(), None)).start();
    let needles = Needles::of(&issue(&server));
    drop(server);
    postgres.stop().unwrap();
    assert_eq!(needles.in_folder(postgres.folder()), 0);
}

#[test]
fn ss_12_no_file_of_redis_holds_one_of_a_thousand_secrets() {
    let redis = Redis::start(&Options::default()).unwrap();
    // Compressed, nothing would be found whatever is there.
    redis.query(&["config", "set", "rdbcompression", "no"]).unwrap();
    let server = Setup::node(&Place::at("sqlite:counterfoil.db".to_owned(), Some(redis.url()))).start();
    let needles = Needles::of(&issue(&server));
    assert_eq!(needles.in_folder(server.folder()), 0);
    drop(server);
    redis.query(&["save"]).unwrap();
    assert!(redis.query(&["dbsize"]).unwrap().trim() != "0", "there is something to be found");
    assert_eq!(needles.in_folder(redis.folder()), 0);
}

#[test]
fn ss_12_no_file_of_mariadb_holds_one_of_a_thousand_secrets() {
    let mut mariadb = MariaDb::start(&Options::default()).unwrap();
    let server = Setup::node(&Place::at(mariadb.url(), None)).start();
    let needles = Needles::of(&issue(&server));
    drop(server);
    mariadb.stop().unwrap();
    assert_eq!(needles.in_folder(mariadb.folder()), 0);
}
