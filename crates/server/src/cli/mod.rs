//! The command line: what can be typed, and who does it.

pub mod args;
mod config;
mod init;
pub mod output;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{ConfigError, Environment, Warning};

/// What was typed.
#[derive(Debug, Parser)]
#[command(
    name = "counterfoil",
    version,
    about = "An authentication server in which sessions or tokens are a setting of each client",
    after_help = "Exit codes: 0 done, 1 refused or failed, 2 wrong use.",
    propagate_version = false,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands. Each one's arguments are in [`args`].
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented counterfoil.toml to start from
    Init(args::Init),
    /// Check, show and describe the configuration
    #[command(subcommand)]
    Config(args::Config),
}

/// Does what was typed. Mistakes in how it was typed are clap's, and exit with 2 before this.
#[expect(clippy::unused_async, reason = "commands that read the store wait for it")]
pub async fn run(cli: Cli, environment: Environment) -> ExitCode {
    let done = match cli.command {
        Command::Init(args) => init::run(&args),
        Command::Config(args) => config::run(&args, environment),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Why a command did not do what it was asked to. Shown after `error: `.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something else, in words that say what to do.
    #[error("{0}")]
    Refused(String),
    /// It has been said already.
    #[error("")]
    Said,
}

/// Tells people of what is allowed but probably not meant, apart from the answer.
pub fn print_warnings(warnings: &[Warning]) {
    for warning in warnings {
        output::note(&format!("warning: {warning}"));
    }
}
