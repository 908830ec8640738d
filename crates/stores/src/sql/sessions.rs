//! Logins in SQL.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{ClientId, FamilyId, SessionId, UserId};
use counterfoil_core::revocation::{Position, Standing};
use counterfoil_core::session::{Family, Grant, Origin, Reference, Session, SessionData};
use counterfoil_core::store::{Announcement, Facts, Login, LoginCounts, LoginPage, Sessions, StoreError, Touch};

use super::SqlStore;
use super::driver::{Outcome, Step, Value};
use super::purge::{Purge, purging};
use super::row::{Columns, damaged, limit, scopes, unwritable};

const OPEN: &str = "insert into sessions (id, user_id, client, kind, generation, scopes, authenticated_at, last_seen_at, expires_at, ip, \
                    user_agent, position, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{}')";
pub(super) const ATTACH_REFERENCE: &str = "insert into session_references (hash, session_id, client, scopes, idle, idle_expires_at, expires_at, position) \
                                values (?, ?, ?, ?, ?, ?, ?, ?)";
pub(super) const ATTACH_FAMILY: &str = "insert into families (id, session_id, client, scopes, generation, hash, rotated_at, expires_at, position) \
                             values (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const BY_REFERENCE: &str = "select r.hash, r.session_id, r.client, r.scopes, r.idle, r.idle_expires_at, r.expires_at, r.position, \
     s.id, s.user_id, s.client, s.kind, s.generation, s.scopes, s.authenticated_at, s.last_seen_at, s.expires_at, s.ip, s.user_agent, \
     s.position \
     from session_references r join sessions s on s.id = r.session_id where r.hash = ?";
const BY_FAMILY: &str = "select f.id, f.session_id, f.client, f.scopes, f.generation, f.hash, f.rotated_at, f.expires_at, f.position, \
     s.id, s.user_id, s.client, s.kind, s.generation, s.scopes, s.authenticated_at, s.last_seen_at, s.expires_at, s.ip, s.user_agent, \
     s.position \
     from families f join sessions s on s.id = f.session_id where f.id = ?";
const BY_ID: &str = "select id, user_id, client, kind, generation, scopes, authenticated_at, last_seen_at, expires_at, ip, user_agent, \
                     position from sessions where id = ?";
const TOUCH: &str = "update sessions set last_seen_at = case when last_seen_at < ? then ? else last_seen_at end \
                     where id = ? and expires_at > ?";
/// Where either idle expiry is null, the comparison is not true and nothing moves.
const TOUCH_REFERENCE: &str = "update session_references set idle_expires_at = case when idle_expires_at < ? then ? else idle_expires_at end \
     where hash = ? and session_id = ? and expires_at > ? and (idle_expires_at is null or idle_expires_at > ?)";
const ROTATE: &str = "update families set client = ?, scopes = ?, generation = ?, hash = ?, rotated_at = ?, expires_at = ?, position = ? \
                      where id = ? and generation = ? and hash = ?";
const LIST: &str = "select s.id, s.user_id, s.client, s.kind, s.generation, s.scopes, s.authenticated_at, s.last_seen_at, s.expires_at, s.ip, \
     s.user_agent, s.position from sessions s where s.user_id = ? and s.expires_at > ? and (\
     exists (select 1 from session_references r where r.session_id = s.id and r.expires_at > ? \
     and (r.idle_expires_at is null or r.idle_expires_at > ?)) \
     or exists (select 1 from families f where f.session_id = s.id and f.expires_at > ?)) \
     order by s.authenticated_at desc, s.id desc limit ?";
const END: &str = "delete from sessions where id = ?";
const END_ALL: &str = "delete from sessions where user_id = ? and generation < ? and id <> ?";
const DATA: &str = "select data from sessions where id = ?";
const REPLACE_DATA: &str = "update sessions set data = ? where id = ?";
const PURGE: Purge = purging!("sessions", "id");
const PURGE_REFERENCES: Purge = purging!("session_references", "hash");
const PURGE_FAMILIES: Purge = purging!("families", "id");

#[async_trait]
impl Sessions for SqlStore {
    async fn open(&self, session: &Session, grant: &Grant) -> Result<(), StoreError> {
        let steps = vec![Step::one(OPEN, session_columns(session)), attaching(grant)];
        match self.driver.write(steps).await? {
            Outcome::Done(_) => Ok(()),
            Outcome::Conflict { step: 0, .. } => Err(StoreError::Conflict("session")),
            Outcome::Conflict { .. } => Err(StoreError::Conflict("credential")),
            Outcome::Refused { .. } => Err(damaged("the session of a first grant")),
        }
    }

    async fn attach(&self, grant: &Grant) -> Result<bool, StoreError> {
        match self.driver.write(vec![attaching(grant)]).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Refused { .. } => Ok(false),
            Outcome::Conflict { .. } => Err(StoreError::Conflict("credential")),
        }
    }

    async fn by_reference(&self, hash: &SecretHash) -> Result<Option<(Reference, Session)>, StoreError> {
        let row = self.first(BY_REFERENCE, vec![hash.as_bytes().into()]).await?;
        row.map(|mut row| Ok((reference(&mut row)?, session(&mut row)?))).transpose()
    }

    async fn by_family(&self, id: FamilyId) -> Result<Option<(Family, Session)>, StoreError> {
        let row = self.first(BY_FAMILY, vec![id.as_bytes().into()]).await?;
        row.map(|mut row| Ok((family(&mut row)?, session(&mut row)?))).transpose()
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.first(BY_ID, vec![id.as_bytes().into()]).await?.map(|mut row| session(&mut row)).transpose()
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let (seen_at, session) = (touch.seen_at, touch.session.as_bytes());
        let mut steps = vec![Step::one(TOUCH, vec![seen_at.into(), seen_at.into(), session.into(), seen_at.into()])];
        if let Some((hash, idle_expires_at)) = &touch.reference {
            let idle_expires_at = Value::from(*idle_expires_at);
            let params = vec![
                idle_expires_at.clone(),
                idle_expires_at,
                hash.as_bytes().into(),
                session.into(),
                seen_at.into(),
                seen_at.into(),
            ];
            steps.push(Step::one(TOUCH_REFERENCE, params));
        }
        Ok(self.driver.write(steps).await?.is_done())
    }

    async fn rotate(&self, from: &Family, to: &Family) -> Result<bool, StoreError> {
        let params = vec![
            to.client.as_str().into(),
            scopes(&to.scopes),
            to.generation.into(),
            to.hash.as_bytes().into(),
            to.rotated_at.into(),
            to.expires_at.into(),
            to.position.0.into(),
            from.id.as_bytes().into(),
            from.generation.into(),
            from.hash.as_bytes().into(),
        ];
        self.changes_one(ROTATE, params).await
    }

    async fn list(&self, user: UserId, now: Timestamp, most: usize) -> Result<Vec<Session>, StoreError> {
        let now = Value::from(now);
        let params = vec![user.as_bytes().into(), now.clone(), now.clone(), now.clone(), now, limit(most)];
        self.all(LIST, params, session).await
    }

    async fn end(&self, id: SessionId, announce: &[Announcement]) -> Result<bool, StoreError> {
        let mut steps = vec![Step::any(END, vec![id.as_bytes().into()])];
        steps.extend(self.appending(announce)?);
        match self.driver.write(steps).await? {
            done @ Outcome::Done(_) => Ok(done.first_count() > 0),
            // Nothing was announced: the login has not ended.
            Outcome::Refused { .. } | Outcome::Conflict { .. } => Err(damaged("log_head.position")),
        }
    }

    async fn end_all(&self, user: UserId, standing: Standing) -> Result<u64, StoreError> {
        // No bytes at all are no session's id.
        let spared = standing.spared.as_ref().map_or(&[][..], |id| id.as_bytes());
        self.changes_many(END_ALL, vec![user.as_bytes().into(), standing.generation.into(), spared.into()]).await
    }

    async fn data(&self, id: SessionId) -> Result<Option<SessionData>, StoreError> {
        let row = self.first(DATA, vec![id.as_bytes().into()]).await?;
        row.map(|mut row| row.parsed("sessions.data", |text| serde_json::from_str(text))).transpose()
    }

    async fn replace_data(&self, id: SessionId, data: &SessionData) -> Result<bool, StoreError> {
        let text = serde_json::to_string(data).map_err(|error| unwritable("sessions.data", error))?;
        self.changes_one(REPLACE_DATA, vec![text.into(), id.as_bytes().into()]).await
    }

    async fn purge(&self, now: Timestamp, most: usize) -> Result<u64, StoreError> {
        self.purge_some(&PURGE, now, most).await
    }

    async fn purge_grants(&self, now: Timestamp, most: usize) -> Result<u64, StoreError> {
        let references = self.purge_some(&PURGE_REFERENCES, now, most).await?;
        Ok(references + self.purge_some(&PURGE_FAMILIES, now, most).await?)
    }

    async fn export(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError> {
        self.export_logins(cursor, limit).await
    }

    async fn logins(&self, ids: &[SessionId]) -> Result<Vec<Login>, StoreError> {
        self.held_logins(ids).await
    }

    async fn import(&self, logins: &[Login]) -> Result<u64, StoreError> {
        self.import_logins(logins).await
    }

    async fn count(&self) -> Result<LoginCounts, StoreError> {
        self.count_logins().await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Facts::ready(self).await
    }
}

/// The step that adds a grant. Its foreign key refuses it once the session has ended.
fn attaching(grant: &Grant) -> Step {
    match grant {
        Grant::Reference(reference) => Step::one(ATTACH_REFERENCE, reference_columns(reference)),
        Grant::Family(family) => Step::one(ATTACH_FAMILY, family_columns(family)),
    }
}

/// The parameters of [`ATTACH_REFERENCE`].
pub(super) fn reference_columns(reference: &Reference) -> Vec<Value> {
    vec![
        reference.hash.as_bytes().into(),
        reference.session.as_bytes().into(),
        reference.client.as_str().into(),
        scopes(&reference.scopes),
        reference.idle.map(|idle| i64::try_from(idle.as_millis()).unwrap_or(i64::MAX)).into(),
        reference.idle_expires_at.into(),
        reference.expires_at.into(),
        reference.position.0.into(),
    ]
}

/// The parameters of [`ATTACH_FAMILY`].
pub(super) fn family_columns(family: &Family) -> Vec<Value> {
    vec![
        family.id.as_bytes().into(),
        family.session.as_bytes().into(),
        family.client.as_str().into(),
        scopes(&family.scopes),
        family.generation.into(),
        family.hash.as_bytes().into(),
        family.rotated_at.into(),
        family.expires_at.into(),
        family.position.0.into(),
    ]
}

/// The parameters of [`OPEN`].
pub(super) fn session_columns(session: &Session) -> Vec<Value> {
    vec![
        session.id.as_bytes().into(),
        session.user.as_bytes().into(),
        session.client.as_str().into(),
        session.kind.as_str().into(),
        session.generation.into(),
        scopes(&session.scopes),
        session.authenticated_at.into(),
        session.last_seen_at.into(),
        session.expires_at.into(),
        session.origin.ip.map(|ip| ip.to_string()).into(),
        session.origin.user_agent.as_deref().into(),
        session.position.0.into(),
    ]
}

pub(super) fn session(row: &mut Columns) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId::from_bytes(row.array("sessions.id")?),
        user: UserId::from_bytes(row.array("sessions.user_id")?),
        client: row.parsed("sessions.client", ClientId::parse)?,
        kind: row.parsed("sessions.kind", |text| serde_json::from_value(text.into()))?,
        generation: row.count("sessions.generation")?,
        scopes: row.scopes("sessions.scopes")?,
        authenticated_at: row.time("sessions.authenticated_at")?,
        last_seen_at: row.time("sessions.last_seen_at")?,
        expires_at: row.time("sessions.expires_at")?,
        origin: Origin {
            ip: row.optional_parsed("sessions.ip", str::parse)?,
            user_agent: row.optional_text("sessions.user_agent")?,
        },
        position: Position(row.count("sessions.position")?),
    })
}

pub(super) fn reference(row: &mut Columns) -> Result<Reference, StoreError> {
    Ok(Reference {
        hash: SecretHash::from_bytes(row.array("session_references.hash")?),
        session: SessionId::from_bytes(row.array("session_references.session_id")?),
        client: row.parsed("session_references.client", ClientId::parse)?,
        scopes: row.scopes("session_references.scopes")?,
        idle: match row.optional_integer("session_references.idle")? {
            Some(millis) => {
                Some(Duration::from_millis(u64::try_from(millis).map_err(|_| damaged("session_references.idle"))?))
            }
            None => None,
        },
        idle_expires_at: row.optional_time("session_references.idle_expires_at")?,
        expires_at: row.time("session_references.expires_at")?,
        position: Position(row.count("session_references.position")?),
    })
}

pub(super) fn family(row: &mut Columns) -> Result<Family, StoreError> {
    Ok(Family {
        id: FamilyId::from_bytes(row.array("families.id")?),
        session: SessionId::from_bytes(row.array("families.session_id")?),
        client: row.parsed("families.client", ClientId::parse)?,
        scopes: row.scopes("families.scopes")?,
        generation: row.count("families.generation")?,
        hash: SecretHash::from_bytes(row.array("families.hash")?),
        rotated_at: row.time("families.rotated_at")?,
        expires_at: row.time("families.expires_at")?,
        position: Position(row.count("families.position")?),
    })
}
