//! The numbers and bytes of which hashes are made, each in its one spelling.

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use crate::password::HashError;

/// As Django has it.
pub(super) use base64::engine::general_purpose::STANDARD as PADDED;
/// As the strings of the Password Hashing Competition have it.
pub(super) use base64::engine::general_purpose::STANDARD_NO_PAD as PHC;

/// As passlib has it for PBKDF2: a dot in place of the plus sign.
pub(super) const ADAPTED: GeneralPurpose = GeneralPurpose::new(&DOTTED, NO_PAD);

const DOTTED: Alphabet = match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./") {
    Ok(alphabet) => alphabet,
    Err(_) => base64::alphabet::STANDARD,
};

/// The longest salt, in bytes.
const MAX_SALT: usize = 64;
/// The lengths of a tag that are believed, in bytes: 128 bits are as hard to guess as a salt.
const TAG: std::ops::RangeInclusive<usize> = 16..=64;

/// Decimal digits, none of them needless.
pub(super) fn number(text: &str) -> Result<u32, HashError> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if !is_plain {
        return Err(HashError::Malformed);
    }
    // Ten digits that are too many for 32 bits are a cost all the same.
    text.parse().map_err(|_| HashError::TooExpensive)
}

/// The number after `name`, as in `r=8`.
pub(super) fn named(name: &str, text: &str) -> Result<u32, HashError> {
    number(text.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')).ok_or(HashError::Malformed)?)
}

pub(super) fn salt(base64: &GeneralPurpose, text: &str) -> Result<Vec<u8>, HashError> {
    let salt = base64.decode(text).map_err(|_| HashError::Malformed)?;
    if salt.len() <= MAX_SALT { Ok(salt) } else { Err(HashError::Malformed) }
}

pub(super) fn tag(base64: &GeneralPurpose, text: &str) -> Result<Vec<u8>, HashError> {
    let tag = base64.decode(text).map_err(|_| HashError::Malformed)?;
    if TAG.contains(&tag.len()) { Ok(tag) } else { Err(HashError::Malformed) }
}

/// Just `N` fields with `$` between.
pub(super) fn fields<const N: usize>(text: &str) -> Result<[&str; N], HashError> {
    let mut parts = text.split('$');
    let mut fields = [""; N];
    for field in &mut fields {
        *field = parts.next().ok_or(HashError::Malformed)?;
    }
    if parts.next().is_none() { Ok(fields) } else { Err(HashError::Malformed) }
}
