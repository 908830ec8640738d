//! Stores of which one call fails, before or after it has done its work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::account::User;
use counterfoil_core::audit::{Ends, Link, Seal};
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{FamilyId, SessionId, UserId};
use counterfoil_core::keys::{KeyRecord, KeyState};
use counterfoil_core::revocation::{Entry, Position, Standing};
use counterfoil_core::session::{Family, Grant, Reference, Session, SessionData};
use counterfoil_core::store::{
    Announcement, Attempts, Audit, AuditFilter, AuditRow, BudgetId, Facts, Keys, Login, LoginCounts, LoginPage,
    Revocations, Sessions, StoreError, Stores, Tally, TallyChange, Touch, UserConflict, Users,
};

/// Which call of a place fails, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Before it has done anything.
    Before(u64),
    /// When all is done and only the answer is lost.
    After(u64),
}

/// A place that fails at one call, and how often it has been called.
pub fn failing(stores: &Stores, fault: Fault) -> (Stores, Arc<AtomicU64>) {
    let calls = Arc::<AtomicU64>::default();
    let stores = Stores {
        users: Arc::new(Faulty { inner: stores.users.clone(), calls: calls.clone(), fault }),
        sessions: Arc::new(Faulty { inner: stores.sessions.clone(), calls: calls.clone(), fault }),
        revocations: Arc::new(Faulty { inner: stores.revocations.clone(), calls: calls.clone(), fault }),
        // Rows of processes are not copied.
        nodes: stores.nodes.clone(),
        keys: Arc::new(Faulty { inner: stores.keys.clone(), calls: calls.clone(), fault }),
        facts: Arc::new(Faulty { inner: stores.facts.clone(), calls: calls.clone(), fault }),
        audit: Arc::new(Faulty { inner: stores.audit.clone(), calls: calls.clone(), fault }),
        attempts: Arc::new(Faulty { inner: stores.attempts.clone(), calls: calls.clone(), fault }),
        bypassed: stores.bypassed.clone(),
    };
    (stores, calls)
}

struct Faulty<T: ?Sized> {
    inner: Arc<T>,
    calls: Arc<AtomicU64>,
    fault: Fault,
}

fn failure() -> StoreError {
    StoreError::Unavailable("told to fail".into())
}

macro_rules! passed_on {
    ($trait:ident { $(fn $method:ident($($name:ident: $type:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $trait for Faulty<dyn $trait> {
            $(async fn $method(&self, $($name: $type),*) -> Result<$answer, StoreError> {
                let call = self.calls.fetch_add(1, SeqCst);
                if self.fault == Fault::Before(call) {
                    return Err(failure());
                }
                let answer = self.inner.$method($($name),*).await;
                if self.fault == Fault::After(call) { Err(failure()) } else { answer }
            })*
        }
    };
}

passed_on! { Users {
    fn add(user: &User) -> Result<(), UserConflict>;
    fn by_id(id: UserId) -> Option<User>;
    fn by_username(key: &str) -> Option<User>;
    fn by_email(key: &str) -> Option<User>;
    fn list(after: Option<UserId>, limit: usize) -> Vec<User>;
    fn change(user: &User, announce: &[Announcement]) -> Result<(), UserConflict>;
    fn remove(id: UserId, announce: &[Announcement]) -> bool;
    fn count() -> u64;
}}

passed_on! { Sessions {
    fn open(session: &Session, grant: &Grant) -> ();
    fn attach(grant: &Grant) -> bool;
    fn by_reference(hash: &SecretHash) -> Option<(Reference, Session)>;
    fn by_family(id: FamilyId) -> Option<(Family, Session)>;
    fn by_id(id: SessionId) -> Option<Session>;
    fn touch(touch: &Touch) -> bool;
    fn rotate(from: &Family, to: &Family) -> bool;
    fn list(user: UserId, now: Timestamp) -> Vec<Session>;
    fn end(id: SessionId, announce: &[Announcement]) -> bool;
    fn end_all(user: UserId, standing: Standing) -> u64;
    fn data(id: SessionId) -> Option<SessionData>;
    fn replace_data(id: SessionId, data: &SessionData) -> bool;
    fn purge(now: Timestamp, limit: usize) -> u64;
    fn purge_grants(now: Timestamp, limit: usize) -> u64;
    fn export(cursor: Option<&str>, limit: usize) -> LoginPage;
    fn logins(ids: &[SessionId]) -> Vec<Login>;
    fn import(logins: &[Login]) -> u64;
    fn count() -> LoginCounts;
    fn belongs_to(mark: &str) -> bool;
    fn owner() -> Option<String>;
    fn ready() -> ();
}}

passed_on! { Revocations {
    fn append(announcements: &[Announcement]) -> Position;
    fn after(position: Position, limit: usize) -> Vec<Entry>;
    fn head() -> Position;
    fn purge(now: Timestamp, limit: usize) -> u64;
    fn count() -> u64;
    fn import(entries: &[Entry], head: Position) -> ();
}}

passed_on! { Keys {
    fn list() -> Vec<KeyRecord>;
    fn add(key: &KeyRecord) -> bool;
    fn change_state(kid: &str, from: KeyState, to: KeyState, at: Timestamp) -> bool;
    fn rotate(active: &str, next: &str, fresh: &KeyRecord, at: Timestamp) -> bool;
    fn remove(kid: &str) -> bool;
}}

passed_on! { Facts {
    fn fact(name: &str) -> Option<String>;
    fn change_fact(name: &str, from: Option<&str>, to: Option<&str>) -> bool;
    fn list() -> Vec<(String, String)>;
    fn ready() -> ();
}}

passed_on! { Audit {
    fn ends() -> Ends;
    fn append(after: &Link, rows: &[AuditRow], head: &Seal) -> bool;
    fn after(number: u64, limit: usize, filter: &AuditFilter) -> Vec<AuditRow>;
    fn latest(limit: usize, filter: &AuditFilter) -> Vec<AuditRow>;
    fn links(number: u64, limit: usize) -> Vec<Link>;
    fn mend(row: &AuditRow, from: Option<&Ends>, ends: &Ends) -> bool;
    fn purge(from: &Link, anchor: &Seal) -> bool;
    fn count() -> u64;
    fn import(ends: &Ends, rows: &[AuditRow]) -> ();
    fn clear() -> ();
}}

passed_on! { Attempts {
    fn tally(budget: BudgetId) -> Option<Tally>;
    fn change(changes: &[TallyChange]) -> bool;
    fn forget(budget: BudgetId) -> ();
    fn list(after: Option<BudgetId>, limit: usize) -> Vec<(BudgetId, Tally)>;
    fn purge(now: Timestamp, limit: usize) -> u64;
}}
