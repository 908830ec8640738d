//! What the fields of an account say.

use std::collections::BTreeSet;
use std::fmt;

use counterfoil_core::Timestamp;
use counterfoil_core::account::{Email, UserState, Username};
use counterfoil_core::authority::{ImportConflict, ImportedUser};
use counterfoil_core::id::Role;
use counterfoil_core::password::{FirebaseParameters, HashError, PasswordHash};
use serde_json::{Map, Value};

use crate::config::nearest;

/// All that an account may say.
pub(super) const FIELDS: [&str; 9] =
    ["id", "username", "email", "password_hash", "password_salt", "roles", "metadata", "disabled", "created_at"];

/// The most metadata, in bytes of JSON: as much as `user metadata` takes.
const MAX_METADATA: usize = 64 * 1024;

/// Why there is no account in a record. It quotes nothing that could be a password's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The field; `None` where it is the record as a whole.
    pub field: Option<&'static str>,
    /// The reason.
    pub reason: String,
}

impl Refusal {
    pub(super) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field: Some(field), reason: reason.into() }
    }

    pub(super) fn of_record(reason: impl Into<String>) -> Self {
        Self { field: None, reason: reason.into() }
    }
}

impl From<ImportConflict> for Refusal {
    fn from(conflict: ImportConflict) -> Self {
        Self::new(conflict.field(), conflict.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{field}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// The account that these fields are of.
pub(super) fn user(fields: Map<String, Value>, firebase: Option<&FirebaseParameters>) -> Result<ImportedUser, Refusal> {
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(unknown(name));
    }
    let mut fields = Fields(fields);
    let said = |field| move |error: &dyn fmt::Display| Refusal::new(field, error.to_string());
    let id = fields.text("id")?.map(|id| id.parse().map_err(|_| Refusal::new("id", "it must be a UUID")));
    let username = Username::parse(&fields.required("username")?).map_err(|error| said("username")(&error))?;
    let email = fields.text("email")?.map(|email| Email::parse(&email).map_err(|error| said("email")(&error)));
    Ok(ImportedUser {
        id: id.transpose()?,
        username,
        email: email.transpose()?,
        password: password(&mut fields, firebase)?,
        roles: fields.roles()?,
        metadata: fields.metadata()?,
        state: fields.disabled()?.map(|is| if is { UserState::Disabled } else { UserState::Active }),
        created_at: fields.text("created_at")?.map(|text| time(&text)).transpose()?,
    })
}

/// A field that there is not. What does not look like a name is not shown: where the first line of comma-separated values is
/// missing, it may be anything.
pub(super) fn unknown(name: &str) -> Refusal {
    let is_word = name.len() <= 24 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c));
    Refusal::of_record(match nearest(name, FIELDS) {
        _ if !is_word => "unknown field, whose name is not shown".to_owned(),
        Some(near) => format!("unknown field `{name}`; did you mean `{near}`?"),
        None => format!("unknown field `{name}`"),
    })
}

fn password(fields: &mut Fields, firebase: Option<&FirebaseParameters>) -> Result<PasswordHash, Refusal> {
    let (text, salt) = (fields.required("password_hash")?, fields.text("password_salt")?);
    let hash = match (firebase, salt) {
        (Some(firebase), Some(salt)) => firebase.hash(&text, &salt),
        (None, None) => PasswordHash::parse(&text),
        (Some(_), None) => return Err(Refusal::new("password_salt", "it is missing: each hash of Firebase has one")),
        (None, Some(_)) => {
            return Err(Refusal::new(
                "password_salt",
                "only a hash of Firebase has one: give its parameters with --firebase",
            ));
        }
    };
    hash.map_err(|error| {
        let limit = if matches!(error, HashError::TooExpensive) { PasswordHash::limit(&text) } else { "" };
        let separator = if limit.is_empty() { "" } else { ": " };
        Refusal::new("password_hash", format!("{error}{separator}{limit}"))
    })
}

fn time(text: &str) -> Result<Timestamp, Refusal> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    let time =
        time.map_err(|_| Refusal::new("created_at", "it must be a time as in 2026-01-31T12:00:00Z (RFC 3339)"))?;
    Ok(Timestamp::from_millis(time.as_millisecond()))
}

/// Fields, to be taken out one by one. One that is null is not said.
struct Fields(Map<String, Value>);

impl Fields {
    fn take(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field).filter(|value| !value.is_null())
    }

    fn text(&mut self, field: &'static str) -> Result<Option<String>, Refusal> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::new(field, "it must be a string")),
        }
    }

    fn required(&mut self, field: &'static str) -> Result<String, Refusal> {
        self.text(field)?.ok_or_else(|| Refusal::new(field, "it is missing"))
    }

    fn roles(&mut self) -> Result<Option<BTreeSet<Role>>, Refusal> {
        let list = || Refusal::new("roles", "it must be a list of strings");
        match self.take("roles") {
            None => Ok(None),
            Some(Value::Array(roles)) => {
                let roles = roles.iter().map(|role| {
                    let role = role.as_str().ok_or_else(list)?;
                    Role::parse(role).map_err(|error| Refusal::new("roles", error.to_string()))
                });
                roles.collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(list()),
        }
    }

    fn metadata(&mut self) -> Result<Option<Map<String, Value>>, Refusal> {
        match self.take("metadata") {
            None => Ok(None),
            Some(value @ Value::Object(_)) if value.to_string().len() > MAX_METADATA => {
                Err(Refusal::new("metadata", format!("it is longer than {MAX_METADATA} bytes")))
            }
            Some(Value::Object(metadata)) => Ok(Some(metadata)),
            Some(_) => Err(Refusal::new("metadata", "it must be a JSON object")),
        }
    }

    fn disabled(&mut self) -> Result<Option<bool>, Refusal> {
        match self.take("disabled") {
            None => Ok(None),
            Some(Value::Bool(is)) => Ok(Some(is)),
            Some(_) => Err(Refusal::new("disabled", "it must be true or false")),
        }
    }
}
