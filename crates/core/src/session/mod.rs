//! Sessions: the stored records of logins.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::Timestamp;
use crate::credential::{Kind, SecretHash};
use crate::id::{ClientId, FamilyId, Scope, SessionId, UserId};
use crate::revocation::{Position, Subject};

/// The stored record of one login, whatever the kind of its credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its name in lists; no secret.
    pub id: SessionId,
    /// Who logged in.
    pub user: UserId,
    /// To which client.
    pub client: ClientId,
    /// What the login handed out.
    pub kind: Kind,
    /// The user's generation when the login was made: a later one ends it.
    pub generation: u64,
    /// What the login may be used for. Credentials that are exchanged for others never get more.
    pub scopes: Vec<Scope>,
    /// When the password was checked (`auth_time`).
    pub authenticated_at: Timestamp,
    /// When it was last used, to the accuracy of [`touch_interval`].
    pub last_seen_at: Timestamp,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
    /// Where the login came from.
    pub origin: Origin,
    /// How much of the log was known before the password was checked.
    pub position: Position,
}

impl Session {
    /// What a revocation can name it by.
    pub const fn subject(&self) -> Subject<'_> {
        Subject {
            user: self.user,
            login: self.id,
            login_client: &self.client,
            client: &self.client,
            token: None,
            key: None,
            generation: self.generation,
            position: self.position,
        }
    }
}

/// Where a login came from, for its user to recognise it by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address.
    pub ip: Option<IpAddr>,
    /// What the browser or program called itself; cut to 256 characters.
    pub user_agent: Option<String>,
}

/// What a session may carry for the app: a JSON object.
pub type SessionData = Map<String, Value>;

/// The most that a session's data may take, as JSON text, in bytes.
pub const MAX_DATA_BYTES: usize = 4096;

/// A random credential that refers to a session. Of its secret only the hash is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// SHA-256 of the credential.
    pub hash: SecretHash,
    /// The session that it refers to.
    pub session: SessionId,
    /// The client that it was issued to; not always the one of the login.
    pub client: ClientId,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// For how long it may go unused.
    pub idle: Option<Duration>,
    /// When it ends for lack of use.
    pub idle_expires_at: Option<Timestamp>,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
    /// How much of the log was known before what it was issued for was checked.
    pub position: Position,
}

/// A refresh token's family: one row a login, however often it refreshes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its name, which stands inside each of its tokens.
    pub id: FamilyId,
    /// The session that it renews.
    pub session: SessionId,
    /// The client that it was issued to.
    pub client: ClientId,
    /// What the access credentials that it renews may be used for.
    pub scopes: Vec<Scope>,
    /// Which of its tokens is the live one, counted from nought.
    pub generation: u32,
    /// SHA-256 of the live token's secret.
    pub hash: SecretHash,
    /// When the live token took its predecessor's place.
    pub rotated_at: Timestamp,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
    /// How much of the log was known before what its first token was issued for was checked.
    pub position: Position,
}

impl Family {
    /// What a revocation can name it by; `session` is the one that it renews.
    pub const fn subject<'a>(&'a self, session: &'a Session) -> Subject<'a> {
        Subject { client: &self.client, position: self.position, ..session.subject() }
    }
}

/// What is stored of a credential of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// A reference to it.
    Reference(Reference),
    /// The family that renews it.
    Family(Family),
}

/// How far behind the truth "last seen" may be: a session in use is written this often and not on every request.
///
/// A thirtieth of the idle time-out, so that one is at most that much too early; a minute where there is none.
pub fn touch_interval(idle: Option<Duration>) -> Duration {
    idle.map_or(Duration::from_secs(60), |idle| (idle / 30).min(Duration::from_secs(60)))
}
