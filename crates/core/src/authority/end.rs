//! Ending logins.

use super::Authority;
use crate::credential::Identity;
use crate::id::{SessionId, UserId};
use crate::revocation::{Announcement, Spared, Target};
use crate::session::Session;
use crate::store::{StoreError, UserConflict};

use super::error::Trouble;

/// How often a change gives way to another one of the same user before it gives up.
pub(super) const ATTEMPTS: usize = 16;

impl Authority {
    /// Ends the login that `identity` belongs to. Once this returns, no credential of it counts.
    pub async fn logout(&self, identity: &Identity) -> Result<(), StoreError> {
        match (identity.session, identity.token) {
            (Some(session), _) => drop(self.end_session(session).await?),
            (None, Some(token)) => {
                // Nothing is stored about it, so the log alone ends it, until it would have expired anyway.
                let leeway = self.tokens.leeway + std::time::Duration::from_secs(60);
                let expires_at = identity.expires_at.after(leeway);
                self.announce(&[Announcement { target: Target::Token { token }, expires_at }]).await?;
            }
            (None, None) => {}
        }
        tracing::info!(event = "session_logout", user = %identity.user);
        Ok(())
    }

    /// Ends a session. `false`: there is none.
    pub async fn end_session(&self, session: SessionId) -> Result<bool, StoreError> {
        let announcements = [self.announcement(Target::Session { session })];
        let ended = self.stores.sessions.end(session, &announcements).await?;
        self.replica.note(&announcements);
        Ok(ended)
    }

    /// Ends one of the user's own sessions. `false`: the user has no such session.
    pub async fn end_own_session(&self, user: UserId, session: SessionId) -> Result<bool, StoreError> {
        match self.stores.sessions.by_id(session).await? {
            Some(found) if found.user == user => self.end_session(session).await,
            _ => Ok(false),
        }
    }

    /// Ends all of a user's logins, of every kind and however many, except the one that is spared.
    pub async fn end_all(&self, user: UserId, spared: Option<Spared>) -> Result<(), Trouble> {
        for _ in 0..ATTEMPTS {
            let Some(mut user) = self.stores.users.by_id(user).await? else { return Ok(()) };
            user.standing = user.standing.raised(spared);
            if self.change_and_announce(&user).await?.is_ok() {
                self.forget_sessions(user.id, spared).await;
                return Ok(());
            }
        }
        Err(Trouble::Contended)
    }

    /// Stores a user whose standing has changed. The rise, its announcement and the rest of the change are one step.
    pub(super) async fn change_and_announce(
        &self,
        user: &crate::account::User,
    ) -> Result<Result<(), UserConflict>, StoreError> {
        let announcements = [self.announcement(Target::User { user: user.id, standing: user.standing })];
        let changed = self.stores.users.change(user, &announcements).await?;
        if changed.is_ok() {
            self.replica.note(&announcements);
        }
        Ok(changed)
    }

    /// Removes the rows of sessions that count no more. Only room is gained by it, so a failure waits for the purge.
    pub(super) async fn forget_sessions(&self, user: UserId, spared: Option<Spared>) {
        let except = match spared {
            Some(Spared::Session(session)) => Some(session),
            Some(Spared::Token(_)) | None => None,
        };
        if let Err(error) = self.stores.sessions.end_all(user, except).await {
            tracing::warn!(%user, %error, "sessions that have ended were not removed");
        }
    }

    /// A user's logins that are stored and still count, newest first.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let Some(user) = self.stores.users.by_id(user).await? else { return Ok(Vec::new()) };
        let mut sessions = self.stores.sessions.list(user.id, self.now()).await?;
        sessions.retain(|session| user.standing.admits(session.generation, Some(session.id), None));
        Ok(sessions)
    }
}
