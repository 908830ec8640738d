//! What operators do to accounts and keys, from the command line or the admin interface.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Authority;
use super::end::ATTEMPTS;
use super::error::{AccountError, Trouble};
use crate::account::{User, UserState};
use crate::audit::{Detail, Entry, Event};
use crate::id::Role;
use crate::jose::{Algorithm, SigningKey};
use crate::keys::RingError;
use crate::password::Password;
use crate::revocation::{Standing, Target};
use crate::store::StoreError;

/// There is no user of that name.
#[derive(Debug, thiserror::Error)]
#[error("there is no user `{0}`")]
pub struct Nobody(pub String);

/// Why an operator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// There is no such user.
    #[error(transparent)]
    Nobody(#[from] Nobody),
    /// The account would not be as it must be.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The key ring did not do it.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// It could not be done now.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<StoreError> for OperateError {
    fn from(error: StoreError) -> Self {
        Self::Trouble(error.into())
    }
}

impl Authority {
    /// The user of that username, e-mail address or id.
    pub async fn user(&self, name: &str) -> Result<User, OperateError> {
        let found = match self.find_user(name).await? {
            Some(user) => Some(user),
            None => match name.parse() {
                Ok(id) => self.stores.users.by_id(id).await?,
                Err(_) => None,
            },
        };
        if found.is_none() {
            self.known_here().await?;
        }
        found.ok_or_else(|| Nobody(name.to_owned()).into())
    }

    /// Lets a user log in no more, and ends all logins.
    pub async fn disable(&self, name: &str) -> Result<User, OperateError> {
        self.change(name, End::Logins, Entry::new(Event::UserArchived), |user| user.state = UserState::Disabled).await
    }

    /// Lets a user log in again. What has ended stays ended.
    pub async fn enable(&self, name: &str) -> Result<User, OperateError> {
        let entry = Entry::new(Event::UserUpdated).with("what", "enabled");
        self.change(name, End::Nothing, entry, |user| user.state = UserState::Active).await
    }

    /// Gives a user a new password, and ends all logins. Guesses at the old one are forgotten, and with them its lock.
    pub async fn set_password(&self, name: &str, password: Password) -> Result<User, OperateError> {
        let user = self.user(name).await?;
        self.check_password(&password, &user.username, user.email.as_ref()).await?;
        let hash = self.passwords.hash(password).await.map_err(Trouble::from)?;
        let entry = Entry::new(Event::PasswordChange);
        let user = self.change(&user.id.to_string(), End::Logins, entry, |user| user.password = hash.clone()).await?;
        self.throttle.forget(user.id).await?;
        Ok(user)
    }

    /// Ends all logins of a user.
    pub async fn end_logins_of(&self, name: &str) -> Result<User, OperateError> {
        self.change(name, End::Logins, Entry::new(Event::TokenRevoked).with("what", "logins"), |_| {}).await
    }

    /// Says what a user may be. Every credential shows it from now on, whatever its kind.
    pub async fn set_roles(&self, name: &str, roles: impl Fn(&mut BTreeSet<Role>)) -> Result<User, OperateError> {
        self.change(name, End::Nothing, Entry::new(Event::AuthzChange), |user| roles(&mut user.roles)).await
    }

    /// Says what the app keeps about a user.
    pub async fn set_metadata(&self, name: &str, metadata: &Map<String, Value>) -> Result<User, OperateError> {
        let entry = Entry::new(Event::UserUpdated).with("what", "metadata");
        self.change(name, End::Nothing, entry, |user| user.metadata.clone_from(metadata)).await
    }

    /// Removes a user with all that belongs to it.
    pub async fn delete(&self, name: &str) -> Result<User, OperateError> {
        self.can_record().await?;
        let user = self.user(name).await?;
        let announcements = [self.announcement(Target::User { user: user.id, standing: Standing::NOBODY })];
        self.stores.users.remove(user.id, &announcements).await?;
        self.announced(&announcements).await;
        if let Err(error) = self.throttle.forget(user.id).await {
            tracing::warn!(user = %user.id, %error, "the tally of a removed user's failed logins was not removed");
        }
        self.record([Entry::new(Event::UserDeleted).about(user.id)]).await?;
        Ok(user)
    }

    async fn change(
        &self,
        name: &str,
        end: End,
        entry: Entry,
        change: impl Fn(&mut User),
    ) -> Result<User, OperateError> {
        if matches!(end, End::Nothing) {
            self.can_record().await?;
        }
        for _ in 0..ATTEMPTS {
            let mut user = self.user(name).await?;
            change(&mut user);
            let target = match end {
                End::Logins => {
                    user.standing = user.standing.raised(None);
                    Target::User { user: user.id, standing: user.standing }
                }
                // The store gives the record its next version.
                End::Nothing => {
                    Target::Changed { user: user.id, version: user.version + 1, roles: Some(user.roles.clone()) }
                }
            };
            let announcements = [self.announcement(target)];
            if self.stores.users.change(&user, &announcements).await?.is_ok() {
                self.announced(&announcements).await;
                if matches!(end, End::Logins) {
                    self.forget_sessions(&user).await;
                }
                let entry = entry.about(user.id);
                let is_about_roles = entry.event == Event::AuthzChange;
                self.record([if is_about_roles { entry.with("roles", &user.roles) } else { entry }]).await?;
                return Ok(user);
            }
        }
        Err(Trouble::Contended.into())
    }

    /// The next key of an algorithm becomes the one that signs. Returns its `kid`.
    pub async fn rotate_keys(&self, algorithm: Algorithm) -> Result<String, OperateError> {
        self.can_record().await?;
        let kid = self.ring.rotate(algorithm).await?;
        self.announce(&[self.announcement(Target::Ring)]).await?;
        self.record([about_key("rotated", &kid)]).await?;
        Ok(kid)
    }

    /// The key signs no more. What it has signed still counts.
    pub async fn retire_key(&self, kid: &str) -> Result<(), OperateError> {
        self.can_record().await?;
        self.ring.retire(kid).await?;
        self.announce(&[self.announcement(Target::Ring)]).await?;
        Ok(self.record([about_key("retired", kid)]).await?)
    }

    /// The key ends, and whatever it has signed.
    pub async fn revoke_key(&self, kid: &str) -> Result<(), OperateError> {
        self.ring.revoke(kid).await?;
        self.announce(&[self.announcement(Target::Key { kid: kid.to_owned() })]).await?;
        Ok(self.record([Entry::new(Event::TokenRevoked).with("what", "key").with("key", Detail::key(kid))]).await?)
    }

    /// Rotates keys that have signed for `rotate_after`, and drops those that have verified their last token. Returns whether
    /// anything has changed.
    pub async fn tend_keys(&self, rotate_after: Option<Duration>) -> Result<bool, OperateError> {
        // The longest login, not the longest token: lifetimes may have been shortened since the last signature.
        let changed = self.ring.tend(rotate_after, self.clients.longest_login() + self.tokens.leeway).await?;
        if changed {
            self.announce(&[self.announcement(Target::Ring)]).await?;
            self.record([Entry::new(Event::AuthzAdmin).with("what", "keys changed by age")]).await?;
        }
        Ok(changed)
    }

    /// Takes a key from elsewhere, as the next one of its algorithm.
    pub async fn import_key(&self, key: &SigningKey) -> Result<(), OperateError> {
        self.can_record().await?;
        self.ring.import(key).await?;
        self.announce(&[self.announcement(Target::Ring)]).await?;
        Ok(self.record([about_key("imported", key.kid())]).await?)
    }
}

/// That something was done to a signing key.
fn about_key(done: &'static str, kid: &str) -> Entry {
    Entry::new(Event::AuthzAdmin).with("what", "key").with("done", done).with("key", Detail::key(kid))
}

/// What a change of an account does to its logins.
#[derive(Clone, Copy)]
enum End {
    Logins,
    Nothing,
}
