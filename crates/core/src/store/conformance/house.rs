//! A system on a store of which one call fails, beside one on the same store that meets no fault.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::failing::{Fault, Way, failing};
use super::fixtures::at;
use crate::account::User;
use crate::authority::{
    AccountError, Authority, ExchangeError, Issued, LoginError, LoginRequest, OperateError, PurgeError, RefreshError,
    Rules, SetupError, Trouble,
};
use crate::client::{Client, Clients, builtin_clients};
use crate::credential::{Identity, Kind};
use crate::id::ClientId;
use crate::keys::RingError;
use crate::keys::seal::MasterSecret;
use crate::password::{Params, Password, Policy, PoolSettings};
use crate::revocation::{Follower, Wait};
use crate::session::Origin;
use crate::store::{StoreError, Stores};
use crate::system::{OpenError, Setup, System};
use crate::verifier::{Denied, TokenRules, Verifier};
use crate::{Clock, Entropy as _, SystemEntropy, Timestamp};

pub(super) const PASSWORD: &str = "quite a long pass phrase";

/// A client of each kind of credential.
pub(super) const CLIENTS: [&str; 4] = ["web", "api", "stateless", "device"];

/// A client whose mode is being changed: the process that meets no fault hands out tokens that are signed and can be renewed,
/// and the other one, which renews them too, opaque tokens already.
pub(super) const CHANGING: &str = "changing";

/// Time stands still, and every lease holds.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        at(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// One process on the store.
pub(super) struct Node {
    pub(super) authority: Arc<Authority>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) follower: Follower,
}

/// A store, two processes on it, and logins that no fault of others may touch.
pub(super) struct House {
    pub(super) stores: Stores,
    /// Whose calls fail when they are told to.
    pub(super) node: Node,
    /// Whose calls do not.
    pub(super) other: Node,
    fault: Arc<Fault>,
    users: AtomicU16,
    kept: Vec<Issued>,
    ended: Vec<Issued>,
}

/// What opens a system on `stores`, where [`CHANGING`] is of that kind.
pub(super) fn setup(stores: Stores, secret: &str, changing: Kind) -> Setup {
    let id = |name| ClientId::parse(name).unwrap();
    let mut clients = builtin_clients().unwrap();
    let api = clients.iter().find(|client| client.id.as_str() == "api").unwrap();
    clients.push(Client { id: id(CHANGING), kind: changing, ..api.clone() });
    Setup {
        stores,
        clients: Clients::new(clients, &id("web")).unwrap(),
        secret: MasterSecret::from_text(secret).unwrap(),
        tokens: TokenRules { issuer: "https://login.example".into(), leeway: Duration::from_secs(5) },
        // Where time stands still, no lease runs out.
        rules: Rules { wait: Wait::Local, ..Rules::default() },
        password_policy: Policy::new(15).unwrap(),
        passwords: PoolSettings { workers: NonZeroUsize::MIN, params: Params::quick(), ..PoolSettings::default() },
        is_node: true,
        lease: Duration::from_secs(2),
        memory_bytes: 1 << 20,
        clock: Arc::new(Still),
        entropy: Arc::new(SystemEntropy::default()),
    }
}

/// Text as an operator would generate it.
pub(super) fn secret() -> String {
    let mut bytes = [0; 48];
    SystemEntropy::default().fill(&mut bytes).unwrap();
    STANDARD.encode(bytes)
}

pub(super) fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

impl Node {
    /// Its uses of sessions are not written: they would be calls that come when they like.
    pub(super) async fn open(setup: Setup) -> Self {
        let System { authority, verifier, follower, .. } = System::open(setup).await.unwrap();
        Self { authority, verifier, follower }
    }

    pub(super) async fn try_log_in(&self, user: &str, secret: &str, client: &str) -> Result<Issued, LoginError> {
        let (client, password) = (Some(client), password(secret));
        self.authority
            .login(LoginRequest { login: user, password, client, scope: None, origin: Origin::default() })
            .await
    }

    /// A login that is believed here, and so remembered.
    pub(super) async fn log_in(&self, user: &User, client: &str) -> (Issued, Arc<Identity>) {
        let issued = self.try_log_in(user.username.as_str(), PASSWORD, client).await.unwrap();
        let identity = self.believed(&issued).await;
        (issued, identity)
    }

    pub(super) async fn believed(&self, issued: &Issued) -> Arc<Identity> {
        self.verifier.verify(&issued.secret).await.unwrap()
    }

    /// That neither the credential nor its refresh token counts. Being unsure is not refusing.
    pub(super) async fn refuses(&self, issued: &Issued) {
        let client = &issued.client.id;
        match self.verifier.verify(&issued.secret).await {
            Err(Denied::Refused(_)) => {}
            Err(Denied::Unsure(unsure)) => panic!("unsure instead of refused: {unsure}"),
            Ok(_) => panic!("a credential of `{client}` that has ended is believed"),
        }
        if let Some(token) = &issued.refresh {
            match self.authority.refresh(token).await {
                Err(RefreshError::InvalidGrant(_)) => {}
                Err(RefreshError::Trouble(trouble)) => panic!("unsure instead of refused: {trouble}"),
                Ok(_) => panic!("a refresh token of `{client}` that has ended is believed"),
            }
        }
    }

    /// What a server does again and again.
    pub(super) async fn catch_up(&self) {
        if self.follower.catch_up().await.unwrap().ring {
            self.authority.ring.reload().await.unwrap();
        }
    }
}

impl House {
    /// Two systems on the store, with a login of each kind that goes on and one that has ended.
    pub(super) async fn on(stores: Stores) -> Self {
        Self::on_opened(stores, secret()).await
    }

    /// The same, where a system was opened before.
    pub(super) async fn on_opened(stores: Stores, secret: String) -> Self {
        let fault = Fault::new();
        let node = Node::open(setup(failing(&stores, &fault), &secret, Kind::Token)).await;
        let other = Node::open(setup(stores.clone(), &secret, Kind::Jwt)).await;
        let users = AtomicU16::new(0);
        let mut house = Self { stores, node, other, fault, users, kept: Vec::new(), ended: Vec::new() };
        let user = house.user().await;
        for client in CLIENTS {
            house.kept.push(house.node.log_in(&user, client).await.0);
            let (ended, identity) = house.node.log_in(&user, client).await;
            house.node.authority.logout(&identity).await.unwrap();
            house.ended.push(ended);
        }
        house.check().await;
        house
    }

    /// Logins that go on are looked at no more.
    pub(super) fn forget_kept(&mut self) {
        self.kept.clear();
    }

    /// A new user.
    pub(super) async fn user(&self) -> User {
        self.node.authority.register(&self.name(), None, password(PASSWORD)).await.unwrap()
    }

    /// A name that nobody has.
    pub(super) fn name(&self) -> String {
        format!("guest{}", self.users.fetch_add(1, SeqCst))
    }

    /// Plays `scene` again and again, until [`Self::attempt`] in it has met each fault that it can meet.
    pub(super) async fn at_every_fault(&self, scene: impl AsyncFn(&Self)) {
        for way in [Way::Unsent, Way::Unanswered] {
            let mut call = 0;
            loop {
                self.fault.aim(call, way);
                scene(self).await;
                self.check().await;
                if !self.fault.was_met() {
                    break;
                }
                call += 1;
            }
            assert!(call > 0, "no call was made to fail");
        }
    }

    /// Does something while a call fails. `None`: it could not be done, and says that it may be tried again, nothing else.
    pub(super) async fn attempt<T, E: Fails>(&self, work: impl Future<Output = Result<T, E>>) -> Option<T> {
        self.fault.arm(true);
        let outcome = work.await;
        self.fault.arm(false);
        match outcome {
            Ok(done) => Some(done),
            Err(error) => {
                assert!(self.fault.was_met(), "it failed by itself: {error}");
                assert!(error.is_unavailable(), "a store that does not answer was read as: {error}");
                None
            }
        }
    }

    /// Nothing that was acknowledged before is lost, and what had ended stays so.
    async fn check(&self) {
        self.other.catch_up().await;
        for node in [&self.node, &self.other] {
            for issued in &self.kept {
                node.believed(issued).await;
            }
            for issued in &self.ended {
                node.refuses(issued).await;
            }
        }
        self.node.catch_up().await;
    }

    /// That what has ended is refused at once where that was said, and elsewhere once the log was read.
    pub(super) async fn refuses(&self, issued: &Issued) {
        self.node.refuses(issued).await;
        self.other.catch_up().await;
        self.other.refuses(issued).await;
    }
}

/// An error that may say that the store did not answer.
pub(super) trait Fails: std::error::Error {
    /// Whether it says that and nothing else.
    fn is_unavailable(&self) -> bool;
}

macro_rules! fails {
    ($($error:ty: $unavailable:pat),* $(,)?) => { $(
        impl Fails for $error {
            fn is_unavailable(&self) -> bool { matches!(self, $unavailable) }
        }
    )* };
}
fails!(
    StoreError: Self::Unavailable(_),
    Trouble: Self::Store(StoreError::Unavailable(_)),
    LoginError: Self::Trouble(Trouble::Store(StoreError::Unavailable(_))),
    RefreshError: Self::Trouble(Trouble::Store(StoreError::Unavailable(_))),
    ExchangeError: Self::Trouble(Trouble::Store(StoreError::Unavailable(_))),
    AccountError: Self::Trouble(Trouble::Store(StoreError::Unavailable(_))),
    OperateError: Self::Trouble(Trouble::Store(StoreError::Unavailable(_)))
        | Self::Account(AccountError::Trouble(Trouble::Store(StoreError::Unavailable(_))))
        | Self::Ring(RingError::Store(StoreError::Unavailable(_))),
    Denied: Self::Unsure(crate::verifier::Unsure::Store(StoreError::Unavailable(_))),
    OpenError: Self::Store(StoreError::Unavailable(_)) | Self::Keys(RingError::Store(StoreError::Unavailable(_))),
    SetupError: Self::Account(AccountError::Trouble(Trouble::Store(StoreError::Unavailable(_)))),
    PurgeError: Self { source: StoreError::Unavailable(_), .. },
);
