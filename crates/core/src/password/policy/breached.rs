//! Passwords that were stolen elsewhere: what a list of them must be able to say.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use zeroize::Zeroizing;

use super::Password;

/// A list of passwords that are known to have been stolen, by their SHA-1. Files and networks are its affair.
#[async_trait]
pub trait Breached: Send + Sync {
    /// Whether the list holds the password of that digest.
    async fn holds(&self, digest: &PasswordDigest) -> Result<bool, BreachedError>;
}

/// The list cannot be asked. Then no password is accepted: not to know is not a yes.
#[derive(Debug, thiserror::Error)]
#[error("the list of breached passwords cannot be read")]
pub struct BreachedError(#[source] pub Box<dyn Error + Send + Sync>);

/// SHA-1 of a password, by which such lists are kept. Anybody who has it finds most passwords in no time, so it is treated like
/// the password itself: erased when dropped, and shown by no `Debug`.
pub struct PasswordDigest(Zeroizing<[u8; PasswordDigest::BYTES]>);

impl PasswordDigest {
    /// The bytes of SHA-1.
    pub const BYTES: usize = 20;

    /// Of the password's UTF-8, exactly as received.
    pub(super) fn of(password: &Password) -> Self {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        // SHA-1 protects nothing here: it is how others have indexed what was stolen.
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
        for (byte, computed) in bytes.iter_mut().zip(digest.as_ref()) {
            *byte = *computed;
        }
        Self(bytes)
    }

    /// The digest, first byte first.
    pub fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Debug for PasswordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordDigest(…)")
    }
}
