//! A system to measure: a store, a user, and as many logins as are asked for.

pub use counterfoil::SystemClock;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_core::authority::{Authority, LoginRequest, NewUser, Rules};
use counterfoil_core::client::{Client, Clients, builtin_clients};
use counterfoil_core::credential::Identity;
use counterfoil_core::id::ClientId;
use counterfoil_core::jose::Algorithm;
use counterfoil_core::keys::seal::MasterSecret;
use counterfoil_core::password::{Password, Policy, PoolSettings};
use counterfoil_core::session::Origin;
use counterfoil_core::store::Stores;
use counterfoil_core::system::{Setup, System};
use counterfoil_core::verifier::{TokenRules, Verifier};
use counterfoil_core::{Entropy, SystemEntropy};
use counterfoil_stores::{Options, Place, StoreUrl};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What can go wrong here: anything, and then there is nothing to measure.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A day: no login of a measurement ends during it.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const USERNAME: &str = "ada";

/// Where the records of a measured system are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In memory.
    Memory,
    /// In a SQLite file, which goes when the world does.
    Sqlite,
}

/// How a system is set up for a measurement.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    /// Where its records are.
    pub store: Store,
    /// How much its verifier remembers, in bytes; nought makes every check a miss.
    pub memory_bytes: u64,
    /// For how long its verifier may answer from memory without a word from the feed.
    pub lease: Duration,
    /// Whether there is a client for each algorithm, named after it.
    pub algorithms: bool,
}

impl Default for Scene {
    fn default() -> Self {
        Self { store: Store::Memory, memory_bytes: 64 << 20, lease: DAY, algorithms: false }
    }
}

/// A system with one user who is logged in.
pub struct World {
    /// The system.
    pub system: System,
    /// A login that leaves no record behind, from which others are made without a password.
    pub stateless: Arc<Identity>,
    _folder: TempDir,
}

impl World {
    /// Opens a system on an empty store.
    pub async fn open(scene: Scene) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let url = match scene.store {
            Store::Memory => StoreUrl::Memory,
            Store::Sqlite => StoreUrl::Sqlite(folder.path().join("bench.db")),
        };
        let stores = counterfoil_stores::open(&Place::of(url), &Options::default()).await?.stores;
        let system = open_system(stores, &random_text()?, scene).await?;
        let stateless = first_login(&system.authority, &system.verifier).await?;
        Ok(Self { system, stateless, _folder: folder })
    }

    /// The part that changes things.
    pub fn authority(&self) -> &Authority {
        &self.system.authority
    }

    /// A login of its own to a client: the credential, and its refresh token where it has one.
    pub async fn login(&self, client: &str) -> Outcome<(String, Option<String>)> {
        log_in(self.authority(), &self.stateless, client).await
    }

    /// The credentials of that many logins to a client.
    pub async fn credentials(&self, client: &str, count: usize) -> Outcome<Vec<String>> {
        let mut credentials = Vec::with_capacity(count);
        for _ in 0..count {
            credentials.push(self.login(client).await?.0);
        }
        Ok(credentials)
    }
}

/// Opens a system on `stores`, whose secret is that text. The scene's own store is of no account.
pub async fn open_system(stores: Stores, secret: &str, scene: Scene) -> Outcome<System> {
    let setup = Setup {
        stores,
        clients: clients(scene.algorithms)?,
        secret: MasterSecret::from_text(secret)?,
        tokens: TokenRules { issuer: "https://login.example.test".into(), leeway: Duration::from_secs(5) },
        rules: Rules::default(),
        password_policy: Policy::default(),
        passwords: PoolSettings::default(),
        is_node: true,
        lease: scene.lease,
        memory_bytes: scene.memory_bytes,
        clock: Arc::new(SystemClock::start()),
        entropy: Arc::new(SystemEntropy::default()),
    };
    Ok(System::open(setup).await?)
}

/// The five clients that are built in and, if asked for, one a signature algorithm. All last for a day.
fn clients(algorithms: bool) -> Outcome<Clients> {
    let mut clients = builtin_clients()?;
    let stateless = clients.iter().find(|client| client.id.as_str() == "stateless").cloned();
    if let (Some(stateless), true) = (stateless, algorithms) {
        for algorithm in Algorithm::ALL {
            clients.push(Client { id: ClientId::parse(algorithm.name())?, algorithm, ..stateless.clone() });
        }
    }
    for client in &mut clients {
        client.lifetimes.credential = DAY;
    }
    Ok(Clients::new(clients, &ClientId::parse("web")?)?)
}

/// A user, and a login that leaves no record behind.
pub async fn first_login(authority: &Authority, verifier: &Verifier) -> Outcome<Arc<Identity>> {
    let text = random_text()?;
    let password = || Password::new(text.clone());
    let user = NewUser { username: USERNAME, email: None, password: password()?, roles: BTreeSet::new() };
    authority.add_user(user).await?;
    let request = LoginRequest {
        login: USERNAME,
        password: password()?,
        client: Some("stateless"),
        scope: None,
        origin: Origin::default(),
    };
    let issued = authority.login(request).await?;
    Ok(verifier.verify(&issued.secret).await?)
}

/// Another login of the same user to a client, without a password: the credential, and its refresh token where it has one.
pub async fn log_in(authority: &Authority, user: &Identity, client: &str) -> Outcome<(String, Option<String>)> {
    let issued = authority.exchange(user, client, Origin::default()).await?;
    Ok((issued.secret.to_string(), issued.refresh.map(|token| token.to_string())))
}

/// What nobody can guess, as a password or the secret of a store.
pub fn random_text() -> Outcome<String> {
    let mut bytes = [0; 32];
    SystemEntropy::default().fill(&mut bytes)?;
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect())
}

/// How long `work` takes when it is done that many times, one after another.
#[expect(clippy::disallowed_methods, reason = "a stopwatch")]
pub fn timed(runtime: &Runtime, times: u64, mut work: impl AsyncFnMut()) -> Duration {
    runtime.block_on(async {
        let begun = Instant::now();
        for _ in 0..times {
            work().await;
        }
        begun.elapsed()
    })
}
