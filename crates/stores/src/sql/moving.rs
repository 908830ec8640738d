//! Moving logins into and out of SQL.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use counterfoil_core::id::SessionId;
use counterfoil_core::session::{Family, Reference, SessionData};
use counterfoil_core::store::{Login, LoginCounts, LoginPage, StoreError};

use super::SqlStore;
use super::driver::{Expect, Outcome, Step, Value};
use super::row::{Columns, damaged, limit, unwritable};
use super::sessions::{
    ATTACH_FAMILY, ATTACH_REFERENCE, family, family_columns, reference, reference_columns, session, session_columns,
};

const SESSIONS: &str = "select id, user_id, client, kind, generation, scopes, authenticated_at, last_seen_at, expires_at, ip, user_agent, position, \
                        data from sessions";
const REFERENCES: &str =
    "select hash, session_id, client, scopes, idle, idle_expires_at, expires_at, position from session_references";
const FAMILIES: &str =
    "select id, session_id, client, scopes, generation, hash, rotated_at, expires_at, position from families";

static EXPORT: LazyLock<String> = LazyLock::new(|| format!("{SESSIONS} where id > ? order by id limit ?"));
static EXPORT_REFERENCES: LazyLock<String> =
    LazyLock::new(|| format!("{REFERENCES} where session_id >= ? and session_id <= ?"));
static EXPORT_FAMILIES: LazyLock<String> =
    LazyLock::new(|| format!("{FAMILIES} where session_id >= ? and session_id <= ?"));

/// How many logins are looked up by one query.
const LOOKUP: usize = 64;
static HELD: LazyLock<String> = LazyLock::new(|| held(SESSIONS, "id"));
static HELD_REFERENCES: LazyLock<String> = LazyLock::new(|| held(REFERENCES, "session_id"));
static HELD_FAMILIES: LazyLock<String> = LazyLock::new(|| held(FAMILIES, "session_id"));

const IMPORT: &str = "insert into sessions (id, user_id, client, kind, generation, scopes, authenticated_at, last_seen_at, expires_at, ip, \
                      user_agent, position, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
static IMPORT_SESSIONS: LazyLock<Insert> = LazyLock::new(|| Insert::new(IMPORT));
static IMPORT_REFERENCES: LazyLock<Insert> = LazyLock::new(|| Insert::new(ATTACH_REFERENCE));
static IMPORT_FAMILIES: LazyLock<Insert> = LazyLock::new(|| Insert::new(ATTACH_FAMILY));

const COUNT_SESSIONS: &str = "select count(*) from sessions";
const COUNT_REFERENCES: &str = "select count(*) from session_references";
const COUNT_FAMILIES: &str = "select count(*) from families";

impl SqlStore {
    /// Logins in the order of their ids. The cursor is the last id of the page before.
    pub(super) async fn export_logins(&self, cursor: Option<&str>, most: usize) -> Result<LoginPage, StoreError> {
        let most = most.max(1);
        let after = cursor.map(str::parse::<SessionId>).transpose().map_err(|_| damaged("the cursor of an export"))?;
        // No bytes at all come before every id.
        let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
        let logins: Vec<Login> = self.all(&EXPORT, vec![after.into(), limit(most)], bare).await?;
        let (Some(first), Some(last)) = (logins.first(), logins.last()) else {
            return Ok(LoginPage { logins, next: None });
        };
        let next = (logins.len() >= most).then(|| last.session.id.to_string());
        let range = vec![first.session.id.as_bytes().into(), last.session.id.as_bytes().into()];
        let references = self.all(&EXPORT_REFERENCES, range.clone(), reference).await?;
        let families = self.all(&EXPORT_FAMILIES, range, family).await?;
        Ok(LoginPage { logins: joined(logins, references, families), next })
    }

    /// Those of these logins that are there.
    pub(super) async fn held_logins(&self, ids: &[SessionId]) -> Result<Vec<Login>, StoreError> {
        let mut held = Vec::with_capacity(ids.len());
        for some in ids.chunks(LOOKUP) {
            let bounds = some
                .iter()
                .min_by_key(|id| id.as_bytes())
                .into_iter()
                .chain(some.iter().max_by_key(|id| id.as_bytes()));
            // What is too few is filled up with one of them.
            let padded = some.iter().chain(std::iter::repeat(&some[0])).take(LOOKUP);
            let ids: Vec<Value> = bounds.chain(padded).map(|id| id.as_bytes().into()).collect();
            let (logins, references, families) = tokio::try_join!(
                self.all(&HELD, ids.clone(), bare),
                self.all(&HELD_REFERENCES, ids.clone(), reference),
                self.all(&HELD_FAMILIES, ids, family),
            )?;
            held.extend(joined(logins, references, families));
        }
        Ok(held)
    }

    /// All that are new in one transaction, or, where one is in the way of another, each in its own.
    pub(super) async fn import_logins(&self, logins: &[Login]) -> Result<u64, StoreError> {
        let all: Vec<_> = logins.iter().collect();
        if self.import_at_once(&all).await? {
            return Ok(logins.len() as u64);
        }
        let ids: Vec<_> = logins.iter().map(|login| login.session.id).collect();
        let held: HashSet<_> = self.held_logins(&ids).await?.into_iter().map(|login| login.session.id).collect();
        let new: Vec<_> = logins.iter().filter(|login| !held.contains(&login.session.id)).collect();
        if self.import_at_once(&new).await? {
            return Ok(new.len() as u64);
        }
        let mut imported = 0;
        for login in new {
            match self.driver.write(importing(&[login])?).await? {
                Outcome::Done(_) => imported += 1,
                Outcome::Conflict { step: 0, .. } => {}
                Outcome::Conflict { .. } => return Err(StoreError::Conflict("credential")),
                Outcome::Refused { .. } => return Err(damaged("the session of a grant")),
            }
        }
        Ok(imported)
    }

    /// `false`: something is in the way of one of them, and none is stored.
    async fn import_at_once(&self, logins: &[&Login]) -> Result<bool, StoreError> {
        Ok(logins.is_empty() || self.driver.write(importing(logins)?).await?.is_done())
    }

    pub(super) async fn count_logins(&self) -> Result<LoginCounts, StoreError> {
        Ok(LoginCounts {
            sessions: self.total(COUNT_SESSIONS).await?,
            references: self.total(COUNT_REFERENCES).await?,
            families: self.total(COUNT_FAMILIES).await?,
        })
    }
}

/// A login without its grants.
fn bare(row: &mut Columns) -> Result<Login, StoreError> {
    let session = session(row)?;
    let data: SessionData = row.parsed("sessions.data", |text| serde_json::from_str(text))?;
    Ok(Login { session, data, references: Vec::new(), families: Vec::new() })
}

/// Puts grants with their logins. One whose session is not among them is of a login that was made since.
fn joined(mut logins: Vec<Login>, references: Vec<Reference>, families: Vec<Family>) -> Vec<Login> {
    let mut by_id: HashMap<_, _> = logins.iter_mut().map(|login| (login.session.id, login)).collect();
    for reference in references {
        if let Some(login) = by_id.get_mut(&reference.session) {
            login.references.push(reference);
        }
    }
    for family in families {
        if let Some(login) = by_id.get_mut(&family.session) {
            login.families.push(family);
        }
    }
    logins
}

/// The steps that store whole logins, their sessions first.
fn importing(logins: &[&Login]) -> Result<Vec<Step>, StoreError> {
    let (mut sessions, mut references, mut families) = (Vec::new(), Vec::new(), Vec::new());
    for login in logins {
        let data = serde_json::to_string(&login.data).map_err(|error| unwritable("sessions.data", error))?;
        let mut columns: Vec<Value> = session_columns(&login.session);
        columns.push(data.into());
        sessions.push(columns);
        references.extend(login.references.iter().map(reference_columns));
        families.extend(login.families.iter().map(family_columns));
    }
    let mut steps = IMPORT_SESSIONS.steps(sessions);
    steps.extend(IMPORT_REFERENCES.steps(references));
    steps.extend(IMPORT_FAMILIES.steps(families));
    Ok(steps)
}

/// An insert by its texts for so many rows at once, from many to one.
struct Insert([(usize, String); 3]);

impl Insert {
    /// From the text for one row.
    fn new(one: &str) -> Self {
        let row = one.split_once(" values ").map_or("", |(_, row)| row);
        Self([64, 8, 1].map(|count| (count, format!("{one}{}", format!(", {row}").repeat(count - 1)))))
    }

    /// Steps that store the rows in their order.
    fn steps(&'static self, rows: Vec<Vec<Value>>) -> Vec<Step> {
        let (mut rows, mut steps) = (rows.into_iter(), Vec::new());
        for (count, sql) in &self.0 {
            while rows.len() >= *count {
                let params = rows.by_ref().take(*count).flatten().collect();
                steps.push(Step { sql, params, expect: Expect::Rows(*count as u64) });
            }
        }
        steps
    }
}

/// A query for [`LOOKUP`] ids, and before them for the least and the greatest of them. These two say nothing new; but as long as
/// PostgreSQL has no statistics about a new table, it takes so many ids for a third of all, and reads the whole table.
fn held(select: &str, id: &str) -> String {
    format!("{select} where {id} >= ? and {id} <= ? and {id} in ({})", vec!["?"; LOOKUP].join(", "))
}
