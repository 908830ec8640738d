//! A folder with a store in it, and the program run there.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A password that the policy lets pass.
pub(crate) const PASSWORD: &str = "four sleepy badgers";

/// A folder that the program is run in. It is removed at the end.
pub(crate) struct Folder(TempDir);

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a user in it.
    pub(crate) fn with_user(name: &str) -> Self {
        let folder = Self::new();
        folder.add(name);
        folder
    }

    pub(crate) fn add(&self, name: &str) {
        self.typed(&["user", "add", name, "--password-stdin"], format!("{PASSWORD}\n")).done();
    }

    /// The program, about to be run here, with no variable set.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.typed(arguments, "")
    }

    /// Runs it with this on its standard input.
    pub(crate) fn typed(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Said {
        let mut command = self.program(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that needs no input may have closed it.
        drop(child.stdin.take().unwrap().write_all(input.as_ref()));
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The answer of a command that must succeed, as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--json"]].concat()).done().json()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), text).unwrap();
    }
}

impl Said {
    /// It must have exited with 0.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// It must have exited with 1, having answered nothing and said just this.
    pub(crate) fn refused(&self, sentence: &str) {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{self:?}");
        assert_eq!(self.err, format!("error: {sentence}\n"));
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The text at this place of an answer.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {value:#}"))
}
