//! Revoking what is named by something else than a login: one line of the log each, however many logins it ends.

use super::Authority;
use crate::audit::{Entry, Event};
use crate::id::{ClientId, TokenId};
use crate::revocation::Target;
use crate::store::StoreError;

impl Authority {
    /// Ends every login to a client, and whatever else was issued to it. Logins from now on count.
    pub async fn revoke_client(&self, client: &ClientId) -> Result<(), StoreError> {
        self.announce(&[self.announcement(Target::Client { client: client.clone() })]).await?;
        self.read_own_line().await;
        self.record([Entry::new(Event::TokenRevoked).to(client).with("what", "client")]).await
    }

    /// Ends every login of everybody. Logins from now on count.
    pub async fn revoke_everything(&self) -> Result<(), StoreError> {
        self.announce(&[self.announcement(Target::System)]).await?;
        self.read_own_line().await;
        self.record([Entry::new(Event::TokenRevoked).with("what", "everything")]).await
    }

    /// Ends a self-contained token by its `jti`. Where it is a login of its own, because nothing else is stored about it, that
    /// login ends with it, and whatever it was exchanged for.
    pub async fn revoke_token(&self, token: TokenId) -> Result<(), StoreError> {
        let login = token.login();
        let announcements = [Target::Token { token }, Target::Session { session: login }];
        let announcements = announcements.map(|target| self.announcement(target));
        self.stores.sessions.end(login, &announcements).await?;
        self.announced(&announcements).await;
        self.record([Entry::new(Event::TokenRevoked).of(login).with("what", "token").with("token", token)]).await
    }

    /// Takes in all that stands before this process's own line, and the line: a login that is made here next has to know of it.
    pub(super) async fn read_own_line(&self) {
        // It holds in any case. Until the log can be read, new logins here are born dead, which whoever follows it puts right.
        if let Err(error) = self.known_here().await {
            tracing::warn!(%error, "what was revoked is in the log, which cannot be read now");
        }
    }
}
