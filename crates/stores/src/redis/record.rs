//! Between the fields of a session's hash and the types of the domain.
//!
//! What a script compares or changes stands first, as decimal text with spaces between; the rest is JSON:
//!
//! ```text
//! s         <expires> <user> {…}
//! t         <last seen>
//! d         {…}
//! r:<hash>  <expires> <idle expiry, or nothing> {…}
//! f:<id>    <expires> <generation> <hash> <rotated> {…}
//! ```

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::credential::{Kind, SecretHash};
use counterfoil_core::id::{ClientId, FamilyId, Scope, SessionId};
use counterfoil_core::revocation::Position;
use counterfoil_core::session::{Family, Grant, Origin, Reference, Session, SessionData};
use counterfoil_core::store::StoreError;
use serde::{Deserialize, Serialize};

use super::names::{hex, unhex};

/// What of a session no script looks at.
#[derive(Serialize, Deserialize)]
struct SessionRest {
    client: String,
    kind: String,
    generation: u64,
    scopes: String,
    authenticated: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    agent: Option<String>,
    /// Older records do not say it.
    #[serde(default)]
    position: u64,
}

/// What of a grant no script looks at.
#[derive(Serialize, Deserialize)]
struct GrantRest {
    client: String,
    scopes: String,
    /// In milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    idle: Option<u64>,
    /// Older records do not say it.
    #[serde(default)]
    position: u64,
}

pub(super) fn session_text(session: &Session) -> Result<String, StoreError> {
    let rest = SessionRest {
        client: session.client.as_str().to_owned(),
        kind: session.kind.as_str().to_owned(),
        generation: session.generation,
        scopes: joined(&session.scopes),
        authenticated: session.authenticated_at.as_millis(),
        ip: session.origin.ip.map(|ip| ip.to_string()),
        agent: session.origin.user_agent.clone(),
        position: session.position.0,
    };
    Ok(format!("{} {} {}", session.expires_at.as_millis(), session.user, json(&rest, "session")?))
}

pub(super) fn session(id: SessionId, text: &str, seen: Option<&str>) -> Result<Session, StoreError> {
    let mut parts = text.splitn(3, ' ');
    let expires_at = time(parts.next(), "session.expires_at")?;
    let user = parts.next().and_then(|user| user.parse().ok()).ok_or_else(|| damaged("session.user"))?;
    let rest: SessionRest = read(parts.next(), "session")?;
    let kind = [Kind::Session, Kind::Token, Kind::Jwt].into_iter().find(|kind| kind.as_str() == rest.kind);
    let ip = rest.ip.map(|ip| ip.parse().map_err(|_| damaged("session.ip"))).transpose()?;
    Ok(Session {
        id,
        user,
        client: client(&rest.client, "session.client")?,
        kind: kind.ok_or_else(|| damaged("session.kind"))?,
        generation: rest.generation,
        scopes: scopes(&rest.scopes, "session.scopes")?,
        authenticated_at: Timestamp::from_millis(rest.authenticated),
        last_seen_at: time(seen, "session.last_seen_at")?,
        expires_at,
        origin: Origin { ip, user_agent: rest.agent },
        position: Position(rest.position),
    })
}

pub(super) fn grant_text(grant: &Grant) -> Result<String, StoreError> {
    match grant {
        Grant::Reference(reference) => reference_text(reference),
        Grant::Family(family) => family_text(family),
    }
}

fn reference_text(reference: &Reference) -> Result<String, StoreError> {
    let idle_expires_at = reference.idle_expires_at.map(|time| time.as_millis().to_string()).unwrap_or_default();
    let rest = GrantRest {
        client: reference.client.as_str().to_owned(),
        scopes: joined(&reference.scopes),
        idle: reference.idle.map(|idle| u64::try_from(idle.as_millis()).unwrap_or(u64::MAX)),
        position: reference.position.0,
    };
    Ok(format!("{} {idle_expires_at} {}", reference.expires_at.as_millis(), json(&rest, "reference")?))
}

pub(super) fn reference(hash: SecretHash, session: SessionId, text: &str) -> Result<Reference, StoreError> {
    let mut parts = text.splitn(3, ' ');
    let expires_at = time(parts.next(), "reference.expires_at")?;
    let idle_expires_at = match parts.next() {
        Some("") => None,
        text => Some(time(text, "reference.idle_expires_at")?),
    };
    let rest: GrantRest = read(parts.next(), "reference")?;
    Ok(Reference {
        hash,
        session,
        client: client(&rest.client, "reference.client")?,
        scopes: scopes(&rest.scopes, "reference.scopes")?,
        idle: rest.idle.map(Duration::from_millis),
        idle_expires_at,
        expires_at,
        position: Position(rest.position),
    })
}

pub(super) fn family_text(family: &Family) -> Result<String, StoreError> {
    let rest = GrantRest {
        client: family.client.as_str().to_owned(),
        scopes: joined(&family.scopes),
        idle: None,
        position: family.position.0,
    };
    Ok(format!(
        "{} {} {} {} {}",
        family.expires_at.as_millis(),
        family.generation,
        hex(family.hash.as_bytes()),
        family.rotated_at.as_millis(),
        json(&rest, "family")?
    ))
}

pub(super) fn family(id: FamilyId, session: SessionId, text: &str) -> Result<Family, StoreError> {
    let mut parts = text.splitn(5, ' ');
    let expires_at = time(parts.next(), "family.expires_at")?;
    let generation = parts.next().and_then(|text| text.parse().ok()).ok_or_else(|| damaged("family.generation"))?;
    let hash = parts.next().and_then(unhex).ok_or_else(|| damaged("family.hash"))?;
    let rotated_at = time(parts.next(), "family.rotated_at")?;
    let rest: GrantRest = read(parts.next(), "family")?;
    Ok(Family {
        id,
        session,
        client: client(&rest.client, "family.client")?,
        scopes: scopes(&rest.scopes, "family.scopes")?,
        generation,
        hash: SecretHash::from_bytes(hash),
        rotated_at,
        expires_at,
        position: Position(rest.position),
    })
}

pub(super) fn data_text(data: &SessionData) -> Result<String, StoreError> {
    json(data, "session.data")
}

/// No text: no data was ever stored.
pub(super) fn data(text: Option<&str>) -> Result<SessionData, StoreError> {
    text.map_or_else(|| Ok(SessionData::new()), |text| read(Some(text), "session.data"))
}

/// The error for what is stored and cannot be read. Its source would quote the contents, so there is none.
pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged { what: what.to_owned(), source: None }
}

fn json<T: Serialize>(value: &T, what: &str) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Damaged { what: what.to_owned(), source: Some(Box::new(error)) })
}

fn read<'t, T: Deserialize<'t>>(text: Option<&'t str>, what: &str) -> Result<T, StoreError> {
    text.and_then(|text| serde_json::from_str(text).ok()).ok_or_else(|| damaged(what))
}

fn time(text: Option<&str>, what: &str) -> Result<Timestamp, StoreError> {
    text.and_then(|text| text.parse().ok()).map(Timestamp::from_millis).ok_or_else(|| damaged(what))
}

fn client(text: &str, what: &str) -> Result<ClientId, StoreError> {
    ClientId::parse(text).map_err(|_| damaged(what))
}

/// Scopes as they are written in requests: words with spaces between (RFC 6749 §3.3).
fn scopes(text: &str, what: &str) -> Result<Vec<Scope>, StoreError> {
    text.split_ascii_whitespace().map(Scope::parse).collect::<Result<_, _>>().map_err(|_| damaged(what))
}

fn joined(scopes: &[Scope]) -> String {
    scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ")
}
