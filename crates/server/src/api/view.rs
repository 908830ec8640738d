//! What answers say, field by field.

use std::collections::BTreeSet;

use counterfoil_core::Timestamp;
use counterfoil_core::account::User;
use counterfoil_core::authority::Issued;
use counterfoil_core::credential::{Identity, Transport};
use counterfoil_core::id::{Role, Scope, SessionId};
use counterfoil_core::session::Session;
use serde::Serialize;
use utoipa::ToSchema;

/// A user.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    /// Its name for ever.
    pub id: String,
    /// What it logs in as.
    pub username: String,
    /// An e-mail address that it may log in with as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What it may be.
    #[schema(value_type = Vec<String>)]
    pub roles: BTreeSet<Role>,
    /// What the app keeps about it.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// When the account was made.
    #[schema(format = "date-time")]
    pub created_at: String,
}

/// A credential, without its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct CredentialView {
    /// `session`, `token` or `jwt`.
    pub kind: String,
    /// `cookie` or `bearer`.
    pub transport: String,
    /// The client that it was issued to.
    pub client: String,
    /// The stored login behind it; `null` where nothing is stored.
    pub session: Option<String>,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// When it ends.
    #[schema(format = "date-time")]
    pub expires_at: String,
}

/// The answer to a login, a refresh or an exchange. The last four are there for transport `bearer` alone.
#[derive(Serialize, ToSchema)]
pub(super) struct LoginAnswer {
    /// Who has logged in.
    pub user: UserView,
    /// What was handed out.
    pub credential: CredentialView,
    /// The credential itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// For how many seconds it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What renews it, where the client has such tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// A stored login.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionView {
    /// Its name; no secret.
    pub id: String,
    /// The client that was logged in to.
    pub client: String,
    /// What the login handed out.
    pub kind: String,
    /// When it began.
    #[schema(format = "date-time")]
    pub created_at: String,
    /// When it was last used, to about a minute.
    #[schema(format = "date-time")]
    pub last_seen_at: String,
    /// When it ends, whatever happens.
    #[schema(format = "date-time")]
    pub expires_at: String,
    /// Where it came from.
    pub ip: Option<String>,
    /// What the browser or program called itself.
    pub user_agent: Option<String>,
    /// Whether this request belongs to it.
    pub current: bool,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            username: user.username.as_str().to_owned(),
            email: user.email.as_ref().map(|email| email.as_str().to_owned()),
            roles: user.roles.clone(),
            metadata: user.metadata.clone(),
            created_at: rfc3339(user.created_at),
        }
    }
}

impl From<&Identity> for CredentialView {
    fn from(identity: &Identity) -> Self {
        Self {
            kind: identity.kind.to_string(),
            transport: identity.transport.to_string(),
            client: identity.client.to_string(),
            session: identity.session.map(|session| session.to_string()),
            scopes: words(&identity.scopes),
            expires_at: rfc3339(identity.expires_at),
        }
    }
}

impl From<&Issued> for LoginAnswer {
    fn from(issued: &Issued) -> Self {
        let client = &issued.client;
        let bearer = client.transport == Transport::Bearer;
        Self {
            user: (&issued.user).into(),
            credential: CredentialView {
                kind: client.kind.to_string(),
                transport: client.transport.to_string(),
                client: client.id.to_string(),
                session: issued.session.map(|session| session.to_string()),
                scopes: words(&issued.scopes),
                expires_at: rfc3339(issued.expires_at),
            },
            token: bearer.then(|| issued.secret.to_string()),
            token_type: bearer.then_some("Bearer"),
            expires_in: bearer.then_some(issued.expires_in.as_secs()),
            refresh_token: issued.refresh.as_ref().filter(|_| bearer).map(|token| token.to_string()),
        }
    }
}

impl SessionView {
    /// A session, as seen from the session `current`.
    pub(super) fn new(session: &Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id.to_string(),
            client: session.client.to_string(),
            kind: session.kind.to_string(),
            created_at: rfc3339(session.authenticated_at),
            last_seen_at: rfc3339(session.last_seen_at),
            expires_at: rfc3339(session.expires_at),
            ip: session.origin.ip.map(|ip| ip.to_string()),
            user_agent: session.origin.user_agent.clone(),
            current: current == Some(session.id),
        }
    }
}

fn words(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().map(ToString::to_string).collect()
}

/// RFC 3339, in UTC.
pub(super) fn rfc3339(at: Timestamp) -> String {
    // What is out of jiff's range is also out of any calendar's.
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default().to_string()
}
