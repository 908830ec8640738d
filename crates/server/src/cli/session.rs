//! `counterfoil session …`

use counterfoil_core::account::User;
use counterfoil_core::authority::{Purged, Reach};
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
            let purged = startup::purge(&authority, Reach::All).await.map_err(|error| Failure::because(&error))?;
            let Purged { sessions, grants, entries, attempts } = purged;
            let counts = json!({
                "removed": purged.total(), "sessions": sessions, "grants": grants, "entries": entries, "attempts": attempts,
            });
            output.text(&counts, || told(&purged))
        }
        args::Session::Revoke { id, common, output } => {
            let authority = open(&common, environment).await?;
            if !authority.end_session(id).await? {
                return Err(Failure::Refused(format!("there is no session {id}, or no longer")));
            }
            output.text(&json!({ "revoked": id }), || format!("The session {id} has ended."))
        }
    }
}

/// What was removed, as it is printed.
fn told(purged: &Purged) -> String {
    let Purged { sessions, grants, entries, attempts } = *purged;
    let parts = [
        counted(sessions, "session", "sessions"),
        counted(grants, "credential of a session that lives on", "credentials of sessions that live on"),
        counted(entries, "line of the revocation log", "lines of the revocation log"),
        counted(attempts, "tally of failed logins", "tallies of failed logins"),
    ];
    let sum = match purged.total() {
        0 => return "Nothing has expired.".to_owned(),
        1 => "1 record that had expired is removed".to_owned(),
        records => format!("{records} records that had expired are removed"),
    };
    format!("{sum}: {}.", parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn counted(number: u64, one: &str, many: &str) -> Option<String> {
    (number > 0).then(|| format!("{number} {}", if number == 1 { one } else { many }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_names_what_it_has_removed_and_nothing_else() {
        let told = |sessions, grants, entries, attempts| told(&Purged { sessions, grants, entries, attempts });
        assert_eq!(told(0, 0, 0, 0), "Nothing has expired.");
        assert_eq!(told(1, 0, 0, 0), "1 record that had expired is removed: 1 session.");
        assert_eq!(
            told(2, 1, 3, 1),
            "7 records that had expired are removed: 2 sessions, 1 credential of a session that lives on, \
             3 lines of the revocation log, 1 tally of failed logins."
        );
    }
}
