//! Holds the policy for new passwords against real lists of common ones, one to a line and the commonest first:
//! `cargo run -p counterfoil-core --example common_passwords -- LIST…`. For every minimum that may be set, as many as ASVS demands of those that are
//! long enough must be refused. It prints what would be accepted, with the line that `singles.txt` would need for it, and fails if that is anything.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;

use aws_lc_rs::digest::{SHA256, digest};
use counterfoil_core::password::{Password, Policy};

/// As many have to be refused (OWASP ASVS 5 §6.2.4).
const FIRST: usize = 3000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let mut is_good = true;
    for path in std::env::args_os().skip(1) {
        let list = fs::read(&path)?;
        let list = String::from_utf8_lossy(&list);
        writeln!(out, "{}", path.display())?;
        let mut said = BTreeSet::new();
        for least in Policy::LEAST_MIN_CHARS..=Policy::MOST_MIN_CHARS {
            let policy = Policy::new(least)?;
            let long_enough = list.lines().filter(|password| password.chars().count() >= least);
            let first: Vec<&str> = long_enough.take(FIRST).collect();
            let accepted = accepted(&policy, &first)?;
            is_good &= accepted.is_empty();
            if !first.is_empty() {
                writeln!(out, "  {least} characters: {} of the first {} accepted", accepted.len(), first.len())?;
            }
            for password in accepted.into_iter().filter(|password| said.insert(*password)) {
                writeln!(out, "    {password}  {}", line(password))?;
            }
        }
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

/// What `singles.txt` says of a password.
fn line(password: &str) -> String {
    let digest = digest(&SHA256, password.to_lowercase().as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
