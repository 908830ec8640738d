//! Taking in accounts that were made elsewhere, with the hashes of their passwords.

mod foreseen;

pub use foreseen::Foreseen;

use std::collections::BTreeSet;

use aws_lc_rs::digest::{Context, SHA256};
use futures_util::future::{join_all, try_join_all};
use serde_json::{Map, Value};

use super::Authority;
use super::error::{AccountError, Trouble};
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
    /// Its id. When not said, one that is made of its name and hash, so that an import that is repeated knows it again.
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
    pub async fn import(&self, users: &[ImportedUser]) -> Result<Vec<Result<Import, ImportConflict>>, AccountError> {
        self.can_record().await?;
        let made = users.iter().map(|user| self.user_of(user)).collect::<Result<Vec<User>, _>>()?;
        let done = join_all(users.iter().zip(&made).map(|(new, user)| self.import_one(new, user))).await;
        let added = made.iter().zip(&done).filter(|(_, done)| matches!(done, Ok(Ok(Import::Added))));
        let entry = |user: &User| {
            Entry::new(Event::UserCreated).about(user.id).with("roles", &user.roles).with("imported", true)
        };
        self.record(added.map(|(user, _)| entry(user))).await?;
        done.into_iter().collect()
    }

    /// What [`import`](Self::import) would say now, were those added whom earlier calls have foreseen. Nothing is written.
    pub async fn would_import(
        &self,
        users: &[ImportedUser],
        foreseen: &mut Foreseen,
    ) -> Result<Vec<Result<Import, ImportConflict>>, AccountError> {
        let before = &*foreseen;
        let in_the_way = try_join_all(users.iter().map(|user| self.in_the_way(user, before))).await?;
        let mut judged = Vec::with_capacity(users.len());
        for (user, in_the_way) in users.iter().zip(in_the_way) {
            if in_the_way.is_none() {
                foreseen.add(&self.user_of(user)?);
            }
            judged.push(in_the_way.unwrap_or(Ok(Import::Added)));
        }
        Ok(judged)
    }

    async fn import_one(
        &self,
        new: &ImportedUser,
        user: &User,
    ) -> Result<Result<Import, ImportConflict>, AccountError> {
        match self.stores.users.add(user).await {
            Ok(Ok(())) => Ok(Ok(Import::Added)),
            // Who it was is gone by now, should there be nobody.
            Ok(Err(_)) | Err(StoreError::Conflict(_)) => {
                self.in_the_way(new, &Foreseen::default()).await?.ok_or(Trouble::Contended.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn user_of(&self, new: &ImportedUser) -> Result<User, BadWord> {
        let now = self.now();
        let roles = match &new.roles {
            Some(roles) => roles.clone(),
            None => BTreeSet::from([Role::parse("user")?]),
        };
        Ok(User {
            id: new.user_id(),
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

    /// What is there, or is foreseen to be, of a user that is to be added. `None`: nothing.
    async fn in_the_way(
        &self,
        new: &ImportedUser,
        foreseen: &Foreseen,
    ) -> Result<Option<Result<Import, ImportConflict>>, StoreError> {
        let users = &self.stores.users;
        let stored = users.by_username(new.username.key()).await?.map(|there| foreseen.likeness(&there));
        if let Some(there) = stored.as_ref().or_else(|| foreseen.named(new)) {
            let differing = foreseen.differing(new, there);
            let is_same = differing.is_empty();
            return Ok(Some(if is_same { Ok(Import::AlreadyThere) } else { Err(ImportConflict::Differs(differing)) }));
        }
        if let Some(email) = &new.email
            && (foreseen.has_email(email) || users.by_email(email.key()).await?.is_some())
        {
            return Ok(Some(Err(ImportConflict::EmailTaken)));
        }
        let is_id_taken = foreseen.has_id_of(new) || users.by_id(new.user_id()).await?.is_some();
        Ok(is_id_taken.then_some(Err(ImportConflict::IdTaken)))
    }
}

impl ImportedUser {
    /// The id that it is given.
    pub fn user_id(&self) -> UserId {
        self.id.unwrap_or_else(|| {
            let mut digest = Context::new(&SHA256);
            for part in ["counterfoil.import.v1", self.username.key(), self.password.as_str()] {
                digest.update(part.as_bytes());
                digest.update(&[0]);
            }
            let mut random = [0; 10];
            random.iter_mut().zip(digest.finish().as_ref()).for_each(|(to, from)| *to = *from);
            let millis = self.created_at.map_or(0, |at| u64::try_from(at.as_millis()).unwrap_or(0));
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
            UserId::from_bytes(*id.as_bytes())
        })
    }
}
