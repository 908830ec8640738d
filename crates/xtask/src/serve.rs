//! `cargo xtask services`: the shared servers, for a developer's shell or around a command.

use std::io::{Read, Write};
use std::process::{Command, ExitCode, ExitStatus};

use xtask::services::ServiceError;
use xtask::services::shared::Shared;

/// Prints the variables as a shell reads them, and waits. A signal ends this program, and then the servers end as well.
pub(crate) fn until_the_input_ends() -> ExitCode {
    with_servers(|servers| {
        let mut output = std::io::stdout().lock();
        for (name, url) in servers.variables() {
            writeln!(output, "export {name}='{url}'")?;
        }
        output.flush()?;
        eprintln!("Paste these lines into another shell. Ctrl-C ends the servers.");
        let mut ignored = [0; 1024];
        while std::io::stdin().read(&mut ignored)? > 0 {}
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs a command with the variables, and ends as it ended.
pub(crate) fn beside(command: &str, arguments: &[&str]) -> ExitCode {
    with_servers(|servers| {
        let status = Command::new(command).args(arguments).envs(servers.variables()).status()?;
        Ok(code(status))
    })
}

fn with_servers(task: impl FnOnce(&Shared) -> std::io::Result<ExitCode>) -> ExitCode {
    let servers = match Shared::start() {
        Ok(servers) => servers,
        Err(error) => return failed(&error),
    };
    eprintln!("started {}", servers.times());
    task(&servers).unwrap_or_else(|why| failed(&ServiceError::Io { what: "services".into(), why }))
}

fn failed(error: &ServiceError) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

/// A command that a signal ended has no code.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
