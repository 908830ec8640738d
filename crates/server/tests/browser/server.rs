//! A server of the test's own: a free port, an empty store in a temporary folder, no settings from outside.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

/// A server that ends with its value.
pub(crate) struct Server {
    process: Child,
    /// `http://127.0.0.1:PORT`.
    origin: String,
    /// The link to the set-up page that it printed.
    pub(crate) setup_link: String,
    _stdout: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::configured("")
    }

    /// One with the text of a configuration file.
    pub(crate) fn configured(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("counterfoil.toml"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
        let store = format!("sqlite:{}", folder.path().join("counterfoil.db").display());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--store", &store, "--config", "counterfoil.toml"])
            .current_dir(folder.path());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COUNTERFOIL_")) {
            command.env_remove(name);
        }
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let origin = line_with(&mut stdout, "listening on ");
        let origin = origin.trim().trim_start_matches("listening on ").to_owned();
        let setup_link = line_with(&mut stdout, "/setup?code=").trim().to_owned();
        Self { process, origin, setup_link, _stdout: stdout, _folder: folder }
    }

    /// The address of a path of this server.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The next line that holds `wanted`.
pub(crate) fn line_with(lines: &mut impl std::io::BufRead, wanted: &str) -> String {
    lines
        .lines()
        .map(|line| line.unwrap())
        .find(|line| line.contains(wanted))
        .unwrap_or_else(|| panic!("it ended before it said {wanted:?}"))
}
