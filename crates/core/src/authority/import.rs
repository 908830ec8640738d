//! Taking in accounts that were made elsewhere, with the hashes of their passwords.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use serde_json::{Map, Value};

use super::Authority;
use super::error::Trouble;
use crate::Timestamp;
use crate::account::{Email, User, UserState, Username};
use crate::audit::{Entry, Event};
use crate::id::{BadWord, Role, UserId};
use crate::password::PasswordHash;
use crate::revocation::Standing;
use crate::store::StoreError;

/// An account of elsewhere. What is not said is the same as for somebody who registers.
#[derive(Debug, Clone)]
pub struct ImportedUser {
    /// Its id; a new one when not said.
    pub id: Option<UserId>,
    /// The name that it logs in with.
    pub username: Username,
    /// An e-mail address.
    pub email: Option<Email>,
    /// The hash of its password, of any kind that can be verified. The policy of passwords cannot judge it.
    pub password: PasswordHash,
    /// What it may be; `user` when not said.
    pub roles: Option<BTreeSet<Role>>,
    /// What the app keeps about it; nothing when not said.
    pub metadata: Option<Map<String, Value>>,
    /// Whether it may log in; it may when not said.
    pub state: Option<UserState>,
    /// When it was made; now when not said.
    pub created_at: Option<Timestamp>,
}

/// What came of an account that was to be taken in, and was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// It is new.
    Added,
    /// It was there already, the same in all that is said.
    AlreadyThere,
}

/// Why an account was not taken in. What is there has not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportConflict {
    /// A user of that name is there, and another in these fields.
    #[error("a user of that name is there already, and differs in {}", .0.join(", "))]
    Differs(Vec<&'static str>),
    /// Somebody else has the e-mail address.
    #[error("another user has it")]
    EmailTaken,
    /// Somebody else has the id.
    #[error("another user has it")]
    IdTaken,
}

impl ImportConflict {
    /// The field that is in the way.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Differs(_) => "username",
            Self::EmailTaken => "email",
            Self::IdTaken => "id",
        }
    }
}

impl Authority {
    /// Adds accounts, all at once. Each is judged for itself, in their order; when this fails, any of them may have been added, and to
    /// do it again is then to find it there. Two of one name are a race: give them in two calls.
    pub async fn import(&self, users: &[ImportedUser]) -> Result<Vec<Result<Import, ImportConflict>>, Trouble> {
        try_join_all(users.iter().map(|user| self.import_one(user))).await
    }

    /// What [`import`](Self::import) would say now. Nothing is written.
    pub async fn would_import(&self, users: &[ImportedUser]) -> Result<Vec<Result<Import, ImportConflict>>, Trouble> {
        let judge = async |user| Ok(self.in_the_way(user).await?.unwrap_or(Ok(Import::Added)));
        try_join_all(users.iter().map(judge)).await
    }

    async fn import_one(&self, new: &ImportedUser) -> Result<Result<Import, ImportConflict>, Trouble> {
        let user = self.user_of(new)?;
        match self.stores.users.add(&user).await {
            Ok(Ok(())) => {
                let entry = Entry::new(Event::UserCreated).about(user.id).with("roles", &user.roles);
                self.record([entry.with("imported", true)]).await?;
                Ok(Ok(Import::Added))
            }
            // Who it was is gone by now, should there be nobody.
            Ok(Err(_)) | Err(StoreError::Conflict(_)) => self.in_the_way(new).await?.ok_or(Trouble::Contended),
            Err(error) => Err(error.into()),
        }
    }

    fn user_of(&self, new: &ImportedUser) -> Result<User, Trouble> {
        let now = self.now();
        let id = new.id.map_or_else(|| UserId::new(now, &*self.entropy), Ok)?;
        let roles = match &new.roles {
            Some(roles) => roles.clone(),
            None => registered().map_err(|_| Trouble::Contended)?,
        };
        Ok(User {
            id,
            username: new.username.clone(),
            email: new.email.clone(),
            password: new.password.clone(),
            roles,
            metadata: new.metadata.clone().unwrap_or_default(),
            state: new.state.unwrap_or(UserState::Active),
            standing: Standing::default(),
            version: 0,
            created_at: new.created_at.unwrap_or(now),
        })
    }

    /// What is there of a user that is to be added. `None`: nothing.
    async fn in_the_way(&self, new: &ImportedUser) -> Result<Option<Result<Import, ImportConflict>>, StoreError> {
        let users = &self.stores.users;
        if let Some(there) = users.by_username(new.username.key()).await? {
            let differing = self.differing(new, &there);
            let is_same = differing.is_empty();
            return Ok(Some(if is_same { Ok(Import::AlreadyThere) } else { Err(ImportConflict::Differs(differing)) }));
        }
        if let Some(email) = &new.email
            && users.by_email(email.key()).await?.is_some()
        {
            return Ok(Some(Err(ImportConflict::EmailTaken)));
        }
        if let Some(id) = new.id
            && users.by_id(id).await?.is_some()
        {
            return Ok(Some(Err(ImportConflict::IdTaken)));
        }
        Ok(None)
    }

    /// The fields of `new` in which `there` is another. What `new` does not say is not compared.
    fn differing(&self, new: &ImportedUser, there: &User) -> Vec<&'static str> {
        // A login renews the hash, so that it is another one afterwards.
        let renewed = there.password.is_ours() && self.passwords.renews(&new.password);
        let same = [
            ("id", new.id.is_none_or(|id| id == there.id)),
            ("email", new.email.is_none() || new.email == there.email),
            ("password_hash", new.password == there.password || renewed),
            ("roles", new.roles.as_ref().is_none_or(|roles| *roles == there.roles)),
            ("metadata", new.metadata.as_ref().is_none_or(|metadata| *metadata == there.metadata)),
            ("disabled", new.state.is_none_or(|state| state == there.state)),
            ("created_at", new.created_at.is_none_or(|at| at == there.created_at)),
        ];
        same.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
    }
}

/// The roles of whoever registers.
fn registered() -> Result<BTreeSet<Role>, BadWord> {
    Ok(BTreeSet::from([Role::parse("user")?]))
}
