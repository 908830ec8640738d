//! A signing key as it is stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::jose::Algorithm;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published, so that verifiers know it before its first signature. Signs nothing yet.
    Next,
    /// Signs and verifies. There is one for each algorithm.
    Active,
    /// Verifies what it has signed.
    Retired,
    /// Verifies nothing.
    Revoked,
}

/// A signing key as it is stored: its secret part sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its name in the header of tokens (RFC 7515 §4.1.4).
    pub kid: String,
    /// The one algorithm that it is for.
    pub algorithm: Algorithm,
    /// What it may do.
    pub state: KeyState,
    /// The private key or secret, encrypted.
    pub sealed: Vec<u8>,
    /// When it was made or imported.
    pub created_at: Timestamp,
    /// When it came into its state.
    pub state_since: Timestamp,
}

impl KeyState {
    /// Its name in bodies and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecord")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
