//! `cargo xtask services`: the shared servers, for a developer's shell or around a command.

use std::io::{Read, Write};
use std::process::{Command, ExitCode, ExitStatus};

use xtask::services::ServiceError;
use xtask::services::shared::Shared;

/// Prints the variables as a shell reads them, and waits. A signal ends this program, and then the servers end as well.
pub(crate) fn until_the_input_ends() -> ExitCode {
    with_servers(|servers| {
        let failed = |why| ServiceError::Io { what: "telling where the servers are".into(), why };
        tell(servers).map_err(failed)?;
        eprintln!("Paste these lines into another shell. Ctrl-C ends the servers.");
        let mut ignored = [0; 1024];
        while std::io::stdin().read(&mut ignored).map_err(failed)? > 0 {}
        Ok(ExitCode::SUCCESS)
    })
}

fn tell(servers: &Shared) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for (name, url) in servers.variables() {
        writeln!(output, "export {name}='{url}'")?;
    }
    output.flush()
}

/// Runs a command with the variables, and ends as it ended.
pub(crate) fn beside(command: &str, arguments: &[&str]) -> ExitCode {
    with_servers(|servers| servers.run(Command::new(command).args(arguments)).map(code))
}

fn with_servers(task: impl FnOnce(&Shared) -> Result<ExitCode, ServiceError>) -> ExitCode {
    let done = Shared::start().and_then(|servers| {
        eprintln!("started {}", servers.times());
        task(&servers)
    });
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

/// A command that a signal ended has no code.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
