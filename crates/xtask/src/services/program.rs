//! Programs: where Debian puts them, and how they are called.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::deadline::Deadline;
use super::error::ServiceError;

/// How long a question waits for an answer that may not come, as the server is paused or about to start.
pub(super) const QUESTION: Duration = Duration::from_secs(5);
/// How long is waited for what must succeed, on a busy machine too.
pub(super) const CHANGE: Duration = Duration::from_secs(60);

/// How long a question waits for a server's answer.
pub(super) const fn patience(is_paused: bool) -> Duration {
    if is_paused { QUESTION } else { CHANGE }
}

/// A program with its arguments, and the user that it runs as if that is another.
#[derive(Clone)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) user: Option<User>,
}

/// A user of this machine.
#[derive(Clone, Copy)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Program {
    /// The program of this name. PostgreSQL's newest comes first: in PATH, Debian has scripts that choose one each time.
    pub(super) fn find(name: &'static str, package: &'static str) -> Result<Self, ServiceError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let listed = std::env::split_paths(&path).collect::<Vec<_>>();
        let system = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
        let folders = postgresql_folders().into_iter().chain(listed).chain(system);
        let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
        let path = found.ok_or(ServiceError::NotInstalled { program: name, package })?;
        Ok(Self { name, path, arguments: Vec::new(), user: None })
    }

    pub(super) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(super) fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    pub(super) fn run_by(mut self, user: Option<User>) -> Self {
        self.user = user;
        self
    }

    /// What this client program prints, when it succeeds in time. The secret travels in its environment, as `variable`.
    pub(super) fn ask(&self, variable: &str, secret: &str, limit: Duration) -> Result<String, ServiceError> {
        let mut command = bare(&self.path);
        command.args(&self.arguments).env(variable, secret).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(ServiceError::io(self.name))?;
        let said = child.stdout.take().map(reader);
        let complained = child.stderr.take().map(reader);
        let ended = Deadline::after(limit).poll(Duration::from_millis(5), || child.try_wait().transpose());
        if ended.is_none() {
            // An error here is that it has ended since.
            let _ = child.kill();
            let _ = child.wait();
        }
        let read = |thread: Option<std::thread::JoinHandle<String>>| {
            thread.and_then(|thread| thread.join().ok()).unwrap_or_default()
        };
        let (said, complained) = (read(said), read(complained));
        match ended.transpose().map_err(ServiceError::io(self.name))? {
            Some(status) if status.success() => Ok(said.trim_end_matches('\n').to_owned()),
            Some(_) => Err(ServiceError::Refused { client: self.name, said: complained.trim().replace(secret, "…") }),
            None => {
                Err(ServiceError::Silent { server: self.name, limit, last: "no answer".into(), log: String::new() })
            }
        }
    }
}

/// A command that inherits no setting: neither its own kind's (`PGHOST`, `MYSQL_HOST`) nor ours.
pub(super) fn bare(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C.UTF-8");
    for kept in ["PATH", "TMPDIR"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    command
}

fn reader(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth telling.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Debian keeps PostgreSQL's servers beside each other, by version. The newest first.
fn postgresql_folders() -> Vec<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

impl User {
    /// The user of this name, from the machine's list.
    pub(super) fn named(name: &str) -> Option<Self> {
        let list = std::fs::read_to_string("/etc/passwd").ok()?;
        list.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            Some(Self { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        })
    }
}

/// The end of a log.
pub(super) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
