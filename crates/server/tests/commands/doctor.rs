//! `counterfoil doctor`

use std::collections::BTreeMap;
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use xtask::services::{Options, Redis};

use crate::server::Server;
use crate::support::{Folder, Said, text};

#[test]
fn what_is_there_by_default_is_not_weak() {
    let folder = Folder::new();
    let said = folder.run(&["doctor"]).done();
    assert_eq!(
        said.out,
        "The store was not looked at: there is none yet; the first start makes it\n\nNothing is weak.\n"
    );
    assert!(!folder.file("counterfoil.db").exists() && !folder.file("counterfoil.secret").exists(), "nothing is made");
    let with_store = Folder::with_user("alice");
    assert_eq!(with_store.run(&["doctor"]).done().out, "Nothing is weak.\n");
    let report = with_store.json(&["doctor"]);
    assert_eq!((&report["ok"], &report["store"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(report["findings"], serde_json::json!([]));
}

#[test]
fn what_is_weak_is_named_with_its_place_and_the_line_to_write() {
    let folder = Folder::new();
    folder.write("counterfoil.toml", "[passwords]\nmin_length = 8\n[log]\nlevel = \"debug\"\n");
    let said = folder.run(&["doctor"]);
    assert_eq!((said.code, said.err.as_str()), (1, ""), "{said:?}");
    assert!(said.out.starts_with("warning: passwords.min_length = 8 (counterfoil.toml:2:14)\n  why: "), "{said:?}");
    assert!(said.out.contains("\n  instead: [passwords] min_length = 15\n"), "{said:?}");
    assert!(said.out.ends_with("\n\n0 errors, 1 warning, 1 hint\n"), "{said:?}");

    let said = folder.run(&["doctor", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let report = said.json();
    assert_eq!(report["ok"], false);
    assert_eq!(text(&report, "/findings/0/level"), "warning");
    assert_eq!(text(&report, "/findings/0/key"), "passwords.min_length");
    assert_eq!(text(&report, "/findings/0/change"), "[passwords] min_length = 15");
    assert_eq!(text(&report, "/findings/1/level"), "hint");

    folder.write("counterfoil.toml", "[log]\nlevel = \"debug\"\n");
    assert_eq!(folder.run(&["doctor"]).code, 0, "a hint alone is no failure");
}

#[test]
fn a_file_that_others_can_read_is_weak() {
    let folder = Folder::with_user("alice");
    set_permissions(folder.file("counterfoil.db"), Permissions::from_mode(0o644)).unwrap();
    let said = folder.run(&["doctor"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.starts_with("error: counterfoil.db\n"), "{said:?}");
    assert!(said.out.contains("\n  instead: chmod 600 counterfoil.db\n"), "{said:?}");
}

/// Every file of a folder.
fn files(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder.file("")).unwrap().map(Result::unwrap);
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

#[test]
fn a_check_changes_nothing() {
    let folder = Folder::new();
    folder.run(&["doctor"]).done();
    assert_eq!(files(&folder), BTreeMap::new());
    folder.add("alice");
    let before = files(&folder);
    assert_eq!(folder.run(&["doctor"]).done().out, "Nothing is weak.\n");
    assert!(files(&folder) == before);

    // As an older version would have left it.
    let database = rusqlite::Connection::open(folder.file("counterfoil.db")).unwrap();
    database.execute("update schema_version set version = 3", ()).unwrap();
    drop(database);
    let before = files(&folder);
    let said = folder.run(&["doctor"]).done();
    assert!(said.out.contains("it is of an older version (schema 3, "), "{said:?}");
    assert!(said.out.contains("the next start migrates it"), "{said:?}");
    assert!(files(&folder) == before, "it is not migrated");
    assert!(folder.json(&["doctor"])["store"].as_str().is_some_and(|why| why.contains("older version")));
}

#[test]
fn a_check_beside_a_server_sees_what_it_has_written() {
    let folder = Folder::with_user("alice");
    let server = Server::start(&folder);
    let report = folder.json(&["doctor"]);
    assert_eq!((&report["ok"], &report["store"]), (&true.into(), &serde_json::Value::Null), "{report}");
    let second = Server::start(&folder);
    let report = folder.json(&["doctor"]);
    assert!(text(&report, "/findings/0/why").contains("several servers share one file"), "{report}");
    drop((server, second));
}

#[test]
fn what_only_the_configuration_complains_of_is_told_as_well() {
    let folder = Folder::new();
    let said = folder.program(&["doctor"]).env("COUNTERFOIL_LISTN", "x").output().unwrap();
    let err = String::from_utf8(said.stderr).unwrap();
    assert!(err.starts_with("warning: COUNTERFOIL_LISTN: no setting has this variable"), "{err}");
    folder.write("counterfoil.toml", "[server]\npublic_url = \"https://auth.example\"\n");
    let said = folder.run(&["doctor"]);
    assert_eq!(said.err, "", "what is a finding is not said twice: {said:?}");
    assert_eq!(said.out.matches("server.trusted_proxies").count(), 1, "{said:?}");
}

#[test]
fn a_configuration_that_is_wrong_is_not_judged() {
    let folder = Folder::new();
    folder.write("counterfoil.toml", "[passwords]\nmin_length = 7\n");
    let said = folder.run(&["doctor"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""), "{said:?}");
    assert!(said.err.contains("passwords.min_length"), "{said:?}");
    assert_eq!(folder.run(&["doctor", "--confg", "x"]).code, 2);
}

#[test]
fn a_store_that_cannot_be_opened_is_named_and_the_rest_is_looked_at() {
    let folder = Folder::new();
    folder
        .write("counterfoil.toml", "[store]\nurl = \"postgres://u:canary-in-a-url@127.0.0.1:9/d\"\ntimeout = \"1s\"\n");
    set_permissions(folder.file("counterfoil.toml"), Permissions::from_mode(0o600)).unwrap();
    let said = folder.run(&["doctor"]);
    assert_eq!(said.code, 1, "what was not looked at is not in order: {said:?}");
    assert!(said.out.starts_with("warning: store.url = \"postgres://u:***@127.0.0.1:9/d\" ("), "{said:?}");
    assert!(said.out.contains("503: PostgreSQL at 127.0.0.1:9: it cannot be reached\n"), "{said:?}");
    assert!(said.out.ends_with("\n\n0 errors, 1 warning, 0 hints\n"), "once: {said:?}");
    let report = folder.run(&["doctor", "--json"]).json();
    assert!(text(&report, "/store").contains("it cannot be reached"), "{report}");
    set_permissions(folder.file("counterfoil.toml"), Permissions::from_mode(0o644)).unwrap();
    let said = folder.run(&["doctor"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("chmod 600 counterfoil.toml") && !said.out.contains("canary"), "{said:?}");
}

/// What is found where sessions are kept at this address.
fn of_sessions(folder: &Folder, url: &str) -> Said {
    let output = folder.program(&["doctor"]).env("COUNTERFOIL_SESSIONS", url).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn the_place_for_sessions_is_looked_at() {
    let folder = Folder::new();
    let durable = Redis::start(&Options::default().durable()).unwrap();
    let said = of_sessions(&folder, &durable.url()).done();
    assert!(said.out.ends_with("\n\nNothing is weak.\n"), "{said:?}");
    for (setting, value, code, level, line) in [
        ("appendfsync", "everysec", 0, "hint", "appendfsync always, in the configuration of Redis"),
        ("appendonly", "no", 1, "warning", "appendonly yes, in the configuration of Redis"),
        ("maxmemory-policy", "volatile-lru", 1, "error", "set `maxmemory-policy noeviction`"),
    ] {
        durable.query(&["CONFIG", "SET", setting, value]).unwrap();
        let said = of_sessions(&folder, &durable.url());
        assert_eq!(said.code, code, "{said:?}");
        assert!(said.out.starts_with(&format!("{level}: store.sessions = \"redis://:***@")), "{said:?}");
        assert!(said.out.contains("(COUNTERFOIL_SESSIONS)\n") && said.out.contains(line), "{said:?}");
    }
    assert_eq!(durable.query(&["DBSIZE"]).unwrap().trim(), "0", "nothing was written there");
    let nowhere = of_sessions(&folder, "redis://:canary-in-a-url@127.0.0.1:9");
    assert_eq!(nowhere.code, 1, "{nowhere:?}");
    assert!(nowhere.out.contains("Redis at 127.0.0.1:9: it cannot be reached\n"), "{nowhere:?}");
    assert!(!nowhere.out.contains("canary"), "{nowhere:?}");
}

#[test]
fn what_a_start_would_refuse_is_an_error() {
    let folder = Folder::with_user("alice");
    let error = |said: Said, key: &str, why: &str| {
        assert_eq!((said.code, said.err.as_str()), (1, ""), "{said:?}");
        assert!(said.out.starts_with(&format!("error: {key}")), "{said:?}");
        assert!(said.out.contains(&format!("why: the server does not start: {why}")), "{said:?}");
    };
    folder.write("counterfoil.toml", "[passwords]\nbreached_hashes = \"pwned.txt\"\n");
    let missing = "passwords.breached_hashes: pwned.txt cannot be read";
    error(folder.run(&["doctor"]), "passwords.breached_hashes = \"pwned.txt\"", missing);
    folder.write("counterfoil.toml", "");

    let secret = std::fs::read(folder.file("counterfoil.secret")).unwrap();
    folder.write("counterfoil.secret", "q8Zr5nWm2vKc7xTb4yLs9pHd3fJg6aQe");
    error(folder.run(&["doctor"]), "secrets.secret_file", "the secret is not the one that this store was set up with");
    std::fs::remove_file(folder.file("counterfoil.secret")).unwrap();
    error(folder.run(&["doctor"]), "secrets.secret_file", "the store was set up with a secret, and ");
    folder.write("counterfoil.secret", secret);
    set_permissions(folder.file("counterfoil.secret"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(folder.run(&["doctor"]).done().out, "Nothing is weak.\n");

    folder.write("counterfoil.db", "a letter to my aunt");
    error(folder.run(&["doctor"]), "store.url", "counterfoil.db is not a database");
}

#[test]
fn an_audit_log_that_is_stuck_is_found() {
    let folder = Folder::with_user("alice");
    let database = rusqlite::Connection::open(folder.file("counterfoil.db")).unwrap();
    database.execute("delete from audit_ends", ()).unwrap();
    drop(database);
    let said = folder.run(&["doctor"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.starts_with("error: the audit log\n  why: logins are answered 503"), "{said:?}");
    folder.run(&["audit", "repair"]).done();
    assert_eq!(folder.run(&["doctor"]).done().out, "Nothing is weak.\n");
}
