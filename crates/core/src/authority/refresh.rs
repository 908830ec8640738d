//! Renewing a credential by a refresh token.

use super::Authority;
use super::error::{RefreshError, Trouble};
use super::issue::{Issued, Login, Minted, issued};
use crate::account::User;
use crate::audit::{Entry, Event};
use crate::credential::refresh::{Judgement, RefreshToken, judge};
use crate::credential::{Kind, reference};
use crate::session::{Family, Grant, Session};
use crate::store::Touch;

/// How often a lost race is run again. Losing one means that the token has given way, so the second look decides.
const ATTEMPTS: usize = 4;

impl Authority {
    /// Renews a credential. Concurrent and repeated calls with one token get the same successor.
    pub async fn refresh(&self, text: &str) -> Result<Issued, RefreshError> {
        let presented = RefreshToken::parse(text).map_err(|_| RefreshError::InvalidGrant("it is malformed"))?;
        for _ in 0..ATTEMPTS {
            let position = self.position().await.map_err(Trouble::from)?;
            let (family, session, user) = self.live_family(&presented).await?;
            // What is issued now knows more than its login did.
            let session = Session { position, ..session };
            let now = self.now();
            let (token, is_new) = match self.judge(&family, &presented) {
                Judgement::Rotate { family: next, token } => match self.stores.sessions.rotate(&family, &next).await {
                    Ok(true) => (token, true),
                    Ok(false) => continue,
                    Err(error) => {
                        self.unanswered.note(&presented, &family, now);
                        return Err(error.into());
                    }
                },
                Judgement::Repeat { token } => (token, false),
                Judgement::Reused => {
                    self.end_stored(session.id).await?;
                    let entry = Entry::new(Event::TokenReuse).failed().about(user.id).of(session.id).to(&family.client);
                    self.record([entry]).await?;
                    return Err(RefreshError::InvalidGrant("it was used before"));
                }
                Judgement::Forged => return Err(RefreshError::InvalidGrant("it never was one of its family")),
                Judgement::Expired => return Err(RefreshError::InvalidGrant("its family has expired")),
            };
            let touch = Touch { session: session.id, seen_at: now, reference: None };
            // The token has been renewed, and whoever asked for that must get it. A use that is not noted is no loss.
            if let Err(error) = self.stores.sessions.touch(&touch).await {
                tracing::debug!(session = %session.id, %error, "a use was not noted");
            }
            let renewed = self.renewed(user, &session, &family, token).await;
            match &renewed {
                Ok(issued) => {
                    self.unanswered.answered(&presented, now);
                    self.renewed_for(issued).await?;
                }
                Err(RefreshError::Trouble(_)) if is_new => self.unanswered.note(&presented, &family, now),
                Err(_) => {}
            }
            return renewed;
        }
        Err(Trouble::Contended.into())
    }

    fn judge(&self, family: &Family, presented: &RefreshToken) -> Judgement {
        let now = self.now();
        let family = Family { rotated_at: self.unanswered.since(presented, family, now), ..family.clone() };
        judge(&family, presented, &self.successors, now, self.rules.reuse_window)
    }

    /// Ends the login that a refresh token belongs to. `false`: it belongs to none.
    pub async fn logout_by_refresh(&self, text: &str) -> Result<bool, RefreshError> {
        let Ok(presented) = RefreshToken::parse(text) else { return Ok(false) };
        let (family, session, user) = match self.live_family(&presented).await {
            Ok(found) => found,
            Err(RefreshError::InvalidGrant(_)) => return Ok(false),
            Err(trouble @ RefreshError::Trouble(_)) => return Err(trouble),
        };
        match self.judge(&family, &presented) {
            Judgement::Forged | Judgement::Expired => Ok(false),
            judgement @ (Judgement::Rotate { .. } | Judgement::Repeat { .. } | Judgement::Reused) => {
                self.end_stored(session.id).await?;
                let entry = match judgement {
                    Judgement::Reused => Entry::new(Event::TokenReuse).failed(),
                    _ => Entry::new(Event::SessionLogout).by(user.id),
                };
                self.record([entry.about(user.id).of(session.id).to(&family.client)]).await?;
                Ok(true)
            }
        }
    }

    /// The family that a token names, if the token is one of ours and the login still counts.
    async fn live_family(&self, presented: &RefreshToken) -> Result<(Family, Session, User), RefreshError> {
        if !self.successors.has_tagged(presented) {
            return Err(RefreshError::InvalidGrant("it is none of ours"));
        }
        let found = self.stores.sessions.by_family(presented.family).await?;
        if let Some((family, session)) = found
            && let Some(user) = self.stores.users.by_id(session.user).await?
            && self.login_counts(&user, &session).await?
            && self.replica.admits(&family.subject(&session))
        {
            return Ok((family, session, user));
        }
        self.known_here().await?;
        Err(RefreshError::InvalidGrant("its family is unknown or its login has ended"))
    }

    /// The access credential that goes with a refresh token. The client may hand out another kind than at login.
    async fn renewed(
        &self,
        user: User,
        session: &Session,
        family: &Family,
        token: zeroize::Zeroizing<String>,
    ) -> Result<Issued, RefreshError> {
        let client = self.clients.find(family.client.as_str());
        let client = client.ok_or(RefreshError::InvalidGrant("its client is not configured"))?;
        let now = self.now();
        let scopes: Vec<_> = family.scopes.iter().filter(|scope| client.scopes.contains(*scope)).cloned().collect();
        let (secret, expires_at) = match client.kind {
            Kind::Jwt => {
                let Minted { secret, expires_at, .. } =
                    self.mint(&Login::of(&user, session, scopes.clone()), client)?;
                (secret, expires_at)
            }
            Kind::Session | Kind::Token => {
                let (secret, reference) = reference::issue(session, client, scopes.clone(), now, &*self.entropy)?;
                let expires_at = reference.expires_at;
                if !self.stores.sessions.attach(&Grant::Reference(reference)).await? {
                    return Err(RefreshError::InvalidGrant("its login has ended"));
                }
                (secret, expires_at)
            }
        };
        let refresh = Some((token, family.expires_at));
        Ok(issued(user, client, secret, refresh, session.id, scopes, expires_at, now))
    }
}
