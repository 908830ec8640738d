//! Removing from the target what the source no longer has, or has otherwise than when it was copied.

use super::compare::{differing, same_user};
use super::transfer::is_of_the_copy;
use super::{CopyError, Pair, Stage};
use crate::keys::KeyState;

/// How many records are looked at together.
const PAGE: usize = 256;

impl Pair<'_> {
    pub(super) async fn prune(&self) -> Result<(), CopyError> {
        self.prune_users().await?;
        self.prune_keys().await?;
        if !self.shares_sessions() {
            self.prune_logins().await?;
        }
        for (name, content) in self.to.facts.list().await.map_err(CopyError::Target)? {
            let stays = is_of_the_copy(&name)
                || self.from.facts.fact(&name).await.map_err(CopyError::Source)?.as_ref() == Some(&content);
            if !stays {
                self.to.facts.change_fact(&name, Some(&content), None).await.map_err(CopyError::Target)?;
            }
        }
        Ok(())
    }

    /// Users go with those of their logins that are kept beside them; the next stage but one brings these back.
    async fn prune_users(&self) -> Result<(), CopyError> {
        let mut after = None;
        loop {
            let page = self.to.users.list(after, PAGE).await.map_err(CopyError::Target)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for user in page {
                let found = self.from.users.by_id(user.id).await.map_err(CopyError::Source)?;
                if !found.is_some_and(|found| same_user(&found, &user)) {
                    self.to.users.remove(user.id, &[]).await.map_err(CopyError::Target)?;
                }
            }
        }
    }

    async fn prune_keys(&self) -> Result<(), CopyError> {
        let keys = self.from.keys.list().await.map_err(CopyError::Source)?;
        for key in self.to.keys.list().await.map_err(CopyError::Target)? {
            if !keys.contains(&key) {
                // One that could still sign is not removed.
                let (revoked, at) = (KeyState::Revoked, key.state_since);
                self.to.keys.change_state(&key.kid, key.state, revoked, at).await.map_err(CopyError::Target)?;
                self.to.keys.remove(&key.kid).await.map_err(CopyError::Target)?;
            }
        }
        Ok(())
    }

    async fn prune_logins(&self) -> Result<(), CopyError> {
        let total = self.to.sessions.count().await.map_err(CopyError::Target)?.sessions;
        let (mut cursor, mut done) = (None::<String>, 0);
        loop {
            let page = self.to.sessions.export(cursor.as_deref(), PAGE).await.map_err(CopyError::Target)?;
            for login in differing(&page.logins, &*self.from.sessions, self.clock).await.map_err(CopyError::Source)? {
                self.to.sessions.end(login.session.id, &[]).await.map_err(CopyError::Target)?;
            }
            done += page.logins.len() as u64;
            self.report(Stage::Prune, done, total);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(());
            }
        }
    }
}
