//! Who a request speaks for.

use std::sync::Arc;

use super::{Kind, Transport};
use crate::Timestamp;
use crate::id::{ClientId, Role, Scope, SessionId, TokenId, UserId};
use crate::revocation::{Position, Subject};

/// Who a request speaks for, once its credential is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: UserId,
    /// Its username when the credential was issued or looked up.
    pub username: Arc<str>,
    /// Its roles, as far as the client's policy passes them on.
    pub roles: Vec<Role>,
    /// What the credential may be used for.
    pub scopes: Vec<Scope>,
    /// The client that the credential was issued to.
    pub client: ClientId,
    /// What the credential is.
    pub kind: Kind,
    /// How it travels.
    pub transport: Transport,
    /// The login that it belongs to. Credentials that were exchanged for each other have the same one.
    pub login: SessionId,
    /// The same, unless nothing is stored about it and the credential is its first: then there is no session.
    pub session: Option<SessionId>,
    /// The client that was logged in to: the same as `client`, unless the credential was exchanged for one of another client.
    pub login_client: ClientId,
    /// Its `jti`, when it is self-contained.
    pub token: Option<TokenId>,
    /// The key that signed it, when it is self-contained.
    pub key: Option<Arc<str>>,
    /// The user's generation when the login was made.
    pub generation: u64,
    /// How much of the log its maker knew.
    pub position: Position,
    /// The version of the user's record when the credential was issued or looked up.
    pub user_version: u64,
    /// When the password was checked.
    pub authenticated_at: Timestamp,
    /// When the credential ends, if it is not used before.
    pub expires_at: Timestamp,
}

impl Identity {
    /// Whether the user has a role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own.as_str() == role)
    }

    /// Whether the credential may be used for something.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own.as_str() == scope)
    }

    /// What a revocation can name it by.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            user: self.user,
            login: self.login,
            login_client: &self.login_client,
            client: &self.client,
            token: self.token,
            key: self.key.as_deref(),
            generation: self.generation,
            position: self.position,
        }
    }
}
