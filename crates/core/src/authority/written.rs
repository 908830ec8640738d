//! What is written down of logins: in more words than fit beside what is done.

use std::net::IpAddr;

use super::{Authority, Issued};
use crate::account::Identifier;
use crate::audit::{Entry, Event, Repaired};
use crate::client::Client;
use crate::credential::{Identity, Kind};
use crate::id::UserId;
use crate::session::Origin;
use crate::store::StoreError;
use crate::throttle::Hindrance;

impl Authority {
    /// Somebody has logged in, and a session was stored or a token made.
    pub(super) async fn logged_in(&self, issued: &Issued, origin: &Origin) -> Result<(), StoreError> {
        let entry = |event| {
            let entry = Entry::new(event).by(issued.user.id).about(issued.user.id).of(issued.login);
            entry.to(&issued.client.id).from_origin(origin)
        };
        let made = match issued.client.kind {
            Kind::Session => entry(Event::SessionCreated),
            kind @ (Kind::Token | Kind::Jwt) => entry(Event::TokenCreated).with("kind", kind.as_str()),
        };
        let recorded = self.record([entry(Event::LoginSuccess), made]).await;
        self.recorded_if_stored(issued, recorded)
    }

    /// A login about which nothing is stored needs no store, and is not to need one for its record: that waits, and goes in with
    /// the next one.
    #[expect(clippy::unused_self, reason = "it is a rule of the authority")]
    pub(super) fn recorded_if_stored(
        &self,
        issued: &Issued,
        recorded: Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match recorded {
            Err(error) if issued.session.is_none() => {
                tracing::warn!(%error, login = %issued.login, "that a token was made is not written down yet");
                Ok(())
            }
            recorded => recorded,
        }
    }

    /// Somebody could not log in, by the name of `user` or one that nobody has.
    pub(super) async fn login_failed(
        &self,
        typed: &str,
        user: Option<UserId>,
        client: &Client,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let entry = Entry::new(Event::LoginFail).failed().to(&client.id).from_origin(origin);
        // The name itself is not kept: people type their password where their name belongs.
        let entry = match (user, Identifier::parse(typed)) {
            (Some(user), _) => entry.about(user),
            (None, Ok(Identifier::Username(name))) => entry.with("unknown_name", self.scribe.pseudonym(name.key())),
            (None, Ok(Identifier::Email(email))) => entry.with("unknown_name", self.scribe.pseudonym(email.key())),
            (None, Err(_)) => entry.with("unknown_name", "-"),
        };
        self.record([entry]).await
    }

    /// A user's password counts no more, as wrong ones were tried too often.
    pub(super) async fn locked_out(&self, user: UserId) -> Result<(), StoreError> {
        self.record([Entry::new(Event::LoginLock).failed().about(user)]).await
    }

    /// A login was renewed.
    pub(super) async fn renewed_for(&self, issued: &Issued) -> Result<(), StoreError> {
        let entry = Entry::new(Event::SessionRenewed).by(issued.user.id).about(issued.user.id).of(issued.session);
        self.record([entry.to(&issued.client.id)]).await
    }

    /// Lets an audit log that cannot be written any more go on, with a record of that. `None`: it can be written, and nothing has changed.
    pub async fn repair_audit(&self) -> Result<Option<Repaired>, StoreError> {
        self.scribe.repair(&self.caller).await
    }

    /// A page of another site has sent a browser here to change something.
    pub async fn refused_cross_site(&self) -> Result<(), StoreError> {
        self.record([Entry::new(Event::Csrf).failed()]).await
    }

    /// Somebody has asked for what takes a role or a scope that they do not have.
    pub async fn refused_without_right(
        &self,
        identity: Option<&Identity>,
        lacks: &'static str,
    ) -> Result<(), StoreError> {
        let entry = Entry::new(Event::AuthzFail).failed().with("lacks", lacks);
        self.record([match identity {
            Some(identity) => entry.by(identity.user).about(identity.user).of(identity.login).to(&identity.client),
            None => entry,
        }])
        .await
    }

    /// What the throttle has said of a guess at `user`, which is written down if somebody asks more often than they may. Of a
    /// name that nobody has, nothing is: it may be a password.
    pub(super) async fn told_of<T>(
        &self,
        user: Option<UserId>,
        address: Option<IpAddr>,
        said: Result<T, Hindrance>,
    ) -> Result<T, Hindrance> {
        let entry = Entry::new(Event::RateLimitExceeded).failed();
        let entry = match &said {
            Err(Hindrance::TooMany { of, retry_after }) => {
                entry.with("what", *of).with("retry_after_s", retry_after.as_secs())
            }
            Err(Hindrance::Locked) => entry.with("what", "a locked password"),
            Ok(_) | Err(Hindrance::Busy(_) | Hindrance::Store(_) | Hindrance::Contended) => return said,
        };
        let entry = user.into_iter().fold(entry, Entry::about);
        let is_known = self.caller.origin != Origin::default();
        let origin = Origin { ip: address, user_agent: None };
        self.record([if is_known { entry } else { entry.from_origin(&origin) }]).await?;
        said
    }

    /// Writes down that others, or this process, have found the store to be an older one than was known.
    pub async fn note_restores(&self) -> Result<(), StoreError> {
        if self.replica.take_restored() {
            self.record([Entry::new(Event::StoreRestored).with("found", true)]).await?;
        }
        Ok(())
    }
}
