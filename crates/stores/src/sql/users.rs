//! Accounts in SQL.

use async_trait::async_trait;
use counterfoil_core::account::{Email, User, UserState, Username};
use counterfoil_core::id::UserId;
use counterfoil_core::password::PasswordHash;
use counterfoil_core::revocation::Standing;
use counterfoil_core::store::{Announcement, StoreError, UserConflict, Users};

use super::SqlStore;
use super::driver::{Outcome, Step, Value};
use super::row::{Columns, damaged, limit, unwritable};

const ADD: &str = "insert into users (username, username_key, email, email_key, password, roles, metadata, state, generation, spared, \
                   created_at, version, id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const BY_ID: &str = "select id, username, username_key, email, email_key, password, roles, metadata, state, generation, spared, version, created_at \
                     from users where id = ?";
const BY_USERNAME: &str = "select id, username, username_key, email, email_key, password, roles, metadata, state, generation, spared, version, created_at \
                           from users where username_key = ?";
const BY_EMAIL: &str = "select id, username, username_key, email, email_key, password, roles, metadata, state, generation, spared, version, created_at \
                        from users where email_key = ?";
const LIST: &str = "select id, username, username_key, email, email_key, password, roles, metadata, state, generation, spared, version, created_at \
                    from users where id > ? order by id limit ?";
const CHANGE: &str = "update users set username = ?, username_key = ?, email = ?, email_key = ?, password = ?, roles = ?, metadata = ?, \
                      state = ?, generation = ?, spared = ?, created_at = ?, version = ? where id = ? and version = ?";
const REMOVE_SESSIONS: &str = "delete from sessions where user_id = ?";
const REMOVE: &str = "delete from users where id = ?";
const COUNT: &str = "select count(*) from users";

#[async_trait]
impl Users for SqlStore {
    async fn add(&self, user: &User) -> Result<Result<(), UserConflict>, StoreError> {
        let params = columns(user, user.version)?;
        judge(self.driver.write(vec![Step::one(ADD, params)]).await?)
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.first(BY_ID, vec![id.as_bytes().into()]).await?.map(|mut row| decode(&mut row)).transpose()
    }

    async fn by_username(&self, key: &str) -> Result<Option<User>, StoreError> {
        self.first(BY_USERNAME, vec![key.into()]).await?.map(|mut row| decode(&mut row)).transpose()
    }

    async fn by_email(&self, key: &str) -> Result<Option<User>, StoreError> {
        self.first(BY_EMAIL, vec![key.into()]).await?.map(|mut row| decode(&mut row)).transpose()
    }

    async fn list(&self, after: Option<UserId>, most: usize) -> Result<Vec<User>, StoreError> {
        // No bytes at all come before every id.
        let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
        self.all(LIST, vec![after.into(), limit(most)], decode).await
    }

    async fn change(&self, user: &User, announce: &[Announcement]) -> Result<Result<(), UserConflict>, StoreError> {
        let mut params = columns(user, user.version.saturating_add(1))?;
        params.push(user.version.into());
        let mut steps = vec![Step::one(CHANGE, params)];
        steps.extend(self.appending(announce)?);
        judge(self.driver.write(steps).await?)
    }

    async fn remove(&self, id: UserId, announce: &[Announcement]) -> Result<bool, StoreError> {
        let mut steps =
            vec![Step::one(REMOVE, vec![id.as_bytes().into()]), Step::any(REMOVE_SESSIONS, vec![id.as_bytes().into()])];
        steps.extend(self.appending(announce)?);
        match self.driver.write(steps).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Refused { step: 0 } => Ok(false),
            Outcome::Refused { .. } | Outcome::Conflict { .. } => Err(damaged("log_head.position")),
        }
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.total(COUNT).await
    }
}

/// What became of a user's row.
fn judge(outcome: Outcome) -> Result<Result<(), UserConflict>, StoreError> {
    match outcome {
        Outcome::Done(_) => Ok(Ok(())),
        Outcome::Refused { .. } => Ok(Err(UserConflict::Outdated)),
        Outcome::Conflict { constraint, .. } => match constraint.as_str() {
            "username_key" => Ok(Err(UserConflict::UsernameTaken)),
            "email_key" => Ok(Err(UserConflict::EmailTaken)),
            _ => Err(StoreError::Conflict("user")),
        },
    }
}

/// The parameters of [`ADD`], and of [`CHANGE`] but for the last.
fn columns(user: &User, version: u64) -> Result<Vec<Value>, StoreError> {
    let roles = serde_json::to_string(&user.roles).map_err(|error| unwritable("users.roles", error))?;
    let metadata = serde_json::to_string(&user.metadata).map_err(|error| unwritable("users.metadata", error))?;
    let spared = user.standing.spared.as_ref().map(serde_json::to_string).transpose();
    Ok(vec![
        user.username.as_str().into(),
        user.username.key().into(),
        user.email.as_ref().map(Email::as_str).into(),
        user.email.as_ref().map(Email::key).into(),
        user.password.as_str().into(),
        roles.into(),
        metadata.into(),
        state_name(user.state).into(),
        user.standing.generation.into(),
        spared.map_err(|error| unwritable("users.spared", error))?.into(),
        user.created_at.into(),
        version.into(),
        user.id.as_bytes().into(),
    ])
}

fn decode(row: &mut Columns) -> Result<User, StoreError> {
    Ok(User {
        id: UserId::from_bytes(row.array("users.id")?),
        username: Username::stored(&row.text("users.username")?, &row.text("users.username_key")?),
        email: match (row.optional_text("users.email")?, row.optional_text("users.email_key")?) {
            (Some(shown), Some(key)) => Some(Email::stored(&shown, &key)),
            (None, None) => None,
            _ => return Err(damaged("users.email_key")),
        },
        password: PasswordHash::stored(&row.text("users.password")?),
        roles: row.parsed("users.roles", |text| serde_json::from_str(text))?,
        metadata: row.parsed("users.metadata", |text| serde_json::from_str(text))?,
        state: row.parsed("users.state", state)?,
        standing: Standing {
            generation: row.count("users.generation")?,
            spared: row.optional_parsed("users.spared", |text| serde_json::from_str(text))?,
        },
        version: row.count("users.version")?,
        created_at: row.time("users.created_at")?,
    })
}

const fn state_name(state: UserState) -> &'static str {
    match state {
        UserState::Active => "active",
        UserState::Disabled => "disabled",
    }
}

fn state(name: &str) -> Result<UserState, ()> {
    [UserState::Active, UserState::Disabled].into_iter().find(|state| state_name(*state) == name).ok_or(())
}
