//! Walking through all sessions: to purge, to count and to hand them over.
//!
//! Redis removes what has expired by itself, so a purge here only brings that forward, when it is asked for by hand. It walks
//! once around all keys, or as far as it takes to find as many as are to be removed, and goes on from there the next time.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use counterfoil_core::Timestamp;
use counterfoil_core::id::{SessionId, UserId};
use counterfoil_core::store::{Login, LoginCounts, LoginPage, StoreError};
use redis::Value;

use super::link::{PURGE_GRANTS, refused};
use super::names::{Field, SESSION, family, hex, reference};
use super::node::Node;
use super::record::damaged;
use super::sessions::{Logins, all};

/// How many keys are looked at in one step.
const STEP: usize = 1_000;
/// A session with this many fields or fewer has hardly a grant too many: it keeps what it has until it ends.
const FEW_FIELDS: usize = 4;

/// Where the next purges begin.
#[derive(Default)]
pub(super) struct Sweeps {
    sessions: Mutex<Option<String>>,
    grants: Mutex<Option<String>>,
}

/// A place in the walk. `SCAN` gives whatever is there throughout at least once, but only in one run of one server, and only
/// if no slot moves meanwhile: so a place names both, and a walk whose place is not of this world begins anew.
struct Place {
    /// Of the servers and their slots.
    world: u64,
    server: usize,
    /// The run of that server; empty at its beginning.
    run: String,
    cursor: u64,
}

impl Place {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let world = u64::from_str_radix(parts.next()?, 16).ok()?;
        let (server, run, cursor) =
            (parts.next()?.parse().ok()?, parts.next()?.to_owned(), parts.next()?.parse().ok()?);
        Some(Self { world, server, run, cursor })
    }

    fn write(&self) -> String {
        format!("{:x}-{}-{}-{}", self.world, self.server, self.run, self.cursor)
    }
}

impl Logins {
    /// Some sessions from a place on, and the next place. A session may come twice.
    async fn step(&self, from: Option<&str>, keys: usize) -> Result<(Vec<SessionId>, Option<String>), StoreError> {
        let (servers, world) = self.link.masters().await?;
        let world = fnv(&world);
        let start = || Place { world, server: 0, run: String::new(), cursor: 0 };
        let server = |number: usize| servers.get(number).ok_or_else(|| damaged("the list of servers"));
        let mut place = from
            .map(|from| Place::parse(from).ok_or_else(|| damaged("the cursor of an export")))
            .transpose()?
            .filter(|place| place.world == world && place.server < servers.len())
            .unwrap_or_else(start);
        let mut run = run_of(server(place.server)?).await?;
        if place.cursor != 0 && place.run != run {
            place = start();
            run = run_of(server(place.server)?).await?;
        }
        let mut scan = redis::cmd("SCAN");
        scan.arg(place.cursor).arg("MATCH").arg(self.names.all_sessions()).arg("COUNT").arg(keys);
        let answer = server(place.server)?.ask(scan).await?.map_err(refused)?;
        let (cursor, keys): (u64, Vec<Vec<u8>>) =
            redis::from_redis_value(answer).map_err(|_| damaged("an answer of the server"))?;
        let sessions = keys.iter().filter_map(|key| self.names.session_of(key)).collect();
        let next = if cursor != 0 {
            Some(Place { world, server: place.server, run, cursor })
        } else if place.server + 1 < servers.len() {
            Some(Place { world, server: place.server + 1, run: String::new(), cursor: 0 })
        } else {
            None
        };
        Ok((sessions, next.map(|next| next.write())))
    }

    pub(super) async fn export_page(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError> {
        let mut cursor = cursor.map(str::to_owned);
        loop {
            let (sessions, next) = self.step(cursor.as_deref(), limit.clamp(10, STEP)).await?;
            let logins = all(sessions.into_iter().map(|id| self.whole(id))).await?;
            let logins: Vec<_> = logins.into_iter().flatten().collect();
            if next.is_none() || !logins.is_empty() {
                return Ok(LoginPage { logins, next });
            }
            cursor = next;
        }
    }

    /// A whole login, with those of its credentials that lead to it.
    pub(super) async fn reachable(&self, id: SessionId) -> Result<Option<Login>, StoreError> {
        let Some(mut login) = self.whole(id).await? else { return Ok(None) };
        for found in std::mem::take(&mut login.references) {
            if self.is_led_to(id, &reference(&found.hash)).await? {
                login.references.push(found);
            }
        }
        for found in std::mem::take(&mut login.families) {
            if self.is_led_to(id, &family(found.id)).await? {
                login.families.push(found);
            }
        }
        Ok(Some(login))
    }

    async fn is_led_to(&self, id: SessionId, field: &str) -> Result<bool, StoreError> {
        let pointer = self.names.pointer(field);
        let led: Option<Vec<u8>> = self.link.command(&pointer, redis::cmd("GET").arg(&pointer)).await?;
        Ok(led.is_some_and(|led| led == hex(id.as_bytes()).as_bytes()))
    }

    pub(super) async fn count_logins(&self) -> Result<LoginCounts, StoreError> {
        let (mut counts, mut counted, mut cursor) = (LoginCounts::default(), HashSet::new(), None);
        loop {
            let (sessions, next) = self.step(cursor.as_deref(), STEP).await?;
            let new: Vec<_> = sessions.into_iter().filter(|id| counted.insert(*id)).collect();
            for fields in
                all(new.into_iter().map(|id| self.held(id))).await?.into_iter().filter(|held| !held.is_empty())
            {
                counts.sessions += 1;
                for field in fields.iter().filter_map(|field| Field::parse(field)) {
                    match field {
                        Field::Reference(_) => counts.references += 1,
                        Field::Family(_) => counts.families += 1,
                    }
                }
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(counts);
            }
        }
    }

    pub(super) async fn sweep_sessions(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let purge = async |sessions: Vec<SessionId>, left: usize| {
            let found = all(sessions.iter().copied().map(|id| self.expiry(id))).await?;
            let found = sessions.into_iter().zip(found).filter_map(|(id, found)| Some((id, found?)));
            let (expired, alive): (Vec<_>, Vec<_>) = found.partition(|(_, (expires_at, _))| *expires_at <= now);
            // A failover may have taken their lines from the index.
            all(alive.into_iter().map(|(id, (expires_at, user))| self.index(id, user, expires_at))).await?;
            let expired: Vec<_> = expired.into_iter().map(|(id, _)| id).collect();
            let now = now.as_millis().to_string();
            let removed = all(expired.iter().copied().take(left).map(|id| self.remove(id, "", &now))).await?;
            Ok::<_, StoreError>((removed.into_iter().filter(|removed| *removed).count(), expired.len() > left))
        };
        let mut removed = 0;
        let mut walk = Walk::from(&self.sweeps.sessions);
        while removed < limit && walk.goes_on() {
            let (sessions, next) = self.step(walk.place(), STEP).await?;
            let (some, more): (usize, bool) = purge(sessions, limit - removed).await?;
            removed += some;
            walk.step(next, more);
        }
        walk.rest(&self.sweeps.sessions);
        Ok(removed as u64)
    }

    pub(super) async fn sweep_grants(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let now = now.as_millis().to_string();
        let (mut references, mut families) = (0, 0);
        let mut walk = Walk::from(&self.sweeps.grants);
        // Full of one kind is enough for one time: whoever asked for so many asks again.
        while references < limit && families < limit && walk.goes_on() {
            let (sessions, next) = self.step(walk.place(), STEP).await?;
            let sizes = all(sessions.iter().copied().map(|id| self.size(id))).await?;
            let mut more = false;
            for (id, _) in sessions.iter().zip(sizes).filter(|(_, size)| *size > FEW_FIELDS) {
                let (left_references, left_families) = (limit - references, limit - families);
                if left_references == 0 || left_families == 0 {
                    more = true;
                    break;
                }
                let arguments = [&*now, &left_references.to_string(), &left_families.to_string()];
                let removed: Vec<String> =
                    self.link.script(&PURGE_GRANTS, &self.names.session(*id), &arguments).await?;
                for field in &removed {
                    match Field::parse(field) {
                        Some(Field::Reference(_)) => references += 1,
                        Some(Field::Family(_)) => families += 1,
                        None => continue,
                    }
                    self.release(field, &hex(id.as_bytes())).await;
                }
                more |= references == limit || families == limit;
            }
            walk.step(next, more);
        }
        walk.rest(&self.sweeps.grants);
        Ok((references + families) as u64)
    }

    async fn held(&self, id: SessionId) -> Result<Vec<String>, StoreError> {
        let key = self.names.session(id);
        self.link.command(&key, redis::cmd("HKEYS").arg(&key)).await
    }

    async fn size(&self, id: SessionId) -> Result<usize, StoreError> {
        let key = self.names.session(id);
        self.link.command(&key, redis::cmd("HLEN").arg(&key)).await
    }

    /// When a session expires, and whose it is.
    async fn expiry(&self, id: SessionId) -> Result<Option<(Timestamp, UserId)>, StoreError> {
        let key = self.names.session(id);
        let text: Option<String> = self.link.command(&key, redis::cmd("HGET").arg(&key).arg(SESSION)).await?;
        Ok(text.and_then(|text| {
            let mut words = text.split(' ');
            Some((Timestamp::from_millis(words.next()?.parse().ok()?), words.next()?.parse().ok()?))
        }))
    }
}

/// A purge's way: from where the last one rested, once around at most.
struct Walk {
    at: Option<String>,
    /// Whether the end has been passed already, or need not be.
    wrapped: bool,
    done: bool,
}

impl Walk {
    fn from(rest: &Mutex<Option<String>>) -> Self {
        let at = rest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { wrapped: at.is_none(), at, done: false }
    }

    fn goes_on(&self) -> bool {
        !self.done
    }

    fn place(&self) -> Option<&str> {
        self.at.as_deref()
    }

    /// Goes on, unless there is `more` to do where it is.
    fn step(&mut self, next: Option<String>, more: bool) {
        if more {
            return;
        }
        self.done = next.is_none() && self.wrapped;
        self.wrapped |= next.is_none();
        self.at = next;
    }

    fn rest(self, rest: &Mutex<Option<String>>) {
        *rest.lock().unwrap_or_else(PoisonError::into_inner) = self.at;
    }
}

/// What a server's present run is called.
async fn run_of(server: &Node) -> Result<String, StoreError> {
    let mut question = redis::cmd("INFO");
    question.arg("server");
    let answer: Value = server.ask(question).await?.map_err(refused)?;
    let text: String = redis::from_redis_value(answer).map_err(|_| damaged("an answer of the server"))?;
    let facts: HashMap<_, _> = text.lines().filter_map(|line| line.split_once(':')).collect();
    // `-` separates the parts of a place.
    Ok(facts.get("run_id").map(|run| run.replace('-', "")).unwrap_or_default())
}

/// FNV-1a.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
