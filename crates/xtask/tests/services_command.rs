//! `cargo xtask services` as a developer and `scripts/test` use it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends so")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The command, with a temporary folder of its own that any user may pass: PostgreSQL's has to.
fn services(arguments: &[&str]) -> (Command, tempfile::TempDir) {
    let passable = std::fs::Permissions::from_mode(0o711);
    let folder = tempfile::Builder::new().permissions(passable).tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("services").args(arguments).env("TMPDIR", folder.path());
    (command, folder)
}

/// The processes that work below a folder.
fn processes_below(folder: &Path) -> BTreeSet<PathBuf> {
    let all = std::fs::read_dir("/proc").unwrap().flatten().map(|process| process.path());
    all.filter(|process| std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder))).collect()
}

/// Waits until nothing of the servers is left.
fn assert_gone(folder: &Path) {
    for _ in 0..2400 {
        if processes_below(folder).is_empty() && std::fs::read_dir(folder).unwrap().next().is_none() {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|file| file.path()).collect();
    panic!("left: {:?} {files:?}", processes_below(folder));
}

/// Reads lines until there are four that set a variable.
fn four_exports(child: &mut Child) -> Vec<String> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter(|line| line.starts_with("export COUNTERFOIL_TEST_")).take(4).collect()
}

#[test]
fn a_command_finds_the_servers_and_its_code_is_handed_on() {
    let question = "env; exit 7";
    let (mut command, folder) = services(&["--", "sh", "-c", question]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let (said, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    for variable in ["POSTGRES=postgres://", "MARIADB=mysql://", "REDIS=redis://", "REDIS_CLUSTER=redis+cluster://"] {
        assert!(said.lines().any(|line| line.starts_with(&format!("COUNTERFOIL_TEST_{variable}"))), "{variable}");
    }
    assert!(told.contains("PostgreSQL in ") && told.contains("Redis Cluster in "), "{told}");
    // It has waited for their end.
    assert!(processes_below(folder.path()).is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_servers_end_with_the_input() {
    let (mut command, folder) = services(&[]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let exports = four_exports(&mut child);
    assert!(exports[0].starts_with("export COUNTERFOIL_TEST_POSTGRES='postgres://counterfoil:"), "{}", exports[0]);
    assert!(processes_below(folder.path()).len() >= 6);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_gone(folder.path());
}

#[test]
fn nothing_is_left_when_the_program_is_killed() {
    let (mut command, folder) = services(&["--", "sh", "-c", "echo $$; exec sleep 1000"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut id = String::new();
    said.read_line(&mut id).unwrap();
    assert!(processes_below(folder.path()).len() >= 6);
    // SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_gone(folder.path());
    // The command has ended as well: nobody holds the pipe that it wrote into.
    assert_eq!(said.read_to_string(&mut String::new()).unwrap(), 0, "{id} runs");
}

#[test]
fn nothing_is_left_when_the_program_is_killed_while_the_servers_start() {
    for delay in [1, 60, 300, 700] {
        let (mut command, folder) = services(&[]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_gone(folder.path());
    }
}
