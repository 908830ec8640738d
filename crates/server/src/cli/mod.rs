//! The command line: what can be typed, and who does it.

pub mod args;
mod ask;
mod audit;
mod config;
mod demo;
mod doctor;
mod init;
mod key;
mod open;
pub mod output;
mod revoke;
mod serve;
mod session;
mod store;
mod token;
pub mod user;

use std::error::Error;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use counterfoil_core::authority::{AccountError, OperateError};
use counterfoil_core::store::StoreError;

use crate::config::{ConfigError, Environment, Warning, redact};
use crate::startup::StartError;

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
    /// Serve until SIGTERM or Ctrl-C
    Serve(args::Serve),
    /// Serve a throw-away store with a user in it, and print lines to try it with
    Demo(args::Demo),
    /// Write a commented counterfoil.toml to start from
    Init(args::Init),
    /// Make, show and change accounts
    #[command(subcommand)]
    User(args::User),
    /// List and end logins
    #[command(subcommand)]
    Session(args::Session),
    /// End logins by user, session, token, client or key, or all of them
    Revoke(args::Revoke),
    /// List, rotate, end and import signing keys
    #[command(subcommand)]
    Key(args::Key),
    /// List who did what, and check that nobody has changed that
    #[command(subcommand)]
    Audit(args::Audit),
    /// Move everything from one store to another, or say that one was restored
    #[command(subcommand)]
    Store(args::Store),
    /// Explain and check a token
    #[command(subcommand)]
    Token(args::Token),
    /// Check, show and describe the configuration
    #[command(subcommand)]
    Config(args::Config),
    /// Say what is weak in the configuration, why, and what to write instead
    Doctor(args::Doctor),
}

/// What was typed, or what clap says about it, which repeats arguments: without the passwords of addresses.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    Cli::try_parse_from(&arguments).map_err(|error| {
        let shown = arguments.into_iter().map(|argument| match argument.to_str() {
            Some(text) => redact(text).into(),
            None => argument,
        });
        Cli::try_parse_from(shown).err().unwrap_or(error)
    })
}

/// Does what was typed. Mistakes in how it was typed are clap's, and exit with 2 before this.
pub async fn run(cli: Cli, environment: Environment) -> ExitCode {
    let done = match cli.command {
        Command::Serve(args) => serve::run(&args, environment).await,
        Command::Demo(args) => demo::run(&args).await,
        Command::Init(args) => init::run(&args),
        Command::User(args) => user::run(args, environment).await,
        Command::Session(args) => session::run(args, environment).await,
        Command::Revoke(args) => revoke::run(args, environment).await,
        Command::Key(args) => key::run(args, environment).await,
        Command::Audit(args) => audit::run(args, environment).await,
        Command::Store(args) => store::run(args, environment).await,
        Command::Token(args) => token::run(args).await,
        Command::Config(args) => config::run(&args, environment),
        Command::Doctor(args) => doctor::run(&args, environment).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}

/// What clap exits with.
const WRONG_USE: u8 = 2;

/// Why a command did not do what it was asked to. Shown after `error: `.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something else, in words that say what to do.
    #[error("{0}")]
    Refused(String),
    /// The system did not start.
    #[error("{}", start(.0))]
    Start(#[from] StartError),
    /// The accounts or keys are not changed or not found.
    #[error("{}", chain(.0))]
    Operate(#[from] OperateError),
    /// What was typed is of no form that there is, in words that say what to type.
    #[error("{0}")]
    WrongUse(String),
    /// It has been said already.
    #[error("")]
    Said,
}

impl Failure {
    /// What the process exits with.
    fn code(&self) -> u8 {
        match self {
            Self::Config(error) if error.is_wrong_use() => WRONG_USE,
            Self::WrongUse(_) => WRONG_USE,
            _ => 1,
        }
    }

    /// What an error and its causes say.
    fn because(error: &dyn Error) -> Self {
        Self::Refused(chain(error))
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        OperateError::from(error).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        OperateError::from(error).into()
    }
}

/// Why the system did not start. What a driver says of a server is left out where our own sentence says what to do.
fn start(error: &StartError) -> String {
    if error.cause().is_some() { error.to_string() } else { chain(error) }
}

/// An error and its causes in one sentence. A cause that its error has quoted is not said again.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// Tells people of what is allowed but probably not meant, apart from the answer.
pub fn print_warnings(warnings: &[Warning]) {
    for warning in warnings {
        output::note(&format!("warning: {warning}"));
    }
}
