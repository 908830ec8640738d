//! What is read from standard input or asked at a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use counterfoil_core::password::Password;
use dialoguer::Confirm;
use zeroize::{Zeroize as _, Zeroizing};

use super::Failure;

/// A new password: the first line of standard input, or what is typed twice at the terminal.
pub(super) fn new_password(from_stdin: bool) -> Result<Password, Failure> {
    let text = if from_stdin {
        first_line()?
    } else if is_at_terminal() {
        let prompt = dialoguer::Password::new().with_prompt("Password").report(false);
        let typed = prompt.with_confirmation("The same again", "These were not the same. Once more:").interact();
        typed.map_err(|error| Failure::because(&error))?
    } else {
        return Err(Failure::Refused(
            "there is no terminal to ask at: give the password on standard input, with --password-stdin".into(),
        ));
    };
    Password::new(text).map_err(|error| Failure::because(&error))
}

/// The line without its end, which is a newline, or as Windows writes it CR LF; otherwise as it is: spaces at its ends belong to
/// the password.
fn first_line() -> Result<String, Failure> {
    // Two bytes more than the longest password: its newline, and one that shows that it is too long.
    let mut line = Zeroizing::new(Vec::with_capacity(Password::MAX_BYTES + 2));
    let limit = line.capacity().try_into().unwrap_or(u64::MAX);
    let read = io::stdin().lock().take(limit).read_until(b'\n', &mut line);
    read.map_err(|error| Failure::Refused(format!("standard input cannot be read: {error}")))?;
    if line.is_empty() {
        return Err(Failure::Refused("standard input is empty: its first line is the password".into()));
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    String::from_utf8(std::mem::take(&mut *line)).map_err(|error| {
        error.into_bytes().zeroize();
        Failure::Refused("the password on standard input is not UTF-8".into())
    })
}

/// Whether somebody can be asked.
pub(super) fn is_at_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Whether whoever sits at the terminal says yes. Without a terminal nobody has.
pub(super) fn confirmed(question: &str) -> Result<bool, Failure> {
    if !is_at_terminal() {
        return Err(Failure::Refused("there is no terminal to ask at: say --yes if it is meant".into()));
    }
    let answer = Confirm::new().with_prompt(question).default(false).interact();
    answer.map_err(|error| Failure::because(&error))
}

/// All of standard input, up to `limit` bytes; of what is longer, one byte more.
pub(super) fn standard_input(limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let most = limit.saturating_add(1).try_into().unwrap_or(u64::MAX);
    let read = io::stdin().lock().take(most).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Refused(format!("standard input cannot be read: {error}")))?;
    Ok(bytes)
}
