//! Salted SHA-2 crypt, as in `/etc/shadow`: `$5$` (SHA-256) and `$6$` (SHA-512), perhaps with `rounds=…`, salt, tag.

use std::fmt;

use sha_crypt::password_hash::Error;
use sha_crypt::{PasswordVerifier as _, ShaCrypt as Crate};

use super::spelling;
use crate::password::HashError;

/// The rounds when none are said.
const DEFAULT_ROUNDS: u32 = 5_000;
/// The fewest; who asked for fewer got these, and a hash that says so.
const MIN_ROUNDS: u32 = 1_000;
/// The most. A round reads the password twice, so one of 1,024 bytes takes some seconds with as many.
const MAX_ROUNDS: u32 = 1_000_000;

pub(in crate::password) struct ShaCrypt<'t> {
    text: &'t str,
    rounds: u32,
}

impl<'t> ShaCrypt<'t> {
    pub(super) fn read(text: &'t str) -> Result<Self, HashError> {
        // The last character of a tag carries four bits or two.
        let (rest, length, last) = match (text.strip_prefix("$5$"), text.strip_prefix("$6$")) {
            (Some(rest), _) => (rest, 43, "./0123456789ABCD"),
            (_, Some(rest)) => (rest, 86, "./01"),
            _ => return Err(HashError::Malformed),
        };
        let (rounds, rest) = match rest.strip_prefix("rounds=") {
            Some(rest) => {
                let (rounds, rest) = rest.split_once('$').ok_or(HashError::Malformed)?;
                (spelling::number(rounds)?, rest)
            }
            None => (DEFAULT_ROUNDS, rest),
        };
        let [salt, tag] = spelling::fields(rest)?;
        let alphabet = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'/');
        let is_whole = tag.len() == length && tag.ends_with(|c| last.contains(c));
        if !(1..=16).contains(&salt.len()) || !alphabet(salt) || !alphabet(tag) || !is_whole {
            return Err(HashError::Malformed);
        }
        match rounds {
            MIN_ROUNDS..=MAX_ROUNDS => Ok(Self { text, rounds }),
            ..MIN_ROUNDS => Err(HashError::Malformed),
            _ => Err(HashError::TooExpensive),
        }
    }

    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, HashError> {
        // Compares in constant time.
        match Crate::default().verify_password(password, self.text) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(_) => Err(HashError::Malformed),
        }
    }
}

impl fmt::Display for ShaCrypt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha-crypt rounds={}", self.rounds)
    }
}
