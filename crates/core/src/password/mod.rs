//! Passwords: received, judged, hashed and verified.
//!
//! A [`Password`] is verified exactly as it was sent. [`Policy`] judges new ones, [`PasswordHash`] is what is stored,
//! and [`Pool`] is where the hashing happens, so that a storm of logins never slows the checks.

mod foreign;
mod hash;
mod memory;
mod params;
mod policy;
mod pool;

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use zeroize::Zeroizing;

pub use foreign::{FirebaseError, FirebaseParameters};
pub use hash::{HashError, PasswordHash, hash, needs_rehash, verify};
pub use memory::Memory;
pub use params::{Params, ParamsError};
pub use policy::{Breached, BreachedError, NotAccepted, PasswordDigest, Policy, PolicyError, PolicyViolation};
pub use pool::{Outcome, Pool, PoolError, PoolSettings};

/// A password as somebody sent it. Erased from memory when dropped; its `Debug` shows nothing.
///
/// It is kept, hashed and compared exactly as received: not trimmed, not case-folded, not truncated and *not*
/// Unicode-normalised (PW-03, PW-10). The sources conflict: OWASP ASVS 5 §6.2.8 wants the password verified "exactly
/// as received", NIST SP 800-63B only recommends NFKC or NFKD. We follow ASVS, for two reasons: normalisation maps
/// distinct passwords onto one hash, and a later version of Unicode must never lock anybody out. So `é` typed as one
/// code point does not match `é` typed as two. Every character is allowed, NUL included (PW-04).
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// The password is longer than [`Password::MAX_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password may be at most {} bytes long", Password::MAX_BYTES)]
pub struct PasswordTooLong;

impl Password {
    /// The longest password that is received at all, in bytes of UTF-8. Longer ones are refused, never cut (PW-02).
    pub const MAX_BYTES: usize = 1024;

    /// Takes a password over. One that is too long is erased before the error returns.
    pub fn new(text: String) -> Result<Self, PasswordTooLong> {
        let text = Zeroizing::new(text);
        if text.len() > Self::MAX_BYTES {
            return Err(PasswordTooLong);
        }
        Ok(Self(text))
    }

    /// What is hashed: the bytes, all of them.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// What the policy counts.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Reads a string. Written by hand because serde's own errors quote a value of the wrong type, and that value may well
/// be the password (`{"password": 123456789}`). For the same reason any type is asked for: asked for a string,
/// `serde_json` quotes a number before the visitor sees it.
impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PasswordVisitor)
    }
}

struct PasswordVisitor;

const NOT_A_STRING: &str = "a password must be a string";

impl Visitor<'_> for PasswordVisitor {
    type Value = Password;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a password, as a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Password, E> {
        if text.len() > Password::MAX_BYTES {
            return Err(E::custom(PasswordTooLong));
        }
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Password, E> {
        Password::new(text).map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Password, E> {
        Err(E::custom(NOT_A_STRING))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Password, E> {
        Err(E::custom(NOT_A_STRING))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Password, E> {
        Err(E::custom(NOT_A_STRING))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Password, E> {
        Err(E::custom(NOT_A_STRING))
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<Password, E> {
        Err(E::custom(NOT_A_STRING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pw_02_1024_bytes_are_received_and_1025_are_refused() {
        assert_eq!(Password::new("x".repeat(1024)).unwrap().as_bytes().len(), 1024);
        assert_eq!(Password::new("x".repeat(1025)).unwrap_err(), PasswordTooLong);
        let long = format!("\"{}\"", "x".repeat(1025));
        let error = serde_json::from_str::<Password>(&long).unwrap_err().to_string();
        assert!(error.contains("at most 1024 bytes") && !error.contains("xx"), "{error}");
    }

    #[test]
    fn pw_10_a_password_is_kept_exactly_as_received() {
        for text in ["  Trim me? No.  ", "e\u{301}", "\u{e9}", "nul \0 inside", "\u{212a}elvin", "İi", ""] {
            assert_eq!(Password::new(text.to_owned()).unwrap().as_bytes(), text.as_bytes());
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(serde_json::from_str::<Password>(&json).unwrap().as_str(), text);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Password::new("orange".to_owned()).unwrap()), "Password(…)");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_not_quoted() {
        for json in ["123456789", "-123456789", "12345.6789", "true", "[\"123456789\"]", "{\"a\":123456789}", "null"] {
            let error = serde_json::from_str::<Password>(json).unwrap_err().to_string();
            assert!(!error.contains("12345") && !error.contains("true"), "{error}");
        }
    }
}
