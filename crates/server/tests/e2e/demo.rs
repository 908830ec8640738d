//! `counterfoil demo`: its lines are pasted into a shell as they are printed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::patience::found;

/// The demonstration, killed when this is dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a demonstration whose temporary files go to `folder`, and reads what it prints.
fn start(folder: &TempDir) -> (Demo, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
    command.args(["demo", "--listen", "127.0.0.1:0"]).env_clear().env("TMPDIR", folder.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut printed = String::new();
    for line in lines {
        printed.push_str(&line);
        printed.push('\n');
        if line.starts_with("Ctrl-C") {
            break;
        }
    }
    (Demo(child), printed)
}

/// Runs lines in a shell and returns what they print.
fn paste(lines: &str) -> String {
    let output = Command::new("sh").arg("-c").arg(lines).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn each_line_works_when_pasted() {
    let folder = TempDir::new().unwrap();
    let (_demo, printed) = start(&folder);
    let blocks: Vec<_> = printed.split("\n# ").skip(1).collect();
    assert_eq!(blocks.len(), 5, "{printed}");
    for (block, client) in blocks.into_iter().zip(["web", "spa", "api", "stateless", "device"]) {
        let (what, lines) = block.split_once('\n').unwrap();
        assert!(what.starts_with(client), "{what}");
        let lines = lines.split("\nCtrl-C").next().unwrap();
        // A busy machine may have cost it its lease, which lasts two seconds there.
        let is_put_off = |said: &String| said.contains(r#""status":503"#) || said.contains("logout 503");
        let said = found(|| Some(paste(lines)).filter(|said| !is_put_off(said))).unwrap();
        let recognised = said.matches(r#""username":"demo""#).count();
        assert_eq!(recognised, if matches!(client, "web" | "spa") { 2 } else { 1 }, "{client}: {said}");
        assert!(said.contains(&format!(r#""client":"{client}""#)), "{said}");
        let after = said.split("logout 204\n").nth(1).unwrap_or_else(|| panic!("{client} is not logged out: {said}"));
        assert!(after.contains(r#""status":401"#) && !after.contains("demo"), "{client}: {said}");
    }
}

#[test]
fn nothing_of_it_is_left() {
    let folder = TempDir::new().unwrap();
    let (mut demo, _) = start(&folder);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let id = demo.0.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(demo.0.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn no_two_demonstrations_have_one_passphrase() {
    let folder = TempDir::new().unwrap();
    let passphrases = [start(&folder).1, start(&folder).1].map(|printed| {
        let (_, rest) = printed.split_once("the passphrase `").unwrap();
        rest.split('`').next().unwrap().to_owned()
    });
    assert_ne!(passphrases[0], passphrases[1], "lg_12: no default account");
    assert!(passphrases[0].len() >= 40, "{}", passphrases[0].len());
}
