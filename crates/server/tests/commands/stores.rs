//! Stores that are servers: an address that is wrong is one sentence, and its password is nowhere.

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use clap::CommandFactory as _;
use counterfoil::cli::Cli;
use xtask::services::{Options, Redis, fresh};

use crate::support::Folder;

/// A password that must not be seen again.
const CANARY: &str = "yellow-bird-in-a-mine";
/// Port 9 is given to a service that throws away what it gets; nothing listens there.
const NOWHERE: &str = "127.0.0.1:9";

/// Each command that opens a store or reads where it is, with arguments that suffice.
const COMMANDS: &[&str] = &[
    "user add alice --password-stdin",
    "user list",
    "user show alice",
    "user disable alice",
    "user enable alice",
    "user password alice --password-stdin",
    "user roles alice --add editor",
    "user metadata alice {}",
    "user import accounts.jsonl",
    "user delete alice --yes",
    "session list",
    "session purge",
    "session revoke 0197a3b0-0000-7000-8000-000000000000",
    "store restored --yes",
    "revoke --all --yes",
    "key list",
    "key rotate",
    "key retire abc",
    "key revoke abc",
    "key import --file key.pem --algorithm ES256 --kid k",
    "audit list",
    "audit verify",
    "audit repair",
    "doctor",
    "config check",
    "config show",
];

/// Those that have no store, are a server, or read addresses that are arguments of their own.
const OTHERS: &[&str] = &["serve", "demo", "init", "token decode", "token verify", "config schema", "store copy"];

#[test]
fn every_command_is_tried_here() {
    fn leaves(command: &clap::Command, before: &str, visit: &mut impl FnMut(&str)) {
        for inner in command.get_subcommands() {
            let name = format!("{before}{}", inner.get_name());
            if inner.has_subcommands() { leaves(inner, &format!("{name} "), visit) } else { visit(&name) }
        }
    }
    leaves(&Cli::command(), "", &mut |name| {
        let tried = COMMANDS.iter().any(|line| *line == name || line.starts_with(&format!("{name} ")));
        assert!(tried || OTHERS.contains(&name), "{name}");
    });
}

/// Those that put something into a store, which may be a new one; and those that open none that is not there.
const MAKERS: &[&str] = &["user add", "user import", "key import"];
const UNCONCERNED: &[&str] = &["doctor", "config"];

#[test]
fn a_store_that_is_not_there_is_made_by_nobody_who_only_looks_or_changes_what_there_is() {
    let folder = Folder::new();
    folder.write("accounts.jsonl", "");
    let is_one = |line: &str, of: &[&str]| of.iter().any(|name| line.starts_with(name));
    let lines = COMMANDS.iter().filter(|line| !is_one(line, MAKERS) && !is_one(line, UNCONCERNED));
    for line in lines.chain(&["user import accounts.jsonl --dry-run"]) {
        let words: Vec<&str> = line.split(' ').collect();
        let sentence = |file| {
            format!("there is no store at {file}: name the one that is meant, or start a server there, which makes it")
        };
        folder.typed(&words, "four sleepy badgers\n").refused(&sentence("counterfoil.db"));
        folder
            .run(&[&words[..], &["--store", "sqlite:nowhere/other.db"]].concat())
            .refused(&sentence("nowhere/other.db"));
    }
    let left: Vec<_> = std::fs::read_dir(folder.file("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["accounts.jsonl"]);
    folder.run(&["user", "import", "accounts.jsonl"]).done();
    assert!(folder.file("counterfoil.db").exists());
}

#[test]
fn tables_are_made_by_nobody_who_only_looks_or_changes_what_there_is() {
    let postgres = fresh::postgres().unwrap();
    makes_no_tables("PostgreSQL", &postgres.url(), &|| {
        postgres.query("select count(*) from pg_tables where schemaname = 'public'").unwrap()
    });
    let mariadb = fresh::mariadb().unwrap();
    makes_no_tables("MySQL or MariaDB", &mariadb.url(), &|| {
        mariadb.query("select count(*) from information_schema.tables where table_schema = database()").unwrap()
    });
}

fn makes_no_tables(product: &str, url: &str, tables: &dyn Fn() -> String) {
    let folder = Folder::new();
    folder.write("accounts.jsonl", "");
    let run = |line: &str| {
        let mut command = folder.program(&line.split(' ').collect::<Vec<_>>());
        command.env("COUNTERFOIL_STORE", url).stdin(Stdio::null()).output().unwrap()
    };
    let (_, place) = url.rsplit_once('@').unwrap();
    let (place, _) = place.split_once('/').unwrap();
    let sentence =
        "there is no store in its database yet: name the one that is meant, or start a server on it, which makes it";
    for line in
        ["user list", "key rotate", "audit repair", "store restored --yes", "user import accounts.jsonl --dry-run"]
    {
        let output = run(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), said),
            (Some(1), format!("error: {product} at {place}: {sentence}\n")),
            "{line}"
        );
    }
    let looked = String::from_utf8(run("doctor").stdout).unwrap();
    assert!(looked.contains("The store was not looked at: there is none yet"), "{looked}");
    assert_eq!(tables().trim(), "0");
    assert!(!folder.file("counterfoil.secret").exists());
    assert_eq!(run("user import accounts.jsonl").status.code(), Some(0));
    assert_ne!(tables().trim(), "0");
}

#[test]
fn no_command_shows_the_password_of_an_address() {
    let folder = Folder::new();
    let store = format!("postgres://anna:{CANARY}@{NOWHERE}/auth");
    let sessions = format!("redis://:{CANARY}@{NOWHERE}");
    let of_another_kind = format!("postgres://anna:{CANARY}@{NOWHERE}");
    for line in COMMANDS {
        let words: Vec<&str> = line.split(' ').collect();
        for (store, sessions) in [(&store, &sessions), (&of_another_kind, &of_another_kind)] {
            let flags = ["--store", store, "--sessions", sessions];
            let by_flags = folder.typed(&[&words[..], &flags].concat(), "four sleepy badgers\n");
            let mut command = folder.program(&words);
            command.envs([("COUNTERFOIL_STORE", store), ("COUNTERFOIL_SESSIONS", sessions)]);
            let by_variables = command.stdin(Stdio::null()).output().unwrap();
            let text = format!("{by_flags:?}{by_variables:?}{}", String::from_utf8_lossy(&by_variables.stdout));
            assert!(!text.contains(CANARY), "{line}: {text}");
        }
        // Wrong use: what was typed is repeated.
        let misplaced = folder.run(&[&words[..], &[&store, "too", "many"]].concat());
        assert!(misplaced.code == 2 && !misplaced.err.contains(CANARY), "{line}: {misplaced:?}");
    }
    for (from, to, code) in
        [(&store, &of_another_kind, 2), (&of_another_kind, &store, 2), (&store, &store.replace("auth", "other"), 1)]
    {
        let copied = folder.run(&["store", "copy", "--from", from, "--from-sessions", &sessions, "--to", to]);
        assert!(copied.code == code && !copied.err.contains(CANARY), "{copied:?}");
    }
}

#[test]
fn no_log_shows_the_password_of_an_address() {
    let folder = Folder::new();
    for (name, value) in [("counterfoil.toml", "[log]\nlevel = \"trace\"\nformat = \"json\"\n"), ("other.toml", "")] {
        folder.write(name, value);
        let mut command = folder.program(&["serve", "--listen", "127.0.0.1:0", "--config", name]);
        command.env("COUNTERFOIL_STORE", format!("postgres://anna:{CANARY}@{NOWHERE}/auth"));
        let both = std::fs::File::create(folder.file("log")).unwrap();
        let mut server = command.stdout(both.try_clone().unwrap()).stderr(both).spawn().unwrap();
        let text = || std::fs::read_to_string(folder.file("log")).unwrap();
        for _ in 0..600 {
            if text().contains("waiting for the store") {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        server.kill().unwrap();
        server.wait().unwrap();
        let text = text();
        assert!(text.contains("waiting for the store: PostgreSQL at 127.0.0.1:9: it cannot be reached"), "{text}");
        assert!(!text.contains(CANARY), "{text}");
    }
}

#[test]
fn config_show_has_stars_in_its_place() {
    let folder = Folder::new();
    let url = format!("mysql://anna:{CANARY}@db.example/auth");
    for json in [&["config", "show"][..], &["config", "show", "--json"]] {
        let shown = folder.run(&[json, &["--store", &url]].concat()).done();
        assert!(shown.out.contains("mysql://anna:***@db.example:3306/auth"), "{shown:?}");
        assert!(shown.err.starts_with("warning: --store: store.url: everybody on this machine can read"), "{shown:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_one_sentence() {
    let folder = Folder::new();
    for (url, product) in
        [("postgres://anna@127.0.0.1:9/auth", "PostgreSQL"), ("mysql://anna@127.0.0.1:9/auth", "MySQL or MariaDB")]
    {
        let sentence = format!(
            "{product} at {NOWHERE}: it cannot be reached: start it, or correct the host and port in the address"
        );
        folder.run(&["user", "list", "--store", url]).refused(&sentence);
    }
    let sentence =
        format!("Redis at {NOWHERE}: it cannot be reached: start it, or correct the host and port in the address");
    let folder = Folder::with_user("alice");
    folder.run(&["user", "list", "--sessions", "redis://127.0.0.1:9"]).refused(&sentence);
}

#[test]
fn redis_that_may_drop_logins_is_refused_in_one_sentence() {
    let redis = Redis::start(&Options::default().set("maxmemory-policy", "allkeys-lru")).unwrap();
    let folder = Folder::with_user("alice");
    let mut command = folder.program(&["user", "list"]);
    let output = command.env("COUNTERFOIL_SESSIONS", redis.url()).stdin(Stdio::null()).output().unwrap();
    let sentence = "its `maxmemory-policy` is `allkeys-lru`, which drops logins when memory is short: set `maxmemory-policy noeviction`";
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, format!("error: Redis at 127.0.0.1:{}: {sentence}\n", redis.port()));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn postgres_that_refuses_is_one_sentence() {
    let database = fresh::postgres().unwrap();
    refuses_in_one_sentence("PostgreSQL", &database.url(), database.name());
}

#[test]
fn mariadb_that_refuses_is_one_sentence() {
    let database = fresh::mariadb().unwrap();
    refuses_in_one_sentence("MySQL or MariaDB", &database.url(), database.name());
}

fn refuses_in_one_sentence(product: &str, url: &str, database: &str) {
    let (account, rest) = url.rsplit_once('@').unwrap();
    let (place, _) = rest.split_once('/').unwrap();
    let (user, _) = account.rsplit_once(':').unwrap();
    let folder = Folder::new();
    for (wrong, fault) in [
        (format!("{user}:{CANARY}@{rest}"), "it refused the user or the password: correct them in the address"),
        (format!("{user}@{rest}"), "it "),
        (url.replace(database, "no_such_database"), "it has no database of that name: create it by `"),
    ] {
        let mut command = folder.program(&["user", "list"]);
        let output = command.env("COUNTERFOIL_STORE", wrong).stdin(Stdio::null()).output().unwrap();
        let mut said = String::new();
        (&output.stderr[..]).read_to_string(&mut said).unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), said.lines().count()), (Some(1), 0, 1), "{said}");
        assert!(said.starts_with(&format!("error: {product} at {place}: {fault}")), "{fault}: {said}");
        assert!(!said.contains(CANARY), "{said}");
    }
}
