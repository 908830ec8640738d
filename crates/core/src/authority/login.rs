//! Logging in.

use std::net::IpAddr;

use super::Authority;
use super::error::LoginError;
use super::issue::{Issued, Start};
use crate::account::{Identifier, User};
use crate::client::Client;
use crate::id::{Scope, UserId};
use crate::password::Password;
use crate::session::Origin;
use crate::store::StoreError;
use crate::throttle::Whose;

/// What somebody who logs in says.
#[derive(Debug)]
pub struct LoginRequest<'a> {
    /// A username or an e-mail address, as typed.
    pub login: &'a str,
    /// The password.
    pub password: Password,
    /// The client to log in to; the default one when not said.
    pub client: Option<&'a str>,
    /// Scopes, with spaces between (RFC 6749 §3.3); all that the client allows when not said.
    pub scope: Option<&'a str>,
    /// Where the request comes from.
    pub origin: Origin,
}

impl Authority {
    /// Checks a name and a password, and hands out what the client's policy says.
    pub async fn login(&self, request: LoginRequest<'_>) -> Result<Issued, LoginError> {
        let client = match request.client {
            Some(name) => self.clients.find(name).ok_or(LoginError::UnknownClient)?,
            None => self.clients.default_client(),
        };
        let scopes = granted_scopes(client, request.scope)?;
        // Before anything is read: whatever is revoked from here on ends this login too.
        let position = self.position().await?;
        let user = match self.authenticate(request.login, request.password, request.origin.ip).await? {
            Ok(user) => user,
            Err(named) => {
                self.login_failed(request.login, named, client, &request.origin).await?;
                return Err(LoginError::InvalidCredentials);
            }
        };
        if client.stores_sessions() {
            self.can_record().await?;
        }
        let now = self.now();
        let start = Start {
            login: None,
            login_client: client.id.clone(),
            scopes,
            origin: request.origin.clone(),
            generation: user.standing.generation,
            position,
            authenticated_at: now,
            ends_at: now.after(client.login_lifetime()),
        };
        let issued = self.open(user, client, start).await?;
        self.logged_in(&issued, &request.origin).await?;
        Ok(issued)
    }

    /// The user of that name, if the password is theirs. Whoever fails takes as long as whoever succeeds.
    /// `Err` says whose name was given, if anybody's.
    async fn authenticate(
        &self,
        login: &str,
        password: Password,
        address: Option<IpAddr>,
    ) -> Result<Result<User, Option<UserId>>, LoginError> {
        let user = self.find_user(login).await?;
        let named = user.as_ref().map(|user| user.id);
        let whose = named.map_or(Whose::Nobodys(login), Whose::Users);
        let outcome = self.compare(whose, user.as_ref(), password, address).await?;
        let Some(mut user) = user.filter(|_| outcome.matches) else {
            return Ok(Err(named));
        };
        if let Some(rehash) = outcome.rehash {
            user.password = rehash;
            match self.stores.users.change(&user, &[]).await? {
                Ok(()) => user.version += 1,
                Err(_) => tracing::debug!(user = %user.id, "a rehash gave way to another change"),
            }
        }
        Ok(Ok(user))
    }

    /// By username or e-mail address. A name that none could have is nobody's.
    pub(super) async fn find_user(&self, login: &str) -> Result<Option<User>, StoreError> {
        match Identifier::parse(login) {
            Ok(Identifier::Username(username)) => self.stores.users.by_username(username.key()).await,
            Ok(Identifier::Email(email)) => self.stores.users.by_email(email.key()).await,
            Err(_) => Ok(None),
        }
    }
}

/// What is asked for, if the client allows it. Everything when nothing is asked for.
fn granted_scopes(client: &Client, asked: Option<&str>) -> Result<Vec<Scope>, LoginError> {
    let Some(asked) = asked else { return Ok(client.scopes.iter().cloned().collect()) };
    let mut granted = Vec::new();
    for word in asked.split(' ').filter(|word| !word.is_empty()) {
        let scope = client.scopes.get(word).ok_or_else(|| LoginError::Scope(word.to_owned()))?;
        if !granted.contains(scope) {
            granted.push(scope.clone());
        }
    }
    Ok(granted)
}
