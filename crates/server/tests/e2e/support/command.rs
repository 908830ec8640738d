//! The command line, beside a server or without one.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::Setup;
use super::patience::comes;

/// How long a command waits for its store, on a machine that is busy.
pub(crate) const UNHURRIED: (&str, &str) = ("COUNTERFOIL_STORE_TIMEOUT", "30s");

/// What a command did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `counterfoil` with these arguments in a folder, on its database.
#[track_caller]
pub(crate) fn counterfoil(folder: &Path, arguments: &[&str], stdin: &str) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
    command.args(arguments).arg("--store").arg(format!("sqlite:{}", folder.join("counterfoil.db").display()));
    run(command.env_clear().envs([UNHURRIED]).current_dir(folder), stdin)
}

/// Runs `counterfoil` with just these arguments in a folder.
#[track_caller]
pub(crate) fn counterfoil_alone(folder: &Path, arguments: &[&str]) -> Done {
    run(program(folder).envs([UNHURRIED]).args(arguments), "")
}

/// The program, about to be run in a folder, with no variable set.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
    command.env_clear().current_dir(folder);
    command
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command, stdin: &str) -> Done {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    Done::of(&child.wait_with_output().unwrap())
}

impl Done {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

impl Setup {
    /// A start in a folder that is expected to fail.
    #[track_caller]
    pub(crate) fn fails_in(&self, folder: &Path) -> Done {
        let mut child = self.command(folder).spawn().unwrap();
        // More than any start takes.
        if comes(|| child.try_wait().unwrap().is_some()) {
            return Done::of(&child.wait_with_output().unwrap());
        }
        let _ = child.kill();
        panic!("it runs, though it should not: {:?}", Done::of(&child.wait_with_output().unwrap()));
    }
}
