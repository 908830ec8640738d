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
use counterfoil_core::system::{Setup, System};
use counterfoil_core::verifier::TokenRules;
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
        let entropy = Arc::new(SystemEntropy::default());
        let setup = Setup {
            stores: counterfoil_stores::open(&Place::of(url), &Options::default()).await?.stores,
            clients: clients(scene.algorithms)?,
            secret: MasterSecret::from_text(&random_text(&*entropy)?)?,
            tokens: TokenRules { issuer: "https://login.example.test".into(), leeway: Duration::from_secs(5) },
            rules: Rules::default(),
            password_policy: Policy::default(),
            passwords: PoolSettings::default(),
            is_node: true,
            lease: scene.lease,
            memory_bytes: scene.memory_bytes,
            clock: Arc::new(SystemClock::start()),
            entropy: Arc::<SystemEntropy>::clone(&entropy),
        };
        let system = System::open(setup).await?;
        let password = random_text(&*entropy)?;
        let stateless = log_in(&system, &password).await?;
        Ok(Self { system, stateless, _folder: folder })
    }

    /// The part that changes things.
    pub fn authority(&self) -> &Authority {
        &self.system.authority
    }

    /// A login of its own to a client: the credential, and its refresh token where it has one.
    pub async fn login(&self, client: &str) -> Outcome<(String, Option<String>)> {
        let issued = self.authority().exchange(&self.stateless, client, Origin::default()).await?;
        Ok((issued.secret.to_string(), issued.refresh.map(|token| token.to_string())))
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

async fn log_in(system: &System, password: &str) -> Outcome<Arc<Identity>> {
    let password = || Password::new(password.to_owned());
    let user = NewUser { username: USERNAME, email: None, password: password()?, roles: BTreeSet::new() };
    system.authority.add_user(user).await?;
    let request = LoginRequest {
        login: USERNAME,
        password: password()?,
        client: Some("stateless"),
        scope: None,
        origin: Origin::default(),
    };
    let issued = system.authority.login(request).await?;
    Ok(system.verifier.verify(&issued.secret).await?)
}

fn random_text(entropy: &dyn Entropy) -> Outcome<String> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes)?;
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
