//! What is stored of a password, and how a password is compared with it.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Version};
use zeroize::Zeroizing;

use super::foreign::argon2::{Argon2Hash, compute};
use super::foreign::{self, Foreign};
use super::{Memory, Params, Password};
use crate::{Entropy, EntropyError};

/// The stored form of a password: Argon2id as a PHC string, or a hash of another kind that came with an import.
///
/// A stored string is untrusted input (CR-06): it is read in full, strictly, each time that it is used. Its `Debug` shows only
/// the format and the cost.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

/// A password hash could not be read or computed. No variant quotes it.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// It begins like no format that we know.
    #[error("the password hash is of an unknown format")]
    UnknownFormat,
    /// It begins well, and then does not keep to its format.
    #[error("the password hash is damaged")]
    Malformed,
    /// It asks for more memory, passes, lanes or rounds than any honest hash.
    #[error("the password hash asks for more work than is allowed")]
    TooExpensive,
    /// No salt could be had.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The memory that the hash needs could not be had.
    #[error("there is not enough memory to compute the password hash")]
    OutOfMemory,
    /// The algorithm refused its input.
    #[error("Argon2 refused its input")]
    Argon2(#[from] argon2::Error),
}

/// The longest text of any format: longer text is refused before anything is looked at.
const MAX_TEXT_BYTES: usize = 256;

impl PasswordHash {
    /// Reads a stored hash, strictly: nothing missing, nothing over, one spelling.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        Format::read(text)?;
        Ok(Self(text.into()))
    }

    /// What a store has kept, unread: a damaged row concerns its own user's login, and not whoever lists users.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// What the format of `text` may ask for at most, in words: to be said beside [`HashError::TooExpensive`].
    pub fn limit(text: &str) -> &'static str {
        foreign::limit(text)
    }

    /// Whether it is of the kind that [`hash`](fn@hash) makes, whatever its parameters.
    pub fn is_ours(&self) -> bool {
        matches!(Format::read(&self.0), Ok(Format::Ours(_)))
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PasswordHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        Self::parse(text)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Format::read(&self.0) {
            Ok(Format::Ours(hash)) => write!(f, "PasswordHash({hash}, …)"),
            Ok(Format::Foreign(hash)) => write!(f, "PasswordHash({hash}, …)"),
            Err(_) => f.write_str("PasswordHash(…)"),
        }
    }
}

/// Whether `password` is the one that `hash` was made of. Takes the same time whichever byte differs.
pub fn verify(hash: &PasswordHash, password: &Password, memory: &mut Memory) -> Result<bool, HashError> {
    match Format::read(&hash.0)? {
        Format::Ours(hash) => hash.verify(password.as_bytes(), memory),
        Format::Foreign(hash) => hash.verify(password.as_bytes(), memory),
    }
}

/// The hash to store for `password`: Argon2id, with a new random salt.
pub fn hash(
    password: &Password,
    params: &Params,
    entropy: &dyn Entropy,
    memory: &mut Memory,
) -> Result<PasswordHash, HashError> {
    let mut salt = [0; Params::SALT_BYTES];
    entropy.fill(&mut salt)?;
    let mut tag = Zeroizing::new([0; Params::TAG_BYTES]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.argon2().clone());
    compute(&argon2, password.as_bytes(), &salt, &mut *tag, memory)?;
    let phc = Phc {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params.argon2()).map_err(|_| HashError::Malformed)?,
        salt: Some(Salt::new(&salt).map_err(|_| HashError::Malformed)?),
        hash: Some(Output::new(&*tag).map_err(|_| HashError::Malformed)?),
    };
    Ok(PasswordHash(phc.to_string().into()))
}

/// Whether a password that matched `hash` should be hashed anew: always for one that is not ours, and when the parameters,
/// the salt's length or the tag's length are not those that [`hash`](fn@hash) would use (PW-08).
pub fn needs_rehash(hash: &PasswordHash, params: &Params) -> bool {
    match Format::read(&hash.0) {
        // The parameters hold the tag's length as well.
        Ok(Format::Ours(hash)) => hash.params != *params.argon2() || hash.salt.len() != Params::SALT_BYTES,
        Ok(Format::Foreign(_)) | Err(_) => true,
    }
}

/// A stored hash, understood.
enum Format<'t> {
    Ours(Argon2Hash),
    Foreign(Foreign<'t>),
}

impl<'t> Format<'t> {
    fn read(text: &'t str) -> Result<Self, HashError> {
        // No parser below sees text that is long or not ASCII: bcrypt crates have panicked on it (RUSTSEC-2026-0199).
        if text.len() > MAX_TEXT_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(if text.starts_with('$') { HashError::Malformed } else { HashError::UnknownFormat });
        }
        Ok(match Foreign::read(text)? {
            Foreign::Argon2(hash) if hash.is_ours() && text.starts_with('$') => Self::Ours(hash),
            foreign => Self::Foreign(foreign),
        })
    }
}

#[cfg(test)]
mod tests;
