//! The accounts and keys of a store, beside a server that may be using it at the same moment.

use std::sync::Arc;

use counterfoil_core::authority::Authority;
use counterfoil_stores::StoreUrl;

use super::{Failure, args, output, print_warnings};
use crate::config::Environment;
use crate::startup;

/// Opens the store that the settings name. What is ended through it has ended on every running server once that returns.
pub(super) async fn open(common: &args::Common, environment: Environment) -> Result<Arc<Authority>, Failure> {
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
    Ok(startup::open_for_command(&settings).await?.system.authority)
}
