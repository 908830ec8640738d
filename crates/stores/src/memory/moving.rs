//! Moving logins into and out of memory.

use std::ops::Bound;

use counterfoil_core::id::{SessionId, UserId};
use counterfoil_core::store::{Login, LoginCounts, LoginPage, StoreError};

use super::sessions::{Logins, Stored};

impl Logins {
    /// Logins in the order of their users. The cursor names the last one of the page before: user, space, session.
    pub(super) fn page(&self, cursor: Option<&str>, limit: usize) -> Result<LoginPage, StoreError> {
        let start = match cursor {
            None => Bound::Unbounded,
            Some(cursor) => Bound::Excluded(place(cursor).ok_or_else(|| damaged("the cursor of an export"))?),
        };
        let limit = limit.max(1);
        let places: Vec<_> = self.by_user.range((start, Bound::Unbounded)).take(limit).collect();
        let next = places.last().filter(|_| places.len() == limit).map(|(user, session)| format!("{user} {session}"));
        let logins =
            places.iter().filter_map(|(_, id)| self.sessions.get(id)).map(|stored| self.whole(stored)).collect();
        Ok(LoginPage { logins, next })
    }

    pub(super) fn found(&self, ids: &[SessionId]) -> Vec<Login> {
        ids.iter().filter_map(|id| self.sessions.get(id)).map(|stored| self.whole(stored)).collect()
    }

    pub(super) fn import(&mut self, logins: &[Login]) -> Result<u64, StoreError> {
        let mut new = 0;
        for login in logins {
            if self.sessions.contains_key(&login.session.id) {
                continue;
            }
            if login.grants().any(|grant| self.has(&grant)) {
                return Err(StoreError::Conflict("credential"));
            }
            self.insert(&login.session, login.data.clone());
            for grant in login.grants() {
                if self.has(&grant) {
                    self.end(login.session.id);
                    return Err(StoreError::Conflict("credential"));
                }
                self.attach(&grant);
            }
            new += 1;
        }
        Ok(new)
    }

    pub(super) fn counts(&self) -> LoginCounts {
        LoginCounts {
            sessions: self.sessions.len() as u64,
            references: self.references.len() as u64,
            families: self.families.len() as u64,
        }
    }

    fn whole(&self, stored: &Stored) -> Login {
        Login {
            session: stored.session.clone(),
            data: stored.data.clone(),
            references: stored.references.iter().filter_map(|hash| self.references.get(hash)).cloned().collect(),
            families: stored.families.iter().filter_map(|id| self.families.get(id)).cloned().collect(),
        }
    }
}

/// What a cursor names.
fn place(cursor: &str) -> Option<(UserId, SessionId)> {
    let (user, session) = cursor.split_once(' ')?;
    Some((user.parse().ok()?, session.parse().ok()?))
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged { what: what.to_owned(), source: None }
}
