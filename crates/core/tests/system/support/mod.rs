//! A system to test: over either store, by a clock that is set by hand, with randomness that repeats itself.

mod forgetting;
mod sources;
mod spy;
mod spy_feed;

pub use forgetting::Forgetting;
pub use sources::{HandClock, SeededEntropy};
pub use spy::{Control, Once, spied};
pub use spy_feed::spied_feed;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use counterfoil_core::Entropy;
use counterfoil_core::account::User;
use counterfoil_core::authority::{Authority, Issued, LoginError, LoginRequest, NewUser, Rules};
use counterfoil_core::client::{Client, Clients, builtin_clients};
use counterfoil_core::credential::Identity;
use counterfoil_core::id::{ClientId, Role, Scope};
use counterfoil_core::jose;
use counterfoil_core::keys::seal::MasterSecret;
use counterfoil_core::password::{Params, Password, Policy, PoolSettings};
use counterfoil_core::revocation::{Follower, Wait};
use counterfoil_core::session::Origin;
use counterfoil_core::store::Stores;
use counterfoil_core::system::{OpenError, Setup, System};
use counterfoil_core::verifier::{Denied, Refusal, TokenRules, Unsure, Verifier};
use counterfoil_stores::{MemoryStore, SqliteOptions, SqliteStore};

pub const PASSWORD: &str = "quite a long pass phrase";
pub const BUILTIN: [&str; 5] = ["web", "spa", "api", "stateless", "device"];
pub const ISSUER: &str = "https://login.example";
pub const LEASE: Duration = Duration::from_secs(2);
pub const LEEWAY: Duration = Duration::from_secs(5);

/// Runs each of the named tests over both stores.
macro_rules! over_each_store {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::support::House::in_memory().await).await; })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::support::House::in_sqlite().await).await; })*
        }
    };
}
pub(crate) use over_each_store;

/// A store with the user `alice` in it, and what every node on it shares.
pub struct House {
    pub stores: Stores,
    pub clock: Arc<HandClock>,
    pub entropy: Arc<dyn Entropy>,
    pub secret: String,
    folder: Option<tempfile::TempDir>,
}

/// One process on a store.
pub struct Node {
    pub authority: Arc<Authority>,
    pub verifier: Arc<Verifier>,
    pub follower: Follower,
}

impl House {
    pub async fn in_memory() -> Self {
        Self::furnished(MemoryStore::new().stores(), None).await
    }

    pub async fn in_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = sqlite(&folder.path().join("counterfoil.sqlite"));
        Self::furnished(stores, Some(folder)).await
    }

    async fn furnished(stores: Stores, folder: Option<tempfile::TempDir>) -> Self {
        let house = Self::empty(7, stores, folder);
        house.node().await.add("Alice", Some("Alice@example.com"), &["user", "editor"]).await;
        house
    }

    pub fn empty(seed: u64, stores: Stores, folder: Option<tempfile::TempDir>) -> Self {
        let entropy = Arc::new(SeededEntropy::new(seed));
        Self { stores, clock: Arc::default(), secret: secret(&*entropy), entropy, folder }
    }

    /// Another store like this one's, with nobody in it.
    pub fn vacant(&self) -> Self {
        match &self.folder {
            None => Self::empty(8, MemoryStore::new().stores(), None),
            Some(_) => {
                let folder = tempfile::tempdir().unwrap();
                Self::empty(8, sqlite(&folder.path().join("counterfoil.sqlite")), Some(folder))
            }
        }
    }

    /// Closes the store's file and opens it again, where it is one. Nodes that still hold it keep their own handle.
    pub fn restart(&mut self) {
        if let Some(path) = self.path() {
            self.stores = sqlite(&path);
        }
    }

    pub fn path(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.path().join("counterfoil.sqlite"))
    }

    /// A node with the built-in clients.
    pub async fn node(&self) -> Node {
        self.node_with(builtin()).await
    }

    pub async fn node_with(&self, clients: Vec<Client>) -> Node {
        self.open(self.stores.clone(), clients, &self.secret).await.unwrap()
    }

    /// A node on which strangers may not register.
    pub async fn closed_node(&self) -> Node {
        let rules = Rules { registration_open: false, wait: Wait::Local, ..Rules::default() };
        self.open_with(rules, self.stores.clone(), builtin(), &self.secret).await.unwrap()
    }

    /// A node whose calls to users and sessions are counted, and can be made to fail or to wait.
    pub async fn spied_node(&self) -> (Node, Arc<Control>) {
        self.spied_node_with(builtin()).await
    }

    pub async fn spied_node_with(&self, clients: Vec<Client>) -> (Node, Arc<Control>) {
        let (stores, control) = spied(&self.stores);
        (self.open(stores, clients, &self.secret).await.unwrap(), control)
    }

    /// A node on the given stores. Nobody's answer waits for another node: tests decide when each reads on.
    pub async fn open(&self, stores: Stores, clients: Vec<Client>, secret: &str) -> Result<Node, OpenError> {
        self.open_with(Rules { wait: Wait::Local, ..Rules::default() }, stores, clients, secret).await
    }

    /// A node whose answers wait until every other node obeys.
    pub async fn waiting_node(&self, stores: Stores) -> Node {
        self.open_with(Rules::default(), stores, builtin(), &self.secret).await.unwrap()
    }

    /// What a command opens: it waits for the nodes and is none.
    pub async fn command(&self) -> Node {
        self.open_as(false, Rules::default(), self.stores.clone(), builtin(), &self.secret).await.unwrap()
    }

    async fn open_with(
        &self,
        rules: Rules,
        stores: Stores,
        clients: Vec<Client>,
        secret: &str,
    ) -> Result<Node, OpenError> {
        self.open_as(true, rules, stores, clients, secret).await
    }

    async fn open_as(
        &self,
        is_node: bool,
        rules: Rules,
        stores: Stores,
        clients: Vec<Client>,
        secret: &str,
    ) -> Result<Node, OpenError> {
        let setup = Setup {
            stores,
            clients: Clients::new(clients, &id("web")).unwrap(),
            secret: MasterSecret::from_text(secret).unwrap(),
            tokens: TokenRules { issuer: ISSUER.into(), leeway: LEEWAY },
            rules,
            password_policy: Policy::new(15).unwrap(),
            passwords: PoolSettings {
                workers: NonZeroUsize::new(2).unwrap(),
                params: Params::new(12_288, 3, 1).unwrap(),
                ..PoolSettings::default()
            },
            is_node,
            lease: LEASE,
            memory_bytes: 1 << 20,
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::clone(&self.entropy),
        };
        let System { authority, verifier, follower, touching } = System::open(setup).await?;
        tokio::spawn(touching);
        Ok(Node { authority, verifier, follower })
    }
}

impl Node {
    pub async fn add(&self, username: &str, email: Option<&str>, roles: &[&str]) -> User {
        let roles = roles.iter().map(|role| Role::parse(role).unwrap()).collect();
        self.authority.add_user(NewUser { username, email, password: password(PASSWORD), roles }).await.unwrap()
    }

    pub async fn log_in(&self, client: &str) -> Issued {
        self.try_log_in("alice", PASSWORD, Some(client), None).await.unwrap()
    }

    pub async fn try_log_in(
        &self,
        login: &str,
        secret: &str,
        client: Option<&str>,
        scope: Option<&str>,
    ) -> Result<Issued, LoginError> {
        let request = LoginRequest { login, password: password(secret), client, scope, origin: Origin::default() };
        self.authority.login(request).await
    }

    pub async fn believed(&self, credential: &str) -> Arc<Identity> {
        self.verifier.verify(credential).await.unwrap()
    }

    /// Why the credential is refused. Being unsure is not refusing.
    pub async fn refused(&self, credential: &str) -> Refusal {
        assert!(self.verifier.recall(credential).is_none(), "it is still believed from memory");
        match self.verifier.verify(credential).await {
            Err(Denied::Refused(refusal)) => refusal,
            Err(Denied::Unsure(unsure)) => panic!("unsure instead of refused: {unsure}"),
            Ok(identity) => panic!("believed: {identity:?}"),
        }
    }

    pub async fn unsure(&self, credential: &str) -> Unsure {
        match self.verifier.verify(credential).await {
            Err(Denied::Unsure(unsure)) => unsure,
            Err(Denied::Refused(refusal)) => panic!("refused instead of unsure: {refusal}"),
            Ok(identity) => panic!("believed: {identity:?}"),
        }
    }

    /// What a server does when the log may have grown.
    pub async fn catch_up(&self) {
        if self.follower.catch_up().await.unwrap().ring {
            self.authority.ring.reload().await.unwrap();
        }
    }
}

fn sqlite(path: &std::path::Path) -> Stores {
    SqliteStore::open(path, &SqliteOptions::default()).unwrap().stores()
}

/// Text as an operator would generate it.
pub fn secret(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 48];
    entropy.fill(&mut bytes).unwrap();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub fn builtin() -> Vec<Client> {
    builtin_clients().unwrap()
}

/// The built-in clients, one of them changed.
pub fn changed(name: &str, change: impl FnOnce(&mut Client)) -> Vec<Client> {
    let mut clients = builtin();
    change(clients.iter_mut().find(|client| client.id.as_str() == name).unwrap());
    clients
}

pub fn id(client: &str) -> ClientId {
    ClientId::parse(client).unwrap()
}

pub fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

pub fn scopes(words: &[&str]) -> BTreeSet<Scope> {
    words.iter().map(|word| Scope::parse(word).unwrap()).collect()
}

pub fn words(scopes: &[Scope]) -> Vec<&str> {
    scopes.iter().map(Scope::as_str).collect()
}

/// The header and the claims of a token, unverified.
pub fn taken_apart(token: &str) -> (serde_json::Value, BTreeMap<String, serde_json::Value>) {
    let parts = jose::inspect(token, &jose::Limits::default()).unwrap();
    (parts.header, serde_json::from_value(parts.payload.unwrap()).unwrap())
}
