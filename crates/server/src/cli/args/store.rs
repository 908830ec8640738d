//! The arguments of the commands about whole stores.

use std::fmt;

use clap::{Args, Subcommand};

use super::super::output::Output;
use super::{Common, Waiting};
use crate::config::redact;

/// `counterfoil store …`
#[derive(Debug, Clone, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Store {
    /// Copy everything that one store holds to another, so that nobody is logged out
    #[command(after_help = "Example:\n  counterfoil store copy --from sqlite:counterfoil.db --to @new-store.url\n\n\
                            Stop the servers on the source first. Interrupted, it goes on when the same command is run \
                            again; until it is complete, no server starts on the copy.")]
    Copy(CopyStore),
    /// Say that a backup was put back: end every login of everybody, so that nothing comes back to life
    #[command(after_help = "Example:\n  counterfoil store restored --yes")]
    Restored(Restored),
}

/// `counterfoil store restored`
#[derive(Debug, Clone, Args)]
pub struct Restored {
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Whether to wait.
    #[command(flatten)]
    pub waiting: Waiting,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// `counterfoil store copy`. It needs no configuration and no secret.
#[derive(Clone, Args)]
pub struct CopyStore {
    /// The store to copy, or @FILE to read its URL from a file
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// Where its sessions are, if not in the same store
    #[arg(long, value_name = "URL")]
    pub from_sessions: Option<String>,
    /// The store to copy to, which must be empty, or @FILE to read its URL from a file
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// Where the sessions are to be, if not in the same store; they stay where they are if it is where they were
    #[arg(long, value_name = "URL")]
    pub to_sessions: Option<String>,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

impl fmt::Debug for CopyStore {
    /// Without the passwords of addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyStore")
            .field("from", &redact(&self.from))
            .field("from_sessions", &self.from_sessions.as_deref().map(redact))
            .field("to", &redact(&self.to))
            .field("to_sessions", &self.to_sessions.as_deref().map(redact))
            .finish_non_exhaustive()
    }
}
