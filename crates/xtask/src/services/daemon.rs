//! A server's processes and folder. Both are gone when the value is dropped, and when the program that holds it is killed.

use std::fs::{DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::deadline::Deadline;
use super::error::ServiceError;
use super::program::{Program, User, bare, tail};
use super::secret::random;

/// Signals and ends processes, in the shell's language: it also runs when this program does not any more.
const PROCESSES: &str = include_str!("processes.sh");

/// How long a server may take to begin, to prepare its folder, or to end in good order.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server: a folder, and the process that serves it unless it was stopped.
pub(super) struct Daemon {
    name: &'static str,
    folder: PathBuf,
    leader: Option<Child>,
    watcher: Child,
}

impl Daemon {
    /// An empty folder below TMPDIR, watched from before it is there: this program may be killed at any moment. At `signal` the server
    /// ends without any care for its data.
    pub(super) fn new(name: &'static str, signal: &str) -> Result<Self, ServiceError> {
        let folder = std::env::temp_dir().join(format!("counterfoil-{name}-{}", random(6)?));
        let mut watcher = processes(&["watch"]);
        watcher.arg(&folder).arg(signal);
        // Its own group: what ends this program from a terminal must not end the watcher. No pipe of ours is kept open.
        watcher.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watcher = watcher.spawn().map_err(ServiceError::io("the watcher of a server"))?;
        let made = DirBuilder::new().mode(0o700).create(&folder);
        let daemon = Self { name, folder, leader: None, watcher };
        made.map_err(ServiceError::io("a temporary folder"))?;
        Ok(daemon)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The end of what the server said.
    pub(super) fn last_words(&self) -> String {
        tail(&self.log())
    }

    /// Writes a file that its owner alone may read.
    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf, ServiceError> {
        let path = self.folder.join(name);
        let private = std::fs::Permissions::from_mode(0o600);
        let written = File::create(&path)
            .and_then(|mut file| file.set_permissions(private).and_then(|()| file.write_all(content.as_ref())));
        written.map_err(ServiceError::io(name))?;
        Ok(path)
    }

    /// Copies a file into the folder, where its owner alone may read it.
    pub(super) fn copy(&self, name: &str, from: &Path) -> Result<PathBuf, ServiceError> {
        let content = std::fs::read(from).map_err(ServiceError::io(from.display().to_string()))?;
        self.write(name, content)
    }

    /// Whether this program, and so the folder's owner, is root.
    pub(super) fn is_roots(&self) -> Result<bool, ServiceError> {
        let owner = self.folder.metadata().map_err(ServiceError::io("the temporary folder"))?;
        Ok(owner.uid() == 0)
    }

    /// Gives the folder and the files that are in it to a user, who must be able to get there.
    pub(super) fn give_to(&self, user: User) -> Result<(), ServiceError> {
        for above in self.folder.ancestors().skip(1) {
            let about = above.metadata().map_err(ServiceError::io("a folder above"))?;
            let passable = about.mode() & 0o001 != 0 || about.uid() == user.uid;
            if !passable {
                return Err(ServiceError::NoWay { server: self.name, folder: above.to_owned() });
            }
        }
        let given = std::fs::read_dir(&self.folder).and_then(|files| {
            for file in files {
                chown(file?.path(), Some(user.uid), Some(user.gid))?;
            }
            chown(&self.folder, Some(user.uid), Some(user.gid))
        });
        given.map_err(ServiceError::io("giving the folder to the server's user"))
    }

    /// Runs a program that prepares the folder, to its end.
    pub(super) fn prepare(&mut self, program: &Program) -> Result<(), ServiceError> {
        self.start(program)?;
        let ended = Deadline::after(PATIENCE).poll(Duration::from_millis(10), || self.ended());
        match ended {
            Some(true) => Ok(()),
            Some(false) => Err(ServiceError::Ended { server: program.name, log: self.last_words() }),
            None => Err(self.silent(PATIENCE, "it prepares its folder".into())),
        }
    }

    /// Starts the server in a process group of its own.
    pub(super) fn start(&mut self, program: &Program) -> Result<(), ServiceError> {
        if self.leader.is_some() {
            return Err(ServiceError::State { server: self.name, state: "is running already" });
        }
        let log = File::options().create(true).append(true).open(self.log()).map_err(ServiceError::io("its log"))?;
        let complaints = log.try_clone().map_err(ServiceError::io("its log"))?;
        let mut command = bare("sh");
        // It becomes the server when the watcher knows it, and ends if this program is killed before.
        command
            .args(["-c", "read -r _ && exec \"$@\" </dev/null", "begin"])
            .arg(&program.path)
            .args(&program.arguments);
        // What it leaves behind when it is killed goes with the folder.
        command.env("TMPDIR", &self.folder);
        command.process_group(0).current_dir(&self.folder).stdin(Stdio::piped()).stdout(log).stderr(complaints);
        if let Some(user) = program.user {
            command.uid(user.uid).gid(user.gid);
        }
        let mut leader = command.spawn().map_err(ServiceError::io(program.name))?;
        let gate = leader.stdin.take();
        let known = self.tell_watcher(&leader.id().to_string());
        self.leader = Some(leader);
        known?;
        gate.map_or(Ok(()), |mut gate| gate.write_all(b"go\n")).map_err(ServiceError::io(program.name))
    }

    fn tell_watcher(&mut self, leader: &str) -> Result<(), ServiceError> {
        let line = format!("{leader}\n");
        let told = self.watcher.stdin.as_mut().map_or(Ok(()), |pipe| pipe.write_all(line.as_bytes()));
        told.map_err(ServiceError::io("the watcher of a server"))
    }

    /// Whether the process succeeded, when it has ended.
    fn ended(&mut self) -> Option<bool> {
        let status = self.leader.as_mut().and_then(|leader| leader.try_wait().ok().flatten())?;
        self.leader = None;
        // A watcher that has gone has nothing to forget.
        let _ = self.tell_watcher("");
        Some(status.success())
    }

    fn silent(&self, limit: Duration, last: String) -> ServiceError {
        ServiceError::Silent { server: self.name, limit, last, log: self.last_words() }
    }

    /// Asks until there is an answer, as long as the server runs.
    pub(super) fn wait_for(&mut self, mut ask: impl FnMut() -> Result<(), ServiceError>) -> Result<(), ServiceError> {
        let mut last = String::new();
        let answered = Deadline::after(PATIENCE).poll(Duration::from_millis(20), || {
            if self.ended().is_some() || self.leader.is_none() {
                return Some(Err(ServiceError::Ended { server: self.name, log: self.last_words() }));
            }
            match ask() {
                Ok(()) => Some(Ok(())),
                Err(why) => {
                    last = why.to_string();
                    None
                }
            }
        });
        answered.unwrap_or_else(|| Err(self.silent(PATIENCE, last)))
    }

    /// Sends a signal to all processes of the server.
    pub(super) fn signal(&mut self, signal: &str) -> Result<(), ServiceError> {
        self.tell_processes(&["signal", signal])
    }

    /// Ends all processes of the server at once.
    pub(super) fn kill(&mut self) -> Result<(), ServiceError> {
        self.tell_processes(&["end"])?;
        self.wait_for_end()
    }

    /// Asks the server to end, by the signal that it knows for this.
    pub(super) fn stop(&mut self, signal: &str) -> Result<(), ServiceError> {
        self.signal("CONT")?;
        self.tell_processes(&["kill", "-s", signal, "--"])?;
        self.wait_for_end()
    }

    fn wait_for_end(&mut self) -> Result<(), ServiceError> {
        let ended = Deadline::after(PATIENCE).poll(Duration::from_millis(5), || self.ended());
        ended.map(|_| ()).ok_or_else(|| self.silent(PATIENCE, "it does not end".into()))
    }

    /// Runs a function of the shell's with the leader's id as its last argument.
    fn tell_processes(&mut self, words: &[&str]) -> Result<(), ServiceError> {
        // A leader that has ended is reaped here, so that its id is not another's.
        let _ = self.ended();
        let gone = ServiceError::State { server: self.name, state: "is not running" };
        let Some(leader) = &self.leader else { return Err(gone) };
        let mut shell = processes(words);
        shell.arg(leader.id().to_string()).stdin(Stdio::null());
        let status = shell.status().map_err(ServiceError::io("sh"))?;
        if status.success() { Ok(()) } else { Err(gone) }
    }
}

/// A call of one of the shell's functions.
pub(super) fn processes(words: &[&str]) -> Command {
    let mut shell = bare("sh");
    shell.args(["-c", PROCESSES, "processes.sh"]).args(words).current_dir("/");
    shell
}

impl Drop for Daemon {
    /// The watcher does it, as when this program is killed. What it could not do is tried here, and errors have no reader.
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
        if let Some(leader) = &mut self.leader {
            let _ = leader.kill();
            let _ = leader.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
