//! From settings to a running system: the store, the secret, the parts, and what goes on in the background.

mod background;
mod breached;
mod secret;

pub use background::{Background, purge};
pub use breached::BreachedFileError;
pub(crate) use breached::Breaches;
pub use secret::SecretError;

use std::error::Error;
use std::sync::Arc;

use counterfoil_core::authority::Rules;
use counterfoil_core::password::{Params, ParamsError, Policy, PolicyError, PoolSettings};
use counterfoil_core::revocation::Wait;
use counterfoil_core::store::{StoreError, Stores};
use counterfoil_core::system::{self, Setup, System};
use counterfoil_core::verifier::TokenRules;
use counterfoil_core::{Clock, SystemEntropy};
use counterfoil_guard::{Guard, Origins};
use counterfoil_stores::server::Fault;
use counterfoil_stores::{Changes, OpenError};

use breached::BreachedFile;

use crate::api::App;
use crate::clock::SystemClock;
use crate::config::{Passwords, Settings};
use crate::http::address::Proxies;

/// How much memory a verifier's memory of credentials may take: about 100,000 of them.
const VERIFIER_MEMORY: u64 = 64 * 1024 * 1024;

/// A system that has been opened, and what tells when its store was changed by others.
pub struct Started {
    /// The system.
    pub system: System,
    /// Whether another process has written.
    pub changes: Box<dyn Changes>,
}

/// Why a system did not start. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The parts do not fit together.
    #[error(transparent)]
    System(#[from] system::OpenError),
    /// The settings of passwords do not make sense.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// The policy of passwords does not make sense.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The file of stolen passwords is none.
    #[error(transparent)]
    Breached(#[from] BreachedFileError),
}

impl StartError {
    /// Whether the same start may succeed in a moment: a server was down, or had too much to do.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Store(OpenError::Server(error)) => error.fault.may_pass(),
            Self::System(system::OpenError::Store(StoreError::Unavailable(_)))
            | Self::Secret(SecretError::Store(StoreError::Unavailable(_))) => true,
            _ => false,
        }
    }

    /// What its driver said of a server, where the error itself says all that is needed: for the log.
    pub fn cause(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(OpenError::Server(error)) if error.fault != Fault::Other => error.source(),
            _ => None,
        }
    }
}

/// Opens the store, finds or makes the secret, and puts the system together: one that answers for credentials.
pub async fn open(settings: &Settings) -> Result<Started, StartError> {
    open_as(settings, true, true, settings.revocation.wait).await
}

/// The same for a command, which no server waits for. What it ends has ended on every server when it says so, unless it is not
/// to wait for them. Only one that puts something into a store may make the store.
pub async fn open_for_command(settings: &Settings, may_make: bool, wait: Wait) -> Result<Started, StartError> {
    open_as(settings, false, may_make, wait).await
}

async fn open_as(settings: &Settings, is_node: bool, may_make: bool, wait: Wait) -> Result<Started, StartError> {
    let (place, options) = (settings.store.place(), settings.store.options());
    let opened = if may_make {
        counterfoil_stores::open(&place, &options).await?
    } else {
        counterfoil_stores::open_existing(&place, &options).await?
    };
    let entropy = Arc::new(SystemEntropy::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    system::check_whole(&opened.stores).await?;
    let secret = secret::find_or_make(&settings.secrets, &opened.stores, &*entropy).await?;
    let setup = Setup {
        stores: opened.stores,
        clients: settings.clients.clone(),
        secret,
        tokens: TokenRules { issuer: settings.tokens.issuer.as_str().into(), leeway: settings.tokens.leeway },
        rules: Rules {
            registration_open: settings.registration.open,
            reuse_window: settings.tokens.refresh_reuse_window,
            wait,
            guessing: settings.throttle.limits(),
        },
        password_policy: policy(settings)?,
        passwords: pool(&settings.passwords)?,
        is_node,
        lease: settings.revocation.lease,
        memory_bytes: VERIFIER_MEMORY,
        clock,
        entropy,
    };
    Ok(Started { system: System::open(setup).await?, changes: opened.changes })
}

/// What keeps a server from starting with these settings, so far as it shows without changing anything: neither a secret nor a store is
/// made. The store is looked at only where it could be read.
pub(crate) async fn examine(settings: &Settings, stores: Option<&Stores>) -> Result<(), StartError> {
    let secret = secret::find(&settings.secrets, stores).await?;
    if let (Some(secret), Some(stores)) = (secret, stores) {
        let apart = settings.store.sessions.is_some();
        system::would_open(stores, &secret, apart, &SystemClock::start()).await?;
    }
    Ok(())
}

fn policy(settings: &Settings) -> Result<Policy, StartError> {
    let passwords = &settings.passwords;
    let mut names: Vec<String> = passwords.names.iter().cloned().collect();
    if settings.has_public_url() {
        names.push(settings.server.public_url.as_str().to_owned());
    }
    let policy = Policy::new(passwords.min_length.try_into().unwrap_or(usize::MAX))?.with_names(names);
    Ok(match &passwords.breached_hashes {
        Some(path) => policy.with_breached(Arc::new(BreachedFile::open(path)?)),
        None => policy,
    })
}

fn pool(passwords: &Passwords) -> Result<PoolSettings, ParamsError> {
    let default = PoolSettings::default();
    Ok(PoolSettings {
        workers: usize::try_from(passwords.workers).ok().and_then(|n| n.try_into().ok()).unwrap_or(default.workers),
        queue_per_worker: passwords.queue.try_into().unwrap_or(default.queue_per_worker),
        params: Params::new(passwords.memory_kib, passwords.iterations, passwords.parallelism)?,
        ..default
    })
}

impl Started {
    /// The HTTP interface of the system.
    pub fn app(&self, settings: &Settings) -> App {
        let origins = if settings.has_public_url() {
            Origins::Public(settings.server.public_url.as_str().into())
        } else {
            Origins::Host
        };
        let guard = Guard::new(self.system.verifier.clone(), origins);
        let body_limit = settings.server.body_limit.try_into().unwrap_or(usize::MAX);
        let proxies = Proxies::new(settings.server.trusted_proxies.iter().copied());
        let sessions_apart = settings.store.sessions.is_some();
        App::new(self.system.authority.clone(), &guard, body_limit, proxies, sessions_apart)
    }

    /// Starts what goes on in the background: until the handle is dropped.
    pub fn run(self, settings: &Settings) -> Background {
        Background::start(self, settings)
    }
}
