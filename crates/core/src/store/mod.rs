//! What a store must do. Small traits, so that one store can keep the sessions and another the rest.
//!
//! Whatever must be atomic is one method. Nothing here overwrites: what is new fails on a conflict, and what changes
//! names the state that it changes from. "Not found" is `Ok(None)` and never an error; an error is never "not found".

mod attempts;
mod audit;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod copy;
mod error;
mod login;
mod nodes;

pub use attempts::{Attempts, BudgetId, Tally, TallyChange};
pub use audit::{Audit, AuditFilter, AuditRow};
pub use error::StoreError;
pub use login::{Login, LoginCounts, LoginPage};
pub use nodes::{Node, Nodes};

use std::sync::Arc;

use async_trait::async_trait;

use crate::Timestamp;
use crate::account::User;
use crate::credential::SecretHash;
use crate::id::{FamilyId, SessionId, UserId};
use crate::keys::{KeyRecord, KeyState};
pub use crate::revocation::Announcement;
use crate::revocation::{Entry, Position, Standing};
use crate::session::{Family, Grant, Reference, Session, SessionData};

/// Everything that a server needs to remember.
#[derive(Clone)]
pub struct Stores {
    /// Accounts.
    pub users: Arc<dyn Users>,
    /// Logins.
    pub sessions: Arc<dyn Sessions>,
    /// The revocation log. Always beside the users.
    pub revocations: Arc<dyn Revocations>,
    /// Who follows the log. Always beside it.
    pub nodes: Arc<dyn Nodes>,
    /// Signing keys, sealed.
    pub keys: Arc<dyn Keys>,
    /// Facts about this installation.
    pub facts: Arc<dyn Facts>,
    /// Tallies of failed attempts. Always beside the users.
    pub attempts: Arc<dyn Attempts>,
    /// The audit log. Always beside the users.
    pub audit: Arc<dyn Audit>,
    /// Where logins are kept apart from the rest: the place beside the rest, which is passed over. It must hold none.
    pub bypassed: Option<Arc<dyn Sessions>>,
}

/// Why a user was not added or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserConflict {
    /// Another user has the username.
    UsernameTaken,
    /// Another user has the e-mail address.
    EmailTaken,
    /// The record is not there in the version that the change was made from.
    Outdated,
}

/// Accounts.
#[async_trait]
pub trait Users: Send + Sync {
    /// Adds a user. An id that is there already is an error. When both names are taken, either is reported.
    async fn add(&self, user: &User) -> Result<Result<(), UserConflict>, StoreError>;

    /// By id.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// By the key of a username, compared byte for byte.
    async fn by_username(&self, key: &str) -> Result<Option<User>, StoreError>;

    /// By the key of an e-mail address, compared byte for byte.
    async fn by_email(&self, key: &str) -> Result<Option<User>, StoreError>;

    /// Up to `limit` users after `after`, by id.
    async fn list(&self, after: Option<UserId>, limit: usize) -> Result<Vec<User>, StoreError>;

    /// Replaces the record that has `user.version` by `user`, whose version becomes one more, and appends the announcements to
    /// the revocation log in the same step.
    async fn change(&self, user: &User, announce: &[Announcement]) -> Result<Result<(), UserConflict>, StoreError>;

    /// Removes a user with its sessions, and appends the announcements in the same step. `false`: there was none.
    async fn remove(&self, id: UserId, announce: &[Announcement]) -> Result<bool, StoreError>;

    /// How many there are.
    async fn count(&self) -> Result<u64, StoreError>;

    /// Whether there is any user at all.
    async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.list(None, 1).await?.is_empty())
    }
}

/// Logins and what refers to them.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Stores a new session with its first grant. An id or a hash that is there already is an error and changes nothing.
    async fn open(&self, session: &Session, grant: &Grant) -> Result<(), StoreError>;

    /// Adds a grant to a session. `false`: the session has ended, and nothing was added.
    async fn attach(&self, grant: &Grant) -> Result<bool, StoreError>;

    /// What a reference's secret refers to. Expired ones are returned; judging them is for the caller.
    async fn by_reference(&self, hash: &SecretHash) -> Result<Option<(Reference, Session)>, StoreError>;

    /// A family and its session.
    async fn by_family(&self, id: FamilyId) -> Result<Option<(Family, Session)>, StoreError>;

    /// By id.
    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Notes a use, if the session is still there: moves `last_seen_at` forward, never back, and with a hash the idle expiry
    /// of that reference too, if it has one. `false`: there was nothing to note it on, or it had expired at `seen_at`, idle
    /// expiry included; then nothing has changed.
    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError>;

    /// Gives the family its next generation, if it still is as `from` says. `false`: somebody else was faster, or it has ended.
    async fn rotate(&self, from: &Family, to: &Family) -> Result<bool, StoreError>;

    /// A user's sessions that still let somebody in at `now`, newest first: that have not expired and have a family that has
    /// not expired, or a reference that has neither expired nor idled out. Of more than `limit` those that were made last: whoever has an
    /// account may have any number.
    async fn list(&self, user: UserId, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError>;

    /// Removes a session and all its grants, and appends the announcements to the revocation log, in one step; they are
    /// appended even when the session is gone already. `false`: there was none.
    async fn end(&self, id: SessionId, announce: &[Announcement]) -> Result<bool, StoreError>;

    /// Removes those of a user's sessions that a standing does not admit. Returns how many.
    async fn end_all(&self, user: UserId, standing: Standing) -> Result<u64, StoreError>;

    /// The app's own data about a session. `None`: there is no such session.
    async fn data(&self, id: SessionId) -> Result<Option<SessionData>, StoreError>;

    /// Replaces the app's own data about a session. `false`: there is no such session.
    async fn replace_data(&self, id: SessionId, data: &SessionData) -> Result<bool, StoreError>;

    /// Removes up to `limit` sessions that have expired at `now`, with their grants. Returns how many.
    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Removes up to `limit` references and as many families that have expired at `now`, though their sessions may live on.
    /// Returns how many.
    async fn purge_grants(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Up to about `limit` logins from `cursor` on, `None` being the first. Whatever is there from the first page to the last
    /// comes at least once. The cursor is the store's own text, and good for a later process too.
    async fn export(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError>;

    /// Those of these logins that are there, in no order, each with the credentials that would be found by their own names.
    async fn logins(&self, ids: &[SessionId]) -> Result<Vec<Login>, StoreError>;

    /// Stores whole logins as they are. One whose session is there already is left as it is, so that an interrupted import can
    /// be repeated. A reference's hash or a family's id that belongs to another session is a conflict, and that login is not
    /// stored. Returns how many were new.
    async fn import(&self, logins: &[Login]) -> Result<u64, StoreError>;

    /// Whether this store removes by itself what has expired, some time later. To purge it is then possible, not needed.
    fn forgets_by_itself(&self) -> bool {
        false
    }

    /// How many there are. What has expired counts until it is removed.
    async fn count(&self) -> Result<LoginCounts, StoreError>;

    /// Takes possession of this store for the installation of a mark, for ever. `false`: it is another one's. A store
    /// that is one with the facts belongs to whom they belong to.
    async fn belongs_to(&self, _mark: &str) -> Result<bool, StoreError> {
        Ok(true)
    }

    /// The mark of the installation that has taken possession of this store. A store that is one with the facts need not
    /// know.
    async fn owner(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    /// Whether this store answers and can be written to.
    async fn ready(&self) -> Result<(), StoreError>;
}

/// A use of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The session.
    pub session: SessionId,
    /// When it was used.
    pub seen_at: Timestamp,
    /// The reference that was used, and when it now ends for lack of use.
    pub reference: Option<(SecretHash, Option<Timestamp>)>,
}

/// The revocation log.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// Appends to the log, whole or not at all. When this returns, the entries are durable. Returns the last one's position;
    /// the head's, when there is nothing to append.
    async fn append(&self, announcements: &[Announcement]) -> Result<Position, StoreError>;

    /// Up to `limit` entries after `position`, in the order of the log.
    async fn after(&self, position: Position, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// The position of the last entry that was ever appended.
    async fn head(&self) -> Result<Position, StoreError>;

    /// Removes up to `limit` entries that have expired at `now`. Returns how many.
    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// How many entries there are. What has expired counts until it is removed.
    async fn count(&self) -> Result<u64, StoreError>;

    /// Puts entries of another log at their own positions, and moves the head forward to `head` or the last of them, never
    /// back. A position that has an entry already keeps it.
    async fn import(&self, entries: &[Entry], head: Position) -> Result<(), StoreError>;
}

/// Signing keys. Private parts come and go sealed.
#[async_trait]
pub trait Keys: Send + Sync {
    /// All of them, in the order of their making; those of one millisecond by `kid`.
    async fn list(&self) -> Result<Vec<KeyRecord>, StoreError>;

    /// Adds a key. `false`: one with its `kid` is there, or its algorithm has an `active` or `next` key already and this one would be a second.
    async fn add(&self, key: &KeyRecord) -> Result<bool, StoreError>;

    /// Moves a key from one state to another. `false`: it is not in the state `from`, or its algorithm has another key that is
    /// `active` or `next` and this one would be a second.
    async fn change_state(&self, kid: &str, from: KeyState, to: KeyState, at: Timestamp) -> Result<bool, StoreError>;

    /// In one step: `active` is retired, `next` becomes active, `fresh` is added in state next. `false`: the ring is not as the
    /// caller believed, or the three are not for one algorithm, and nothing has changed.
    async fn rotate(&self, active: &str, next: &str, fresh: &KeyRecord, at: Timestamp) -> Result<bool, StoreError>;

    /// Removes a key that is retired or revoked. `false`: there was none.
    async fn remove(&self, kid: &str) -> Result<bool, StoreError>;
}

/// Facts about an installation, each a short text under a name.
#[async_trait]
pub trait Facts: Send + Sync {
    /// The fact of that name.
    async fn fact(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Moves a fact from one text to another, `None` being absence. `false`: it was not `from`, and nothing has changed. From
    /// absence to absence it only tells whether it is absent.
    async fn change_fact(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Result<bool, StoreError>;

    /// All of them, each with its name first, in the order of the names' bytes.
    async fn list(&self) -> Result<Vec<(String, String)>, StoreError>;

    /// Whether the store answers and can be written to.
    async fn ready(&self) -> Result<(), StoreError>;
}
