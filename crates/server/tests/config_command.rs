//! `counterfoil init` and `counterfoil config …` as they are typed: what they print, and how they exit.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

#[expect(clippy::unwrap_used, reason = "a test that cannot start the program fails")]
fn counterfoil(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    command.output().unwrap()
}

#[expect(clippy::unwrap_used, reason = "a program that prints bytes that are no text fails the test")]
fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn init_writes_once_and_never_over_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = said(&counterfoil(folder.path(), &["init"], &[]));
    assert_eq!((code, out.starts_with("counterfoil.toml is written.")), (0, true));
    assert_eq!(said(&counterfoil(folder.path(), &["config", "check"], &[])), (0, "ok\n".into(), String::new()));
    let path = folder.path().join("counterfoil.toml");
    fs::write(&path, "# mine").unwrap();
    let (code, out, err) = said(&counterfoil(folder.path(), &["init"], &[]));
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(err, "error: counterfoil.toml is there already, and stays as it is\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "# mine");
}

#[test]
fn check_says_every_mistake_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("counterfoil.toml"), "[keys]\nrotate_aftr = 1\n[registration]\nopen = 1\n").unwrap();
    let (code, out, err) = said(&counterfoil(folder.path(), &["config", "check"], &[]));
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "counterfoil.toml:2:1: keys.rotate_aftr: unknown key; did you mean `rotate_after`? expected one of: rotate_after\n\
         counterfoil.toml:4:8: registration.open: expected true or false, found `1`\n"
    );
    let (code, out, err) = said(&counterfoil(folder.path(), &["config", "check", "--json"], &[]));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, err.as_str(), &report["ok"]), (1, "", &false.into()));
    assert_eq!(report["mistakes"][1]["line"], 4);
    assert_eq!(report["mistakes"][1]["key"], "registration.open");
}

#[test]
fn show_prints_origins_and_never_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "canary-canary-canary-canary-canary";
    let variables = [("COUNTERFOIL_SECRET", secret), ("COUNTERFOIL_LOG_LEVEL", "debug"), ("COUNTERFOIL_LOG_LEVL", "x")];
    let (code, out, err) = said(&counterfoil(folder.path(), &["config", "show", "--store", "memory:"], &variables));
    assert_eq!(code, 0);
    assert!(out.lines().any(|line| line.starts_with("url = \"memory:\" ") && line.ends_with("  # --store")), "{out}");
    assert!(
        out.lines().any(|line| line.starts_with("level = \"debug\" ") && line.ends_with("# COUNTERFOIL_LOG_LEVEL"))
    );
    assert_eq!(
        err,
        "warning: COUNTERFOIL_LOG_LEVL: no setting has this variable; did you mean `COUNTERFOIL_LOG_LEVEL`?\n"
    );
    let (_, json, _) = said(&counterfoil(folder.path(), &["config", "show", "--json"], &variables));
    assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap().is_array());
    assert!(!out.contains("canary") && !json.contains("canary"));
}

#[test]
fn a_missing_file_is_1_and_wrong_use_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let (code, _, err) = said(&counterfoil(folder.path(), &["config", "check", "--config", "no.toml"], &[]));
    assert_eq!((code, err.as_str()), (1, "error: no.toml: there is no such file; `counterfoil init` writes one\n"));
    assert_eq!(said(&counterfoil(folder.path(), &["config", "chek"], &[])).0, 2);
    assert_eq!(said(&counterfoil(folder.path(), &[], &[])).0, 2);
    assert_eq!(said(&counterfoil(folder.path(), &["config", "schema"], &[])).0, 0);
}

#[test]
fn a_value_that_its_flag_never_has_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["serve", "--listen", "localhost:1"][..],
        &["serve", "--listen", "127.0.0.1"],
        &["serve", "--tls", "maybe"],
        &["serve", "--public-url", "auth.example.com"],
        &["serve", "--store", "oracle:x"],
        &["serve", "--sessions", "memcached://x"],
        &["demo", "--listen", "localhost:1"],
        &["user", "list", "--store", "sqlite:"],
        &["config", "check", "--store", "oracle:x"],
        &["config", "check", "--json", "--store", "postgres://[bad/x"],
        &["doctor", "--store", "oracle:x"],
        &["doctor", "--json", "--store", "oracle:x"],
        &["config", "show", "--json", "--store", "oracle:x"],
        &["user", "list", "--json", "--store", "oracle:x"],
        &["store", "copy", "--json", "--from", "oracle:x", "--to", "memory:"],
    ] {
        let (code, out, err) = said(&counterfoil(folder.path(), arguments, &[]));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.starts_with("error: --"), "{arguments:?}: {err}");
    }
    // The same in the environment or in the file is no use of the command line, and neither is what goes against the rest.
    let (code, _, err) = said(&counterfoil(folder.path(), &["serve"], &[("COUNTERFOIL_LISTEN", "localhost:1")]));
    assert_eq!(code, 1, "{err}");
    assert_eq!(said(&counterfoil(folder.path(), &["serve", "--listen", "0.0.0.0:0"], &[])).0, 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
}

#[test]
fn a_demonstration_stays_on_its_machine_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let (code, out, err) = said(&counterfoil(folder.path(), &["demo", "--listen", address], &[]));
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        let advice =
            "a demonstration is for this machine alone: choose an address such as 127.0.0.1:9000 with --listen";
        assert_eq!(err, format!("error: --listen {address}: {advice}\n"));
    }
}

#[test]
fn help_lists_what_is_there_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = said(&counterfoil(folder.path(), &["--help"], &[]));
    assert_eq!(code, 0);
    for absent in ["store copy", "\n  help"] {
        assert!(!out.contains(absent), "{absent}");
    }
}
