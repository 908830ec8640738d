//! Logins in Redis.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::credential::SecretHash;
use counterfoil_core::id::{FamilyId, SessionId, UserId};
use counterfoil_core::revocation::Standing;
use counterfoil_core::session::{Family, Grant, Reference, Session, SessionData};
use counterfoil_core::store::{Announcement, Login, LoginCounts, LoginPage, Revocations, Sessions, StoreError, Touch};
use futures_util::future::join_all;

use super::link::{END, Link, REPLACE_DATA, ROTATE, TOUCH};
use super::names::{DATA, Field, Names, SEEN, SESSION, family, hex, reference};
use super::opening::dropped_at;
use super::record::{self, damaged};
use super::sweep::Sweeps;

/// How many calls of one batch are under way at once.
pub(super) const BATCH: usize = 64;

/// For how long an installation owns its prefix after its last start.
const OWNED_SECONDS: u64 = 400 * 24 * 60 * 60;

/// The sessions of an installation.
pub(super) struct Logins {
    pub(super) link: Link,
    pub(super) names: Names,
    pub(super) log: Arc<dyn Revocations>,
    pub(super) sweeps: Sweeps,
}

#[async_trait]
impl Sessions for Logins {
    async fn open(&self, session: &Session, grant: &Grant) -> Result<(), StoreError> {
        self.open_session(session, grant).await
    }

    async fn attach(&self, grant: &Grant) -> Result<bool, StoreError> {
        self.attach_grant(grant).await
    }

    async fn by_reference(&self, hash: &SecretHash) -> Result<Option<(Reference, Session)>, StoreError> {
        let Some((id, text, session)) = self.follow(&reference(hash)).await? else { return Ok(None) };
        Ok(Some((record::reference(*hash, id, &text)?, session)))
    }

    async fn by_family(&self, id: FamilyId) -> Result<Option<(Family, Session)>, StoreError> {
        let Some((session_id, text, session)) = self.follow(&family(id)).await? else { return Ok(None) };
        Ok(Some((record::family(id, session_id, &text)?, session)))
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let [session, seen] = self.fields(id, [SESSION, SEEN]).await?;
        session_from(id, session, seen)
    }

    async fn touch(&self, touch: &Touch) -> Result<bool, StoreError> {
        let seen = touch.seen_at.as_millis().to_string();
        let (field, idle) = match &touch.reference {
            Some((hash, idle)) => (reference(hash), idle.map(|idle| idle.as_millis().to_string()).unwrap_or_default()),
            None => (String::new(), String::new()),
        };
        match self.link.script(&TOUCH, &self.names.session(touch.session), &[&seen, &field, &idle]).await? {
            -1 => Err(damaged("session.expires_at")),
            -2 => Err(damaged("reference.expires_at")),
            noted => Ok(noted == 1),
        }
    }

    async fn rotate(&self, from: &Family, to: &Family) -> Result<bool, StoreError> {
        let to = Family { id: from.id, session: from.session, ..to.clone() };
        let field = family(from.id);
        if to.expires_at > from.expires_at {
            let pointer = self.names.pointer(&field);
            let mut prolong = redis::cmd("PEXPIREAT");
            prolong.arg(&pointer).arg(dropped_at(to.expires_at));
            self.link.command::<i64>(&pointer, &prolong).await?;
        }
        let (generation, hash) = (from.generation.to_string(), hex(from.hash.as_bytes()));
        let text = record::family_text(&to)?;
        let key = self.names.session(from.session);
        match self.link.script(&ROTATE, &key, &[&field, &generation, &hash, &text]).await? {
            -1 => Err(damaged("family.generation")),
            rotated => Ok(rotated == 1),
        }
    }

    async fn list(&self, user: UserId, now: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        let (mut sessions, mut gone) = (Vec::new(), Vec::new());
        let mut indexed = self.indexed(user).await?;
        // An id begins with the time at which it was made (RFC 9562 §5.7), so the newest are looked at first.
        indexed.sort_unstable_by_key(|(id, _)| Reverse(*id));
        for batch in indexed.chunks(BATCH) {
            if sessions.len() >= limit {
                break;
            }
            let found = all(batch.iter().copied().map(|(id, _)| self.whole(id))).await?;
            for ((id, expires_at), login) in batch.iter().zip(found) {
                match login {
                    Some(login) if login.session.user == user && is_alive(&login, now) => sessions.push(login.session),
                    // Only what has expired is cleaned up: another one may be about to be stored.
                    None if *expires_at <= now.as_millis() => gone.push(hex(id.as_bytes())),
                    Some(_) | None => (),
                }
            }
        }
        self.unlist(user, &gone).await;
        sessions.sort_by_key(|session| Reverse((session.authenticated_at, session.id)));
        sessions.truncate(limit);
        Ok(sessions)
    }

    async fn end(&self, id: SessionId, announce: &[Announcement]) -> Result<bool, StoreError> {
        // First what lasts. If the removal fails, the login counts no more wherever the log is followed, and a repeat removes it.
        if !announce.is_empty() {
            self.log.append(announce).await?;
        }
        self.remove(id, "", "").await
    }

    async fn end_all(&self, user: UserId, standing: Standing) -> Result<u64, StoreError> {
        let ids = self.indexed(user).await?.into_iter().map(|(id, _)| id);
        let user = user.to_string();
        let ended = all(ids.map(|id| self.remove_unless_admitted(id, &user, standing))).await?;
        Ok(ended.into_iter().filter(|ended| *ended).count() as u64)
    }

    async fn data(&self, id: SessionId) -> Result<Option<SessionData>, StoreError> {
        let [session, data] = self.fields(id, [SESSION, DATA]).await?;
        session.map(|_| record::data(data.as_deref())).transpose()
    }

    async fn replace_data(&self, id: SessionId, data: &SessionData) -> Result<bool, StoreError> {
        self.link.script(&REPLACE_DATA, &self.names.session(id), &[&record::data_text(data)?]).await
    }

    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.sweep_sessions(now, limit).await
    }

    async fn purge_grants(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.sweep_grants(now, limit).await
    }

    async fn export(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError> {
        self.export_page(cursor, limit).await
    }

    async fn logins(&self, ids: &[SessionId]) -> Result<Vec<Login>, StoreError> {
        let logins = all(ids.iter().copied().map(|id| self.reachable(id))).await?;
        Ok(logins.into_iter().flatten().collect())
    }

    async fn import(&self, logins: &[Login]) -> Result<u64, StoreError> {
        let mut imports = Vec::with_capacity(logins.len());
        for login in logins {
            imports.push(self.import_login(login));
        }
        let new = all(imports).await?;
        Ok(new.into_iter().filter(|new| *new).count() as u64)
    }

    fn forgets_by_itself(&self) -> bool {
        true
    }

    async fn count(&self) -> Result<LoginCounts, StoreError> {
        self.count_logins().await
    }

    async fn belongs_to(&self, mark: &str) -> Result<bool, StoreError> {
        let key = self.names.owner();
        let mut take = redis::cmd("SET");
        take.arg(&key).arg(mark).arg("NX").arg("EX").arg(OWNED_SECONDS);
        self.link.command::<Option<String>>(&key, &take).await?;
        let own = self.owner().await?.as_deref() == Some(mark);
        if own {
            // Like all that is kept here it goes by itself, once nobody has come for longer than any login lasts.
            let mut keep = redis::cmd("EXPIRE");
            keep.arg(&key).arg(OWNED_SECONDS);
            self.link.command::<i64>(&key, &keep).await?;
        }
        Ok(own)
    }

    async fn owner(&self) -> Result<Option<String>, StoreError> {
        let key = self.names.owner();
        self.link.command(&key, redis::cmd("GET").arg(&key)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.link.write_everywhere(&self.names).await
    }
}

impl Logins {
    /// From a grant's field to its session and its text. A pointer to a session without such a grant leads nowhere.
    async fn follow(&self, field: &str) -> Result<Option<(SessionId, String, Session)>, StoreError> {
        let pointer = self.names.pointer(field);
        let led: Option<Vec<u8>> = self.link.command(&pointer, redis::cmd("GET").arg(&pointer)).await?;
        let Some(led) = led else { return Ok(None) };
        let id: SessionId = lossy(led).parse().map_err(|_| damaged("a pointer to a session"))?;
        let [session, seen, grant] = self.fields(id, [SESSION, SEEN, field]).await?;
        let Some(grant) = grant else { return Ok(None) };
        let session = session_from(id, session, seen)?.ok_or_else(|| damaged("session"))?;
        Ok(Some((id, grant, session)))
    }

    async fn fields<const N: usize>(&self, id: SessionId, names: [&str; N]) -> Result<[Option<String>; N], StoreError> {
        let key = self.names.session(id);
        let mut command = redis::cmd("HMGET");
        command.arg(&key).arg(&names);
        let values: Vec<Option<Vec<u8>>> = self.link.command(&key, &command).await?;
        let texts: Vec<_> = values.into_iter().map(|value| value.map(lossy)).collect();
        texts.try_into().map_err(|_| damaged("an answer of the server"))
    }

    /// A session with all that hangs on it.
    pub(super) async fn whole(&self, id: SessionId) -> Result<Option<Login>, StoreError> {
        let key = self.names.session(id);
        let fields: HashMap<Vec<u8>, Vec<u8>> = self.link.command(&key, redis::cmd("HGETALL").arg(&key)).await?;
        let mut fields: HashMap<_, _> = fields.into_iter().map(|(name, value)| (lossy(name), lossy(value))).collect();
        let (session, seen, data) = (fields.remove(SESSION), fields.remove(SEEN), fields.remove(DATA));
        let Some(session) = session_from(id, session, seen)? else { return Ok(None) };
        let data = record::data(data.as_deref())?;
        let (mut references, mut families) = (Vec::new(), Vec::new());
        for (name, text) in &fields {
            match Field::parse(name).ok_or_else(|| damaged("the name of a field"))? {
                Field::Reference(hash) => references.push(record::reference(hash, id, text)?),
                Field::Family(family) => families.push(record::family(family, id, text)?),
            }
        }
        Ok(Some(Login { session, data, references, families }))
    }

    /// The sessions that a user may have, and when they expire.
    async fn indexed(&self, user: UserId) -> Result<Vec<(SessionId, i64)>, StoreError> {
        let key = self.names.user(user);
        let mut command = redis::cmd("ZRANGE");
        command.arg(&key).arg(0).arg(-1).arg("WITHSCORES");
        let members: Vec<(String, f64)> = self.link.command(&key, &command).await?;
        let read = |(member, expires_at): (String, f64)| {
            #[expect(clippy::cast_possible_truncation, reason = "it was an integer below 2^53")]
            let expires_at = expires_at as i64;
            Ok((member.parse().map_err(|_| damaged("the index of a user's sessions"))?, expires_at))
        };
        members.into_iter().map(read).collect()
    }

    /// A session's generation never changes, so it may be looked at before.
    async fn remove_unless_admitted(&self, id: SessionId, user: &str, standing: Standing) -> Result<bool, StoreError> {
        match self.by_id(id).await {
            Ok(Some(session)) if standing.admits(session.generation, id) => Ok(false),
            // What cannot be read lets nobody in.
            Ok(_) | Err(StoreError::Damaged { .. }) => self.remove(id, user, "").await,
            Err(error) => Err(error),
        }
    }

    /// Removes a session, if it is a user's and had expired at a moment, as far as these are given, and then what leads to it.
    pub(super) async fn remove(&self, id: SessionId, user: &str, expired_at: &str) -> Result<bool, StoreError> {
        let held: Option<Vec<String>> = self.link.script(&END, &self.names.session(id), &[user, expired_at]).await?;
        let Some(held) = held else { return Ok(false) };
        let id = hex(id.as_bytes());
        let grants = held.iter().skip(1).filter(|field| Field::parse(field).is_some());
        let released = join_all(grants.map(|field| self.release(field, &id)));
        let user = held.first().and_then(|user| user.parse().ok());
        let unlisted = async {
            if let Some(user) = user {
                self.unlist(user, std::slice::from_ref(&id)).await;
            }
        };
        tokio::join!(released, unlisted);
        Ok(true)
    }

    /// Strikes sessions that are gone from the index of their user. If that fails, they are passed over until they expire.
    async fn unlist(&self, user: UserId, sessions: &[String]) {
        if sessions.is_empty() {
            return;
        }
        let key = self.names.user(user);
        let mut command = redis::cmd("ZREM");
        command.arg(&key).arg(sessions);
        if let Err(error) = self.link.command::<i64>(&key, &command).await {
            tracing::debug!(%error, "the index of a user's sessions in Redis names one that is gone");
        }
    }
}

/// Carries out calls a batch at a time. All of a batch are carried out, whether or not one fails; then the first failure counts.
pub(super) async fn all<T, F>(calls: impl IntoIterator<Item = F>) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let (mut calls, mut results) = (calls.into_iter(), Vec::new());
    loop {
        let batch: Vec<_> = calls.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(results);
        }
        for result in join_all(batch).await {
            results.push(result?);
        }
    }
}

fn session_from(id: SessionId, text: Option<String>, seen: Option<String>) -> Result<Option<Session>, StoreError> {
    match (text, seen) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(damaged("session")),
        (Some(text), seen) => record::session(id, &text, seen.as_deref()).map(Some),
    }
}

fn is_alive(login: &Login, now: Timestamp) -> bool {
    let reference = |reference: &Reference| {
        reference.expires_at > now && reference.idle_expires_at.is_none_or(|idle_expires_at| idle_expires_at > now)
    };
    let family = |family: &Family| family.expires_at > now;
    login.session.expires_at > now && (login.references.iter().any(reference) || login.families.iter().any(family))
}

/// What is no text cannot be read later, and is then reported by its name.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
