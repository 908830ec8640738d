//! The account of a person or a program.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Email, Username};
use crate::Timestamp;
use crate::id::{Role, UserId};
use crate::password::PasswordHash;
use crate::revocation::Standing;

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// Its name for ever.
    pub id: UserId,
    /// What it logs in as.
    pub username: Username,
    /// An e-mail address that it may log in with as well.
    pub email: Option<Email>,
    /// Its password, hashed.
    pub password: PasswordHash,
    /// What it may be.
    pub roles: BTreeSet<Role>,
    /// What the app keeps about it. A client's policy says which members go into a token.
    pub metadata: Map<String, Value>,
    /// Whether it may log in.
    pub state: UserState,
    /// Which of its logins count.
    pub standing: Standing,
    /// Counts the changes of this record; a change names the version that it was made from.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether a user may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserState {
    /// It may.
    Active,
    /// It may not, and its logins have ended.
    Disabled,
}
