//! A verifier's copy of the log, kept in memory.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use super::{Announcement, Entry, Position, Standing, Target};
use crate::Timestamp;
use crate::id::{ClientId, Role, SessionId, TokenId, UserId};

/// What the log holds against whom, as far as it has been read.
///
/// A reader that has checked a credential at a [`Version`] need not check it again until the version moves: that one
/// comparison is all that a remembered credential costs.
#[derive(Debug, Default)]
pub struct Replica {
    position: AtomicU64,
    known: AtomicU64,
    version: AtomicU64,
    held: RwLock<Held>,
    last: Mutex<Option<Entry>>,
    /// Whether this process has found the store to be an older one, and nobody has been told.
    restored: AtomicBool,
}

/// Counts what has been taken in. It means something within its process alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub(crate) u64);

#[derive(Debug, Default)]
struct Held {
    sessions: HashMap<SessionId, Timestamp>,
    tokens: HashMap<TokenId, Timestamp>,
    users: HashMap<UserId, (Standing, Timestamp)>,
    changed: HashMap<UserId, Changed>,
    keys: HashMap<String, Timestamp>,
    clients: HashMap<ClientId, Floor>,
    system: Option<Floor>,
}

/// What the log says of a user's record.
#[derive(Debug)]
struct Changed {
    /// When that was taken in.
    at: Version,
    /// The newest version of the record whose roles it has named, and those.
    roles: Option<(u64, BTreeSet<Role>)>,
    expires_at: Timestamp,
}

/// Credentials that know less of the log than this have ended.
#[derive(Debug, Clone, Copy)]
struct Floor {
    position: Position,
    expires_at: Timestamp,
}

/// The properties of a credential that a revocation can name.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Whose it is.
    pub user: UserId,
    /// The login that it belongs to.
    pub login: SessionId,
    /// The client that was logged in to.
    pub login_client: &'a ClientId,
    /// The client that it was issued to.
    pub client: &'a ClientId,
    /// Its `jti`, when it is self-contained.
    pub token: Option<TokenId>,
    /// The key that signed it, when it is self-contained.
    pub key: Option<&'a str>,
    /// The user's generation when its login was made.
    pub generation: u64,
    /// How much of the log was known before it was made.
    pub position: Position,
}

impl Replica {
    /// The store was found to be an older one.
    pub(super) fn note_restored(&self) {
        self.restored.store(true, Ordering::Relaxed);
    }

    /// Whether it was since this was last asked.
    pub fn take_restored(&self) -> bool {
        self.restored.swap(false, Ordering::Relaxed)
    }

    /// How far the log has been followed.
    pub fn position(&self) -> Position {
        Position(self.position.load(Ordering::Acquire))
    }

    /// Up to where everything in the log has been taken in: never behind [`Self::position`], and before it where somebody has
    /// read ahead. To be read before what a new credential is made from is checked.
    pub fn known(&self) -> Position {
        Position(self.known.load(Ordering::Acquire))
    }

    /// How much has been taken in. To be read before what it is to vouch for.
    pub fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    /// Takes entries in, in the order of the log, and moves the position. One that was taken in before does no harm.
    pub fn apply(&self, entries: &[Entry]) {
        let Some(last) = entries.last() else { return };
        self.look_at(entries);
        self.position.fetch_max(last.position.0, Ordering::Release);
    }

    /// Takes in entries that follow upon what is known, and leaves the position where it is.
    pub(super) fn look_at(&self, entries: &[Entry]) {
        let Some(last) = entries.last() else { return };
        self.take_in(entries.iter().map(|entry| (&entry.target, entry.expires_at, entry.position)));
        self.known.fetch_max(last.position.0, Ordering::Release);
        let mut held = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_none_or(|held| held.position < last.position) {
            *held = Some(last.clone());
        }
    }

    /// Notes that everything up to `position` has been taken in, though nothing may stand there any more.
    pub(super) fn knows(&self, position: Position) {
        self.known.fetch_max(position.0, Ordering::Release);
    }

    /// Whether there is another entry among these where the last one stood that was taken in.
    pub(super) fn contradicts(&self, entries: &[Entry]) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().is_some_and(|last| entries.iter().any(|entry| entry.position == last.position && entry != last))
    }

    /// Takes in what this process itself has just appended. The position stays: others may have appended before.
    ///
    /// Not for a client or the system: these end what does not know of their place in the log, see [`Self::note_at`].
    pub fn note(&self, announcements: &[Announcement]) {
        self.take_in(announcements.iter().map(|said| (&said.target, said.expires_at, Position(0))));
    }

    /// The same, once it is known where they stand: the last of them at `last`.
    pub fn note_at(&self, announcements: &[Announcement], last: Position) {
        let positions = (0..=last.0).rev().map(Position);
        self.take_in(announcements.iter().rev().zip(positions).map(|(said, at)| (&said.target, said.expires_at, at)));
    }

    fn take_in<'a>(&self, targets: impl Iterator<Item = (&'a Target, Timestamp, Position)>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let version = Version(self.version.load(Ordering::Acquire) + 1);
        for (target, expires_at, position) in targets {
            held.take_in(target, expires_at, position, version);
        }
        // Raised under the lock: whoever sees the new version and then asks, sees the entries.
        self.version.store(version.0, Ordering::Release);
    }

    /// Whether the log, as far as it has been read, has ended that key.
    pub fn has_ended_key(&self, kid: &str) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.keys.contains_key(kid)
    }

    /// Whether the log, as far as it has been read, says nothing against `subject`.
    pub fn admits(&self, subject: &Subject<'_>) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let is_below = |floor: &Floor| subject.position < floor.position;
        !held.system.as_ref().is_some_and(is_below)
            && !held.clients.get(subject.client).is_some_and(is_below)
            && !held.clients.get(subject.login_client).is_some_and(is_below)
            && !held.sessions.contains_key(&subject.login)
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
        held.changed.get(&user).is_none_or(|changed| changed.at <= since)
    }

    /// What the user may be, where the log has named it for a newer version of its record.
    pub fn roles_since(&self, user: UserId, version: u64) -> Option<Vec<Role>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let (of, roles) = held.changed.get(&user)?.roles.as_ref()?;
        (*of > version).then(|| roles.iter().cloned().collect())
    }

    /// Forgets entries whose credentials have all expired.
    pub fn forget_expired(&self, now: Timestamp) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.sessions.retain(|_, expires_at| *expires_at > now);
        held.tokens.retain(|_, expires_at| *expires_at > now);
        held.users.retain(|_, (_, expires_at)| *expires_at > now);
        held.changed.retain(|_, changed| changed.expires_at > now);
        held.keys.retain(|_, expires_at| *expires_at > now);
        held.clients.retain(|_, floor| floor.expires_at > now);
        held.system.take_if(|floor| floor.expires_at <= now);
    }
}

impl Held {
    fn take_in(&mut self, target: &Target, expires_at: Timestamp, position: Position, version: Version) {
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
                self.change(*user, expires_at, version, None);
            }
            Target::Changed { user, version: of, roles } => {
                let roles = roles.as_ref().map(|roles| (*of, roles.clone()));
                self.change(*user, expires_at, version, roles);
            }
            Target::Key { kid } => {
                keep_longest(&mut self.keys, kid.clone(), expires_at);
            }
            Target::Client { client } => {
                let floor = Floor { position, expires_at };
                match self.clients.get_mut(client) {
                    Some(held) => held.raise(floor),
                    None => drop(self.clients.insert(client.clone(), floor)),
                }
            }
            Target::System => {
                let floor = Floor { position, expires_at };
                match &mut self.system {
                    Some(held) => held.raise(floor),
                    none => *none = Some(floor),
                }
            }
            Target::Restored => {
                // Whatever stands before it concerns nothing that counts. What is from a time that is no more must not be held
                // against the versions and generations that come again.
                if self.system.as_ref().is_none_or(|floor| floor.position < position) {
                    *self = Self { system: Some(Floor { position, expires_at }), ..Self::default() };
                }
            }
            Target::Ring => {}
        }
    }

    fn change(&mut self, user: UserId, expires_at: Timestamp, at: Version, roles: Option<(u64, BTreeSet<Role>)>) {
        let held = self.changed.entry(user).or_insert(Changed { at, roles: None, expires_at });
        held.at = at;
        held.expires_at = held.expires_at.max(expires_at);
        if roles.as_ref().map(|(of, _)| *of) > held.roles.as_ref().map(|(of, _)| *of) {
            held.roles = roles;
        }
    }
}

impl Floor {
    /// The higher one includes the lower.
    fn raise(&mut self, other: Self) {
        self.position = self.position.max(other.position);
        self.expires_at = self.expires_at.max(other.expires_at);
    }
}

/// What was announced twice is held for as long as either announcement says.
fn keep_longest<K: Eq + Hash>(held: &mut HashMap<K, Timestamp>, key: K, expires_at: Timestamp) {
    let held = held.entry(key).or_insert(expires_at);
    *held = (*held).max(expires_at);
}

#[cfg(test)]
mod tests;
