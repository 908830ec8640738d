//! Holds the policy for new passwords against a real list of common ones, one to a line and the commonest first:
//! `cargo run -p counterfoil-core --example common_passwords -- LIST`. It prints what would be accepted, and fails if that is more than four in
//! a hundred of the first 3,000 of 8 characters. Of longer ones the lists hold too few that many people chose.

use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use counterfoil_core::password::{Password, Policy};

/// As many have to be refused (OWASP ASVS 5 §6.2.4).
const FIRST: usize = 3000;
/// So many in a hundred of those with [`Policy::LEAST_MIN_CHARS`] may be accepted: what no habit explains.
const MOST_IN_100: usize = 4;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("which list of passwords is it?")?);
    let list = fs::read(path)?;
    let list = String::from_utf8_lossy(&list);
    let mut out = io::stdout().lock();
    let mut is_good = true;
    for least in [8, 10, 12, 15] {
        let policy = Policy::new(least)?;
        let mut long_enough = list.lines().filter(|password| password.chars().count() >= least);
        let first: Vec<&str> = long_enough.by_ref().take(FIRST).collect();
        let then: Vec<&str> = long_enough.take(FIRST).collect();
        let (accepted, later) = (accepted(&policy, &first)?, accepted(&policy, &then)?);
        is_good &= least > Policy::LEAST_MIN_CHARS || accepted.len() * 100 <= first.len() * MOST_IN_100;
        writeln!(
            out,
            "{least} characters: {} of the first {} accepted, {} of the next {}",
            accepted.len(),
            first.len(),
            later.len(),
            then.len()
        )?;
        accepted.iter().try_for_each(|password| writeln!(out, "    {password}"))?;
    }
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Which of these a user without a name could have.
fn accepted<'a>(policy: &Policy, passwords: &[&'a str]) -> Result<Vec<&'a str>, Box<dyn Error>> {
    let mut accepted = Vec::new();
    for text in passwords {
        if policy.check(&Password::new((*text).to_owned())?, &[]).is_ok() {
            accepted.push(*text);
        }
    }
    Ok(accepted)
}
