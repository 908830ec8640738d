//! bcrypt: `$2b$` + two digits + `$` + 22 characters of salt + 31 of tag; `$2a$` and `$2y$` mean the same today.
//! Django and `WordPress` put a hash of the password in the password's place, which makes it short.

use std::fmt::{self, Write as _};
use std::str::FromStr as _;

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use zeroize::Zeroizing;

use super::spelling::PADDED;
use crate::password::HashError;

/// bcrypt's cost is a power of two: 16 takes some four seconds, and each one more doubles that.
const MAX_COST: u32 = 16;
/// bcrypt uses no more of a password than this many bytes.
const MAX_BYTES: usize = 72;

/// A hash, and what was hashed.
pub(in crate::password) struct Bcrypt<'t> {
    text: &'t str,
    cost: u32,
    input: Input,
}

/// What stands in for the password.
enum Input {
    Itself,
    /// Its SHA-256 in hexadecimal: Django's `bcrypt_sha256`.
    Sha256,
    /// Its HMAC-SHA384 in base64: `WordPress` since 6.8.
    WordPress,
}

impl<'t> Bcrypt<'t> {
    pub(super) fn plain(text: &'t str) -> Result<Self, HashError> {
        Self::read(text, Input::Itself)
    }

    /// `text` without Django's name before it.
    pub(super) fn django_sha256(text: &'t str) -> Result<Self, HashError> {
        Self::read(text, Input::Sha256)
    }

    /// `$wp` + bcrypt.
    pub(super) fn wordpress(text: &'t str) -> Result<Self, HashError> {
        Self::read(text.strip_prefix("$wp").unwrap_or(text), Input::WordPress)
    }

    fn read(text: &'t str, input: Input) -> Result<Self, HashError> {
        let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|name| text.strip_prefix(name));
        let rest = rest.filter(|rest| rest.len() == 56).ok_or(HashError::Malformed)?;
        let (cost, salt_and_tag) = rest.split_once('$').ok_or(HashError::Malformed)?;
        let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/';
        if cost.len() != 2 || !cost.bytes().all(|byte| byte.is_ascii_digit()) || !salt_and_tag.bytes().all(alphabet) {
            return Err(HashError::Malformed);
        }
        let cost: u32 = cost.parse().map_err(|_| HashError::Malformed)?;
        match cost {
            4..=MAX_COST => {}
            17..=31 => return Err(HashError::TooExpensive),
            _ => return Err(HashError::Malformed),
        }
        // Refuses bits left over in the last characters, too.
        bcrypt::HashParts::from_str(text).map_err(|_| HashError::Malformed)?;
        Ok(Self { text, cost, input })
    }

    /// bcrypt stops at 72 bytes, many implementations stop at NUL, and all repeat a short password with a NUL between
    /// (`a` is one with `a\0a`). A password that any of this could shorten never matches (PW-03, PW-09), and bcrypt is not
    /// asked: to whoever waits it is then as if nobody had the name.
    pub(super) fn verify(&self, password: &[u8]) -> Result<bool, HashError> {
        let Some(input) = self.input.of(password)? else { return Ok(false) };
        bcrypt::verify(&*input, self.text).map_err(|_| HashError::Malformed)
    }
}

impl Input {
    /// What bcrypt is given. `None`: not all of the password would count.
    fn of(&self, password: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, HashError> {
        let input = match self {
            Self::Itself if password.len() > MAX_BYTES || password.contains(&0) => return Ok(None),
            // WordPress trims before it hashes, as PHP's `trim` does.
            Self::WordPress
                if [password.first(), password.last()].into_iter().flatten().any(|byte| is_blank(*byte)) =>
            {
                return Ok(None);
            }
            Self::Itself => password.to_vec(),
            Self::Sha256 => {
                let mut hex = String::with_capacity(64);
                for byte in digest::digest(&digest::SHA256, password).as_ref() {
                    write!(hex, "{byte:02x}").map_err(|_| HashError::Malformed)?;
                }
                hex.into_bytes()
            }
            Self::WordPress => {
                let key = hmac::Key::new(hmac::HMAC_SHA384, b"wp-sha384");
                PADDED.encode(hmac::sign(&key, password)).into_bytes()
            }
        };
        Ok(Some(Zeroizing::new(input)))
    }
}

fn is_blank(byte: u8) -> bool {
    b" \t\n\r\0\x0b".contains(&byte)
}

impl fmt::Display for Bcrypt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bcrypt {}", self.cost)
    }
}
