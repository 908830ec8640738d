//! The command `counterfoil`.

use std::process::ExitCode;

use clap::Parser;
use counterfoil::cli::{self, Cli};
use counterfoil::config::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    cli::run(Cli::parse(), Environment::of_process()).await
}
