//! The key ring: which keys sign, which verify, and how one gives way to the next.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use tokio::sync::Mutex;

use super::seal::{Kek, SealError};
use super::{KeyRecord, KeyState};
use crate::credential::jwt;
use crate::id::TokenId;
use crate::jose::{self, Algorithm, KeyError, SigningKey, VerifyingKey, Writer};
use crate::store::{Keys, StoreError};
use crate::{Clock, Entropy, EntropyError, Timestamp};

/// For how long another node may go on signing with a key that has been retired, until it has read the ring again.
pub const SIGNING_LAG: Duration = Duration::from_secs(5 * 60);

/// The signing keys, opened and ready. Reading it takes no lock.
pub struct KeyRing {
    keys: Arc<dyn Keys>,
    kek: Kek,
    view: ArcSwap<RingView>,
    reading: Mutex<()>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// The ring as it was at one moment.
#[derive(Default)]
pub struct RingView {
    by_kid: HashMap<String, RingKey>,
}

/// A key on the ring.
pub struct RingKey {
    /// What it may do.
    pub state: KeyState,
    /// When it was made or imported.
    pub created_at: Timestamp,
    /// When it came into its state.
    pub state_since: Timestamp,
    /// What signs tokens with it.
    pub writer: Writer,
}

/// Why the ring did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The seal of a key cannot be opened: the secret has changed, or the store was damaged.
    #[error("the key `{kid}` cannot be opened with this secret")]
    Sealed {
        /// Which key.
        kid: String,
        /// What the seal says.
        #[source]
        source: SealError,
    },
    /// A key is unfit.
    #[error("the key `{kid}` cannot be used")]
    Unfit {
        /// Which key.
        kid: String,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// A key cannot sign.
    #[error("the key `{kid}` cannot sign")]
    Unsigned {
        /// Which key.
        kid: String,
        /// Why.
        #[source]
        source: jose::SignError,
    },
    /// There is no such key.
    #[error("there is no key `{0}`")]
    NoSuchKey(String),
    /// The key is in a state from which this cannot be done.
    #[error("the key `{kid}` is {}", state.as_str())]
    WrongState {
        /// Which key.
        kid: String,
        /// Its state.
        state: KeyState,
    },
    /// There is a key of that name.
    #[error("there is a key `{0}` already")]
    Exists(String),
    /// Somebody else changed the ring at the same moment. Trying again is safe.
    #[error("the key ring was changed by somebody else at the same moment; try again")]
    Raced,
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl KeyRing {
    /// Opens the ring as the store has it.
    pub async fn open(
        keys: Arc<dyn Keys>,
        kek: Kek,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, RingError> {
        let ring = Self { keys, kek, view: ArcSwap::default(), reading: Mutex::default(), clock, entropy };
        ring.reload().await?;
        Ok(ring)
    }

    /// Reads the ring again.
    pub async fn reload(&self) -> Result<(), RingError> {
        // One at a time: what was read earlier must not replace what was read later.
        let _turn = self.reading.lock().await;
        let mut by_kid = HashMap::new();
        for record in self.keys.list().await? {
            by_kid.insert(record.kid.clone(), self.unseal(&record)?);
        }
        self.view.store(Arc::new(RingView { by_kid }));
        Ok(())
    }

    /// The ring as it is now.
    pub fn view(&self) -> Guard<Arc<RingView>> {
        self.view.load()
    }

    /// Makes what is missing: an active and a next key for each algorithm. Any number of nodes may do so at once. Returns
    /// whether anything was missing, and so is news to others.
    pub async fn ensure(&self, algorithms: &BTreeSet<Algorithm>) -> Result<bool, RingError> {
        let mut made = false;
        for algorithm in algorithms {
            for state in [KeyState::Active, KeyState::Next] {
                if self.view().in_state(*algorithm, state).is_none() {
                    // One that somebody else has made meanwhile is as good.
                    made |= self.keys.add(&self.generate(*algorithm, state)?).await?;
                    self.reload().await?;
                }
            }
        }
        Ok(made)
    }

    /// The next key of an algorithm becomes the active one, and the active one only verifies from now on. Returns the new one's `kid`.
    ///
    /// When somebody else has done just that meanwhile, or an earlier call whose answer was lost, it is done and not done twice: the
    /// key that would become active by a second rotation is one that others do not know yet.
    pub async fn rotate(&self, algorithm: Algorithm) -> Result<String, RingError> {
        self.ensure(&BTreeSet::from([algorithm])).await?;
        let (active, next) = {
            let view = self.view();
            match (view.in_state(algorithm, KeyState::Active), view.in_state(algorithm, KeyState::Next)) {
                (Some((active, _)), Some((next, _))) => (active.to_owned(), next.to_owned()),
                _ => return Err(RingError::Raced),
            }
        };
        let fresh = self.generate(algorithm, KeyState::Next)?;
        let rotated = self.keys.rotate(&active, &next, &fresh, self.clock.now()).await?;
        self.reload().await?;
        let is_done = rotated || self.view().in_state(algorithm, KeyState::Active).is_some_and(|(kid, _)| kid == next);
        if is_done { Ok(next) } else { Err(RingError::Raced) }
    }

    /// Takes a key out of signing: the next one takes its place. What it has signed still counts.
    pub async fn retire(&self, kid: &str) -> Result<(), RingError> {
        let (state, algorithm) = self.find(kid)?;
        match state {
            KeyState::Active => self.rotate(algorithm).await.map(drop),
            KeyState::Next | KeyState::Retired | KeyState::Revoked => {
                Err(RingError::WrongState { kid: kid.to_owned(), state })
            }
        }
    }

    /// Ends a key with all that it has signed. An active one is replaced first, a next one afterwards: it never signs.
    pub async fn revoke(&self, kid: &str) -> Result<(), RingError> {
        loop {
            let (state, algorithm) = self.find(kid)?;
            match state {
                KeyState::Revoked => return self.ensure(&BTreeSet::from([algorithm])).await.map(drop),
                KeyState::Active => drop(self.rotate(algorithm).await?),
                KeyState::Next | KeyState::Retired => {
                    self.keys.change_state(kid, state, KeyState::Revoked, self.clock.now()).await?;
                    self.reload().await?;
                }
            }
        }
    }

    /// Hangs a key from elsewhere on the ring, as the next of its algorithm: verifiers learn of it before it signs, and the
    /// rotation after this makes it sign.
    pub async fn import(&self, key: &SigningKey) -> Result<(), RingError> {
        if self.view().by_kid.contains_key(key.kid()) {
            return Err(RingError::Exists(key.kid().to_owned()));
        }
        self.ensure(&BTreeSet::from([key.algorithm()])).await?;
        let unused = self.view().in_state(key.algorithm(), KeyState::Next).map(|(kid, _)| kid.to_owned());
        if let Some(unused) = unused {
            self.keys.change_state(&unused, KeyState::Next, KeyState::Retired, self.clock.now()).await?;
        }
        let added = self.keys.add(&self.seal(key, KeyState::Next)?).await?;
        self.reload().await?;
        if added { Ok(()) } else { Err(RingError::Raced) }
    }

    /// Reads the ring again, rotates what is older than `rotate_after`, and drops what has verified its last token: what has not signed for longer than
    /// a token can last, and [`SIGNING_LAG`] on top. Returns whether anything changed.
    pub async fn tend(&self, rotate_after: Option<Duration>, lasting: Duration) -> Result<bool, RingError> {
        // News of the ring may have been lost: whoever made them could not announce them.
        self.reload().await?;
        let now = self.clock.now();
        let (aged, spent) = {
            let view = self.view();
            let aged: Vec<_> = rotate_after.into_iter().flat_map(|age| view.aged(now.before(age))).collect();
            let done_before = now.before(lasting.saturating_add(SIGNING_LAG));
            let spent: Vec<_> = view.spent(done_before).map(str::to_owned).collect();
            (aged, spent)
        };
        for algorithm in &aged {
            match self.rotate(*algorithm).await {
                // Another node was faster: rotated it is.
                Ok(_) | Err(RingError::Raced) => {}
                Err(error) => return Err(error),
            }
        }
        for kid in &spent {
            self.keys.remove(kid).await?;
        }
        let changed = !aged.is_empty() || !spent.is_empty();
        if changed {
            self.reload().await?;
        }
        Ok(changed)
    }

    fn find(&self, kid: &str) -> Result<(KeyState, Algorithm), RingError> {
        let view = self.view();
        let key = view.by_kid.get(kid).ok_or_else(|| RingError::NoSuchKey(kid.to_owned()))?;
        Ok((key.state, key.algorithm()))
    }

    fn generate(&self, algorithm: Algorithm, state: KeyState) -> Result<KeyRecord, RingError> {
        let kid = TokenId::new(self.clock.now(), &*self.entropy)?.to_string();
        let key =
            SigningKey::generate(algorithm, &kid, &*self.entropy).map_err(|source| RingError::Unfit { kid, source })?;
        self.seal(&key, state)
    }

    fn seal(&self, key: &SigningKey, state: KeyState) -> Result<KeyRecord, RingError> {
        let now = self.clock.now();
        let unfit = |source| RingError::Unfit { kid: key.kid().to_owned(), source };
        let bytes = key.to_bytes().map_err(unfit)?;
        let label = label(key.kid(), key.algorithm());
        let sealed = self.kek.seal(label.as_bytes(), &bytes, &*self.entropy);
        let sealed = sealed.map_err(|source| RingError::Sealed { kid: key.kid().to_owned(), source })?;
        let (kid, algorithm) = (key.kid().to_owned(), key.algorithm());
        Ok(KeyRecord { kid, algorithm, state, sealed, created_at: now, state_since: now })
    }

    fn unseal(&self, record: &KeyRecord) -> Result<RingKey, RingError> {
        let KeyRecord { kid, algorithm, state, sealed, created_at, state_since } = record;
        let bytes = self.kek.open(label(kid, *algorithm).as_bytes(), sealed);
        let bytes = bytes.map_err(|source| RingError::Sealed { kid: kid.clone(), source })?;
        let key = SigningKey::from_bytes(*algorithm, kid, &bytes)
            .map_err(|source| RingError::Unfit { kid: kid.clone(), source })?;
        let writer =
            Writer::new(Arc::new(key), jwt::TYPE).map_err(|source| RingError::Unsigned { kid: kid.clone(), source })?;
        Ok(RingKey { state: *state, created_at: *created_at, state_since: *state_since, writer })
    }
}

/// Binds a sealed key to its name and algorithm: a row that was swapped for another does not open.
fn label(kid: &str, algorithm: Algorithm) -> String {
    format!("counterfoil signing key {algorithm} {kid}")
}

impl RingView {
    /// What signs a new token.
    pub fn writer(&self, algorithm: Algorithm) -> Option<&Writer> {
        self.in_state(algorithm, KeyState::Active).map(|(_, key)| &key.writer)
    }

    /// The same; where that key is not to sign, the one that comes after it, which every verifier knows.
    pub fn writer_but(&self, algorithm: Algorithm, is_out: impl Fn(&str) -> bool) -> Option<&Writer> {
        let mut keys =
            [KeyState::Active, KeyState::Next].into_iter().filter_map(|state| self.in_state(algorithm, state));
        keys.find(|(kid, _)| !is_out(kid)).map(|(_, key)| &key.writer)
    }

    /// What verifies a token that names `kid`: any key but a revoked one.
    pub fn verifying_key(&self, kid: &str) -> Option<&VerifyingKey> {
        self.by_kid.get(kid).filter(|key| key.state != KeyState::Revoked).map(RingKey::verifying)
    }

    /// All keys, by age; of those that were made at the same moment the active one first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RingKey)> {
        let mut keys: Vec<_> = self.by_kid.iter().map(|(kid, key)| (kid.as_str(), key)).collect();
        keys.sort_by_key(|(kid, key)| (key.created_at, key.state != KeyState::Active, *kid));
        keys.into_iter()
    }

    fn in_state(&self, algorithm: Algorithm, state: KeyState) -> Option<(&str, &RingKey)> {
        let mut keys = self.by_kid.iter().map(|(kid, key)| (kid.as_str(), key));
        keys.find(|(_, key)| key.state == state && key.algorithm() == algorithm)
    }

    fn aged(&self, before: Timestamp) -> impl Iterator<Item = Algorithm> {
        let active = self.by_kid.values().filter(|key| key.state == KeyState::Active);
        active.filter(move |key| key.state_since <= before).map(RingKey::algorithm)
    }

    fn spent(&self, before: Timestamp) -> impl Iterator<Item = &str> {
        let done = |state| matches!(state, KeyState::Retired | KeyState::Revoked);
        let spent = self.by_kid.iter().filter(move |(_, key)| done(key.state) && key.state_since <= before);
        spent.map(|(kid, _)| kid.as_str())
    }
}

impl RingKey {
    /// What it verifies with.
    pub fn verifying(&self) -> &VerifyingKey {
        self.writer.key().verifying_key()
    }

    /// The one algorithm that it is for.
    pub fn algorithm(&self) -> Algorithm {
        self.writer.key().algorithm()
    }
}

impl jose::Keys for RingView {
    fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.verifying_key(kid)
    }

    /// Our own tokens always name their key.
    fn sole(&self) -> Option<&VerifyingKey> {
        None
    }
}
