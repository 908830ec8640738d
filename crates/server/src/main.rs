//! The command `counterfoil`.

use std::io::Write as _;
use std::process::ExitCode;

use counterfoil::cli;
use counterfoil::config::Environment;

fn main() -> ExitCode {
    let cli = match cli::parse(std::env::args_os()) {
        Ok(cli) => cli,
        // Wrong use, or help: printed by clap, which then exits with 2 or 0.
        Err(said) => said.exit(),
    };
    // Where it was, and not what it says: that may be what somebody has typed.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        if tracing::dispatcher::has_been_set() {
            tracing::error!(at, "a panic");
        } else {
            drop(writeln!(std::io::stderr(), "error: a panic at {at}"));
        }
    }));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "error: no threads can be had: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(cli::run(cli, Environment::of_process()));
    // What still waits, such as for the address of a host, is not waited for.
    runtime.shutdown_background();
    code
}
