//! The accounts and keys of a store, beside a server that may be using it at the same moment.

use std::sync::Arc;

use counterfoil_core::audit::{Actor, Caller};
use counterfoil_core::authority::Authority;
use counterfoil_core::revocation::Wait;
use counterfoil_stores::StoreUrl;

use super::{Failure, args, output, print_warnings};
use crate::config::Environment;
use crate::startup;

/// Opens the store that the settings name, which must be there: a command that reads or changes what a store holds finds nothing in a new one.
/// What is ended through it has ended on every running server once that returns.
pub(super) async fn open(common: &args::Common, environment: Environment) -> Result<Arc<Authority>, Failure> {
    open_as(common, environment, false, Wait::All).await
}

/// The same, to wait for running servers or not.
pub(super) async fn open_to(
    common: &args::Common,
    environment: Environment,
    wait: Wait,
) -> Result<Arc<Authority>, Failure> {
    open_as(common, environment, false, wait).await
}

/// The same for a command that puts something into the store: one that is not there is made.
pub(super) async fn open_or_make(common: &args::Common, environment: Environment) -> Result<Arc<Authority>, Failure> {
    open_as(common, environment, true, Wait::All).await
}

async fn open_as(
    common: &args::Common,
    environment: Environment,
    may_make: bool,
    wait: Wait,
) -> Result<Arc<Authority>, Failure> {
    let (settings, warnings) = common.load(environment)?;
    print_warnings(&warnings);
    match &settings.store.url {
        StoreUrl::Memory => {
            return Err(Failure::Refused(
                "a store in memory is seen by its own server alone: name the file of a store, as in --store sqlite:PATH".into(),
            ));
        }
        StoreUrl::Sqlite(path) if may_make && !path.exists() => {
            output::note(&format!("note: {} was not there, and is made", path.display()));
        }
        StoreUrl::Sqlite(_) | StoreUrl::Postgres(_) | StoreUrl::MySql(_) => {}
    }
    let authority = startup::open_for_command(&settings, may_make, wait).await?.system.authority;
    let caller = Caller { actor: Actor::Operator(account()), ..Caller::default() };
    Ok(Arc::new(authority.on_behalf_of(caller)))
}

/// The account of the operating system that a command runs under, as the shell says it: whoever can run commands on the store could
/// say anything.
fn account() -> Option<String> {
    let names = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"];
    names.into_iter().find_map(|name| std::env::var(name).ok()).map(|name| name.chars().take(64).collect())
}
