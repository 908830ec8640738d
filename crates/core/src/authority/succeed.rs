//! A new login in the place of the one that asks (ASVS 5 §7.2.4): what it had, anybody who had seen it had as well.

use super::Authority;
use super::accounts::PasswordChange;
use super::error::AccountError;
use super::issue::{Issued, Start};
use crate::credential::Identity;
use crate::id::SessionId;
use crate::session::Origin;
use crate::store::StoreError;

/// A change of password, done or not.
pub struct Changed {
    /// Whether it was done. A failure may be one of the answer alone.
    pub result: Result<(), AccountError>,
    /// The login in the place of the one that has asked. It counts in any case, and the other one only if nothing was done: so
    /// it is to be handed out with a failure too. `None`: the one that has asked goes on.
    pub successor: Option<Issued>,
}

/// Where the new login comes from, and what it is.
pub(super) struct Place {
    origin: Origin,
    successor: Option<Issued>,
    /// The user's generation when it was made.
    pub(super) generation: u64,
}

impl Authority {
    /// Changes the password of whoever is logged in. Every login of the user ends, this one too, and a new one takes its place.
    ///
    /// The new login is stored first, under a secret that nobody has seen; then one step changes the password and ends all logins
    /// but that one. So nothing has ended before the password is changed, and nothing old counts from then on.
    pub async fn change_password_anew(&self, identity: &Identity, change: PasswordChange, origin: Origin) -> Changed {
        let mut place = Place { origin, successor: None, generation: 0 };
        let result = self.replace_password(identity, change, Some(&mut place)).await;
        let mut successor = place.successor;
        if matches!(&result, Err(error) if !matches!(error, AccountError::Trouble(_)))
            && let Some(unwanted) = successor.take()
        {
            self.forget(unwanted.session).await;
        }
        Changed { result, successor }
    }

    /// Makes the login that is to take the place of the one that asks, with what the app keeps about it. Returns its name. One
    /// that was made before is given up.
    pub(super) async fn succeed(&self, identity: &Identity, place: &mut Place) -> Result<SessionId, AccountError> {
        if let Some(unwanted) = place.successor.take() {
            self.forget(unwanted.session).await;
        }
        let position = self.position().await?;
        let user = self.holder(identity).await?.ok_or(AccountError::Ended)?;
        let client = self.clients.find(identity.client.as_str()).ok_or(AccountError::Ended)?;
        // The password was checked just now, as at any login, and no scope is had by that which was not had before.
        let now = self.now();
        let start = Start {
            login: None,
            login_client: client.id.clone(),
            scopes: identity.scopes.iter().filter(|scope| client.scopes.contains(*scope)).cloned().collect(),
            origin: place.origin.clone(),
            generation: user.standing.generation,
            position,
            authenticated_at: now,
            ends_at: now.after(client.login_lifetime()),
        };
        place.generation = user.standing.generation;
        let issued = self.open(user, client, start).await?;
        if let Err(error) = self.pass_data_on(identity.session, issued.session).await {
            self.forget(issued.session).await;
            return Err(error.into());
        }
        let login = issued.login;
        place.successor = Some(issued);
        Ok(login)
    }

    async fn pass_data_on(&self, from: Option<SessionId>, to: Option<SessionId>) -> Result<(), StoreError> {
        let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
        match self.stores.sessions.data(from).await? {
            Some(data) if !data.is_empty() => self.stores.sessions.replace_data(to, &data).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Removes a login whose secret nobody has. It would be listed until it expires.
    async fn forget(&self, session: Option<SessionId>) {
        let Some(session) = session else { return };
        if let Err(error) = self.stores.sessions.end(session, &[]).await {
            tracing::warn!(%error, "a login that nobody has was not removed");
        }
    }
}
