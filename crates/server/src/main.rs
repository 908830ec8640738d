//! The command `counterfoil`.

use std::process::ExitCode;

use counterfoil::cli;
use counterfoil::config::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Ok(cli) => cli::run(cli, Environment::of_process()).await,
        // Wrong use, or help: printed by clap, which then exits with 2 or 0.
        Err(said) => said.exit(),
    }
}
