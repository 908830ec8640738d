//! Ending logins.

use super::Authority;
use crate::account::{User, UserState};
use crate::audit::{Entry, Event};
use crate::credential::Identity;
use crate::id::{SessionId, UserId};
use crate::revocation::{Announcement, Position, Target};
use crate::session::Session;
use crate::store::{StoreError, UserConflict};

use super::error::Trouble;

/// How often a change gives way to another one of the same user before it gives up.
pub(super) const ATTEMPTS: usize = 16;

impl Authority {
    /// The user that `identity` speaks for, if it still does: asked again before anything is changed in its name, as the
    /// credential may have ended since it was recognised.
    pub(super) async fn holder(&self, identity: &Identity) -> Result<Option<User>, StoreError> {
        let user = self.stores.users.by_id(identity.user).await?;
        let user = user.filter(|user| {
            user.state == UserState::Active && user.standing.admits(identity.generation, identity.login)
        });
        match user {
            Some(_) => self.follower.read_ahead_if_behind().await?,
            None => self.known_here().await?,
        }
        Ok(user.filter(|_| self.replica.admits(&identity.subject())))
    }

    /// Makes sure that this process obeys what has ended already, before it says so. The end may be another process's, or one
    /// of its own whose answer from the store was lost.
    pub(super) async fn known_here(&self) -> Result<(), StoreError> {
        self.follower.read_ahead().await
    }

    /// The same of every node, where it is said that something was done, though it was done before.
    pub(super) async fn known_everywhere(&self) -> Result<(), StoreError> {
        self.known_here().await?;
        self.others.have_heard().await;
        Ok(())
    }

    /// How much of the log this process knows, for a credential that is to be made: to be read before anything is checked.
    pub(super) async fn position(&self) -> Result<Position, StoreError> {
        // Without a lease the copy may be of any age, and what knows too little is dead at its birth.
        self.follower.read_ahead_if_behind().await?;
        Ok(self.replica.known())
    }

    /// Whether the login that is stored as `session` counts: it has not expired, its user has not ended it, and the log says
    /// nothing against it. The log has the last word: a store that keeps sessions alone can lose their end by a failover.
    pub(super) async fn login_counts(&self, user: &User, session: &Session) -> Result<bool, StoreError> {
        self.follower.read_ahead_if_behind().await?;
        Ok(self.stands(user, session))
    }

    fn stands(&self, user: &User, session: &Session) -> bool {
        let now = self.now();
        // The log remembers an end for the longest login of today. What was made when logins lasted longer must not outlast that.
        let remembered = session.authenticated_at.after(self.clients.longest_login());
        user.state == UserState::Active
            && user.standing.admits(session.generation, session.id)
            && now < session.expires_at.min(remembered)
            && self.replica.admits(&session.subject())
    }

    /// Ends the login that `identity` belongs to. Once this returns, no credential of it counts.
    pub async fn logout(&self, identity: &Identity) -> Result<(), StoreError> {
        let mut announcement = self.announcement(Target::Session { session: identity.login });
        if identity.session.is_none() {
            // It is the first of its login, so nothing of it lasts longer.
            announcement.expires_at = identity.expires_at.after(self.margin());
        }
        self.end_login(identity.login, announcement).await?;
        let entry = Entry::new(Event::SessionLogout).by(identity.user).about(identity.user).of(identity.login);
        self.record([entry.to(&identity.login_client)]).await
    }

    /// Ends a session. `false`: there is none.
    pub async fn end_session(&self, session: SessionId) -> Result<bool, StoreError> {
        let ended = self.end_stored(session).await?;
        let entry = Entry::new(Event::TokenRevoked).of(session).with("what", "login");
        self.record([if ended { entry } else { entry.failed() }]).await?;
        Ok(ended)
    }

    pub(super) async fn end_stored(&self, session: SessionId) -> Result<bool, StoreError> {
        self.end_login(session, self.announcement(Target::Session { session })).await
    }

    async fn end_login(&self, login: SessionId, announcement: Announcement) -> Result<bool, StoreError> {
        let announcements = [announcement];
        let ended = self.stores.sessions.end(login, &announcements).await?;
        self.announced(&announcements).await;
        Ok(ended)
    }

    /// Ends one of the user's own sessions. `false`: the user has no such session, or no longer.
    pub async fn end_own_session(&self, user: UserId, session: SessionId) -> Result<bool, StoreError> {
        match self.stores.sessions.by_id(session).await? {
            Some(found) if found.user == user => {
                let ended = self.end_stored(session).await?;
                let entry = Entry::new(Event::TokenRevoked).by(user).about(user).of(session).to(&found.client);
                self.record([entry.with("what", "login")]).await?;
                Ok(ended)
            }
            _ => {
                self.known_everywhere().await?;
                Ok(false)
            }
        }
    }

    /// Ends all logins of whoever `identity` speaks for, of every kind and however many; with `keep` all but this one. `false`:
    /// it speaks for nobody any more, and nothing has changed.
    pub async fn end_all(&self, identity: &Identity, keep: bool) -> Result<bool, Trouble> {
        let spared = keep.then_some(identity.login);
        for _ in 0..ATTEMPTS {
            let Some(mut user) = self.holder(identity).await? else { return Ok(false) };
            // Nothing hinders a login from ending all others again and again, where there are none.
            let is_repeated = keep && user.standing.spared == spared;
            user.standing = user.standing.raised(spared);
            if self.change_and_announce(&user).await?.is_ok() {
                let removed = self.forget_sessions(&user).await;
                let entry = Entry::new(Event::TokenRevoked).by(user.id).about(user.id).of(identity.login);
                let entry = entry.with("what", if keep { "other logins" } else { "logins" });
                self.record([if is_repeated && removed == 0 { entry.at_will() } else { entry }]).await?;
                return Ok(true);
            }
        }
        Err(Trouble::Contended)
    }

    /// Stores a user whose standing has changed. The rise, its announcement and the rest of the change are one step.
    pub(super) async fn change_and_announce(&self, user: &User) -> Result<Result<(), UserConflict>, StoreError> {
        let announcements = [self.announcement(Target::User { user: user.id, standing: user.standing })];
        let changed = self.stores.users.change(user, &announcements).await?;
        if changed.is_ok() {
            self.announced(&announcements).await;
        }
        Ok(changed)
    }

    /// Removes the rows of sessions that count no more, and returns how many: somebody may have logged in anew since the standing was
    /// raised. Only room is gained by it, so a failure waits for the purge.
    pub(super) async fn forget_sessions(&self, user: &User) -> u64 {
        self.stores.sessions.end_all(user.id, user.standing).await.unwrap_or_else(|error| {
            tracing::warn!(user = %user.id, %error, "sessions that have ended were not removed");
            0
        })
    }

    /// A user's logins that are stored and still count, newest first: all of them, for whoever runs the server.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        Ok(self.newest_sessions(user, usize::MAX, None).await?.sessions)
    }

    /// The newest of them for the user, and no more than that; the one that asks is among them, however old it is.
    pub async fn newest_sessions(
        &self,
        user: UserId,
        limit: usize,
        asking: Option<SessionId>,
    ) -> Result<NewestSessions, StoreError> {
        let Some(user) = self.stores.users.by_id(user).await? else { return Ok(NewestSessions::default()) };
        let mut asked = limit.saturating_add(1);
        let mut sessions = loop {
            let mut sessions = self.stores.sessions.list(user.id, self.now(), asked).await?;
            let are_all = sessions.len() < asked;
            self.follower.read_ahead_if_behind().await?;
            // What ended with its client, or with everything, still has its rows: they must not stand for what counts.
            sessions.retain(|session| self.stands(&user, session));
            if are_all || sessions.len() > limit {
                break sessions;
            }
            asked = asked.saturating_mul(8);
        };
        let has_more = sessions.len() > limit;
        sessions.truncate(limit);
        if has_more
            && let Some(asking) = asking.filter(|asking| sessions.iter().all(|session| session.id != *asking))
            && let Some(own) = self.stores.sessions.by_id(asking).await?
            && own.user == user.id
            && let Some(oldest) = sessions.last_mut()
        {
            *oldest = own;
        }
        Ok(NewestSessions { sessions, has_more })
    }
}

/// A user's newest logins.
#[derive(Debug, Default)]
pub struct NewestSessions {
    /// Those that are stored and still count, newest first.
    pub sessions: Vec<Session>,
    /// Whether there are others, which are older.
    pub has_more: bool,
}
