//! Credentials: what a bearer presents, and what is believed once it has been checked.
//!
//! There are two things here and not three: a *reference* ([`mod@reference`]) is random and means what the store says; a
//! *self-contained* token ([`jwt`]) means what it says itself, by its signature. A session id and an opaque token are
//! both references. A refresh token ([`refresh`]) is no credential for requests: it only renews one.

mod format;
mod identity;
pub mod jwt;
pub mod reference;
pub mod refresh;

pub use format::{Malformed, Presented, SecretHash};
pub use identity::Identity;

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a login to a client hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An opaque id for a cookie; the server remembers the login.
    Session,
    /// An opaque random bearer token; the server remembers the login.
    Token,
    /// A signed token that says everything itself.
    Jwt,
}

/// How a credential travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// In a cookie that scripts cannot read.
    Cookie,
    /// In the `Authorization` header (RFC 6750 §2.1).
    Bearer,
}

impl Kind {
    /// Its name in bodies and configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Jwt => "jwt",
        }
    }
}

impl Transport {
    /// Its name in bodies and configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Bearer => "bearer",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
