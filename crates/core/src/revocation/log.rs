//! The revocation log: an ordered, durable list of what no longer counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{ClientId, Role, SessionId, TokenId, UserId};

/// A place in the log. Places have no gaps in the order of commit, so a follower that has read up to one has missed nothing before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Target {
    /// This login has ended, with every credential that belongs to it.
    Session {
        /// The login.
        session: SessionId,
    },
    /// This self-contained token has ended.
    Token {
        /// Its `jti`.
        token: TokenId,
    },
    /// Of this user's logins, only those that the standing admits still count.
    User {
        /// The user.
        user: UserId,
        /// What counts from now on.
        standing: Standing,
    },
    /// Every login to this client has ended, and whatever else was issued to it, if its maker did not know of this entry.
    Client {
        /// The client.
        client: ClientId,
    },
    /// Every credential has ended whose maker did not know of this entry.
    System,
    /// The store has become an older one. Every credential has ended whose maker did not know of this entry, and what was read
    /// before it may be of a time that is no more.
    Restored,
    /// What was remembered about this user is out of date; nothing has ended.
    Changed {
        /// The user.
        user: UserId,
        /// The version of its record from now on; nought in entries that do not say it.
        #[serde(default)]
        version: u64,
        /// What it may be from now on; unknown in entries that do not say it.
        #[serde(default)]
        roles: Option<BTreeSet<Role>>,
    },
    /// This key no longer counts, nor does anything that it signed.
    Key {
        /// The key's `kid`.
        kid: String,
    },
    /// The key ring has changed and is to be read again.
    Ring,
}

/// An announcement: what the log shall say, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// What it is about.
    pub target: Target,
    /// When the last credential that it could concern has expired.
    pub expires_at: Timestamp,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// What it is about.
    pub target: Target,
    /// When the last credential that it could concern has expired, and it may be dropped.
    pub expires_at: Timestamp,
}

/// Which of a user's logins count: those of the newest generation, and the one that was spared when it rose.
///
/// A counter and not a time, so that no clock and no shared second lets a login slip through. One spared login is
/// enough to remember: to be spared it had to be valid, so it had survived every rise before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Raised by one to end every login.
    pub generation: u64,
    /// The login that the last rise left alone.
    pub spared: Option<SessionId>,
}

impl Standing {
    /// Of a user who is no more: no login counts, not even one of a generation that was raised at the same moment.
    pub const NOBODY: Self = Self { generation: u64::MAX, spared: None };

    /// The next generation, with the login that it spares.
    #[must_use]
    pub const fn raised(self, spared: Option<SessionId>) -> Self {
        Self { generation: self.generation.saturating_add(1), spared }
    }

    /// Whether a login of `generation` counts.
    pub fn admits(&self, generation: u64, login: SessionId) -> bool {
        generation >= self.generation || self.spared == Some(login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(n: u8) -> SessionId {
        SessionId::from_bytes([n; 16])
    }

    #[test]
    fn entries_of_earlier_versions_are_read() {
        let user = UserId::from_bytes([1; 16]);
        let text = format!(r#"{{"what":"changed","user":"{user}"}}"#);
        let target: Target = serde_json::from_str(&text).unwrap();
        assert_eq!(target, Target::Changed { user, version: 0, roles: None });
    }

    #[test]
    fn a_rise_ends_every_login_but_the_spared_one() {
        let standing = Standing::default().raised(Some(session(1)));
        assert!(standing.admits(0, session(1)));
        assert!(!standing.admits(0, session(2)));
        assert!(standing.admits(1, session(2)), "a login after the rise counts");
    }

    #[test]
    fn the_next_rise_does_not_spare_what_the_last_one_spared() {
        let standing = Standing::default().raised(Some(session(1))).raised(None);
        assert!(!standing.admits(0, session(1)));
        assert!(!standing.admits(1, session(2)));
        assert!(standing.admits(2, session(3)));
    }
}
