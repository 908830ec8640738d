//! Why a server is not there.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a server does not do what was asked of it. No password is in any of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A program is not installed.
    #[error("{program} is not installed: apt-get install {package} (scripts/test does)")]
    NotInstalled {
        /// Its name.
        program: &'static str,
        /// The package of Debian that has it.
        package: &'static str,
    },
    /// A file, a pipe or a process could not be made or used.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system says.
        why: io::Error,
    },
    /// Its user must get through the folders above it, and may not.
    #[error("the user that {server} runs as cannot pass {folder}: chmod o+x it, or set TMPDIR to another folder")]
    NoWay {
        /// The server.
        server: &'static str,
        /// The folder that only its owner may pass.
        folder: PathBuf,
    },
    /// Root was refused as its user, and there is no other.
    #[error("{0} does not run as root, and there is neither a user `postgres` nor `nobody`")]
    NoUser(&'static str),
    /// It ended when it should have begun.
    #[error("{server} ended at once:\n{log}")]
    Ended {
        /// The server, or the program that prepares its folder.
        server: &'static str,
        /// The end of what it said.
        log: String,
    },
    /// It does not answer in time.
    #[error("{server} does not answer within {} s: {last}\n{log}", limit.as_secs_f32())]
    Silent {
        /// The server or client program.
        server: &'static str,
        /// How long was waited.
        limit: Duration,
        /// Why the last question was not answered.
        last: String,
        /// The end of what it said.
        log: String,
    },
    /// A client program ended with an error.
    #[error("{client} says: {said}")]
    Refused {
        /// The program.
        client: &'static str,
        /// What it said.
        said: String,
    },
    /// It is not in the state that the call is for: not running, or running already.
    #[error("{server} {state}")]
    State {
        /// The server.
        server: &'static str,
        /// What it is.
        state: &'static str,
    },
    /// The variable that names the shared server is not set.
    #[error(
        "{0} is not set, so there is no server for this test: run scripts/test, or cargo xtask services -- cargo nextest run …"
    )]
    NotShared(&'static str),
    /// A URL is not one of ours.
    #[error("{0} is no URL like scheme://user:password@host:port/name")]
    NoUrl(&'static str),
}

impl ServiceError {
    /// What was tried when the system refused.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |why| Self::Io { what, why }
    }

    /// Whether another process took the port between its choice and the server's start.
    pub(super) fn lost_the_port(&self) -> bool {
        matches!(self, Self::Ended { log, .. } if log.contains("ddress already in use"))
    }
}
