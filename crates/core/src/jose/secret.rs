//! Which shared secrets are too weak to sign with.
//!
//! Nobody can tell randomness by looking; what is refused here is what certainly is not random: a byte or a short
//! pattern repeated, a run such as `abcdef…`, a phrase with spaces, a well-known placeholder, too few distinct bytes.
//!
//! An HMAC secret is refused when it is text at all. Random bytes are never text by chance (32 of them: once in 10¹²),
//! and all the lists of known secrets, which attackers try first, are lists of texts (RFC 8725 §3.5).

use super::algorithm::Algorithm;
use super::der;
use super::key_error::KeyError;

/// Why a secret is weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer bytes than are needed.
    #[error("it has {found} bytes and needs at least {needed}")]
    TooShort {
        /// Bytes that it has.
        found: usize,
        /// Bytes that it needs.
        needed: usize,
    },
    /// Fewer than ten distinct bytes, or a short pattern over and over.
    #[error("it repeats itself")]
    Repetitive,
    /// Mostly ascending or descending bytes.
    #[error("it is a sequence, such as \"abcdef\"")]
    Sequence,
    /// It contains a word that stands in examples and lists of known secrets.
    #[error("it contains a well-known placeholder")]
    Placeholder,
    /// Words with spaces between them.
    #[error("it is a phrase; phrases can be guessed")]
    Phrase,
    /// Readable text, where random bytes belong.
    #[error("it is text, and a shared secret is random bytes; if it is base64 or hexadecimal, decode it first")]
    Text,
}

const PLACEHOLDERS: [&[u8]; 14] = [
    b"changeme",
    b"change-me",
    b"change_me",
    b"changethis",
    b"change-this",
    b"change_this",
    b"placeholder",
    b"password",
    b"passphrase",
    b"replace",
    b"secret",
    b"example",
    b"qwerty",
    b"insecure",
];

/// Why these bytes are certainly not random, if that can be seen.
pub(crate) fn weakness(bytes: &[u8]) -> Option<Weakness> {
    let placeholder = |word: &&[u8]| bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    if distinct(bytes) < 10 || repeats(bytes) {
        Some(Weakness::Repetitive)
    } else if is_sequence(bytes) {
        Some(Weakness::Sequence)
    } else if PLACEHOLDERS.iter().any(placeholder) {
        Some(Weakness::Placeholder)
    } else if is_text(bytes) && bytes.iter().any(u8::is_ascii_whitespace) {
        Some(Weakness::Phrase)
    } else {
        None
    }
}

/// Checks an HMAC secret for `algorithm`, whose hash has `needed` bytes.
pub(super) fn check_hmac(bytes: &[u8], algorithm: Algorithm, needed: usize) -> Result<(), KeyError> {
    if let Some(kind) = key_text(bytes) {
        return Err(KeyError::SecretIsKey(kind));
    }
    if bytes.len() < needed {
        return Err(KeyError::SecretTooShort { algorithm, found: bytes.len(), needed });
    }
    match weakness(bytes) {
        Some(weakness) => Err(weakness.into()),
        None if is_text(bytes) => Err(Weakness::Text.into()),
        None => Ok(()),
    }
}

/// What kind of key's text this is (RFC 8725 §2.1).
fn key_text(bytes: &[u8]) -> Option<&'static str> {
    let trimmed = bytes.trim_ascii();
    let contains = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    if contains(b"-----BEGIN") || contains(b"-----END") {
        Some("PEM")
    } else if [&b"ssh-"[..], b"ecdsa-sha2-", b"sk-ssh-", b"sk-ecdsa-"].iter().any(|prefix| trimmed.starts_with(prefix))
    {
        Some("SSH")
    } else if trimmed.starts_with(b"{") && contains(b"\"kty\"") {
        Some("JWK")
    } else if der::looks_like_key(bytes) {
        Some("DER")
    } else {
        None
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()))
}

fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in bytes {
        if let Some(slot) = seen.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    seen.into_iter().filter(|slot| *slot).count()
}

/// Whether the bytes are a unit of at most half their length (and at most 32 bytes), over and over.
fn repeats(bytes: &[u8]) -> bool {
    (1..=(bytes.len() / 2).min(32)).any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(a, b)| a == b))
}

/// Whether more than half of the bytes follow their neighbour by at most one.
fn is_sequence(bytes: &[u8]) -> bool {
    let steps = bytes.windows(2).filter(|pair| matches!(pair, [a, b] if a.abs_diff(*b) <= 1)).count();
    steps * 2 > bytes.len()
}
