//! Accounts beside sessions in Redis: a user's sessions are somewhere else than the user.

use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::account::User;
use counterfoil_core::id::UserId;
use counterfoil_core::revocation::Standing;
use counterfoil_core::store::{Announcement, Sessions, StoreError, UserConflict, Users};

/// Accounts whose removal ends their sessions elsewhere.
pub(super) struct UsersBeside {
    pub(super) users: Arc<dyn Users>,
    pub(super) sessions: Arc<dyn Sessions>,
}

#[async_trait]
impl Users for UsersBeside {
    async fn add(&self, user: &User) -> Result<Result<(), UserConflict>, StoreError> {
        self.users.add(user).await
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.users.by_id(id).await
    }

    async fn by_username(&self, key: &str) -> Result<Option<User>, StoreError> {
        self.users.by_username(key).await
    }

    async fn by_email(&self, key: &str) -> Result<Option<User>, StoreError> {
        self.users.by_email(key).await
    }

    async fn list(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        self.users.list(after, limit).await
    }

    async fn change(&self, user: &User, announce: &[Announcement]) -> Result<Result<(), UserConflict>, StoreError> {
        self.users.change(user, announce).await
    }

    /// The user goes first, and with it every right; nobody is believed whose user is gone. What then cannot be removed here
    /// expires.
    async fn remove(&self, id: UserId, announce: &[Announcement]) -> Result<bool, StoreError> {
        let removed = self.users.remove(id, announce).await?;
        if removed && let Err(error) = self.sessions.end_all(id, Standing::NOBODY).await {
            tracing::warn!(
                user = %id, %error,
                "the sessions of a removed user could not be removed from Redis; they let nobody in, and expire"
            );
        }
        Ok(removed)
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.users.count().await
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        self.users.is_empty().await
    }
}
