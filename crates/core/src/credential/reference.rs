//! References: random credentials that mean what the store says. Session ids and opaque tokens.

use zeroize::Zeroizing;

use super::format::write_reference;
use super::{Identity, Kind, SecretHash};
use crate::account::{User, UserState};
use crate::client::Client;
use crate::id::Scope;
use crate::session::{Reference, Session};
use crate::{Entropy, EntropyError, Timestamp};

/// A new reference to `session` for `client`, and the secret to hand out.
///
/// It never outlives the session that it refers to, and knows as much of the log.
pub fn issue(
    session: &Session,
    client: &Client,
    scopes: Vec<Scope>,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(Zeroizing<String>, Reference), EntropyError> {
    let mut secret = Zeroizing::new([0; 32]);
    entropy.fill(secret.as_mut_slice())?;
    let text = write_reference(client.kind == Kind::Session, &secret);
    let reference = Reference {
        hash: SecretHash::of(text.as_bytes()),
        session: session.id,
        client: client.id.clone(),
        scopes,
        idle: client.lifetimes.idle,
        idle_expires_at: client.lifetimes.idle.map(|idle| now.after(idle)),
        expires_at: now.after(client.lifetimes.credential).min(session.expires_at),
        position: session.position,
    };
    Ok((text, reference))
}

/// Why a reference that was found is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// It has expired, or was not used for too long.
    #[error("it has expired")]
    Expired,
    /// Its user has logged out everywhere since, changed the password, or may not log in.
    #[error("its login has ended")]
    Ended,
    /// Its client is configured no more.
    #[error("its client is not configured")]
    Client,
}

/// Who a reference speaks for, by what the store knows of it.
///
/// The client may hand out another kind by now: a login survives that change.
pub fn believe(
    kind: Kind,
    reference: &Reference,
    session: &Session,
    user: &User,
    client: &Client,
    now: Timestamp,
) -> Result<Identity, NotBelieved> {
    if now >= reference.expires_at
        || now >= session.expires_at
        || reference.idle_expires_at.is_some_and(|idle_expires_at| now >= idle_expires_at)
    {
        return Err(NotBelieved::Expired);
    }
    if user.state != UserState::Active || !user.standing.admits(session.generation, session.id) {
        return Err(NotBelieved::Ended);
    }
    Ok(Identity {
        user: user.id,
        username: user.username.as_str().into(),
        roles: user.roles.iter().cloned().collect(),
        // A scope that the client has lost since is lost to the credential too.
        scopes: reference.scopes.iter().filter(|scope| client.scopes.contains(scope.as_str())).cloned().collect(),
        client: client.id.clone(),
        kind,
        transport: client.transport,
        login: session.id,
        session: Some(session.id),
        login_client: session.client.clone(),
        token: None,
        key: None,
        generation: session.generation,
        position: reference.position,
        user_version: user.version,
        authenticated_at: session.authenticated_at,
        expires_at: reference.expires_at,
    })
}
