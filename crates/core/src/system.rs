//! Putting the parts together: from a store and settings to something that logs people in.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::audit::{ChainKey, Scribe};
use crate::authority::{Authority, Parts, Rules, Unanswered, heed_purges};
use crate::client::Clients;
use crate::credential::SecretHash;
use crate::credential::refresh::SuccessorKey;
use crate::id::NodeId;
use crate::keys::seal::{MasterSecret, SealError};
use crate::keys::{KeyRing, RingError};
use crate::password::{Policy, Pool, PoolError, PoolSettings};
use crate::revocation::{Announcement, Follower, Lease, Others, Replica, Target};
use crate::store::{Sessions, StoreError, Stores, copy};
use crate::throttle::{BudgetKey, Throttle};
use crate::verifier::{DEFAULT_TOUCH_QUEUE, TokenRules, Touches, Verifier};
use crate::{Clock, Entropy, EntropyError, FloorClock};

/// The fact by which a store knows its secret again. It is there once a system has been opened on the store.
pub const SECRET_FACT: &str = "secret";
/// The fact that this installation keeps its logins apart from its other records. Without it they are all in one place.
pub const SESSIONS_FACT: &str = "sessions";
/// What that fact says.
pub(crate) const APART: &str = "apart";

/// For how long it is said that there are new keys: until every process on the store has read on.
const NEWS: Duration = Duration::from_secs(60 * 60);
/// How many logins are looked at together.
const PAGE: usize = 512;

/// What a system is made of.
pub struct Setup {
    /// Where records are kept.
    pub stores: Stores,
    /// Who may be logged in to.
    pub clients: Clients,
    /// From what every other secret is derived.
    pub secret: MasterSecret,
    /// What every token says.
    pub tokens: TokenRules,
    /// What the operator has decided.
    pub rules: Rules,
    /// What a new password must be like.
    pub password_policy: Policy,
    /// How passwords are hashed.
    pub passwords: PoolSettings,
    /// Whether this process answers for credentials, so that others have to wait for it. A command that changes something and
    /// ends is no node, and its verifier has no lease.
    pub is_node: bool,
    /// For how long a verifier may answer from memory without a word from the feed. At most [`Lease::LONGEST`].
    pub lease: Duration,
    /// How much a verifier may remember, in bytes.
    pub memory_bytes: u64,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where secrets come from.
    pub entropy: Arc<dyn Entropy>,
}

/// A system that logs people in and recognises them.
pub struct System {
    /// Changes accounts and logins.
    pub authority: Arc<Authority>,
    /// Recognises credentials.
    pub verifier: Arc<Verifier>,
    /// Follows the log. Without being asked to catch up now and then, the lease runs out.
    pub follower: Follower,
    /// Notes the uses of sessions. To be spawned.
    pub touching: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// Why a system did not come up. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store was set up with another secret.
    #[error(
        "the secret is not the one that this store was set up with: give the old one back, by COUNTERFOIL_SECRET or the \
         secret file, or start on an empty store"
    )]
    OtherSecret,
    /// The sessions are kept where another installation keeps its own.
    #[error(
        "the place for sessions belongs to another installation: give this one a `prefix` of its own in the address, or \
         another server"
    )]
    OtherSessions,
    /// Logins are kept apart from the store, and nobody has said where.
    #[error(
        "this installation keeps its sessions apart from this store: name that place by --sessions or `store.sessions`, or \
         move everything to a new store by `counterfoil store copy`"
    )]
    SessionsApart,
    /// Logins that count are in the store, and another place for them is named.
    #[error(
        "the store itself holds sessions, which would be passed over: leave --sessions and `store.sessions` out, or move \
         everything to a new store and that place by `counterfoil store copy`"
    )]
    SessionsInside,
    /// The store holds what `store copy` has not finished.
    #[error(
        "the store holds a copy that is not complete: run the same `counterfoil store copy` again, until it says that it is"
    )]
    UnfinishedCopy,
    /// The store failed.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// The key ring cannot be opened.
    #[error("the signing keys cannot be used")]
    Keys(#[from] RingError),
    /// The password threads did not start.
    #[error("passwords cannot be hashed")]
    Passwords(#[from] PoolError),
    /// There is no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A key could not be derived.
    #[error("the secret cannot be used")]
    Secret(#[from] SealError),
}

impl System {
    /// Opens a system. On an empty store this makes its keys; on one with another secret it refuses.
    pub async fn open(setup: Setup) -> Result<Self, OpenError> {
        let Setup { stores, clients, secret, tokens, rules, password_policy, clock, entropy, .. } = setup;
        check_whole(&stores).await?;
        let mark = check_secret(&stores, &secret).await?;
        check_sessions(&stores, &mark, &*clock).await?;
        // A copy that begins at this moment has made its mark by now, or sees that the store is set up.
        check_whole(&stores).await?;
        let clock = Arc::new(FloorClock::new(clock));
        let kek = secret.kek("signing keys")?;
        let ring = KeyRing::open(stores.keys.clone(), kek, clock.clone(), entropy.clone()).await?;
        if ring.ensure(&clients.algorithms()).await? {
            // Another process on this store must know the keys before it meets their first signature.
            stores
                .revocations
                .append(&[Announcement { target: Target::Ring, expires_at: clock.now().after(NEWS) }])
                .await?;
        }
        let (ring, clients) = (Arc::new(ring), Arc::new(clients));
        let (replica, lease) = (Arc::new(Replica::default()), Arc::new(Lease::new(setup.lease.min(Lease::LONGEST))));
        let node = setup.is_node.then(|| NodeId::new(clock.now(), &*entropy)).transpose()?;
        let follower = Follower::new(stores.revocations.clone(), replica.clone(), lease.clone(), clock.clone());
        let follower = match node {
            Some(id) => follower.as_node(stores.nodes.clone(), id),
            None => follower,
        };
        follower.catch_up().await?;
        // After the log was read: what was missing in it had been noted as purged before.
        heed_purges(&*stores.facts, &clock).await?;
        let others = Others::new(stores.nodes.clone(), stores.revocations.clone(), clock.clone(), node, rules.wait);
        let (touches, touching) = Touches::new(stores.sessions.clone(), DEFAULT_TOUCH_QUEUE);
        let verifier = Verifier::new(
            &stores,
            clients.clone(),
            ring.clone(),
            tokens.clone(),
            replica.clone(),
            lease,
            touches,
            clock.clone(),
            setup.memory_bytes,
        );
        let budgets = BudgetKey::new(&*secret.derive("budgets of guesses")?);
        let throttle = Throttle::new(stores.attempts.clone(), budgets, rules.guessing.clone(), setup.passwords.room());
        let chain = ChainKey::new(&*secret.derive("audit log")?);
        let scribe = Scribe::new(stores.audit.clone(), chain, clock.clone());
        let authority = Authority::new(Parts {
            stores,
            clients,
            ring,
            replica,
            follower: follower.clone(),
            others,
            throttle,
            passwords: Pool::new(&setup.passwords, entropy.clone())?,
            password_policy,
            successors: SuccessorKey::new(&*secret.derive("refresh tokens")?),
            unanswered: Unanswered::default(),
            scribe,
            tokens,
            rules,
            clock,
            entropy,
        });
        let (authority, verifier) = (Arc::new(authority), Arc::new(verifier));
        Ok(Self { authority, verifier, follower, touching: Box::pin(touching) })
    }
}

/// Refuses a store that is only a part of what it is to become. To be asked before anything is made for the store, such as a
/// secret of its own.
pub async fn check_whole(stores: &Stores) -> Result<(), OpenError> {
    if copy::is_unfinished(stores).await? { Err(OpenError::UnfinishedCopy) } else { Ok(()) }
}

/// Whether a system would open on a store that holds this, without changing it: whether the secret is the store's, where one is known, and
/// whether the sessions are where they are looked for, in the store or else (`apart`) in another place, which is not looked at.
///
/// # Errors
/// What [`System::open`] would refuse the store for.
pub async fn would_open(
    stores: &Stores,
    secret: &MasterSecret,
    apart: bool,
    clock: &dyn Clock,
) -> Result<(), OpenError> {
    check_whole(stores).await?;
    let mark = mark_of(secret)?;
    if stores.facts.fact(SECRET_FACT).await?.is_some_and(|known| known != mark) {
        return Err(OpenError::OtherSecret);
    }
    match (stores.facts.fact(SESSIONS_FACT).await?.is_some(), apart) {
        (true, false) => Err(OpenError::SessionsApart),
        (false, true) if holds_living(&*stores.sessions, clock).await? => Err(OpenError::SessionsInside),
        _ => Ok(()),
    }
}

/// By which a store knows its secret again.
fn mark_of(secret: &MasterSecret) -> Result<String, SealError> {
    let derived = secret.derive("which secret this is")?;
    Ok(URL_SAFE_NO_PAD.encode(SecretHash::of(derived.as_slice()).as_bytes()))
}

/// Refuses a secret that is not the one of the store, before anything is sealed or opened with it. Returns its mark.
async fn check_secret(stores: &Stores, secret: &MasterSecret) -> Result<String, OpenError> {
    let mark = mark_of(secret)?;
    // Of several that start at once on an empty store, the first one's secret is the store's.
    stores.facts.change_fact(SECRET_FACT, None, Some(&mark)).await?;
    match stores.facts.fact(SECRET_FACT).await? {
        Some(known) if known == mark => Ok(mark),
        _ => Err(OpenError::OtherSecret),
    }
}

/// Refuses a place for sessions that is somebody else's, or that would hide those that there are. That they are kept apart is
/// noted for ever.
async fn check_sessions(stores: &Stores, mark: &str, clock: &dyn Clock) -> Result<(), OpenError> {
    let are_apart = stores.facts.fact(SESSIONS_FACT).await?.is_some();
    match &stores.bypassed {
        None if are_apart => return Err(OpenError::SessionsApart),
        Some(bypassed) if !are_apart && holds_living(&**bypassed, clock).await? => {
            return Err(OpenError::SessionsInside);
        }
        None | Some(_) => {}
    }
    if !stores.sessions.belongs_to(mark).await? {
        return Err(OpenError::OtherSessions);
    }
    if stores.bypassed.is_some() && !are_apart {
        // Of several that start at once each would note the same.
        stores.facts.change_fact(SESSIONS_FACT, None, Some(APART)).await?;
    }
    Ok(())
}

/// Whether there is a login that has not expired.
pub(crate) async fn holds_living(sessions: &dyn Sessions, clock: &dyn Clock) -> Result<bool, StoreError> {
    let mut cursor = None::<String>;
    loop {
        let page = sessions.export(cursor.as_deref(), PAGE).await?;
        if page.logins.iter().any(|login| login.session.expires_at > clock.now()) {
            return Ok(true);
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(false);
        }
    }
}
