//! Stores of which one call fails, as when a connection breaks.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::Timestamp;
use crate::account::User;
use crate::audit::{Ends, Link, Seal};
use crate::credential::SecretHash;
use crate::id::{FamilyId, NodeId, SessionId, UserId};
use crate::keys::{KeyRecord, KeyState};
use crate::revocation::{Entry, Position, Standing};
use crate::session::{Family, Grant, Reference, Session, SessionData};
use crate::store::{
    Announcement, Attempts, Audit, AuditFilter, AuditRow, BudgetId, Facts, Keys, Login, LoginCounts, LoginPage, Node,
    Nodes, Revocations, Sessions, StoreError, Stores, Tally, TallyChange, Touch, UserConflict, Users,
};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It does not reach the store: nothing has happened.
    Unsent,
    /// It is done, and the answer is lost.
    Unanswered,
}

/// Which call fails, and how.
pub(super) struct Fault {
    aim: Mutex<(usize, Way)>,
    armed: AtomicBool,
    calls: AtomicUsize,
    met: AtomicBool,
}

impl Fault {
    pub(super) fn new() -> Arc<Self> {
        let (armed, calls, met) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Self { aim: Mutex::new((0, Way::Unsent)), armed, calls, met })
    }

    /// From the next arming on, call number `call` is to fail, counted from nought.
    pub(super) fn aim(&self, call: usize, way: Way) {
        *self.aim.lock().unwrap_or_else(PoisonError::into_inner) = (call, way);
        self.calls.store(0, SeqCst);
        self.met.store(false, SeqCst);
    }

    /// Only calls while it is armed are counted, and fail.
    pub(super) fn arm(&self, armed: bool) {
        self.armed.store(armed, SeqCst);
    }

    /// Whether a call has failed since it was aimed.
    pub(super) fn was_met(&self) -> bool {
        self.met.load(SeqCst)
    }

    /// How this call is to fail, if it is.
    fn next(&self) -> Option<Way> {
        if !self.armed.load(SeqCst) {
            return None;
        }
        let (aim, way) = *self.aim.lock().unwrap_or_else(PoisonError::into_inner);
        let hit = self.calls.fetch_add(1, SeqCst) == aim;
        self.met.fetch_or(hit, SeqCst);
        hit.then_some(way)
    }

    async fn befall<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let lost = || StoreError::Unavailable("the connection broke".into());
        match self.next() {
            None => call.await,
            Some(Way::Unsent) => Err(lost()),
            Some(Way::Unanswered) => call.await.and_then(|_| Err(lost())),
        }
    }
}

/// The same stores, which meet that fault.
pub(super) fn failing(stores: &Stores, fault: &Arc<Fault>) -> Stores {
    Stores {
        users: Failing::new(&stores.users, fault),
        sessions: Failing::new(&stores.sessions, fault),
        revocations: Failing::new(&stores.revocations, fault),
        nodes: Failing::new(&stores.nodes, fault),
        keys: Failing::new(&stores.keys, fault),
        facts: Failing::new(&stores.facts, fault),
        attempts: Failing::new(&stores.attempts, fault),
        audit: Failing::new(&stores.audit, fault),
        bypassed: stores.bypassed.clone(),
    }
}

struct Failing<T: ?Sized> {
    inner: Arc<T>,
    fault: Arc<Fault>,
}

impl<T: ?Sized> Failing<T> {
    fn new(inner: &Arc<T>, fault: &Arc<Fault>) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), fault: Arc::clone(fault) })
    }
}

/// Methods that pass everything on.
macro_rules! passes_on {
    ($store:ident { $($method:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $store for Failing<dyn $store> {
            $(async fn $method(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                self.fault.befall(self.inner.$method($($argument),*)).await
            })*
        }
    };
}

passes_on!(Users {
    add(user: &User) -> Result<(), UserConflict>;
    by_id(id: UserId) -> Option<User>;
    by_username(key: &str) -> Option<User>;
    by_email(key: &str) -> Option<User>;
    list(after: Option<UserId>, limit: usize) -> Vec<User>;
    change(user: &User, announce: &[Announcement]) -> Result<(), UserConflict>;
    remove(id: UserId, announce: &[Announcement]) -> bool;
    count() -> u64;
    is_empty() -> bool;
});

passes_on!(Sessions {
    open(session: &Session, grant: &Grant) -> ();
    attach(grant: &Grant) -> bool;
    by_reference(hash: &SecretHash) -> Option<(Reference, Session)>;
    by_family(id: FamilyId) -> Option<(Family, Session)>;
    by_id(id: SessionId) -> Option<Session>;
    touch(touch: &Touch) -> bool;
    rotate(from: &Family, to: &Family) -> bool;
    list(user: UserId, now: Timestamp) -> Vec<Session>;
    end(id: SessionId, announce: &[Announcement]) -> bool;
    end_all(user: UserId, standing: Standing) -> u64;
    data(id: SessionId) -> Option<SessionData>;
    replace_data(id: SessionId, data: &SessionData) -> bool;
    purge(now: Timestamp, limit: usize) -> u64;
    purge_grants(now: Timestamp, limit: usize) -> u64;
    export(cursor: Option<&str>, limit: usize) -> LoginPage;
    logins(ids: &[SessionId]) -> Vec<Login>;
    import(logins: &[Login]) -> u64;
    count() -> LoginCounts;
    belongs_to(mark: &str) -> bool;
    owner() -> Option<String>;
    ready() -> ();
});

passes_on!(Revocations {
    append(announcements: &[Announcement]) -> Position;
    after(position: Position, limit: usize) -> Vec<Entry>;
    head() -> Position;
    purge(now: Timestamp, limit: usize) -> u64;
    count() -> u64;
    import(entries: &[Entry], head: Position) -> ();
});

passes_on!(Nodes {
    register(node: &Node) -> ();
    position(id: NodeId) -> Option<Position>;
    advance(id: NodeId, position: Position) -> bool;
    list() -> Vec<Node>;
    give_up(id: NodeId, position: Position) -> bool;
    leave(id: NodeId) -> ();
});

passes_on!(Keys {
    list() -> Vec<KeyRecord>;
    add(key: &KeyRecord) -> bool;
    change_state(kid: &str, from: KeyState, to: KeyState, at: Timestamp) -> bool;
    rotate(active: &str, next: &str, fresh: &KeyRecord, at: Timestamp) -> bool;
    remove(kid: &str) -> bool;
});

passes_on!(Facts {
    fact(name: &str) -> Option<String>;
    change_fact(name: &str, from: Option<&str>, to: Option<&str>) -> bool;
    list() -> Vec<(String, String)>;
    ready() -> ();
});

passes_on!(Attempts {
    tally(budget: BudgetId) -> Option<Tally>;
    change(changes: &[TallyChange]) -> bool;
    forget(budget: BudgetId) -> ();
    list(after: Option<BudgetId>, limit: usize) -> Vec<(BudgetId, Tally)>;
    purge(now: Timestamp, limit: usize) -> u64;
});

passes_on!(Audit {
    ends() -> Ends;
    append(after: &Link, rows: &[AuditRow], head: &Seal) -> bool;
    after(number: u64, limit: usize, filter: &AuditFilter) -> Vec<AuditRow>;
    latest(limit: usize, filter: &AuditFilter) -> Vec<AuditRow>;
    links(number: u64, limit: usize) -> Vec<Link>;
    mend(row: &AuditRow, from: Option<&Ends>, ends: &Ends) -> bool;
    purge(from: &Link, anchor: &Seal) -> bool;
    count() -> u64;
    import(ends: &Ends, rows: &[AuditRow]) -> ();
    clear() -> ();
});
