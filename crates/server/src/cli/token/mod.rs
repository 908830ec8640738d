//! `counterfoil token …`

mod credential;
mod decode;
mod jwks;
mod meaning;
mod verify;

use super::{Failure, args, ask};

/// Does what the command says.
pub(super) async fn run(command: args::Token) -> Result<(), Failure> {
    match command {
        args::Token::Decode { token, output } => decode::run(&token, output),
        args::Token::Verify(args) => verify::run(&args).await,
    }
}

/// The token that was typed or, for `-`, standard input without its final newline. It is not read further than shows that it is
/// longer than `limit` bytes.
fn text(typed: String, limit: usize) -> Result<String, Failure> {
    if typed != "-" {
        return Ok(typed);
    }
    let bytes = ask::standard_input(limit.saturating_add(1))?;
    // What is no text becomes a character that no token may have.
    let text = String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(&bytes));
    Ok(text.into_owned())
}
