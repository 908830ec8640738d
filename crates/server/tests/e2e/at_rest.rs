//! What a copy of the files gives away.

use crate::support::{MODES, PASSWORD, Person, Request, Setup};

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
fn stateless_logins_leave_nothing_behind() {
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
