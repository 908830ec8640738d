//! A verifier's copy of the log, kept in memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use super::{Announcement, Entry, Position, Standing, Target};
use crate::Timestamp;
use crate::id::{SessionId, TokenId, UserId};

/// What the log holds against whom, as far as it has been read.
///
/// A reader that has checked a credential at a [`Version`] need not check it again until the version moves: that one
/// comparison is all that a remembered credential costs.
#[derive(Debug, Default)]
pub struct Replica {
    position: AtomicU64,
    version: AtomicU64,
    held: RwLock<Held>,
}

/// Counts what has been taken in. It means something within its process alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub(crate) u64);

#[derive(Debug, Default)]
struct Held {
    sessions: HashMap<SessionId, Timestamp>,
    tokens: HashMap<TokenId, Timestamp>,
    users: HashMap<UserId, (Standing, Timestamp)>,
    changed: HashMap<UserId, (Version, Timestamp)>,
    keys: HashMap<String, Timestamp>,
}

/// The properties of a credential that a revocation can name.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Whose it is.
    pub user: UserId,
    /// The login that it belongs to.
    pub login: SessionId,
    /// Its `jti`, when it is self-contained.
    pub token: Option<TokenId>,
    /// The key that signed it, when it is self-contained.
    pub key: Option<&'a str>,
    /// The user's generation when its login was made.
    pub generation: u64,
}

impl Replica {
    /// How far the log has been read.
    pub fn position(&self) -> Position {
        Position(self.position.load(Ordering::Acquire))
    }

    /// How much has been taken in. To be read before what it is to vouch for.
    pub fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    /// Takes entries in, in the order of the log, and moves the position. One that was taken in before does no harm.
    pub fn apply(&self, entries: &[Entry]) {
        let Some(last) = entries.last() else { return };
        self.take_in(entries.iter().map(|entry| (&entry.target, entry.expires_at)));
        self.position.fetch_max(last.position.0, Ordering::Release);
    }

    /// Takes entries in and leaves the position where it is.
    pub(super) fn look_at(&self, entries: &[Entry]) {
        if !entries.is_empty() {
            self.take_in(entries.iter().map(|entry| (&entry.target, entry.expires_at)));
        }
    }

    /// Takes in what this process itself has just appended. The position stays: others may have appended before.
    pub fn note(&self, announcements: &[Announcement]) {
        self.take_in(announcements.iter().map(|announcement| (&announcement.target, announcement.expires_at)));
    }

    fn take_in<'a>(&self, targets: impl Iterator<Item = (&'a Target, Timestamp)>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let version = Version(self.version.load(Ordering::Acquire) + 1);
        for (target, expires_at) in targets {
            held.take_in(target, expires_at, version);
        }
        // Raised under the lock: whoever sees the new version and then asks, sees the entries.
        self.version.store(version.0, Ordering::Release);
    }

    /// Whether the log, as far as it has been read, says nothing against `subject`.
    pub fn admits(&self, subject: &Subject<'_>) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        !held.sessions.contains_key(&subject.login)
            && !subject.token.is_some_and(|token| held.tokens.contains_key(&token))
            && !subject.key.is_some_and(|kid| held.keys.contains_key(kid))
            && held
                .users
                .get(&subject.user)
                .is_none_or(|(standing, _)| standing.admits(subject.generation, subject.login))
    }

    /// Whether what was remembered about `user` at `since` is still what the store says.
    pub fn unchanged(&self, user: UserId, since: Version) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.changed.get(&user).is_none_or(|(at, _)| *at <= since)
    }

    /// Forgets entries whose credentials have all expired.
    pub fn forget_expired(&self, now: Timestamp) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.sessions.retain(|_, expires_at| *expires_at > now);
        held.tokens.retain(|_, expires_at| *expires_at > now);
        held.users.retain(|_, (_, expires_at)| *expires_at > now);
        held.changed.retain(|_, (_, expires_at)| *expires_at > now);
        held.keys.retain(|_, expires_at| *expires_at > now);
    }
}

impl Held {
    fn take_in(&mut self, target: &Target, expires_at: Timestamp, version: Version) {
        match target {
            Target::Session { session } => {
                keep_longest(&mut self.sessions, *session, expires_at);
            }
            Target::Token { token } => {
                keep_longest(&mut self.tokens, *token, expires_at);
            }
            Target::User { user, standing } => {
                let held = self.users.entry(*user).or_insert((*standing, expires_at));
                if standing.generation >= held.0.generation {
                    *held = (*standing, held.1.max(expires_at));
                }
                self.changed.insert(*user, (version, expires_at));
            }
            Target::Changed { user } => {
                self.changed.insert(*user, (version, expires_at));
            }
            Target::Key { kid } => {
                keep_longest(&mut self.keys, kid.clone(), expires_at);
            }
            Target::Ring => {}
        }
    }
}

/// What was announced twice is held for as long as either announcement says.
fn keep_longest<K: Eq + Hash>(held: &mut HashMap<K, Timestamp>, key: K, expires_at: Timestamp) {
    let held = held.entry(key).or_insert(expires_at);
    *held = (*held).max(expires_at);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(position: u64, target: Target) -> Entry {
        Entry { position: Position(position), target, expires_at: Timestamp::from_millis(1_000) }
    }

    fn subject() -> Subject<'static> {
        Subject {
            user: UserId::from_bytes([1; 16]),
            login: SessionId::from_bytes([2; 16]),
            token: Some(TokenId::from_bytes([3; 16])),
            key: Some("k"),
            generation: 0,
        }
    }

    #[test]
    fn each_target_ends_what_it_names_and_nothing_else() {
        let subject = subject();
        let named = [
            Target::Session { session: SessionId::from_bytes([2; 16]) },
            Target::Token { token: TokenId::from_bytes([3; 16]) },
            Target::Key { kid: "k".to_owned() },
            Target::User { user: subject.user, standing: Standing { generation: 1, spared: None } },
        ];
        for target in named {
            let replica = Replica::default();
            assert!(replica.admits(&subject));
            replica.apply(&[entry(1, target.clone())]);
            assert!(!replica.admits(&subject), "{target:?}");
            assert_eq!(replica.position(), Position(1));
        }
        let others = [
            Target::Session { session: SessionId::from_bytes([9; 16]) },
            Target::Token { token: TokenId::from_bytes([9; 16]) },
            Target::Key { kid: "K".to_owned() },
            Target::User { user: UserId::from_bytes([9; 16]), standing: Standing { generation: 1, spared: None } },
            Target::Changed { user: subject.user },
            Target::Ring,
        ];
        let replica = Replica::default();
        replica.apply(&others.map(|target| entry(1, target)));
        assert!(replica.admits(&subject));
    }

    #[test]
    fn what_is_noted_counts_at_once_and_does_not_move_the_position() {
        let replica = Replica::default();
        let target = Target::Session { session: SessionId::from_bytes([2; 16]) };
        let before = replica.version();
        replica.note(&[Announcement { target, expires_at: Timestamp::from_millis(1_000) }]);
        assert!(!replica.admits(&subject()));
        assert!(replica.version() > before);
        assert_eq!(replica.position(), Position(0), "what others appended before has yet to be read");
    }

    #[test]
    fn an_older_generation_never_replaces_a_newer_one() {
        let user = UserId::from_bytes([1; 16]);
        let replica = Replica::default();
        replica.apply(&[entry(2, Target::User { user, standing: Standing { generation: 2, spared: None } })]);
        replica.apply(&[entry(1, Target::User { user, standing: Standing { generation: 1, spared: None } })]);
        assert!(!replica.admits(&Subject { generation: 1, ..subject() }));
        assert_eq!(replica.position(), Position(2));
    }

    #[test]
    fn a_change_makes_older_memories_stale_but_not_newer_ones() {
        let user = UserId::from_bytes([1; 16]);
        let replica = Replica::default();
        let before = replica.version();
        replica.apply(&[entry(5, Target::Changed { user })]);
        assert!(!replica.unchanged(user, before));
        assert!(replica.unchanged(user, replica.version()));
    }

    #[test]
    fn what_was_announced_twice_is_held_for_as_long_as_either_says() {
        let session = SessionId::from_bytes([2; 16]);
        for expiries in [[1_000, 500], [500, 1_000]] {
            let replica = Replica::default();
            for millis in expiries {
                let expires_at = Timestamp::from_millis(millis);
                replica.note(&[Announcement { target: Target::Session { session }, expires_at }]);
            }
            replica.forget_expired(Timestamp::from_millis(999));
            assert!(!replica.admits(&subject()));
        }
    }

    #[test]
    fn entries_are_forgotten_once_their_credentials_have_expired() {
        let replica = Replica::default();
        replica.apply(&[entry(1, Target::Session { session: SessionId::from_bytes([2; 16]) })]);
        replica.forget_expired(Timestamp::from_millis(999));
        assert!(!replica.admits(&subject()));
        replica.forget_expired(Timestamp::from_millis(1_000));
        assert!(replica.admits(&subject()));
    }
}
