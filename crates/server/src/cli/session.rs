//! `counterfoil session …`

use counterfoil_core::account::User;
use counterfoil_core::session::Session;
use serde::Serialize;
use serde_json::json;

use super::open::open;
use super::output::rfc3339;
use super::{Failure, args, user};
use crate::config::Environment;
use crate::startup;

/// Does what the command says.
pub(super) async fn run(command: args::Session, environment: Environment) -> Result<(), Failure> {
    match command {
        args::Session::List { user, common, output } => {
            let authority = open(&common, environment).await?;
            let users = match user {
                Some(name) => vec![user::named(&authority, &name).await?],
                None => user::all(&authority).await?,
            };
            let mut logins = Vec::new();
            for user in &users {
                let sessions = authority.sessions(user.id).await?;
                logins.extend(sessions.iter().map(|session| Login::of(user, session)));
            }
            output.list(&logins, Login::COLUMNS)
        }
        args::Session::Purge { common, output } => {
            let authority = open(&common, environment).await?;
            let removed = startup::purge(&authority).await?;
            output.text(&json!({ "removed": removed }), || match removed {
                0 => "Nothing has expired.".to_owned(),
                1 => "1 record that had expired is removed.".to_owned(),
                _ => format!("{removed} records that had expired are removed."),
            })
        }
        args::Session::Revoke { id, common, output } => {
            let authority = open(&common, environment).await?;
            if !authority.end_session(id).await? {
                return Err(Failure::Refused(format!("there is no session {id}, or no longer")));
            }
            authority.heard().await;
            output.text(&json!({ "revoked": id }), || format!("The session {id} has ended."))
        }
    }
}

/// A stored login as it is printed.
#[derive(Serialize)]
struct Login {
    id: String,
    user: String,
    user_id: String,
    client: String,
    kind: &'static str,
    created_at: String,
    last_seen_at: String,
    expires_at: String,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl Login {
    const COLUMNS: &[&str] = &["id", "user", "client", "kind", "last_seen_at", "expires_at", "ip", "user_agent"];

    fn of(user: &User, session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            user: user.username.as_str().to_owned(),
            user_id: user.id.to_string(),
            client: session.client.to_string(),
            kind: session.kind.as_str(),
            created_at: rfc3339(session.authenticated_at),
            last_seen_at: rfc3339(session.last_seen_at),
            expires_at: rfc3339(session.expires_at),
            ip: session.origin.ip.map(|ip| ip.to_string()),
            user_agent: session.origin.user_agent.clone(),
        }
    }
}
