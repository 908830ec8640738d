//! Hashes that came with an import. Each is verified as the program that made it would, until a login renews it (PW-08).
//!
//! They are untrusted input as ours are (CR-06): read strictly, in one spelling, and refused when they ask for more than a
//! few seconds or [`MAX_MEMORY_KIB`](super::Params::MAX_MEMORY_KIB).

pub(super) mod argon2;
mod bcrypt;
mod django;
mod firebase;
mod pbkdf2;
mod scrypt;
mod sha_crypt;
mod spelling;

pub use firebase::{FirebaseError, FirebaseParameters};

use std::fmt;

use self::argon2::Argon2Hash;
use self::bcrypt::Bcrypt;
use self::firebase::Firebase;
use self::pbkdf2::Pbkdf2;
use self::scrypt::Scrypt;
use self::sha_crypt::ShaCrypt;
use super::{HashError, Memory};

/// A stored hash that is not of our own kind, understood.
pub(super) enum Foreign<'t> {
    Argon2(Argon2Hash),
    Bcrypt(Bcrypt<'t>),
    Firebase(Firebase),
    Pbkdf2(Pbkdf2),
    Scrypt(Scrypt),
    ShaCrypt(ShaCrypt<'t>),
}

impl<'t> Foreign<'t> {
    /// By the name that the text begins with. It must be short, and ASCII.
    pub(super) fn read(text: &'t str) -> Result<Self, HashError> {
        let Some((name, rest)) = text.strip_prefix('$').and_then(|text| text.split_once('$')) else {
            return django::read(text);
        };
        match name {
            "2a" | "2b" | "2y" => Bcrypt::plain(text).map(Self::Bcrypt),
            "wp" => Bcrypt::wordpress(text).map(Self::Bcrypt),
            "argon2i" | "argon2d" | "argon2id" => Argon2Hash::read(text).map(Self::Argon2),
            "scrypt" => Scrypt::read(rest).map(Self::Scrypt),
            "pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512" => {
                Pbkdf2::read(pbkdf2::Prf::named(name)?, rest).map(Self::Pbkdf2)
            }
            "5" | "6" => ShaCrypt::read(text).map(Self::ShaCrypt),
            firebase::NAME => Firebase::read(rest).map(Self::Firebase),
            _ => Err(HashError::UnknownFormat),
        }
    }

    /// Whether `password` is the one that it was made of. Takes the same time whichever byte differs.
    pub(super) fn verify(&self, password: &[u8], memory: &mut Memory) -> Result<bool, HashError> {
        // HMAC fills a key up with NULs, so to PBKDF2, and scrypt on top of it, `a` and `a\0` are one password. Only the first
        // is a password that somebody has typed there (PW-03).
        let ends_in_nul = password.last() == Some(&0);
        match self {
            Self::Firebase(_) | Self::Pbkdf2(_) | Self::Scrypt(_) if ends_in_nul => Ok(false),
            Self::Argon2(hash) => hash.verify(password, memory),
            Self::Bcrypt(hash) => hash.verify(password),
            Self::Firebase(hash) => hash.verify(password),
            Self::Pbkdf2(hash) => Ok(hash.verify(password)),
            Self::Scrypt(hash) => hash.verify(password),
            Self::ShaCrypt(hash) => hash.verify(password),
        }
    }
}

/// What the format of `text` may ask for at most, in words.
pub(super) fn limit(text: &str) -> &'static str {
    let is = |names: &[&str]| names.iter().any(|name| text.starts_with(name));
    if is(&["$2", "$wp$", "bcrypt"]) {
        "bcrypt may cost 16 at most"
    } else if is(&["$argon2", "argon2"]) {
        "Argon2 may ask for 256 MiB, 16 passes and 16 lanes at most"
    } else if is(&["$5$", "$6$"]) {
        "SHA-2 crypt may have 1,000,000 rounds at most"
    } else if is(&["$pbkdf2", "pbkdf2"]) {
        "PBKDF2 may have 5,000,000 iterations at most, for all blocks of its output together"
    } else {
        "scrypt may ask for 256 MiB and for N·r·p = 8,388,608 at most"
    }
}

/// The format and its cost: what may be shown of a hash.
impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argon2(hash) => hash.fmt(f),
            Self::Bcrypt(hash) => hash.fmt(f),
            Self::Firebase(hash) => hash.fmt(f),
            Self::Pbkdf2(hash) => hash.fmt(f),
            Self::Scrypt(hash) => hash.fmt(f),
            Self::ShaCrypt(hash) => hash.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
