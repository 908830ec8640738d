//! How logins come into being.
//!
//! A login takes three keys in as many slots, so it is made in an order in which a crash between any two steps does no harm:
//!
//! 1. its line in the index of its user's sessions, and the pointers from its credentials to it. A line or a pointer without
//!    a session means nothing to anybody, and expires;
//! 2. the session itself with its grants, in one script. This is what makes it be.
//!
//! A pointer is only set where there is none, or where there is one that leads to a session without such a grant. (Two that
//! open sessions with one credential at the same moment could both succeed, and the credential would mean one of them.
//! Credentials are random, so there are no such two.)

use counterfoil_core::Timestamp;
use counterfoil_core::id::{SessionId, UserId};
use counterfoil_core::session::{Grant, Session};
use counterfoil_core::store::{Login, StoreError};

use super::link::{ATTACH, INDEX, OPEN, RELEASE, TAKE_OVER};
use super::names::{DATA, Field, SEEN, SESSION, hex};
use super::record::{damaged, data_text, grant_text, session_text};
use super::sessions::{Logins, all};

/// How long Redis keeps what has expired, in milliseconds: a day, so that a clock that is wrong by hours ends nobody's login.
/// Whether something has expired is decided by Counterfoil's clock and never by Redis'.
pub(super) const MARGIN: i64 = 86_400_000;

/// The largest number that scripts can hold exactly: 2⁵³ − 1.
const LARGEST: i64 = 9_007_199_254_740_991;

/// How often a pointer is tried that others are changing.
const TRIES: usize = 4;

/// When Redis may drop what expires at a moment.
pub(super) fn dropped_at(expires_at: Timestamp) -> String {
    expires_at.as_millis().saturating_add(MARGIN).clamp(1, LARGEST).to_string()
}

/// How a pointer was had.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    New,
    /// It led to this session already.
    Ours,
    /// It leads to another session, which has the grant.
    Taken,
}

impl Logins {
    pub(super) async fn open_session(&self, session: &Session, grant: &Grant) -> Result<(), StoreError> {
        if session_of(grant) != session.id {
            return Err(damaged("the session of a first grant"));
        }
        let fields = vec![(Field::of(grant), grant_text(grant)?)];
        let (claim, ()) =
            tokio::try_join!(self.claim(grant), self.index(session.id, session.user, session.expires_at))?;
        if claim == Claim::Taken {
            return Err(StoreError::Conflict("credential"));
        }
        if self.create(session, None, &fields).await? {
            return Ok(());
        }
        if claim == Claim::New {
            self.withdraw(grant).await;
        }
        Err(StoreError::Conflict("session"))
    }

    pub(super) async fn attach_grant(&self, grant: &Grant) -> Result<bool, StoreError> {
        let (field, text) = (Field::of(grant), grant_text(grant)?);
        let claim = self.claim(grant).await?;
        if claim == Claim::Taken {
            return Err(StoreError::Conflict("credential"));
        }
        match self.link.script(&ATTACH, &self.names.session(session_of(grant)), &[&field, &text]).await? {
            1 => Ok(true),
            0 => {
                if claim == Claim::New {
                    self.withdraw(grant).await;
                }
                Ok(false)
            }
            _ => Err(StoreError::Conflict("credential")),
        }
    }

    /// Stores a whole login. `false`: its session is there.
    pub(super) async fn import_login(&self, login: &Login) -> Result<bool, StoreError> {
        let session = &login.session;
        let grants: Vec<_> = login.grants().collect();
        if grants.iter().any(|grant| session_of(grant) != session.id) {
            return Err(damaged("the session of a grant"));
        }
        let key = self.names.session(session.id);
        if self.link.command::<bool>(&key, redis::cmd("EXISTS").arg(&key)).await? {
            return Ok(false);
        }
        let data = data_text(&login.data)?;
        let fields: Vec<_> =
            grants.iter().map(|grant| Ok((Field::of(grant), grant_text(grant)?))).collect::<Result<_, StoreError>>()?;
        self.index(session.id, session.user, session.expires_at).await?;
        let mut claims = Vec::with_capacity(grants.len());
        for grant in &grants {
            claims.push(self.claim(grant));
        }
        let claims = all(claims).await?;
        let taken = claims.contains(&Claim::Taken);
        let created = !taken && self.create(session, Some(&data), &fields).await?;
        if !created {
            for (grant, _) in grants.iter().zip(&claims).filter(|(_, claim)| **claim == Claim::New) {
                self.withdraw(grant).await;
            }
        }
        if taken { Err(StoreError::Conflict("credential")) } else { Ok(created) }
    }

    /// Notes a session among those of its user.
    pub(super) async fn index(&self, id: SessionId, user: UserId, expires_at: Timestamp) -> Result<(), StoreError> {
        let expires_at = expires_at.as_millis().clamp(0, LARGEST).to_string();
        let arguments = [&*hex(id.as_bytes()), &expires_at, &MARGIN.to_string()];
        self.link.script::<i64>(&INDEX, &self.names.user(user), &arguments).await.map(drop)
    }

    async fn create(
        &self,
        session: &Session,
        data: Option<&str>,
        grants: &[(String, String)],
    ) -> Result<bool, StoreError> {
        let text = session_text(session)?;
        let (dropped_at, seen) = (dropped_at(session.expires_at), session.last_seen_at.as_millis().to_string());
        let mut arguments = vec![&*dropped_at, SESSION, &text, SEEN, &seen];
        if let Some(data) = data {
            arguments.extend([DATA, data]);
        }
        arguments.extend(grants.iter().flat_map(|(field, text)| [&**field, &**text]));
        self.link.script(&OPEN, &self.names.session(session.id), &arguments).await
    }

    /// Makes a credential lead to its session, unless it leads to another.
    async fn claim(&self, grant: &Grant) -> Result<Claim, StoreError> {
        let (field, own) = (Field::of(grant), hex(session_of(grant).as_bytes()));
        let dropped_at = dropped_at(expiry_of(grant));
        let pointer = self.names.pointer(&field);
        for _ in 0..TRIES {
            let mut set = redis::cmd("SET");
            set.arg(&pointer).arg(&own).arg("NX").arg("PXAT").arg(&dropped_at);
            if self.link.command::<Option<String>>(&pointer, &set).await?.is_some() {
                return Ok(Claim::New);
            }
            let led: Option<String> = self.link.command(&pointer, redis::cmd("GET").arg(&pointer)).await?;
            let Some(led) = led else { continue };
            if led == own {
                return Ok(Claim::Ours);
            }
            let other = led.parse().map_err(|_| damaged("a pointer to a session"))?;
            if self.has(other, &field).await? {
                return Ok(Claim::Taken);
            }
            if self.link.script(&TAKE_OVER, &pointer, &[&led, &own, &dropped_at]).await? {
                return Ok(Claim::New);
            }
        }
        Ok(Claim::Taken)
    }

    async fn has(&self, session: SessionId, field: &str) -> Result<bool, StoreError> {
        let key = self.names.session(session);
        self.link.command(&key, redis::cmd("HEXISTS").arg(&key).arg(field)).await
    }

    /// Takes back the pointer of a grant that was not stored. If that fails, it leads nowhere until it expires.
    async fn withdraw(&self, grant: &Grant) {
        let field = Field::of(grant);
        if self.has(session_of(grant), &field).await.is_ok_and(|has| !has) {
            self.release(&field, &hex(session_of(grant).as_bytes())).await;
        }
    }

    /// Removes the pointer of a field to a session, if it leads there. If that fails, it leads nowhere until it expires.
    pub(super) async fn release(&self, field: &str, session: &str) {
        let released = self.link.script::<i64>(&RELEASE, &self.names.pointer(field), &[session]).await;
        if let Err(error) = released {
            tracing::debug!(%error, "a pointer was left behind in Redis, and expires");
        }
    }
}

fn session_of(grant: &Grant) -> SessionId {
    match grant {
        Grant::Reference(reference) => reference.session,
        Grant::Family(family) => family.session,
    }
}

fn expiry_of(grant: &Grant) -> Timestamp {
    match grant {
        Grant::Reference(reference) => reference.expires_at,
        Grant::Family(family) => family.expires_at,
    }
}
