//! Accounts in memory.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use async_trait::async_trait;
use counterfoil_core::account::{Email, User};
use counterfoil_core::id::UserId;
use counterfoil_core::revocation::Standing;
use counterfoil_core::store::{Announcement, StoreError, UserConflict, Users};

use super::MemoryStore;

/// The accounts, with who has which username and e-mail address.
#[derive(Default)]
pub(super) struct Accounts {
    by_id: BTreeMap<UserId, User>,
    usernames: HashMap<String, UserId>,
    emails: HashMap<String, UserId>,
}

impl Accounts {
    /// Who else stands in the way of `user`'s names.
    fn conflict(&self, user: &User) -> Option<UserConflict> {
        let taken = |names: &HashMap<String, UserId>, key: &str| names.get(key).is_some_and(|owner| *owner != user.id);
        if taken(&self.usernames, user.username.key()) {
            Some(UserConflict::UsernameTaken)
        } else if user.email.as_ref().is_some_and(|email| taken(&self.emails, email.key())) {
            Some(UserConflict::EmailTaken)
        } else {
            None
        }
    }

    fn insert(&mut self, user: User) {
        self.usernames.insert(user.username.key().to_owned(), user.id);
        if let Some(email) = &user.email {
            self.emails.insert(email.key().to_owned(), user.id);
        }
        self.by_id.insert(user.id, user);
    }

    fn remove(&mut self, id: UserId) -> bool {
        let Some(user) = self.by_id.remove(&id) else { return false };
        self.usernames.remove(user.username.key());
        if let Some(key) = user.email.as_ref().map(Email::key) {
            self.emails.remove(key);
        }
        true
    }

    fn named(&self, names: &HashMap<String, UserId>, key: &str) -> Option<User> {
        names.get(key).and_then(|id| self.by_id.get(id)).cloned()
    }
}

#[async_trait]
impl Users for MemoryStore {
    async fn add(&self, user: &User) -> Result<Result<(), UserConflict>, StoreError> {
        let users = &mut self.state().users;
        if users.by_id.contains_key(&user.id) {
            return Err(StoreError::Conflict("user"));
        }
        if let Some(conflict) = users.conflict(user) {
            return Ok(Err(conflict));
        }
        users.insert(user.clone());
        Ok(Ok(()))
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.state().users.by_id.get(&id).cloned())
    }

    async fn by_username(&self, key: &str) -> Result<Option<User>, StoreError> {
        let users = &self.state().users;
        Ok(users.named(&users.usernames, key))
    }

    async fn by_email(&self, key: &str) -> Result<Option<User>, StoreError> {
        let users = &self.state().users;
        Ok(users.named(&users.emails, key))
    }

    async fn list(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let users = &self.state().users.by_id;
        Ok(users.range((start, Bound::Unbounded)).take(limit).map(|(_, user)| user.clone()).collect())
    }

    async fn change(&self, user: &User, announce: &[Announcement]) -> Result<Result<(), UserConflict>, StoreError> {
        let state = &mut *self.state();
        if state.users.by_id.get(&user.id).is_none_or(|stored| stored.version != user.version) {
            return Ok(Err(UserConflict::Outdated));
        }
        if let Some(conflict) = state.users.conflict(user) {
            return Ok(Err(conflict));
        }
        state.users.remove(user.id);
        state.users.insert(User { version: user.version.saturating_add(1), ..user.clone() });
        state.log.append(announce);
        Ok(Ok(()))
    }

    async fn remove(&self, id: UserId, announce: &[Announcement]) -> Result<bool, StoreError> {
        let state = &mut *self.state();
        let removed = state.users.remove(id);
        if removed {
            state.sessions.end_all(id, Standing::NOBODY);
            state.log.append(announce);
        }
        Ok(removed)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        Ok(self.state().users.by_id.len() as u64)
    }
}
