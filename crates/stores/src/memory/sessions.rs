//! Logins in memory.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{FamilyId, SessionId, UserId};
use counterfoil_core::revocation::Standing;
use counterfoil_core::session::{Family, Grant, Reference, Session, SessionData};
use counterfoil_core::store::{Announcement, Login, LoginCounts, LoginPage, Sessions, StoreError, Touch};

use super::MemoryStore;

/// The sessions with their grants, and the orders in which they are asked for.
#[derive(Default)]
pub(super) struct Logins {
    pub(super) sessions: HashMap<SessionId, Stored>,
    pub(super) references: HashMap<SecretHash, Reference>,
    pub(super) families: HashMap<FamilyId, Family>,
    pub(super) by_user: BTreeSet<(UserId, SessionId)>,
    pub(super) by_expiry: BTreeSet<(Timestamp, SessionId)>,
}

/// A session and the names of its grants.
pub(super) struct Stored {
    pub(super) session: Session,
    pub(super) data: SessionData,
    pub(super) references: Vec<SecretHash>,
    pub(super) families: Vec<FamilyId>,
}

impl Logins {
    fn session(&self, id: SessionId) -> Option<Session> {
        self.sessions.get(&id).map(|login| login.session.clone())
    }

    /// Adds a session that is not there yet, without any grant.
    pub(super) fn insert(&mut self, session: &Session, data: SessionData) {
        let stored = Stored { session: session.clone(), data, references: Vec::new(), families: Vec::new() };
        self.sessions.insert(session.id, stored);
        self.by_user.insert((session.user, session.id));
        self.by_expiry.insert((session.expires_at, session.id));
    }

    pub(super) fn has(&self, grant: &Grant) -> bool {
        match grant {
            Grant::Reference(reference) => self.references.contains_key(&reference.hash),
            Grant::Family(family) => self.families.contains_key(&family.id),
        }
    }

    /// Adds a grant that is not there yet. `false`: its session has ended.
    pub(super) fn attach(&mut self, grant: &Grant) -> bool {
        let session = match grant {
            Grant::Reference(reference) => reference.session,
            Grant::Family(family) => family.session,
        };
        let Some(login) = self.sessions.get_mut(&session) else { return false };
        match grant {
            Grant::Reference(reference) => {
                login.references.push(reference.hash);
                self.references.insert(reference.hash, reference.clone());
            }
            Grant::Family(family) => {
                login.families.push(family.id);
                self.families.insert(family.id, family.clone());
            }
        }
        true
    }

    pub(super) fn end(&mut self, id: SessionId) -> bool {
        let Some(login) = self.sessions.remove(&id) else { return false };
        for hash in &login.references {
            self.references.remove(hash);
        }
        for family in &login.families {
            self.families.remove(family);
        }
        self.by_user.remove(&(login.session.user, id));
        self.by_expiry.remove(&(login.session.expires_at, id));
        true
    }

    pub(super) fn end_all(&mut self, user: UserId, standing: Standing) -> u64 {
        let stored = self.of_user(user).filter_map(|id| self.sessions.get(&id)).map(|login| &login.session);
        let ended = stored.filter(|session| !standing.admits(session.generation, session.id));
        let ended: Vec<_> = ended.map(|session| session.id).collect();
        for id in &ended {
            self.end(*id);
        }
        ended.len() as u64
    }

    fn of_user(&self, user: UserId) -> impl Iterator<Item = SessionId> {
        let first = (user, SessionId::from_bytes([0; 16]));
        let last = (user, SessionId::from_bytes([u8::MAX; 16]));
        self.by_user.range(first..=last).map(|(_, id)| *id)
    }

    /// Whether a credential of the login could still be believed.
    fn is_alive(&self, login: &Stored, now: Timestamp) -> bool {
        let reference = |hash| self.references.get(hash).is_some_and(|reference| is_alive(reference, now));
        let family = |id| self.families.get(id).is_some_and(|family| family.expires_at > now);
        login.session.expires_at > now && (login.references.iter().any(reference) || login.families.iter().any(family))
    }
}

fn is_alive(reference: &Reference, now: Timestamp) -> bool {
    reference.expires_at > now && reference.idle_expires_at.is_none_or(|idle_expires_at| idle_expires_at > now)
}

#[async_trait]
impl Sessions for MemoryStore {
    async fn open(&self, session: &Session, grant: &Grant) -> Result<(), StoreError> {
        let logins = &mut self.state().sessions;
        if logins.sessions.contains_key(&session.id) {
            return Err(StoreError::Conflict("session"));
        }
        if logins.has(grant) {
            return Err(StoreError::Conflict("credential"));
        }
        logins.insert(session, SessionData::new());
        if logins.attach(grant) {
            Ok(())
        } else {
            logins.end(session.id);
            Err(StoreError::Damaged { what: "the session of a first grant".to_owned(), source: None })
        }
    }

    async fn attach(&self, grant: &Grant) -> Result<bool, StoreError> {
        let logins = &mut self.state().sessions;
        if logins.has(grant) { Err(StoreError::Conflict("credential")) } else { Ok(logins.attach(grant)) }
    }

    async fn by_reference(&self, hash: &SecretHash) -> Result<Option<(Reference, Session)>, StoreError> {
        let logins = &self.state().sessions;
        let reference = logins.references.get(hash);
        Ok(reference.and_then(|reference| Some((reference.clone(), logins.session(reference.session)?))))
    }

    async fn by_family(&self, id: FamilyId) -> Result<Option<(Family, Session)>, StoreError> {
        let logins = &self.state().sessions;
        let family = logins.families.get(&id);
        Ok(family.and_then(|family| Some((family.clone(), logins.session(family.session)?))))
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state().sessions.session(id))
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let logins = &mut self.state().sessions;
        let Some(login) = logins.sessions.get_mut(&touch.session) else { return Ok(false) };
        if login.session.expires_at <= touch.seen_at {
            return Ok(false);
        }
        if let Some((hash, idle_expires_at)) = &touch.reference {
            let reference = logins.references.get_mut(hash).filter(|reference| reference.session == touch.session);
            let Some(reference) = reference.filter(|reference| is_alive(reference, touch.seen_at)) else {
                return Ok(false);
            };
            if let (Some(before), Some(after)) = (&mut reference.idle_expires_at, idle_expires_at) {
                *before = (*before).max(*after);
            }
        }
        login.session.last_seen_at = login.session.last_seen_at.max(touch.seen_at);
        Ok(true)
    }

    async fn rotate(&self, from: &Family, to: &Family) -> Result<bool, StoreError> {
        let logins = &mut self.state().sessions;
        let Some(family) = logins.families.get_mut(&from.id) else { return Ok(false) };
        if family.generation != from.generation || !family.hash.matches(&from.hash) {
            return Ok(false);
        }
        *family = Family { id: family.id, session: family.session, ..to.clone() };
        Ok(true)
    }

    async fn list(&self, user: UserId, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        let logins = &self.state().sessions;
        let alive =
            logins.of_user(user).filter_map(|id| logins.sessions.get(&id)).filter(|login| logins.is_alive(login, now));
        let mut sessions: Vec<_> = alive.map(|login| &login.session).collect();
        sessions.sort_by_key(|session| Reverse((session.authenticated_at, session.id)));
        Ok(sessions.into_iter().take(limit).cloned().collect())
    }

    async fn end(&self, id: SessionId, announce: &[Announcement]) -> Result<bool, StoreError> {
        let state = &mut *self.state();
        state.log.append(announce);
        Ok(state.sessions.end(id))
    }

    async fn end_all(&self, user: UserId, standing: Standing) -> Result<u64, StoreError> {
        Ok(self.state().sessions.end_all(user, standing))
    }

    async fn data(&self, id: SessionId) -> Result<Option<SessionData>, StoreError> {
        Ok(self.state().sessions.sessions.get(&id).map(|login| login.data.clone()))
    }

    async fn replace_data(&self, id: SessionId, data: &SessionData) -> Result<bool, StoreError> {
        let login = &mut self.state().sessions.sessions;
        let login = login.get_mut(&id);
        let found = login.is_some();
        if let Some(login) = login {
            login.data.clone_from(data);
        }
        Ok(found)
    }

    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let logins = &mut self.state().sessions;
        let expired = logins.by_expiry.iter().take_while(|(expires_at, _)| *expires_at <= now);
        let expired: Vec<_> = expired.take(limit).map(|(_, id)| *id).collect();
        for id in &expired {
            logins.end(*id);
        }
        Ok(expired.len() as u64)
    }

    async fn purge_grants(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let logins = &mut self.state().sessions;
        let expired = logins.references.values().filter(|reference| reference.expires_at <= now).take(limit);
        let references: Vec<_> = expired.map(|reference| (reference.hash, reference.session)).collect();
        let expired = logins.families.values().filter(|family| family.expires_at <= now).take(limit);
        let families: Vec<_> = expired.map(|family| (family.id, family.session)).collect();
        for (hash, session) in &references {
            logins.references.remove(hash);
            if let Some(login) = logins.sessions.get_mut(session) {
                login.references.retain(|own| own != hash);
            }
        }
        for (id, session) in &families {
            logins.families.remove(id);
            if let Some(login) = logins.sessions.get_mut(session) {
                login.families.retain(|own| own != id);
            }
        }
        Ok((references.len() + families.len()) as u64)
    }

    async fn export(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError> {
        self.state().sessions.page(cursor, limit)
    }

    async fn logins(&self, ids: &[SessionId]) -> Result<Vec<Login>, StoreError> {
        Ok(self.state().sessions.found(ids))
    }

    async fn import(&self, logins: &[Login]) -> Result<u64, StoreError> {
        self.state().sessions.import(logins)
    }

    async fn count(&self) -> Result<LoginCounts, StoreError> {
        Ok(self.state().sessions.counts())
    }

    async fn belongs_to(&self, mark: &str) -> Result<bool, StoreError> {
        Ok(self.state().owner.get_or_insert_with(|| mark.to_owned()) == mark)
    }

    async fn owner(&self) -> Result<Option<String>, StoreError> {
        Ok(self.state().owner.clone())
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
