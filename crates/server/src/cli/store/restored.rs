//! `counterfoil store restored`: says that a backup was put back.

use counterfoil_core::revocation::Wait;
use serde_json::json;

use super::super::open::open_to;
use super::super::{Failure, args, ask};
use crate::config::Environment;

/// Does what the command says.
pub(super) async fn run(command: args::Restored, environment: Environment) -> Result<(), Failure> {
    let args::Restored { yes, waiting, common, output } = command;
    let wait = if waiting.no_wait { Wait::Local } else { Wait::All };
    let authority = open_to(&common, environment, wait).await?;
    if !yes && ask::is_at_terminal() && !ask::confirmed("End every login of everybody?")? {
        return Err(Failure::Refused("nothing was changed".into()));
    }
    authority.store_restored().await?;
    output.text(&json!({ "restored": true }), || {
        "Every login of everybody has ended. What was changed after the backup was made is to be changed again: passwords, \
         roles, disabled accounts, and keys that were revoked (`counterfoil key list`)."
            .to_owned()
    })
}
