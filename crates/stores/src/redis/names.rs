//! What keys and fields are called.

use std::fmt::Write as _;

use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{FamilyId, SessionId, UserId};
use counterfoil_core::session::{Family, Grant, Reference};

/// The names of keys that begin with one prefix. What stands in braces decides on a key's slot.
#[derive(Clone)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The hash of a session with its data and its grants.
    pub(super) fn session(&self, id: SessionId) -> String {
        format!("{}s:{{{}}}", self.prefix, hex(id.as_bytes()))
    }

    /// The session of a key.
    pub(super) fn session_of(&self, key: &[u8]) -> Option<SessionId> {
        std::str::from_utf8(key).ok()?.strip_prefix(&self.prefix)?.strip_prefix("s:{")?.strip_suffix('}')?.parse().ok()
    }

    /// What the keys of all sessions look like, for `SCAN`.
    pub(super) fn all_sessions(&self) -> String {
        let mut pattern = String::new();
        for c in self.prefix.chars() {
            if "*?[]\\^-".contains(c) {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern + "s:{*"
    }

    /// The sorted set of a user's sessions, by their expiry.
    pub(super) fn user(&self, id: UserId) -> String {
        format!("{}u:{{{}}}", self.prefix, hex(id.as_bytes()))
    }

    /// The pointer from a grant's field to its session.
    pub(super) fn pointer(&self, field: &str) -> String {
        format!("{}{field}", self.prefix)
    }

    /// Whose sessions these are.
    pub(super) fn owner(&self) -> String {
        format!("{}installation", self.prefix)
    }

    /// A key to try writing with.
    pub(super) fn probe(&self, number: u16) -> String {
        format!("{}probe:{{{number}}}", self.prefix)
    }
}

/// The session's own record: expiry, user, the rest.
pub(super) const SESSION: &str = "s";
/// When it was last seen.
pub(super) const SEEN: &str = "t";
/// The app's data.
pub(super) const DATA: &str = "d";
const REFERENCE: &str = "r:";
const FAMILY: &str = "f:";

/// A field that holds a grant.
pub(super) enum Field {
    Reference(SecretHash),
    Family(FamilyId),
}

impl Field {
    /// What a field holds. `None`: no grant.
    pub(super) fn parse(name: &str) -> Option<Self> {
        if let Some(hash) = name.strip_prefix(REFERENCE) {
            unhex(hash).map(|bytes| Self::Reference(SecretHash::from_bytes(bytes)))
        } else {
            name.strip_prefix(FAMILY)?.parse().ok().map(Self::Family)
        }
    }

    pub(super) fn of(grant: &Grant) -> String {
        match grant {
            Grant::Reference(Reference { hash, .. }) => reference(hash),
            Grant::Family(Family { id, .. }) => family(*id),
        }
    }
}

pub(super) fn reference(hash: &SecretHash) -> String {
    format!("{REFERENCE}{}", hex(hash.as_bytes()))
}

pub(super) fn family(id: FamilyId) -> String {
    format!("{FAMILY}{}", hex(id.as_bytes()))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (number, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(number * 2..number * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_by_its_key_and_a_grant_by_its_field() {
        let names = Names::new("p*:");
        let id = SessionId::from_bytes([0xA7; 16]);
        assert_eq!(names.session_of(names.session(id).as_bytes()), Some(id));
        assert_eq!(names.session_of(b"q:s:{a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7}"), None);
        assert_eq!(names.all_sessions(), "p\\*:s:{*");
        let hash = SecretHash::from_bytes([7; 32]);
        assert!(matches!(Field::parse(&reference(&hash)), Some(Field::Reference(found)) if found == hash));
        let family_id = FamilyId::from_bytes([9; 16]);
        assert!(matches!(Field::parse(&family(family_id)), Some(Field::Family(found)) if found == family_id));
        assert!(Field::parse("s").is_none() && Field::parse("r:00").is_none() && Field::parse("r:é").is_none());
    }
}
