//! Handing out credentials, of whatever kind the client's policy names.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Authority;
use super::error::Trouble;
use crate::Timestamp;
use crate::account::User;
use crate::client::Client;
use crate::credential::{Kind, jwt, reference, refresh};
use crate::id::{ClientId, Scope, SessionId, TokenId};
use crate::revocation::Position;
use crate::session::{Grant, Origin, Session};

/// What was handed out.
pub struct Issued {
    /// To whom.
    pub user: User,
    /// For which client.
    pub client: Arc<Client>,
    /// The credential itself.
    pub secret: Zeroizing<String>,
    /// The refresh token beside it, where the client has them.
    pub refresh: Option<Zeroizing<String>>,
    /// When the refresh token's family ends.
    pub refresh_expires_at: Option<Timestamp>,
    /// The login that it belongs to.
    pub login: SessionId,
    /// The same, where it is stored.
    pub session: Option<SessionId>,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// For how long it counts from now.
    pub expires_in: Duration,
}

/// How a login begins.
pub(super) struct Start {
    /// The login that there is already, though nothing is stored about it yet.
    pub(super) login: Option<SessionId>,
    /// The client that was logged in to; another one than the credential's after an exchange.
    pub(super) login_client: ClientId,
    pub(super) scopes: Vec<Scope>,
    pub(super) origin: Origin,
    /// The user's generation when the password was checked: if it rises before the login is stored, the login is dead.
    pub(super) generation: u64,
    /// How much of the log was known before anything was checked.
    pub(super) position: Position,
    pub(super) authenticated_at: Timestamp,
    pub(super) ends_at: Timestamp,
}

/// The facts of a login that stand in every credential of it.
pub(super) struct Login<'a> {
    pub(super) user: &'a User,
    pub(super) session: Option<SessionId>,
    pub(super) client: &'a ClientId,
    pub(super) scopes: Vec<Scope>,
    pub(super) generation: u64,
    pub(super) position: Position,
    pub(super) authenticated_at: Timestamp,
    /// Nothing that is issued lasts longer.
    pub(super) ends_at: Timestamp,
}

impl Authority {
    /// Makes a login of `user` to `client`: stores it, where the client's policy needs that, and hands out its credential.
    pub(super) async fn open(&self, user: User, client: &Arc<Client>, start: Start) -> Result<Issued, Trouble> {
        let now = self.now();
        let Start { login, login_client, scopes, origin, generation, position, authenticated_at, ends_at } = start;
        if !client.stores_sessions() {
            let made = Login {
                user: &user,
                session: login,
                client: &login_client,
                scopes,
                generation,
                position,
                authenticated_at,
                ends_at,
            };
            let Minted { secret, token, expires_at } = self.mint(&made, client)?;
            let (scopes, own) = (made.scopes, token.login());
            let handed_out = issued(user, client, secret, None, own, scopes, expires_at, now);
            return Ok(Issued { login: login.unwrap_or(own), session: login, ..handed_out });
        }
        // What the login itself has handed out, should this be an exchange.
        let kind = self.clients.find(login_client.as_str()).map_or(client.kind, |client| client.kind);
        let session = Session {
            id: login.map_or_else(|| SessionId::new(now, &*self.entropy), Ok)?,
            user: user.id,
            client: login_client,
            kind,
            generation,
            scopes: scopes.clone(),
            authenticated_at,
            last_seen_at: now,
            expires_at: ends_at,
            origin,
            position,
        };
        let credential = self.credential(&user, &session, client, scopes, now)?;
        self.stores.sessions.open(&session, &credential.grant).await?;
        Ok(credential.handed_out(user, client, session.id, now))
    }

    /// A further credential for a session that is stored already. `None`: the session has ended.
    pub(super) async fn attach(
        &self,
        user: User,
        session: &Session,
        client: &Arc<Client>,
        scopes: Vec<Scope>,
    ) -> Result<Option<Issued>, Trouble> {
        let now = self.now();
        if !client.stores_sessions() {
            let Minted { secret, expires_at, .. } = self.mint(&Login::of(&user, session, scopes.clone()), client)?;
            return Ok(Some(issued(user, client, secret, None, session.id, scopes, expires_at, now)));
        }
        let credential = self.credential(&user, session, client, scopes, now)?;
        let attached = self.stores.sessions.attach(&credential.grant).await?;
        Ok(attached.then(|| credential.handed_out(user, client, session.id, now)))
    }

    /// A credential of a stored session, and what is to be stored of it.
    fn credential(
        &self,
        user: &User,
        session: &Session,
        client: &Client,
        scopes: Vec<Scope>,
        now: Timestamp,
    ) -> Result<Credential, Trouble> {
        match client.kind {
            Kind::Session | Kind::Token => {
                let (secret, reference) = reference::issue(session, client, scopes.clone(), now, &*self.entropy)?;
                let expires_at = reference.expires_at;
                Ok(Credential { secret, refresh: None, scopes, expires_at, grant: Grant::Reference(reference) })
            }
            Kind::Jwt => {
                let Minted { secret, expires_at, .. } = self.mint(&Login::of(user, session, scopes.clone()), client)?;
                let (token, family) =
                    refresh::issue(session, client, scopes.clone(), now, &self.successors, &*self.entropy)?;
                let refresh = Some((token, family.expires_at));
                Ok(Credential { secret, refresh, scopes, expires_at, grant: Grant::Family(family) })
            }
        }
    }

    /// Signs a self-contained token.
    pub(super) fn mint(&self, login: &Login<'_>, client: &Client) -> Result<Minted, Trouble> {
        let now = self.now();
        // A token tells time in whole seconds, from the one that it is made in.
        let expires_at = now.floor_seconds().after(client.lifetimes.credential).min(login.ends_at.floor_seconds());
        let token = TokenId::new(now, &*self.entropy)?;
        let claims = jwt::Claims {
            issuer: &self.tokens.issuer,
            user: login.user,
            client,
            token,
            session: login.session,
            login_client: login.client,
            scopes: &login.scopes,
            generation: login.generation,
            position: login.position,
            authenticated_at: login.authenticated_at,
            issued_at: now,
            expires_at,
        };
        let ring = self.ring.view();
        let trouble = |why: String| Trouble::Signing { client: client.id.clone(), why };
        // The log may have told of a key's end already, and the ring not yet: what that key signed would be born dead.
        let key = ring.writer_but(client.algorithm, |kid| self.replica.has_ended_key(kid));
        let key = key.ok_or_else(|| trouble(format!("there is no active {} key", client.algorithm)))?;
        let secret = jwt::mint(&claims, key).map_err(|error| trouble(error.to_string()))?;
        Ok(Minted { secret: Zeroizing::new(secret), token, expires_at })
    }
}

/// A self-contained token that was signed.
pub(super) struct Minted {
    pub(super) secret: Zeroizing<String>,
    /// Its `jti`.
    pub(super) token: TokenId,
    pub(super) expires_at: Timestamp,
}

impl<'a> Login<'a> {
    pub(super) fn of(user: &'a User, session: &'a Session, scopes: Vec<Scope>) -> Self {
        Self {
            user,
            session: Some(session.id),
            client: &session.client,
            scopes,
            generation: session.generation,
            position: session.position,
            authenticated_at: session.authenticated_at,
            ends_at: session.expires_at,
        }
    }
}

/// A credential that has been made and not stored yet.
struct Credential {
    secret: Zeroizing<String>,
    refresh: Option<(Zeroizing<String>, Timestamp)>,
    scopes: Vec<Scope>,
    expires_at: Timestamp,
    grant: Grant,
}

impl Credential {
    fn handed_out(self, user: User, client: &Arc<Client>, session: SessionId, now: Timestamp) -> Issued {
        let Self { secret, refresh, scopes, expires_at, .. } = self;
        issued(user, client, secret, refresh, session, scopes, expires_at, now)
    }
}

/// What was handed out of a stored login.
#[expect(clippy::too_many_arguments, reason = "it only names them")]
pub(super) fn issued(
    user: User,
    client: &Arc<Client>,
    secret: Zeroizing<String>,
    refresh: Option<(Zeroizing<String>, Timestamp)>,
    login: SessionId,
    scopes: Vec<Scope>,
    expires_at: Timestamp,
    now: Timestamp,
) -> Issued {
    let (refresh, refresh_expires_at) = refresh.unzip();
    // Of whole seconds from the one that this is in, as tokens count.
    let expires_in = Duration::from_secs(expires_at.since(now.floor_seconds()).as_secs());
    Issued {
        user,
        client: Arc::clone(client),
        secret,
        refresh,
        refresh_expires_at,
        login,
        session: Some(login),
        scopes,
        expires_at,
        expires_in,
    }
}
