//! The one place where a presented credential becomes an identity.

mod memory;
mod touch;

pub use touch::{DEFAULT_QUEUE as DEFAULT_TOUCH_QUEUE, Touches};

use std::sync::Arc;
use std::time::Duration;

use memory::{Memory, Remembered};

use crate::client::{Client, Clients, FeedLoss};
use crate::credential::{Identity, Kind, Malformed, Presented, SecretHash, jwt, reference};
use crate::keys::KeyRing;
use crate::revocation::{Follower, Lease, Position, Replica};
use crate::session::{Reference, Session};
use crate::store::{Sessions, StoreError, Stores, Users};
use crate::{Clock, Timestamp, jose};

/// Turns credentials into identities: from memory where it may, by signature or from the store where it must.
pub struct Verifier {
    memory: Memory,
    replica: Arc<Replica>,
    lease: Arc<Lease>,
    follower: Follower,
    ring: Arc<KeyRing>,
    clients: Arc<Clients>,
    tokens: TokenRules,
    users: Arc<dyn Users>,
    sessions: Arc<dyn Sessions>,
    touches: Touches,
    clock: Arc<dyn Clock>,
}

/// What every self-contained token must say.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// `iss`, compared byte for byte. Also the audience of a client that names none.
    pub issuer: Arc<str>,
    /// By how much other clocks may differ from ours.
    pub leeway: Duration,
}

/// Why a credential was not believed.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// It does not count. The answer is 401, whatever the reason.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// Whether it counts could not be found out. The answer is 503, and the bearer keeps it.
    #[error("unsure: {0}")]
    Unsure(#[from] Unsure),
}

/// Why a credential does not count. For the log; outside, all are alike.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It has the form of none.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// The store knows nothing of it.
    #[error("it is unknown")]
    Unknown,
    /// The store knows it, and it has ended.
    #[error("{0}")]
    NotBelieved(#[from] reference::NotBelieved),
    /// As a token it is no good.
    #[error("{0}")]
    Token(#[from] jwt::Refusal),
    /// It has been revoked.
    #[error("it has been revoked")]
    Revoked,
}

/// Why it could not be found out whether a credential counts.
#[derive(Debug, thiserror::Error)]
pub enum Unsure {
    /// The store did not say.
    #[error("the store did not answer")]
    Store(#[from] StoreError),
    /// What has been revoked lately is not known here.
    #[error("the feed of revocations is lost")]
    FeedLost,
    /// Who has made it knew more of the log than is known here, up to that position.
    #[error("it is newer than what is known of the log")]
    Behind(Position),
}

impl Denied {
    fn refused(refusal: impl Into<Refusal>) -> Self {
        Self::Refused(refusal.into())
    }

    fn unsure(error: StoreError) -> Self {
        Self::Unsure(Unsure::Store(error))
    }
}

impl Verifier {
    /// A verifier that remembers up to `memory_bytes` of credentials.
    #[expect(clippy::too_many_arguments, reason = "each is a part of its own, and this is called in one place")]
    pub fn new(
        stores: &Stores,
        clients: Arc<Clients>,
        ring: Arc<KeyRing>,
        tokens: TokenRules,
        replica: Arc<Replica>,
        lease: Arc<Lease>,
        touches: Touches,
        clock: Arc<dyn Clock>,
        memory_bytes: u64,
    ) -> Self {
        let (users, sessions) = (stores.users.clone(), stores.sessions.clone());
        let follower =
            Follower::new(stores.revocations.clone(), Arc::clone(&replica), Arc::clone(&lease), Arc::clone(&clock));
        let memory = Memory::new(memory_bytes);
        Self { memory, replica, lease, follower, ring, clients, tokens, users, sessions, touches, clock }
    }

    /// Believes a credential that was believed before, if nothing has happened since: it has not expired, the log says nothing
    /// against it, the lease holds. Reads no store and waits for nothing. `None` is no refusal: ask [`Self::verify`].
    pub fn recall(&self, text: &str) -> Option<Arc<Identity>> {
        let remembered = self.memory.find(text)?;
        if !self.lease.holds(self.clock.monotonic()) {
            return None;
        }
        let now = self.clock.now();
        if now >= remembered.identity.expires_at || !remembered.in_use(now) {
            return None;
        }
        if !remembered.checked_against(&self.replica) {
            self.memory.forget(text);
            return None;
        }
        if let Some(touch) = remembered.due(now) {
            self.touches.send(touch);
        }
        Some(Arc::clone(&remembered.identity))
    }

    /// Finds out who a credential speaks for.
    pub async fn verify(&self, text: &str) -> Result<Arc<Identity>, Denied> {
        if let Some(identity) = self.recall(text) {
            return Ok(identity);
        }
        match Presented::parse(text).map_err(Denied::refused)? {
            Presented::Session(_) => self.look_up(Kind::Session, text).await,
            Presented::Token(_) => self.look_up(Kind::Token, text).await,
            Presented::Jwt(token) => match self.verify_jwt(token) {
                Err(Denied::Unsure(Unsure::Behind(position))) => {
                    self.follower.read_up_to(position).await.map_err(Denied::unsure)?;
                    self.verify_jwt(token)
                }
                verdict => verdict,
            },
        }
    }

    /// Verifies a self-contained token. Reads no store, and is no future, so that it cannot. Of one that knows more of the log
    /// than this process it is unsure; [`Self::verify`] then reads on.
    pub fn verify_jwt(&self, token: &str) -> Result<Arc<Identity>, Denied> {
        let version = self.replica.version();
        let now = self.clock.now();
        let keys = self.ring.view();
        let live = self.lease.holds(self.clock.monotonic());
        let (mut identity, client) = match jwt::believe(token, &**keys, &self.clients, &self.tokens, now) {
            Ok(believed) => believed,
            // It may be one that others have made since the feed was lost.
            Err(jwt::Refusal::Token(jose::Refusal::KeyUnknown(_))) if !live => {
                return Err(Denied::Unsure(Unsure::FeedLost));
            }
            Err(refusal) => return Err(Denied::refused(refusal)),
        };
        if !self.replica.admits(&identity.subject()) {
            return Err(Denied::refused(Refusal::Revoked));
        }
        // What the log says of the user's roles is newer than what was true when the token was signed.
        if client.claims.roles
            && let Some(roles) = self.replica.roles_since(identity.user, identity.user_version)
        {
            identity.roles = roles;
        }
        if !live {
            return match client.on_feed_loss {
                FeedLoss::Accept => Ok(Arc::new(identity)),
                FeedLoss::Refuse => Err(Denied::Unsure(Unsure::FeedLost)),
            };
        }
        // Whatever it knows and we do not may be about it; and if nobody knows it any more, the store is an older one.
        if identity.position > self.replica.known() {
            return Err(Denied::Unsure(Unsure::Behind(identity.position)));
        }
        let identity = Arc::new(identity);
        self.memory.keep(token, Remembered::self_contained(Arc::clone(&identity), version));
        Ok(identity)
    }

    /// Looks a reference up by the hash of its secret.
    async fn look_up(&self, kind: Kind, text: &str) -> Result<Arc<Identity>, Denied> {
        // Read before the store is: what is appended in between makes the memory of it stale at its first use.
        let version = self.replica.version();
        let hash = SecretHash::of(text.as_bytes());
        let found = self.sessions.by_reference(&hash).await.map_err(Denied::unsure)?;
        let (reference, session) = found.ok_or(Denied::Refused(Refusal::Unknown))?;
        let user = self.users.by_id(session.user).await.map_err(Denied::unsure)?;
        let user = user.ok_or(Denied::Refused(Refusal::Unknown))?;
        let client = self.client_of(&reference)?;
        let now = self.clock.now();
        // No credential outlasts the memory of its revocation, even when lifetimes were longer at its login.
        if now >= session.authenticated_at.after(self.clients.longest_login()) {
            return Err(Denied::refused(reference::NotBelieved::Expired));
        }
        let identity = reference::believe(kind, &reference, &session, &user, client, now).map_err(|refusal| {
            if matches!(refusal, reference::NotBelieved::Expired) {
                tell_expired(&session);
            }
            Denied::refused(refusal)
        })?;
        let identity = Arc::new(identity);
        // What the store shows may have ended: one that keeps sessions alone can lose their end by a failover.
        self.follower.read_ahead_if_behind().await.map_err(Denied::unsure)?;
        if !self.replica.admits(&identity.subject()) {
            return Err(Denied::refused(Refusal::Revoked));
        }
        self.remember(text, &identity, &reference, &session, version, now);
        Ok(identity)
    }

    fn client_of(&self, reference: &Reference) -> Result<&Arc<Client>, Denied> {
        let client = self.clients.find(reference.client.as_str());
        client.ok_or(Denied::Refused(Refusal::NotBelieved(reference::NotBelieved::Client)))
    }

    fn remember(
        &self,
        text: &str,
        identity: &Arc<Identity>,
        reference: &Reference,
        session: &Session,
        version: crate::revocation::Version,
        now: Timestamp,
    ) {
        let remembered = Remembered::reference(Arc::clone(identity), reference, session, version);
        // This look-up is a use, too.
        if remembered.in_use(now)
            && let Some(touch) = remembered.due(now)
        {
            self.touches.send(touch);
        }
        self.memory.keep(text, remembered);
    }

    /// Whether a credential's verdict may be taken from memory now.
    pub fn feed_is_live(&self) -> bool {
        self.lease.holds(self.clock.monotonic())
    }

    /// The configured clients, by which the policy of an identity is found.
    pub const fn clients(&self) -> &Arc<Clients> {
        &self.clients
    }

    /// Where the app's own data about sessions is kept.
    pub const fn sessions(&self) -> &Arc<dyn Sessions> {
        &self.sessions
    }
}

/// Says in the log that somebody still uses what has expired. It is not kept: whoever has an old credential can do so as often as they like.
fn tell_expired(session: &Session) {
    let event = crate::audit::Event::SessionUseAfterExpire.name();
    tracing::info!(event, outcome = "failure", actor = "nobody", user = %session.user, login = %session.id, "audit");
}
