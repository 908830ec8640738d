//! What is moved from store to store.

use crate::session::{Family, Grant, Reference, Session, SessionData};

/// A session with everything that hangs on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// The session.
    pub session: Session,
    /// The app's own data about it.
    pub data: SessionData,
    /// What refers to it, in no order.
    pub references: Vec<Reference>,
    /// What renews it, in no order.
    pub families: Vec<Family>,
}

/// Some of a store's logins, and where the next begin.
#[derive(Debug, Clone, PartialEq)]
pub struct LoginPage {
    /// The logins.
    pub logins: Vec<Login>,
    /// Where the next page begins. `None`: this was the last.
    pub next: Option<String>,
}

/// How many records of logins a store holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LoginCounts {
    /// Sessions.
    pub sessions: u64,
    /// References to them.
    pub references: u64,
    /// Families that renew them.
    pub families: u64,
}

impl Login {
    /// Its credentials as they were granted.
    pub fn grants(&self) -> impl Iterator<Item = Grant> {
        let references = self.references.iter().cloned().map(Grant::Reference);
        references.chain(self.families.iter().cloned().map(Grant::Family))
    }
}
