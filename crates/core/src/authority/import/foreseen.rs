//! What is compared of two accounts, and what a dry run remembers of those that it has come by.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash, RandomState};

use super::ImportedUser;
use crate::account::{Email, User, UserState};
use crate::id::Role;

/// What is compared.
const FIELDS: [&str; 7] = ["id", "email", "password_hash", "roles", "metadata", "disabled", "created_at"];

/// What an account says, a number for each field: little enough to be remembered of a million. Two that differ look the same
/// once in 2⁶⁴ times.
pub(super) struct Likeness {
    numbers: [u64; FIELDS.len()],
    has_our_hash: bool,
}

/// The accounts that a dry run would have added by now: what it has to keep from one call of
/// [`would_import`](super::Authority::would_import) to the next.
#[derive(Default)]
pub struct Foreseen {
    hasher: RandomState,
    by_name: HashMap<u64, Likeness>,
    /// Addresses and ids that somebody has.
    taken: HashSet<u64>,
}

impl Foreseen {
    /// From now on it is as if this account were there.
    pub(super) fn add(&mut self, user: &User) {
        let names = user.email.iter().map(|email| self.email(email)).chain([self.number(user.id.as_bytes())]);
        let names: Vec<u64> = names.collect();
        self.taken.extend(names);
        self.by_name.insert(self.number(user.username.key()), self.likeness(user));
    }

    pub(super) fn named(&self, new: &ImportedUser) -> Option<&Likeness> {
        self.by_name.get(&self.number(new.username.key()))
    }

    pub(super) fn has_email(&self, email: &Email) -> bool {
        self.taken.contains(&self.email(email))
    }

    pub(super) fn has_id_of(&self, new: &ImportedUser) -> bool {
        self.taken.contains(&self.number(new.user_id().as_bytes()))
    }

    pub(super) fn likeness(&self, user: &User) -> Likeness {
        let numbers = [
            self.number(user.id.as_bytes()),
            user.email.as_ref().map_or(0, |email| self.email(email)),
            self.number(user.password.as_str()),
            self.roles(&user.roles),
            self.number(&user.metadata),
            self.state(user.state),
            self.number(user.created_at),
        ];
        Likeness { numbers, has_our_hash: user.password.is_ours() }
    }

    /// The fields in which `there` is another. What is not said is not compared.
    pub(super) fn differing(&self, new: &ImportedUser, there: &Likeness) -> Vec<&'static str> {
        // Of whoever has come from this very line, a login has renewed the hash, or a new password has replaced it.
        let is_renewed = there.has_our_hash && there.numbers[0] == self.number(new.user_id().as_bytes());
        let said = [
            new.id.map(|id| self.number(id.as_bytes())),
            new.email.as_ref().map(|email| self.email(email)),
            (!is_renewed).then(|| self.number(new.password.as_str())),
            new.roles.as_ref().map(|roles| self.roles(roles)),
            new.metadata.as_ref().map(|metadata| self.number(metadata)),
            new.state.map(|state| self.state(state)),
            new.created_at.map(|at| self.number(at)),
        ];
        let compared = FIELDS.into_iter().zip(said).zip(there.numbers);
        compared
            .filter(|((_, said), there)| said.is_some_and(|said| said != *there))
            .map(|((field, _), _)| field)
            .collect()
    }

    fn email(&self, email: &Email) -> u64 {
        self.number(email.key())
    }

    fn roles<'r>(&self, roles: impl IntoIterator<Item = &'r Role>) -> u64 {
        self.number(roles.into_iter().map(Role::as_str).collect::<Vec<_>>())
    }

    fn state(&self, state: UserState) -> u64 {
        self.number(state == UserState::Active)
    }

    fn number(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }
}
