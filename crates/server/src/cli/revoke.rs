//! `counterfoil revoke`: ends what is named, in one step however much it is.

use counterfoil_core::authority::Authority;
use counterfoil_core::id::ClientId;
use counterfoil_core::revocation::Wait;
use serde_json::json;

use super::open::open_to;
use super::{Failure, args, ask, user};
use crate::config::{Environment, nearest};

/// Does what the command says.
pub(super) async fn run(command: args::Revoke, environment: Environment) -> Result<(), Failure> {
    let args::Revoke { target, yes, waiting, common, output } = command;
    let wait = if waiting.no_wait { Wait::Local } else { Wait::All };
    let authority = open_to(&common, environment, wait).await?;
    let (revoked, sentence) = match target {
        args::RevokeTarget { user: Some(name), .. } => {
            let id = user::named(&authority, &name).await?.id;
            let user = authority.end_logins_of(&id.to_string()).await?;
            (json!({ "user": id }), format!("Every login of {} has ended.", user.username.as_str()))
        }
        args::RevokeTarget { session: Some(id), .. } => {
            if !authority.end_session(id).await? {
                return Err(Failure::Refused(format!("there is no session {id}, or no longer")));
            }
            (json!({ "session": id }), format!("The session {id} has ended."))
        }
        args::RevokeTarget { token_id: Some(id), .. } => {
            authority.revoke_token(id).await?;
            (json!({ "token_id": id }), format!("The token {id} counts no more."))
        }
        args::RevokeTarget { client: Some(name), .. } => {
            let client = configured(&authority, &name)?;
            authority.revoke_client(&client).await?;
            (
                json!({ "client": client }),
                format!("Every login to {client} has ended, and whatever else was issued to it."),
            )
        }
        args::RevokeTarget { key: Some(kid), .. } => {
            authority.revoke_key(&kid).await?;
            let sentence = format!("The key {kid} is revoked. Nothing that it has signed counts any more.");
            (json!({ "key": kid }), sentence)
        }
        args::RevokeTarget { .. } => {
            if !yes && ask::is_at_terminal() && !ask::confirmed("End every login of everybody?")? {
                return Err(Failure::Refused("nothing was revoked".into()));
            }
            authority.revoke_everything().await?;
            (json!({ "all": true }), "Every login of everybody has ended.".to_owned())
        }
    };
    output.text(&json!({ "revoked": revoked }), || sentence)
}

/// The client of that name. When there is none, the error says which is nearest.
fn configured(authority: &Authority, name: &str) -> Result<ClientId, Failure> {
    if let Some(client) = authority.clients.find(name) {
        return Ok(client.id.clone());
    }
    let near = nearest(name, authority.clients.iter().map(|client| client.id.as_str()));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(Failure::Refused(format!("there is no client `{name}`{near}")))
}
