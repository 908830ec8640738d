//! Exchanging a credential for one of another client, with the same login behind it.

use super::Authority;
use super::error::ExchangeError;
use super::issue::{Issued, Start};
use crate::account::UserState;
use crate::credential::Identity;
use crate::session::Origin;

impl Authority {
    /// A credential of `client` for whoever `identity` speaks for. It gets no scope that the old one lacks, and lasts no longer
    /// than the login: an exchange widens and prolongs nothing.
    pub async fn exchange(&self, identity: &Identity, client: &str, origin: Origin) -> Result<Issued, ExchangeError> {
        let client = self.clients.find(client).filter(|client| client.exchange).ok_or(ExchangeError::NotAllowed)?;
        let user = self.stores.users.by_id(identity.user).await?;
        let user = user.filter(|user| user.state == UserState::Active).ok_or(ExchangeError::Ended)?;
        let counts = user.standing.admits(identity.generation, identity.session, identity.token);
        // A login that is not stored can have been ended in the log alone.
        if !counts || !self.replica.admits(&identity.subject()) {
            return Err(ExchangeError::Ended);
        }
        let scopes: Vec<_> = identity.scopes.iter().filter(|scope| client.scopes.contains(*scope)).cloned().collect();
        let Some(session) = identity.session else {
            // Nothing is stored about the old credential. Its end is the end of what comes from it.
            let start = Start {
                scopes,
                origin,
                // Not the old credential's: if that one was spared by the last rise, what comes from it counts as well.
                generation: user.standing.generation,
                authenticated_at: identity.authenticated_at,
                ends_at: identity.expires_at,
            };
            return Ok(self.open(user, client, start).await?);
        };
        let session = self.stores.sessions.by_id(session).await?.ok_or(ExchangeError::Ended)?;
        self.attach(user, &session, client, scopes).await?.ok_or(ExchangeError::Ended)
    }
}
