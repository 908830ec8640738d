//! A store of sessions that confirms its newest writes and then has lost them, as by a failover.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{FamilyId, SessionId, UserId};
use counterfoil_core::revocation::Standing;
use counterfoil_core::session::{Family, Grant, Reference, Session, SessionData};
use counterfoil_core::store::{
    Announcement, Login, LoginCounts, LoginPage, Revocations, Sessions, StoreError, Stores, Touch,
};

/// Forgets every end of a session, and rotations or their answers when told to. The log forgets nothing.
pub struct Forgetting {
    inner: Arc<dyn Sessions>,
    log: Arc<dyn Revocations>,
    rotations: AtomicBool,
    answers: AtomicBool,
}

impl Forgetting {
    pub fn beside(stores: &Stores) -> Arc<Self> {
        let (inner, log) = (Arc::clone(&stores.sessions), Arc::clone(&stores.revocations));
        Arc::new(Self { inner, log, rotations: AtomicBool::new(false), answers: AtomicBool::new(false) })
    }

    /// From now on rotations are done and their answers lost, or not.
    pub fn answers(&self, lost: bool) {
        self.answers.store(lost, SeqCst);
    }

    /// From now on rotations are forgotten, or kept.
    pub fn rotations(&self, forgotten: bool) {
        self.rotations.store(forgotten, SeqCst);
    }
}

#[async_trait]
impl Sessions for Forgetting {
    async fn open(&self, session: &Session, grant: &Grant) -> Result<(), StoreError> {
        self.inner.open(session, grant).await
    }
    async fn attach(&self, grant: &Grant) -> Result<bool, StoreError> {
        self.inner.attach(grant).await
    }
    async fn by_reference(&self, hash: &SecretHash) -> Result<Option<(Reference, Session)>, StoreError> {
        self.inner.by_reference(hash).await
    }
    async fn by_family(&self, id: FamilyId) -> Result<Option<(Family, Session)>, StoreError> {
        self.inner.by_family(id).await
    }
    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.inner.by_id(id).await
    }
    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        self.inner.touch(touch).await
    }
    async fn rotate(&self, from: &Family, to: &Family) -> Result<bool, StoreError> {
        if self.rotations.load(SeqCst) {
            let found = self.inner.by_family(from.id).await?;
            return Ok(found.is_some_and(|(family, _)| family == *from));
        }
        let rotated = self.inner.rotate(from, to).await;
        if self.answers.load(SeqCst) { Err(StoreError::Unavailable("told to fail".into())) } else { rotated }
    }
    async fn list(&self, user: UserId, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        self.inner.list(user, now, limit).await
    }
    async fn end(&self, id: SessionId, announce: &[Announcement]) -> Result<bool, StoreError> {
        self.log.append(announce).await?;
        Ok(self.inner.by_id(id).await?.is_some())
    }
    async fn end_all(&self, _: UserId, _: Standing) -> Result<u64, StoreError> {
        Ok(0)
    }
    async fn data(&self, id: SessionId) -> Result<Option<SessionData>, StoreError> {
        self.inner.data(id).await
    }
    async fn replace_data(&self, id: SessionId, data: &SessionData) -> Result<bool, StoreError> {
        self.inner.replace_data(id, data).await
    }
    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.inner.purge(now, limit).await
    }
    async fn purge_grants(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.inner.purge_grants(now, limit).await
    }
    async fn export(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError> {
        self.inner.export(cursor, limit).await
    }
    async fn logins(&self, ids: &[SessionId]) -> Result<Vec<Login>, StoreError> {
        self.inner.logins(ids).await
    }
    async fn import(&self, logins: &[Login]) -> Result<u64, StoreError> {
        self.inner.import(logins).await
    }
    async fn count(&self) -> Result<LoginCounts, StoreError> {
        self.inner.count().await
    }
    async fn belongs_to(&self, mark: &str) -> Result<bool, StoreError> {
        self.inner.belongs_to(mark).await
    }
    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}
