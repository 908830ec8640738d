//! A store that counts what it is asked, and fails or waits on demand.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::account::User;
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{FamilyId, SessionId, UserId};
use counterfoil_core::keys::{KeyRecord, KeyState};
use counterfoil_core::revocation::Standing;
use counterfoil_core::session::{Family, Grant, Reference, Session, SessionData};
use counterfoil_core::store::{
    Announcement, Keys, Login, LoginCounts, LoginPage, Sessions, StoreError, Stores, Touch, UserConflict, Users,
};
use tokio::sync::Notify;

/// What a spied store has seen, and how it is to behave.
#[derive(Default)]
pub struct Control {
    calls: AtomicUsize,
    failing: AtomicBool,
    failing_method: Mutex<Option<&'static str>>,
    failing_once: Mutex<Option<Once>>,
    in_steps: AtomicBool,
    touches: Mutex<Vec<Touch>>,
    held: Mutex<Option<&'static str>>,
    reached: Notify,
    go_on: Notify,
}

/// How one call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// Nothing is done.
    Before,
    /// It is done, and its answer is lost.
    After,
}

impl Control {
    /// How often the users, sessions and keys were asked for anything, uses apart, since the last call of this.
    pub fn calls(&self) -> usize {
        self.calls.swap(0, SeqCst)
    }

    /// From now on everything fails, or nothing does.
    pub fn fail(&self, failing: bool) {
        self.failing.store(failing, SeqCst);
    }

    /// From now on this method fails.
    pub fn fail_at(&self, method: Option<&'static str>) {
        *self.failing_method.lock().unwrap() = method;
    }

    /// The next call fails.
    pub fn fail_once(&self, how: Once) {
        *self.failing_once.lock().unwrap() = Some(how);
    }

    /// From now on whoever asks gives others their turn before the answer is heard.
    pub fn go_in_steps(&self) {
        self.in_steps.store(true, SeqCst);
    }

    /// The uses that were noted.
    pub fn touches(&self) -> Vec<Touch> {
        self.touches.lock().unwrap().clone()
    }

    /// The next call of `method` reads, and then waits for [`Self::release`] before it answers.
    pub fn hold(&self, method: &'static str) {
        *self.held.lock().unwrap() = Some(method);
    }

    /// Returns once a call is held.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    pub fn release(&self) {
        self.go_on.notify_one();
    }

    pub(super) fn enter(&self, method: &'static str) -> Result<(), StoreError> {
        self.calls.fetch_add(1, SeqCst);
        let now = self.failing_once.lock().unwrap().take_if(|how| *how == Once::Before).is_some();
        if now || self.failing.load(SeqCst) || *self.failing_method.lock().unwrap() == Some(method) {
            Err(StoreError::Unavailable("told to fail".into()))
        } else {
            Ok(())
        }
    }

    pub(super) async fn leave(&self, method: &'static str) -> Result<(), StoreError> {
        let is_lost = self.failing_once.lock().unwrap().take_if(|how| *how == Once::After).is_some();
        if self.in_steps.load(SeqCst) {
            tokio::task::yield_now().await;
        }
        let held = self.held.lock().unwrap().take_if(|held| *held == method).is_some();
        if held {
            self.reached.notify_one();
            self.go_on.notified().await;
        }
        if is_lost { Err(StoreError::Unavailable("the answer was lost, as told".into())) } else { Ok(()) }
    }
}

/// The same stores, with an eye on users, sessions and keys.
pub fn spied(stores: &Stores) -> (Stores, Arc<Control>) {
    let control = Arc::<Control>::default();
    let users = Arc::new(Spy { inner: Arc::clone(&stores.users), control: Arc::clone(&control) });
    let sessions = Arc::new(Spy { inner: Arc::clone(&stores.sessions), control: Arc::clone(&control) });
    let keys = Arc::new(Spy { inner: Arc::clone(&stores.keys), control: Arc::clone(&control) });
    (Stores { users, sessions, keys, ..stores.clone() }, control)
}

pub struct Spy<T: ?Sized> {
    pub inner: Arc<T>,
    pub control: Arc<Control>,
}

macro_rules! pass_on {
    ($spy:ident, $name:literal, $method:ident($($argument:expr),*)) => {{
        $spy.control.enter($name)?;
        let answer = $spy.inner.$method($($argument),*).await;
        $spy.control.leave($name).await?;
        answer
    }};
}
pub(super) use pass_on;

#[async_trait]
impl Users for Spy<dyn Users> {
    async fn add(&self, user: &User) -> Result<Result<(), UserConflict>, StoreError> {
        pass_on!(self, "users.add", add(user))
    }
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        pass_on!(self, "users.by_id", by_id(id))
    }
    async fn by_username(&self, key: &str) -> Result<Option<User>, StoreError> {
        pass_on!(self, "users.by_username", by_username(key))
    }
    async fn by_email(&self, key: &str) -> Result<Option<User>, StoreError> {
        pass_on!(self, "users.by_email", by_email(key))
    }
    async fn list(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError> {
        pass_on!(self, "users.list", list(after, limit))
    }
    async fn change(&self, user: &User, announce: &[Announcement]) -> Result<Result<(), UserConflict>, StoreError> {
        pass_on!(self, "users.change", change(user, announce))
    }
    async fn remove(&self, id: UserId, announce: &[Announcement]) -> Result<bool, StoreError> {
        pass_on!(self, "users.remove", remove(id, announce))
    }
    async fn count(&self) -> Result<u64, StoreError> {
        pass_on!(self, "users.count", count())
    }
}

#[async_trait]
impl Sessions for Spy<dyn Sessions> {
    async fn open(&self, session: &Session, grant: &Grant) -> Result<(), StoreError> {
        pass_on!(self, "sessions.open", open(session, grant))
    }
    async fn attach(&self, grant: &Grant) -> Result<bool, StoreError> {
        pass_on!(self, "sessions.attach", attach(grant))
    }
    async fn by_reference(&self, hash: &SecretHash) -> Result<Option<(Reference, Session)>, StoreError> {
        pass_on!(self, "sessions.by_reference", by_reference(hash))
    }
    async fn by_family(&self, id: FamilyId) -> Result<Option<(Family, Session)>, StoreError> {
        pass_on!(self, "sessions.by_family", by_family(id))
    }
    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        pass_on!(self, "sessions.by_id", by_id(id))
    }
    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let answer = self.inner.touch(touch).await;
        self.control.touches.lock().unwrap().push(touch.clone());
        answer
    }
    async fn rotate(&self, from: &Family, to: &Family) -> Result<bool, StoreError> {
        pass_on!(self, "sessions.rotate", rotate(from, to))
    }
    async fn list(&self, user: UserId, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        pass_on!(self, "sessions.list", list(user, now, limit))
    }
    async fn end(&self, id: SessionId, announce: &[Announcement]) -> Result<bool, StoreError> {
        pass_on!(self, "sessions.end", end(id, announce))
    }
    async fn end_all(&self, user: UserId, standing: Standing) -> Result<u64, StoreError> {
        pass_on!(self, "sessions.end_all", end_all(user, standing))
    }
    async fn data(&self, id: SessionId) -> Result<Option<SessionData>, StoreError> {
        pass_on!(self, "sessions.data", data(id))
    }
    async fn replace_data(&self, id: SessionId, data: &SessionData) -> Result<bool, StoreError> {
        pass_on!(self, "sessions.replace_data", replace_data(id, data))
    }
    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        pass_on!(self, "sessions.purge", purge(now, limit))
    }

    async fn purge_grants(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        pass_on!(self, "sessions.purge_grants", purge_grants(now, limit))
    }
    async fn export(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError> {
        pass_on!(self, "sessions.export", export(cursor, limit))
    }
    async fn logins(&self, ids: &[SessionId]) -> Result<Vec<Login>, StoreError> {
        pass_on!(self, "sessions.logins", logins(ids))
    }
    async fn import(&self, logins: &[Login]) -> Result<u64, StoreError> {
        pass_on!(self, "sessions.import", import(logins))
    }
    async fn count(&self) -> Result<LoginCounts, StoreError> {
        pass_on!(self, "sessions.count", count())
    }
    async fn belongs_to(&self, mark: &str) -> Result<bool, StoreError> {
        pass_on!(self, "sessions.belongs_to", belongs_to(mark))
    }
    async fn ready(&self) -> Result<(), StoreError> {
        pass_on!(self, "sessions.ready", ready())
    }
}

#[async_trait]
impl Keys for Spy<dyn Keys> {
    async fn list(&self) -> Result<Vec<KeyRecord>, StoreError> {
        pass_on!(self, "keys.list", list())
    }
    async fn add(&self, key: &KeyRecord) -> Result<bool, StoreError> {
        pass_on!(self, "keys.add", add(key))
    }
    async fn change_state(&self, kid: &str, from: KeyState, to: KeyState, at: Timestamp) -> Result<bool, StoreError> {
        pass_on!(self, "keys.change_state", change_state(kid, from, to, at))
    }
    async fn rotate(&self, active: &str, next: &str, fresh: &KeyRecord, at: Timestamp) -> Result<bool, StoreError> {
        pass_on!(self, "keys.rotate", rotate(active, next, fresh, at))
    }
    async fn remove(&self, kid: &str) -> Result<bool, StoreError> {
        pass_on!(self, "keys.remove", remove(kid))
    }
}
