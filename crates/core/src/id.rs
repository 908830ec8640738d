//! Names of things: opaque identifiers, and words that people choose.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Entropy, EntropyError, Timestamp};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new one, ordered by the time of its making (RFC 9562 §5.7).
            pub fn new(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
                let mut random = [0; 10];
                entropy.fill(&mut random)?;
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Ok(Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()))
            }

            /// From its sixteen bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its sixteen bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

identifier! {
    /// Names a user, for ever: a username may change, this does not.
    UserId
}
identifier! {
    /// Names a session in lists and logs. It is no secret and lets nobody in.
    SessionId
}
identifier! {
    /// Names a refresh token's family. It stands inside each of its tokens.
    FamilyId
}
identifier! {
    /// Names a process that answers for credentials from its memory: from one start to the next.
    NodeId
}
identifier! {
    /// The `jti` of a self-contained token (RFC 7519 §4.1.7).
    TokenId
}

impl TokenId {
    /// The name of a login about which nothing is stored: that of its first token. Whatever is exchanged for that token belongs
    /// to the same login, and ends with it.
    pub const fn login(self) -> SessionId {
        SessionId(self.0)
    }
}

/// A word that is not one: the text where a name of roles, scopes or clients was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {what} is 1 to 64 characters of a-z, A-Z, 0-9 and . _ : / -")]
pub struct BadWord {
    what: &'static str,
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Checks the spelling: 1 to 64 characters that are safe in a header, a claim and a list.
            pub fn parse(text: &str) -> Result<Self, BadWord> {
                let safe = |b: u8| b.is_ascii_alphanumeric() || b"._:/-".contains(&b);
                if (1..=64).contains(&text.len()) && text.bytes().all(safe) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadWord { what: $what })
                }
            }

            /// The word itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadWord;

            fn try_from(text: String) -> Result<Self, BadWord> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.0.as_ref().to_owned()
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.0)
            }
        }
    };
}

word! {
    /// What a user may be, such as `admin`.
    Role, "role"
}
word! {
    /// What a credential may be used for (RFC 6749 §3.3).
    Scope, "scope"
}
word! {
    /// Names a client in requests, tokens and the configuration.
    ClientId, "client name"
}
