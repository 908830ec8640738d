//! Moving logins into and out of SQL.

use std::collections::HashMap;

use counterfoil_core::id::SessionId;
use counterfoil_core::session::{Family, Reference, SessionData};
use counterfoil_core::store::{Login, LoginCounts, LoginPage, StoreError};

use super::SqlStore;
use super::driver::{Outcome, Step, Value};
use super::row::{Columns, damaged, limit, unwritable};
use super::sessions::{attaching, family, reference, session, session_columns};

const EXPORT: &str = "select id, user_id, client, kind, generation, scopes, authenticated_at, last_seen_at, expires_at, ip, user_agent, \
                      position, data from sessions where id > ? order by id limit ?";
const EXPORT_REFERENCES: &str = "select hash, session_id, client, scopes, idle, idle_expires_at, expires_at, position \
                                 from session_references where session_id >= ? and session_id <= ?";
const EXPORT_FAMILIES: &str = "select id, session_id, client, scopes, generation, hash, rotated_at, expires_at, position \
                               from families where session_id >= ? and session_id <= ?";
const IMPORT: &str = "insert into sessions (id, user_id, client, kind, generation, scopes, authenticated_at, last_seen_at, expires_at, ip, \
                      user_agent, position, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
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
        let decode = |row: &mut Columns| -> Result<Login, StoreError> {
            let session = session(row)?;
            let data: SessionData = row.parsed("sessions.data", |text| serde_json::from_str(text))?;
            Ok(Login { session, data, references: Vec::new(), families: Vec::new() })
        };
        let mut logins: Vec<Login> = self.all(EXPORT, vec![after.into(), limit(most)], decode).await?;
        let (Some(first), Some(last)) = (logins.first(), logins.last()) else {
            return Ok(LoginPage { logins, next: None });
        };
        let next = (logins.len() >= most).then(|| last.session.id.to_string());
        let range = vec![first.session.id.as_bytes().into(), last.session.id.as_bytes().into()];
        let references: Vec<Reference> = self.all(EXPORT_REFERENCES, range.clone(), reference).await?;
        let families: Vec<Family> = self.all(EXPORT_FAMILIES, range, family).await?;
        // A grant whose session is not on the page is of a login that was made since.
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
        Ok(LoginPage { logins, next })
    }

    /// All in one transaction, or, where some are there already, each in its own.
    pub(super) async fn import_logins(&self, logins: &[Login]) -> Result<u64, StoreError> {
        if logins.is_empty() {
            return Ok(0);
        }
        let mut steps = Vec::new();
        for login in logins {
            steps.extend(importing(login)?);
        }
        match self.driver.write(steps).await? {
            Outcome::Done(_) => return Ok(logins.len() as u64),
            Outcome::Refused { .. } | Outcome::Conflict { .. } => {}
        }
        let mut new = 0;
        for login in logins {
            match self.driver.write(importing(login)?).await? {
                Outcome::Done(_) => new += 1,
                Outcome::Conflict { step: 0, .. } => {}
                Outcome::Conflict { .. } => return Err(StoreError::Conflict("credential")),
                Outcome::Refused { .. } => return Err(damaged("the session of a grant")),
            }
        }
        Ok(new)
    }

    pub(super) async fn count_logins(&self) -> Result<LoginCounts, StoreError> {
        Ok(LoginCounts {
            sessions: self.total(COUNT_SESSIONS).await?,
            references: self.total(COUNT_REFERENCES).await?,
            families: self.total(COUNT_FAMILIES).await?,
        })
    }
}

/// The steps that store a whole login, its session first.
fn importing(login: &Login) -> Result<Vec<Step>, StoreError> {
    let data = serde_json::to_string(&login.data).map_err(|error| unwritable("sessions.data", error))?;
    let mut columns: Vec<Value> = session_columns(&login.session);
    columns.push(data.into());
    let mut steps = vec![Step::one(IMPORT, columns)];
    steps.extend(login.grants().map(|grant| attaching(&grant)));
    Ok(steps)
}
