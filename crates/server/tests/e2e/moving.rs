//! An installation that moves to another store: nobody is logged out, and nobody is let in again.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use counterfoil_core::Timestamp;
use counterfoil_core::credential::{Kind, SecretHash};
use counterfoil_core::id::{ClientId, SessionId, UserId};
use counterfoil_core::revocation::Position;
use counterfoil_core::session::{Origin, Reference, Session, SessionData};
use counterfoil_core::store::Login;
use counterfoil_stores::{SqliteOptions, SqliteStore};
use serde_json::{Value, json};

use crate::support::command::{Done, counterfoil, counterfoil_alone, program};
use crate::support::person::counts;
use crate::support::{MODES, Mode, Person, Request, Server, Setup, Ticket};

/// Each start takes another port, which the issuer would follow.
const ISSUER: &str = "[tokens]\nissuer = \"https://issuer.example\"\n";
/// So many that a copy takes a while.
const MANY: u16 = 8000;

/// Where an installation moves to.
struct Target {
    store: String,
    sessions: Option<String>,
}

impl Target {
    fn sqlite(name: &str) -> Self {
        Self { store: format!("sqlite:{name}"), sessions: None }
    }

    /// The arguments of a copy from the server's own database.
    fn copying(&self) -> Vec<&str> {
        let mut arguments = vec!["store", "copy", "--from", "sqlite:counterfoil.db", "--to", &self.store];
        arguments.extend(self.sessions.iter().flat_map(|sessions| ["--to-sessions", sessions]));
        arguments
    }

    /// A server on it, with the same secret as before.
    fn served(&self) -> Setup {
        let sessions = self.sessions.as_ref().map(|sessions| format!("[store]\nsessions = {sessions:?}\n"));
        let secret = "[secrets]\nsecret_file = \"counterfoil.secret\"\n";
        let config = [ISSUER, secret, &sessions.unwrap_or_default()].concat();
        Setup::default().config(&config).argument("--store").argument(&self.store)
    }

    /// Copies, and returns the answer.
    #[track_caller]
    fn copied(&self, folder: &Path) -> Value {
        let done = counterfoil_alone(folder, &[&self.copying()[..], &["--json"]].concat());
        assert_eq!(done.code, Some(0), "{done:?}");
        serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done:?}"))
    }
}

/// Logins of every mode: some alive, some refreshed, some ended.
struct Logins {
    alive: Vec<(Mode, Ticket)>,
    /// The last ticket of a family, and one that it has replaced two rotations ago.
    refreshed: Vec<(Mode, Ticket, Ticket)>,
    ended: Vec<Ticket>,
    data: (Ticket, Value),
}

impl Logins {
    fn new(server: &Server) -> Self {
        let (person, other) = (Person::new(server), Person::new(server));
        let alive: Vec<_> = MODES.iter().map(|mode| (*mode, person.logs_in(server, mode))).collect();
        let data = (person.logs_in(server, &MODES[0]), json!({ "cart": [1, 2.5, "ü"] }));
        server.send(&data.0.on(Request::put("/sessions/current/data").json(&data.1))).expect(204);
        let refreshes = MODES.iter().filter(|mode| mode.refresh);
        let refreshed = refreshes.map(|mode| {
            let first = person.logs_in(server, mode);
            let next = mode.ticket(&server.send(&first.refreshing()).expect(200));
            (*mode, mode.ticket(&server.send(&next.refreshing()).expect(200)), first)
        });
        let refreshed = refreshed.collect();
        let mut ended: Vec<_> = MODES.iter().map(|mode| person.logs_in(server, mode)).collect();
        for ticket in &ended {
            server.send(&ticket.on(Request::post("/logout"))).expect(204);
        }
        ended.extend(MODES.iter().map(|mode| other.logs_in(server, mode)));
        let done = counterfoil(server.folder(), &["user", "disable", &other.username], "");
        assert_eq!(done.code, Some(0), "{done:?}");
        // What was signed before must find its key among the retired ones.
        let done = counterfoil(server.folder(), &["key", "rotate"], "");
        assert_eq!(done.code, Some(0), "{done:?}");
        Self { alive, refreshed, ended, data }
    }

    /// That every one of them is what it was.
    #[track_caller]
    fn are_as_before(&self, server: &Server) {
        for (mode, ticket) in &self.alive {
            assert!(counts(server, ticket), "{}", mode.client);
            if mode.refresh {
                let next = mode.ticket(&server.send(&ticket.refreshing()).expect(200));
                assert!(counts(server, &next), "{}: refreshed", mode.client);
            }
        }
        for ticket in &self.ended {
            assert!(!counts(server, ticket), "what has ended stays ended");
            if ticket.refresh.is_some() {
                server.send(&ticket.refreshing()).refusal(401, "invalid-grant");
            }
        }
        let (ticket, data) = &self.data;
        assert_eq!(server.send(&ticket.on(Request::get("/sessions/current/data"))).expect(200).json(), *data);
        for (mode, last, replaced) in &self.refreshed {
            assert!(counts(server, last), "{}", mode.client);
            server.send(&replaced.refreshing()).refusal(401, "invalid-grant");
            assert!(!counts(server, last), "{}: the reuse has ended the family", mode.client);
        }
    }
}

/// Moves a server in use to `target`, and sees that its users do not notice.
#[track_caller]
fn nobody_notices_a_move_to(target: &Target) {
    let mut server = Setup::default().config(ISSUER).start();
    let logins = Logins::new(&server);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0), "{}", server.log());
    let answer = target.copied(server.folder());
    assert_eq!(answer["source"], answer["target"]);
    assert_eq!((&answer["was_complete"], &answer["source"]["users"]), (&json!(false), &json!(2)));
    server.start_again_as(target.served());
    logins.are_as_before(&server);
    let newcomer = Person::new(&server);
    for mode in MODES {
        assert!(counts(&server, &newcomer.logs_in(&server, &mode)), "{}: a new login", mode.client);
    }
}

#[test]
fn every_credential_counts_on_after_a_move_to_another_file() {
    nobody_notices_a_move_to(&Target::sqlite("moved.db"));
}

/// A login that nobody has made.
fn login(number: u16) -> Login {
    let mut id = [0xAB; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    let mut hash = [0xCD; 32];
    hash[..2].copy_from_slice(&number.to_be_bytes());
    let (session, client) = (SessionId::from_bytes(id), ClientId::parse("web").unwrap());
    let expires_at = Timestamp::from_seconds(4_000_000_000);
    Login {
        session: Session {
            id: session,
            user: UserId::from_bytes([1; 16]),
            client: client.clone(),
            kind: Kind::Session,
            generation: 0,
            scopes: Vec::new(),
            authenticated_at: Timestamp::from_seconds(1_800_000_000),
            last_seen_at: Timestamp::from_seconds(1_800_000_000),
            expires_at,
            origin: Origin::default(),
            position: Position(0),
        },
        data: SessionData::new(),
        references: vec![Reference {
            hash: SecretHash::from_bytes(hash),
            session,
            client,
            scopes: Vec::new(),
            idle: None,
            idle_expires_at: None,
            expires_at,
            position: Position(0),
        }],
        families: Vec::new(),
    }
}

/// Adds [`MANY`] logins to a database that nobody uses.
fn fill(database: &Path) {
    let stores = SqliteStore::open(database, &SqliteOptions::default()).unwrap().stores();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let logins: Vec<_> = (0..MANY).map(login).collect();
        assert_eq!(stores.sessions.import(&logins).await.unwrap(), u64::from(MANY));
    });
}

/// How many sessions a line of progress says are done.
fn sessions_done(line: &str) -> Option<u16> {
    line.strip_prefix("sessions: ")?.split(' ').next()?.parse().ok()
}

/// Copies until a part of the sessions are over, and kills it there. Returns how many they were.
#[track_caller]
fn killed_half_way(target: &Target, folder: &Path) -> u16 {
    let mut command = program(folder);
    command.args(target.copying()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let done = lines.by_ref().find_map(|line| sessions_done(&line).filter(|done| *done >= MANY / 4));
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was over before it was killed");
    done.unwrap_or_else(|| panic!("it never came to the sessions"))
}

#[test]
fn a_copy_that_was_killed_half_way_goes_on_and_is_not_served_before() {
    let target = Target::sqlite("moved.db");
    let mut server = Setup::default().config(ISSUER).start();
    let logins = Logins::new(&server);
    server.kill();
    fill(&server.database());
    let done = killed_half_way(&target, server.folder());
    assert!(done < MANY * 3 / 4, "it was killed at {done}");

    let start = target.served().fails_in(server.folder());
    assert!(start.stderr.contains("a copy that is not complete"), "{start:?}");
    let beside = Setup::default().config(ISSUER).argument("--store").argument("sqlite:moved.db");
    let start = beside.fails_in(server.folder());
    assert!(start.stderr.contains("a copy that is not complete"), "{start:?}");
    assert!(!server.folder().join("moved.secret").exists(), "no secret is made for a part of a copy");

    let rest = counterfoil_alone(server.folder(), &target.copying());
    assert_eq!(rest.code, Some(0), "{rest:?}");
    let first = rest.stderr.lines().find_map(sessions_done).unwrap();
    assert!(first > done, "it began anew, at {first}");
    assert!(rest.stdout.contains("Everything is copied"), "{rest:?}");
    assert!(
        rest.stdout.contains("store.url = \"sqlite:moved.db\"") && rest.stdout.contains("moved.secret"),
        "{rest:?}"
    );
    let again = target.copied(server.folder());
    assert_eq!((&again["was_complete"], &again["source"]), (&json!(true), &again["target"]));
    assert!(again["target"]["sessions"].as_u64() > Some(MANY.into()), "{again}");
    server.start_again_as(target.served());
    logins.are_as_before(&server);
}

/// That a copy is refused with these words.
#[track_caller]
fn is_refused(done: &Done, words: &str) {
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
    assert!(done.stderr.contains(words), "{done:?}");
}

#[test]
fn a_store_in_use_is_not_copied_onto() {
    let (mut server, mut other) = (Setup::default().config(ISSUER).start(), Setup::default().config(ISSUER).start());
    let logins = Logins::new(&other);
    Person::new(&server);
    server.kill();
    other.kill();
    let url = format!("sqlite:{}", other.database().display());
    let done = counterfoil_alone(server.folder(), &["store", "copy", "--from", "sqlite:counterfoil.db", "--to", &url]);
    is_refused(&done, "the target is not empty");
    other.start_again();
    logins.are_as_before(&other);
}

#[test]
fn a_copy_that_cannot_be_is_refused_in_words() {
    let mut server = Setup::default().config(ISSUER).start();
    server.kill();
    let folder = server.folder();
    std::fs::write(folder.join("bad.url"), "postgres://user:hunter2@[bad/db\n").unwrap();
    for (from, to, words) in [
        ("sqlite:nowhere.db", "sqlite:moved.db", "there is no file nowhere.db"),
        ("sqlite:counterfoil.db", "sqlite:counterfoil.db", "the same place"),
        ("sqlite:counterfoil.db", "sqlite:./counterfoil.db", "the same place"),
        ("sqlite:counterfoil.db", "memory:", "memory"),
        ("sqlite:counterfoil.db", "oracle:x", "--to: expected"),
        ("sqlite:counterfoil.db", "@bad.url", "--to: "),
        ("sqlite:counterfoil.db", "@no.url", "no.url cannot be read"),
    ] {
        let done = counterfoil_alone(folder, &["store", "copy", "--from", from, "--to", to]);
        is_refused(&done, words);
        assert!(!done.stderr.contains("hunter2"), "{done:?}");
        assert!(!folder.join("nowhere.db").exists() && !folder.join("moved.db").exists(), "{from} to {to}");
    }
}
