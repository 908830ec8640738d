//! Copies that are refused, each in one sentence.

use xtask::services::fresh;

use crate::support::command::{Done, counterfoil_alone};
use crate::support::{Person, Place, Setup};

use super::logins::Logins;
use super::{CONFIG, at, copied, copy};

/// That a copy is refused with these words.
#[track_caller]
pub(super) fn is_refused(done: &Done, words: &str) {
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
    assert!(done.stderr.contains(words), "{done:?}");
}

#[test]
fn a_store_in_use_is_not_copied_onto() {
    let [mut server, mut other] = [(); 2].map(|()| Setup::default().config(CONFIG).mortal().start());
    let logins = Logins::new(&other, &Place::sqlite());
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
fn sessions_that_are_apart_are_never_forgotten() {
    let (file, keys) = (Place::file("counterfoil.db"), fresh::redis().unwrap());
    let (apart, elsewhere) = (Place::sqlite_with_sessions(&keys), Place::file("moved.db"));
    let mut server = Setup::default().config(CONFIG).at(&apart).start();
    let logins = Logins::new(&server, &apart);
    server.kill();
    is_refused(&copy(server.folder(), &file, &elsewhere, &[]), "the source keeps its sessions apart");
    is_refused(&at(&file).fails_in(server.folder()), "keeps its sessions apart from this store");
    copied(server.folder(), &apart, &elsewhere);
    is_refused(
        &at(&Place::file("moved.db").with_sessions(&keys)).fails_in(server.folder()),
        "the store itself holds sessions",
    );
    server.start_again_as(at(&elsewhere));
    logins.are_as_before(&server);
}

#[test]
fn a_copy_that_cannot_be_is_refused_in_words() {
    let mut server = Setup::default().config(CONFIG).start();
    server.kill();
    let folder = server.folder();
    std::fs::write(folder.join("bad.url"), "postgres://user:hunter2@[bad/db\n").unwrap();
    for (from, to, words) in [
        ("sqlite:nowhere.db", "sqlite:moved.db", "there is no file nowhere.db"),
        ("sqlite:counterfoil.db", "sqlite:counterfoil.db", "the same place"),
        ("sqlite:counterfoil.db", "sqlite:./counterfoil.db", "the same place"),
        ("sqlite:counterfoil.db", "memory:", "memory"),
        ("sqlite:counterfoil.db", "@bad.url", "--to: "),
        ("sqlite:counterfoil.db", "@no.url", "no.url cannot be read"),
    ] {
        let done = counterfoil_alone(folder, &["store", "copy", "--from", from, "--to", to]);
        is_refused(&done, words);
        assert!(!done.stderr.contains("hunter2"), "{done:?}");
        assert!(!folder.join("nowhere.db").exists() && !folder.join("moved.db").exists(), "{from} to {to}");
    }
    let done = counterfoil_alone(folder, &["store", "copy", "--from", "sqlite:counterfoil.db", "--to", "oracle:x"]);
    assert!(done.code == Some(2) && done.stderr.contains("--to: expected"), "{done:?}");
}
