//! Exchanging a credential for one of another client, with the same login behind it.

use super::Authority;
use super::error::ExchangeError;
use super::issue::{Issued, Start};
use crate::audit::{Entry, Event};
use crate::credential::Identity;
use crate::session::{Origin, Session};
use crate::store::StoreError;

impl Authority {
    /// A credential of `client` for whoever `identity` speaks for. It gets no scope that the old one lacks and ends no later than
    /// it, however long the client's lifetimes are: who has stolen a short-lived credential cannot make a lasting one of it.
    pub async fn exchange(&self, identity: &Identity, client: &str, origin: Origin) -> Result<Issued, ExchangeError> {
        let issued = self.exchanged(identity, client, &origin).await?;
        let entry = Entry::new(Event::TokenCreated).by(identity.user).about(identity.user).of(identity.login);
        let entry = entry.to(&issued.client.id).from_origin(&origin).with("exchanged_from", &identity.client);
        // Nothing hinders a login from being exchanged again and again.
        let recorded = self.record([entry.with("kind", issued.client.kind.as_str()).at_will()]).await;
        self.recorded_if_stored(&issued, recorded)?;
        Ok(issued)
    }

    async fn exchanged(&self, identity: &Identity, client: &str, origin: &Origin) -> Result<Issued, ExchangeError> {
        let client = self.clients.find(client).filter(|client| client.exchange).ok_or(ExchangeError::NotAllowed)?;
        let scopes: Vec<_> = identity.scopes.iter().filter(|scope| client.scopes.contains(*scope)).cloned().collect();
        loop {
            let position = self.position().await?;
            let user = self.holder(identity).await?.ok_or(ExchangeError::Ended)?;
            if let Some(session) = self.stores.sessions.by_id(identity.login).await? {
                let expires_at = session.expires_at.min(identity.expires_at);
                let session = Session { expires_at, position, ..session };
                return self.attach(user, &session, client, scopes).await?.ok_or(ExchangeError::Ended);
            }
            if self.was_stored(identity) {
                return Err(ExchangeError::Ended);
            }
            let start = Start {
                login: Some(identity.login),
                login_client: identity.login_client.clone(),
                scopes: scopes.clone(),
                origin: origin.clone(),
                // Not the old credential's: if that one was spared by the last rise, what comes from it counts as well.
                generation: user.standing.generation,
                position,
                authenticated_at: identity.authenticated_at,
                ends_at: identity.expires_at,
            };
            match self.open(user, client, start).await {
                // Another exchange has stored the login meanwhile: it is the same one.
                Err(super::Trouble::Store(StoreError::Conflict(_))) => {}
                opened => return Ok(opened?),
            }
        }
    }

    /// Whether something was stored about a login from its beginning, so that its absence means that it has ended.
    fn was_stored(&self, identity: &Identity) -> bool {
        let client = self.clients.find(identity.client.as_str());
        identity.session.is_some() && client.is_none_or(|client| client.stores_sessions())
    }
}
