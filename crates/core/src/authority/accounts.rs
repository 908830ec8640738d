//! Making accounts and changing them: what people do themselves.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Map;

use super::Authority;
use super::end::ATTEMPTS;
use super::error::{AccountError, Trouble};
use super::succeed::Place;
use crate::account::{Email, User, UserState, Username};
use crate::audit::{Entry, Event};
use crate::credential::Identity;
use crate::id::{Role, UserId};
use crate::password::{NotAccepted, Password};
use crate::revocation::Standing;
use crate::store::UserConflict;
use crate::throttle::Whose;

/// An account to be made.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The name that it logs in with, as typed.
    pub username: &'a str,
    /// An e-mail address, as typed.
    pub email: Option<&'a str>,
    /// Its password.
    pub password: Password,
    /// What it may be.
    pub roles: BTreeSet<Role>,
}

/// A change of password by its owner.
#[derive(Debug)]
pub struct PasswordChange {
    /// The one until now.
    pub current: Password,
    /// The one from now on.
    pub new: Password,
}

impl Authority {
    /// Makes an account for a stranger, in the role `user`.
    pub async fn register(
        &self,
        username: &str,
        email: Option<&str>,
        password: Password,
    ) -> Result<User, AccountError> {
        self.register_from(None, username, email, password).await
    }

    /// The same for one at that address, from which there may be only so many: each asks which names are taken, and has a
    /// password hashed. What is refused before that costs nothing, and is not counted.
    pub async fn register_from(
        &self,
        address: Option<IpAddr>,
        username: &str,
        email: Option<&str>,
        password: Password,
    ) -> Result<User, AccountError> {
        if !self.rules.registration_open {
            return Err(AccountError::RegistrationClosed);
        }
        let roles = BTreeSet::from([Role::parse("user")?]);
        let new = NewUser { username, email, password, roles };
        self.check(&new).await?;
        let counted = self.throttle.count_registration(address, self.now()).await;
        self.told_of(None, address, counted).await?;
        self.add_user(new).await
    }

    /// Makes an account.
    pub async fn add_user(&self, new: NewUser<'_>) -> Result<User, AccountError> {
        self.can_record().await?;
        let user = self.draft(new).await?;
        let user = self.add_drafted(user).await?;
        self.record([Entry::new(Event::UserCreated).about(user.id).with("roles", &user.roles)]).await?;
        Ok(user)
    }

    /// An account that is as it must be, its password hashed, and not stored yet.
    pub(super) async fn draft(&self, new: NewUser<'_>) -> Result<User, AccountError> {
        let (username, email) = self.check(&new).await?;
        let now = self.now();
        Ok(User {
            id: UserId::new(now, &*self.entropy)?,
            username,
            email,
            password: self.passwords.hash(new.password).await?,
            roles: new.roles,
            metadata: Map::new(),
            state: UserState::Active,
            standing: Standing::default(),
            version: 0,
            created_at: now,
        })
    }

    /// The names of an account that may be made, as far as that can be told without a look at the others.
    async fn check(&self, new: &NewUser<'_>) -> Result<(Username, Option<Email>), AccountError> {
        let username = Username::parse(new.username).map_err(AccountError::Username)?;
        let email = new.email.map(Email::parse).transpose().map_err(AccountError::Email)?;
        self.check_password(&new.password, &username, email.as_ref()).await?;
        Ok((username, email))
    }

    pub(super) async fn add_drafted(&self, user: User) -> Result<User, AccountError> {
        match self.stores.users.add(&user).await? {
            Ok(()) => Ok(user),
            Err(UserConflict::EmailTaken) => Err(AccountError::EmailTaken),
            Err(UserConflict::UsernameTaken | UserConflict::Outdated) => Err(AccountError::UsernameTaken),
        }
    }

    /// Changes the password of whoever is logged in. Every other login of the user ends.
    pub async fn change_password(&self, identity: &Identity, change: PasswordChange) -> Result<(), AccountError> {
        self.replace_password(identity, change, None).await
    }

    /// The same, where `place` is given with a new login in the place of the one that asks. That one is not spared then.
    pub(super) async fn replace_password(
        &self,
        identity: &Identity,
        change: PasswordChange,
        mut place: Option<&mut Place>,
    ) -> Result<(), AccountError> {
        let mut known = self.holder(identity).await?.ok_or(AccountError::Ended)?;
        let user = known.id;
        let entry = |event| Entry::new(event).by(user).about(user).of(identity.login);
        if !self.matches(&known, &change.current).await? {
            // It may be done already, and its answer was lost: then the rise has spared this login, and the new password is
            // the current one. Whoever knows that one could have given it as the current one.
            let is_spared = known.standing.spared == Some(identity.login);
            if is_spared && self.matches(&known, &change.new).await? {
                self.known_everywhere().await?;
                self.record([entry(Event::PasswordChange).with("repeated", true)]).await?;
                return Ok(());
            }
            self.record([entry(Event::PasswordChangeFail).failed()]).await?;
            return Err(AccountError::WrongPassword);
        }
        self.check_password(&change.new, &known.username, known.email.as_ref()).await?;
        let password = self.passwords.hash(change.new).await?;
        for _ in 0..ATTEMPTS {
            let spared = match &mut place {
                Some(place) => self.succeed(identity, place).await?,
                None => identity.login,
            };
            let mut user = self.holder(identity).await?.ok_or(AccountError::Ended)?;
            if place.as_ref().is_some_and(|place| place.generation != user.standing.generation) {
                // A rise meanwhile has taken the new login with it.
                continue;
            }
            if user.password != known.password {
                // A login has renewed the hash meanwhile, or somebody has changed the password.
                if !self.matches(&user, &change.current).await? {
                    self.record([entry(Event::PasswordChangeFail).failed()]).await?;
                    return Err(AccountError::WrongPassword);
                }
                known = user.clone();
            }
            user.password = password.clone();
            user.standing = user.standing.raised(Some(spared));
            if self.change_and_announce(&user).await?.is_ok() {
                self.forget_sessions(&user).await;
                let entry = entry(Event::PasswordChange);
                let is_new = spared != identity.login;
                self.record([if is_new { entry.with("new_login", spared) } else { entry }]).await?;
                return Ok(());
            }
        }
        Err(Trouble::Contended.into())
    }

    /// Whether it is the user's password, unless that was asked too often. No address is charged for it: whoever asks has a
    /// login of this user, and can guess at no other.
    async fn matches(&self, user: &User, password: &Password) -> Result<bool, AccountError> {
        Ok(self.compare(Whose::Users(user.id), Some(user), password.clone(), None).await?.matches)
    }

    pub(super) async fn check_password(
        &self,
        password: &Password,
        username: &Username,
        email: Option<&Email>,
    ) -> Result<(), AccountError> {
        let mut context = vec![username.as_str()];
        if let Some(email) = email {
            context.push(email.as_str());
            context.extend(email.as_str().split('@').next());
        }
        match self.password_policy.judge(password, &context).await {
            Ok(()) => Ok(()),
            Err(NotAccepted::Violation(violation)) => Err(violation.into()),
            Err(NotAccepted::Unsure(error)) => Err(Trouble::from(error).into()),
        }
    }
}
