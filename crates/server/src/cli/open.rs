//! The accounts and keys of a store, beside a server that may be using it at the same moment.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::authority::Authority;
use counterfoil_stores::StoreUrl;

use super::{Failure, args, output, print_warnings};
use crate::config::Environment;
use crate::startup;

/// An open store.
pub(super) struct Opened {
    authority: Arc<Authority>,
    /// How often a running server asks the log for news.
    interval: Duration,
}

impl Deref for Opened {
    type Target = Authority;

    fn deref(&self) -> &Authority {
        &self.authority
    }
}

impl Opened {
    /// What a server takes, beyond its interval, to read the news and follow it.
    const READING: Duration = Duration::from_millis(50);

    /// Waits until a running server has heard of what was done: when a command that ends something is over, it has ended.
    pub(super) async fn heard(&self) {
        tokio::time::sleep(self.interval + Self::READING).await;
    }
}

/// Opens the store that the settings name. What is changed through it, a running server takes in from the revocation log.
pub(super) async fn open(common: &args::Common, environment: Environment) -> Result<Opened, Failure> {
    let (settings, warnings) = common.load(environment)?;
    print_warnings(&warnings);
    match &settings.store.url {
        StoreUrl::Memory => {
            return Err(Failure::Refused(
                "a store in memory is seen by its own server alone: name the file of a store, as in --store sqlite:PATH".into(),
            ));
        }
        StoreUrl::Sqlite(path) if !path.exists() => {
            output::note(&format!("note: {} was not there, and is made", path.display()));
        }
        StoreUrl::Sqlite(_) | StoreUrl::Postgres(_) | StoreUrl::MySql(_) => {}
    }
    let authority = startup::open(&settings).await?.system.authority;
    Ok(Opened { authority, interval: settings.revocation.interval })
}
