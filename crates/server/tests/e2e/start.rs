//! Starts that fail: one clear message that says what to do, exit code 1, and nothing overwritten.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use tempfile::TempDir;

use crate::support::command::Done;
use crate::support::person::counts;
use crate::support::{MODES, Person, Setup};

const SECRET: &str = "COUNTERFOIL_SECRET";

/// A start that fails as it should: the message holds these words.
#[track_caller]
fn fails(setup: &Setup, folder: &Path, words: &[&str]) {
    let done = setup.fails_in(folder);
    assert_eq!(done.code, Some(1), "{done:?}");
    let errors: Vec<_> = done.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 1, "one message: {done:?}");
    for word in words {
        assert!(done.stderr.to_lowercase().contains(&word.to_lowercase()), "{word:?}: {done:?}");
    }
    for noise in ["panicked", "RUST_BACKTRACE", "Error {", "Some(", "src/"] {
        assert!(!done.stderr.contains(noise) && !done.stdout.contains(noise), "{noise:?}: {done:?}");
    }
    assert!(!done.stdout.contains("/setup?code="), "{done:?}");
}

/// A folder with a database in which there is a user, and the files in it once the server has ended.
fn used_folder(setup: &Setup) -> TempDir {
    let mut server = setup.clone().start();
    Person::named(&server, "alice");
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let copy = TempDir::new().unwrap();
    for (name, bytes) in files(server.folder()) {
        std::fs::write(copy.path().join(&name), bytes).unwrap();
        let permissions = std::fs::metadata(server.folder().join(&name)).unwrap().permissions();
        std::fs::set_permissions(copy.path().join(&name), permissions).unwrap();
    }
    copy
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// The files that hold something: not the settings, nor what SQLite keeps beside a database while it is open.
fn kept(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let passing = |name: &str| name == "settings.toml" || name.ends_with("-wal") || name.ends_with("-shm");
    files(folder).into_iter().filter(|(name, _)| !passing(name)).collect()
}

/// A start in the folder that fails and leaves every byte as it was.
#[track_caller]
fn fails_and_overwrites_nothing(setup: &Setup, folder: &Path, words: &[&str]) {
    let before = kept(folder);
    fails(setup, folder, words);
    assert_eq!(before.keys().collect::<Vec<_>>(), kept(folder).keys().collect::<Vec<_>>());
    assert!(before == kept(folder), "a file has changed");
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = TempDir::new().unwrap();
    let setup = Setup::default().argument("--listen").argument(&address);
    fails(&setup, folder.path(), &[&address, "in use", "--listen"]);
}

#[test]
fn a_file_that_is_no_database() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("counterfoil.db"), "a letter to my aunt, which must not be lost").unwrap();
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["counterfoil.db", "not a database"]);
}

#[test]
fn a_damaged_database() {
    let folder = used_folder(&Setup::default());
    let path = folder.path().join("counterfoil.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(4096) {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, &bytes).unwrap();
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["counterfoil.db", "damaged", "backup"]);
}

#[test]
fn a_truncated_database() {
    let folder = used_folder(&Setup::default());
    let path = folder.path().join("counterfoil.db");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["counterfoil.db", "damaged"]);
}

#[test]
fn a_database_of_a_newer_version() {
    let folder = used_folder(&Setup::default());
    let database = rusqlite::Connection::open(folder.path().join("counterfoil.db")).unwrap();
    database.execute("update schema_version set version = version + 1", ()).unwrap();
    let _: String = database.query_row("pragma journal_mode = delete", (), |row| row.get(0)).unwrap();
    drop(database);
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["counterfoil.db", "newer"]);
}

#[test]
fn a_database_of_another_program() {
    let folder = TempDir::new().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("counterfoil.db")).unwrap();
    database.execute_batch("create table recipes (name text); insert into recipes values ('plum cake')").unwrap();
    drop(database);
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["counterfoil.db", "another program"]);
}

#[test]
fn a_locked_database() {
    let folder = used_folder(&Setup::default());
    let database = rusqlite::Connection::open(folder.path().join("counterfoil.db")).unwrap();
    database.execute_batch("pragma locking_mode = exclusive; begin exclusive").unwrap();
    fails(&Setup::default().config("[store]\ntimeout = \"1s\""), folder.path(), &["counterfoil.db", "locked"]);
}

#[test]
fn a_folder_that_is_not_there() {
    let folder = TempDir::new().unwrap();
    let setup = Setup::default().argument("--store").argument("sqlite:missing/counterfoil.db");
    fails(&setup, folder.path(), &["missing", "folder"]);
    assert!(!folder.path().join("missing").exists());
}

#[test]
fn a_folder_that_is_a_file() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    let setup = Setup::default().argument("--store").argument("sqlite:file/counterfoil.db");
    fails_and_overwrites_nothing(&setup, folder.path(), &["file"]);
}

#[test]
fn another_secret() {
    let first = Setup::default().variable(SECRET, "kX2fZ81mQp0sVt7nJr4wBy6cLd9hGe3a");
    let other = Setup::default().variable(SECRET, "Ua5oTi8yRe1wQz6xNc3vBm0kJh7gFd4s");
    let folder = used_folder(&first);
    fails_and_overwrites_nothing(&other, folder.path(), &["secret"]);
    assert!(first.clone().start_in(folder).log().contains("listening"), "with the right one it starts");
}

#[test]
fn a_lost_secret_file() {
    let folder = used_folder(&Setup::default());
    let path = folder.path().join("counterfoil.secret");
    let secret = std::fs::read(&path).unwrap();
    let permissions = std::fs::metadata(&path).unwrap().permissions();
    std::fs::remove_file(&path).unwrap();
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["secret"]);
    std::fs::write(&path, "Ua5oTi8yRe1wQz6xNc3vBm0kJh7gFd4s").unwrap();
    std::fs::set_permissions(&path, permissions).unwrap();
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["secret"]);
    std::fs::write(&path, secret).unwrap();
    let server = Setup::default().start_in(folder);
    assert!(counts(&server, &Person::new(&server).logs_in(&server, &MODES[2])));
}

#[test]
fn jw_17_a_weak_secret() {
    let folder = TempDir::new().unwrap();
    for weak in ["x", "password", "0123456789abcdef", "thirty-one characters, too few."] {
        let setup = Setup::default().variable(SECRET, weak);
        fails_and_overwrites_nothing(&setup, folder.path(), &[SECRET, "32"]);
        assert!(!setup.fails_in(folder.path()).stderr.contains(weak) || weak == "x", "a secret is never repeated");
    }
    assert!(kept(folder.path()).is_empty(), "{:?}", kept(folder.path()).keys());
}

#[cfg(unix)]
#[test]
fn the_secret_file_and_the_database_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Setup::default().start();
    for name in ["counterfoil.db", "counterfoil.secret"] {
        let mode = std::fs::metadata(server.folder().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = used_folder(&Setup::default());
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(folder.path().join("counterfoil.secret"), open).unwrap();
    fails_and_overwrites_nothing(&Setup::default(), folder.path(), &["counterfoil.secret", "600"]);
}

#[test]
fn a_store_in_memory_needs_no_file() {
    let server = Setup::default().argument("--store").argument("memory:").start();
    let person = Person::new(&server);
    for mode in MODES {
        assert!(counts(&server, &person.logs_in(&server, &mode)), "{}", mode.client);
    }
    assert!(kept(server.folder()).is_empty(), "{:?}", kept(server.folder()).keys());
}

#[test]
fn settings_come_from_the_environment_too() {
    let server = Setup::default()
        .variable("COUNTERFOIL_DEFAULT_CLIENT", "device")
        .variable("COUNTERFOIL_REGISTRATION_OPEN", "true")
        .config("default_client = \"spa\"\n[registration]\nopen = false\n")
        .start();
    let person = Person::new(&server);
    let answer = server.send(&person.login(&serde_json::json!({}))).expect(200);
    assert_eq!(answer.json()["credential"]["client"], "device", "a variable is stronger than the file");
}

#[test]
fn a_mistake_in_the_configuration() {
    let folder = TempDir::new().unwrap();
    let setup = Setup::default().config("[server]\nlissen = \"127.0.0.1:1\"\n");
    let Done { code, stderr, .. } = setup.fails_in(folder.path());
    assert_eq!(code, Some(1), "{stderr}");
    for word in ["settings.toml", "2", "lissen", "listen"] {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
    assert!(kept(folder.path()).is_empty());
}

#[test]
fn a_list_of_stolen_passwords_that_is_none() {
    let folder = TempDir::new().unwrap();
    let list = folder.path().join("stolen");
    let setup = Setup::default().variable("COUNTERFOIL_PASSWORDS_BREACHED_HASHES", &list.display().to_string());
    fails(&setup, folder.path(), &["passwords.breached_hashes", "cannot be read"]);
    let unordered = format!("{}:1\n{}:2\n", "B".repeat(40), "A".repeat(40));
    for (text, words) in [("password\nletmein\n", "40 hexadecimal digits"), (&unordered, "ascending order")] {
        std::fs::write(&list, text).unwrap();
        fails(&setup, folder.path(), &["passwords.breached_hashes", words]);
    }
}
