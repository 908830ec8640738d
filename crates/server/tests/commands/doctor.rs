//! `counterfoil doctor`

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Folder, text};

#[test]
fn what_is_there_by_default_is_not_weak() {
    let folder = Folder::new();
    let said = folder.run(&["doctor"]).done();
    assert_eq!(said.out, "The store was not looked at: there is none yet\n\nNothing is weak.\n");
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
    assert!(said.out.ends_with("\n\n0 errors, 1 warnings, 1 hints\n"), "{said:?}");

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
    let said = folder.run(&["doctor"]).done();
    assert!(
        said.out.contains("The store was not looked at: PostgreSQL at 127.0.0.1:9: it cannot be reached"),
        "{said:?}"
    );
    set_permissions(folder.file("counterfoil.toml"), Permissions::from_mode(0o640)).unwrap();
    let said = folder.run(&["doctor"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("chmod 600 counterfoil.toml") && !said.out.contains("canary"), "{said:?}");
}
