//! What is stored of a password, and how a password is compared with it.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Memory, Params, Password};
use crate::{Entropy, EntropyError};

/// The stored form of a password: Argon2id as a PHC string, or a bcrypt hash that came with an import.
///
/// A stored string is untrusted input (CR-06): it is read in full, strictly, each time that it is used. Its `Debug` shows only
/// the format and the cost.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

/// A password hash could not be read or computed. No variant quotes it.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// It begins like no format that we know.
    #[error("the password hash is of an unknown format: Argon2id and bcrypt ($2a$, $2b$, $2y$) are known")]
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
    /// The memory that Argon2id needs could not be had.
    #[error("there is not enough memory to compute the password hash")]
    OutOfMemory,
    /// The algorithm refused its input.
    #[error("Argon2 refused its input")]
    Argon2(#[from] argon2::Error),
}

/// The longest text of either format: longer text is refused before anything is looked at.
const MAX_TEXT_BYTES: usize = 256;
/// bcrypt's cost is a power of two: 16 takes some four seconds, and each one more doubles that.
const MAX_BCRYPT_COST: u32 = 16;
/// bcrypt uses no more of a password than this many bytes.
const BCRYPT_BYTES: usize = 72;
/// The shortest Argon2id tag that is believed: 128 bits, as hard to guess as the salt.
const MIN_TAG_BYTES: usize = 16;

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
            Ok(Format::Argon2id { params, .. }) => write!(f, "PasswordHash(argon2id {params}, …)"),
            Ok(Format::Bcrypt { cost }) => write!(f, "PasswordHash(bcrypt {cost}, …)"),
            Err(_) => f.write_str("PasswordHash(…)"),
        }
    }
}

/// Whether `password` is the one that `hash` was made of. Takes the same time whichever byte differs.
pub fn verify(hash: &PasswordHash, password: &Password, memory: &mut Memory) -> Result<bool, HashError> {
    match Format::read(&hash.0)? {
        Format::Argon2id { params, salt, tag } => {
            let mut computed = Zeroizing::new([0; Output::MAX_LENGTH]);
            let computed = &mut computed[..tag.len()];
            argon2id(password, &salt, params, computed, memory)?;
            Ok(computed.ct_eq(tag.as_bytes()).into())
        }
        Format::Bcrypt { .. } => verify_bcrypt(hash, password),
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
    argon2id(password, &salt, params.argon2().clone(), &mut *tag, memory)?;
    let phc = Phc {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params.argon2()).map_err(|_| HashError::Malformed)?,
        salt: Some(Salt::new(&salt).map_err(|_| HashError::Malformed)?),
        hash: Some(Output::new(&*tag).map_err(|_| HashError::Malformed)?),
    };
    Ok(PasswordHash(phc.to_string().into()))
}

/// Whether a password that matched `hash` should be hashed anew: always for bcrypt, and when the parameters, the salt's
/// length or the tag's length are not those that [`hash`](fn@hash) would use (PW-08).
pub fn needs_rehash(hash: &PasswordHash, params: &Params) -> bool {
    match Format::read(&hash.0) {
        // The parameters hold the tag's length as well.
        Ok(Format::Argon2id { params: used, salt, .. }) => used != *params.argon2() || salt.len() != Params::SALT_BYTES,
        Ok(Format::Bcrypt { .. }) | Err(_) => true,
    }
}

fn argon2id(
    password: &Password,
    salt: &[u8],
    params: argon2::Params,
    tag: &mut [u8],
    memory: &mut Memory,
) -> Result<(), HashError> {
    let blocks = params.block_count();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    memory.lend(blocks, |blocks| argon2.hash_password_into_with_memory(password.as_bytes(), salt, tag, blocks))??;
    Ok(())
}

/// bcrypt stops at 72 bytes, many implementations stop at NUL, and all repeat a short password with a NUL between
/// (`a` is one with `a\0a`). A password that any of this could shorten never matches, and costs the same (PW-09).
fn verify_bcrypt(hash: &PasswordHash, password: &Password) -> Result<bool, HashError> {
    let bytes = password.as_bytes();
    let whole = bytes.len() <= BCRYPT_BYTES && !bytes.contains(&0);
    let used = &bytes[..bytes.len().min(BCRYPT_BYTES)];
    let matches = bcrypt::verify(used, &hash.0).map_err(|_| HashError::Malformed)?;
    Ok(matches & whole)
}

/// A stored hash, understood.
enum Format {
    Argon2id { params: argon2::Params, salt: Salt, tag: Output },
    Bcrypt { cost: u32 },
}

impl Format {
    fn read(text: &str) -> Result<Self, HashError> {
        // No parser below sees text that is long or not ASCII: bcrypt crates have panicked on it (RUSTSEC-2026-0199).
        if text.len() > MAX_TEXT_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(if text.starts_with('$') { HashError::Malformed } else { HashError::UnknownFormat });
        }
        match text.get(..4) {
            Some("$2a$" | "$2b$" | "$2y$") => Self::bcrypt(text),
            _ if text.starts_with("$argon2id$") => Self::argon2id(text),
            _ => Err(HashError::UnknownFormat),
        }
    }

    /// `$argon2id$v=19$m=…,t=…,p=…$salt$tag`
    fn argon2id(text: &str) -> Result<Self, HashError> {
        let phc = Phc::new(text).map_err(|_| HashError::Malformed)?;
        let params = argon2::Params::try_from(&phc).map_err(|_| HashError::Malformed)?;
        // What was read, written again, must be what was given: no default for a missing cost, no second spelling.
        let spelt = ParamsString::try_from(&params).is_ok_and(|spelling| spelling == phc.params);
        let plain = params.keyid().is_empty() && params.data().is_empty();
        if !spelt || !plain || phc.version != Some(Version::V0x13.into()) || phc.to_string() != text {
            return Err(HashError::Malformed);
        }
        let (Some(salt), Some(tag)) = (phc.salt, phc.hash) else { return Err(HashError::Malformed) };
        if tag.len() < MIN_TAG_BYTES {
            return Err(HashError::Malformed);
        }
        if !Params::affordable(&params) {
            return Err(HashError::TooExpensive);
        }
        Ok(Self::Argon2id { params, salt, tag })
    }

    /// `$2b$` + two digits + `$` + 22 characters of salt + 31 of tag.
    fn bcrypt(text: &str) -> Result<Self, HashError> {
        let rest = text.get(4..).filter(|rest| rest.len() == 56).ok_or(HashError::Malformed)?;
        let (cost, salt_and_tag) = rest.split_once('$').ok_or(HashError::Malformed)?;
        let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/';
        if cost.len() != 2 || !cost.bytes().all(|byte| byte.is_ascii_digit()) || !salt_and_tag.bytes().all(alphabet) {
            return Err(HashError::Malformed);
        }
        let cost: u32 = cost.parse().map_err(|_| HashError::Malformed)?;
        match cost {
            4..=MAX_BCRYPT_COST => {}
            17..=31 => return Err(HashError::TooExpensive),
            _ => return Err(HashError::Malformed),
        }
        // Refuses bits left over in the last characters, too.
        bcrypt::HashParts::from_str(text).map_err(|_| HashError::Malformed)?;
        Ok(Self::Bcrypt { cost })
    }
}

#[cfg(test)]
mod tests;
