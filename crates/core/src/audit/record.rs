//! What a record says.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Caller, Event};
use crate::Timestamp;
use crate::id::{ClientId, NodeId, Role, SessionId, TokenId, UserId};
use crate::jose::Algorithm;
use crate::session::Origin;
use crate::store::{AuditRow, StoreError};

/// How many characters are kept of what a text says that is not of our making, such as the name of an imported key.
const TEXT_CHARS: usize = 256;

/// Who has done something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody who has not said who.
    Nobody,
    /// The server itself.
    System,
    /// Somebody at the command line; the name is that of the operating system's account.
    Operator(Option<String>),
    /// A user.
    User(UserId),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::System => f.write_str("system"),
            Self::Operator(None) => f.write_str("operator"),
            Self::Operator(Some(name)) => write!(f, "operator {}", name.escape_debug()),
            Self::User(id) => write!(f, "user {id}"),
        }
    }
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
}

impl Outcome {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// One fact more about an event. There is none for text that somebody has typed: nothing but names of ours and numbers gets in, so no secret
/// can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail(Value);

macro_rules! details {
    ($($type:ty: $name:ident => $value:expr),* $(,)?) => { $(
        impl From<$type> for Detail {
            fn from($name: $type) -> Self { Self($value.into()) }
        }
    )* };
}
details!(
    &'static str: word => word,
    u64: number => number,
    bool: whether => whether,
    &ClientId: client => client.as_str(),
    SessionId: login => login.to_string(),
    TokenId: token => token.to_string(),
    NodeId: node => node.to_string(),
    Algorithm: algorithm => algorithm.to_string(),
    &BTreeSet<Role>: roles => roles.iter().map(Role::as_str).collect::<Vec<_>>(),
);

impl Detail {
    /// The name of a signing key.
    pub fn key(kid: &str) -> Self {
        Self(kid.chars().take(TEXT_CHARS).collect::<String>().into())
    }

    /// What stands for a name that nobody has.
    pub(crate) fn pseudonym(bytes: [u8; 8]) -> Self {
        Self(format!("{:016x}", u64::from_be_bytes(bytes)).into())
    }
}

/// Something that has happened, to be written down.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What.
    pub event: Event,
    pub(super) outcome: Outcome,
    pub(super) actor: Option<Actor>,
    pub(super) user: Option<UserId>,
    pub(super) login: Option<SessionId>,
    pub(super) client: Option<ClientId>,
    pub(super) origin: Option<Origin>,
    pub(super) details: Map<String, Value>,
    pub(super) is_at_will: bool,
}

impl Entry {
    /// That something was done, by whoever has called.
    pub fn new(event: Event) -> Self {
        Self {
            event,
            outcome: Outcome::Success,
            actor: None,
            user: None,
            login: None,
            client: None,
            origin: None,
            details: Map::new(),
            is_at_will: false,
        }
    }

    /// That it was refused.
    #[must_use]
    pub fn failed(self) -> Self {
        Self { outcome: Outcome::Failure, ..self }
    }

    /// By a user, whoever has called.
    #[must_use]
    pub fn by(self, user: UserId) -> Self {
        Self { actor: Some(Actor::User(user)), ..self }
    }

    /// About a user.
    #[must_use]
    pub fn about(self, user: UserId) -> Self {
        Self { user: Some(user), ..self }
    }

    /// Of a login.
    #[must_use]
    pub fn of(self, login: impl Into<Option<SessionId>>) -> Self {
        Self { login: login.into(), ..self }
    }

    /// To a client.
    #[must_use]
    pub fn to(self, client: &ClientId) -> Self {
        Self { client: Some(client.clone()), ..self }
    }

    /// From there, wherever the caller is.
    #[must_use]
    pub fn from_origin(self, origin: &Origin) -> Self {
        Self { origin: Some(origin.clone()), ..self }
    }

    /// One that the user whom it is about can bring about as often as they like, so that a flood of them must be bounded.
    #[must_use]
    pub fn at_will(self) -> Self {
        Self { is_at_will: true, ..self }
    }

    /// With one fact more.
    #[must_use]
    pub fn with(mut self, name: &'static str, detail: impl Into<Detail>) -> Self {
        self.details.insert(name.to_owned(), detail.into().0);
        self
    }

    /// As a row is to say it. Its place is not known yet.
    pub(super) fn draft(self, caller: &Caller, at: Timestamp) -> Result<Draft, StoreError> {
        let Self { event, outcome, actor, user, login, client, origin, details, is_at_will: _ } = self;
        let origin = origin.filter(|origin| *origin != Origin::default()).unwrap_or_else(|| caller.origin.clone());
        let content = Content {
            outcome,
            actor: actor.unwrap_or_else(|| caller.actor.clone()),
            login,
            client,
            ip: origin.ip,
            user_agent: origin.user_agent.map(|text| text.chars().take(TEXT_CHARS).collect()),
            request: caller.request.clone(),
            details,
        };
        let text = serde_json::to_string(&content)
            .map_err(|error| StoreError::Damaged { what: "audit.content".into(), source: Some(Box::new(error)) })?;
        Ok(Draft { event, at, user, content, text })
    }
}

/// A record that has no place yet.
pub(super) struct Draft {
    pub(super) event: Event,
    pub(super) at: Timestamp,
    pub(super) user: Option<UserId>,
    pub(super) content: Content,
    pub(super) text: String,
}

impl Draft {
    /// Says it in the log.
    pub(super) fn tell(&self) {
        let Content { outcome, actor, login, client, ip, user_agent, request, details } = &self.content;
        let (event, outcome, source) = (self.event.name(), outcome.as_str(), ip.map(|ip| ip.to_string()));
        let (user, login, client) =
            (self.user.map(|id| id.to_string()), login.map(|id| id.to_string()), client.as_ref());
        // What others have written is told as it is quoted: no line of it looks like one of ours.
        let (user_agent, client) =
            (user_agent.as_ref().map(tracing::field::debug), client.map(tracing::field::display));
        let (request_id, source) = (request.as_deref().unwrap_or("-"), source.as_deref().unwrap_or("local"));
        let details = (!details.is_empty()).then(|| Value::Object(details.clone()).to_string());
        macro_rules! tell {
            ($level:ident) => {
                tracing::$level!(
                    event, outcome, %actor, source, request_id, user, login, client, user_agent, details, "audit"
                )
            };
        }
        if self.event.is_alarm() { tell!(warn) } else { tell!(info) }
    }
}

/// What the text of a row says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    outcome: Outcome,
    actor: Actor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client: Option<ClientId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    details: Map<String, Value>,
}

/// A record as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its place in the log.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What has happened, by the name of an [`Event`]; a later version may know more of them.
    pub event: String,
    /// How it went.
    pub outcome: Outcome,
    /// Who has done it.
    pub actor: Actor,
    /// Whom it is about.
    pub user: Option<UserId>,
    /// Which login.
    pub login: Option<SessionId>,
    /// Which client.
    pub client: Option<ClientId>,
    /// From which address.
    pub ip: Option<IpAddr>,
    /// By which program.
    pub user_agent: Option<String>,
    /// The `X-Request-Id` of the answer.
    pub request: Option<String>,
    /// What else is known, by names that depend on the event.
    pub details: Map<String, Value>,
}

impl TryFrom<AuditRow> for Record {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        // The error of the text would quote it.
        let damaged = |_| StoreError::Damaged { what: format!("the audit record {}", row.number), source: None };
        let content: Content = serde_json::from_str(&row.content).map_err(damaged)?;
        let Content { outcome, actor, login, client, ip, user_agent, request, details } = content;
        let AuditRow { number, at, event, user, .. } = row;
        Ok(Self { number, at, event, outcome, actor, user, login, client, ip, user_agent, request, details })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Tag;

    const HOSTILE: &str = "a\r\nb\u{1b}[31m\u{2028}\"'\\";

    #[test]
    fn lo_03_a_record_comes_back_as_it_was_written_whatever_a_stranger_says() {
        let origin = Origin { ip: Some([192, 0, 2, 7].into()), user_agent: Some(HOSTILE.to_owned()) };
        let caller =
            Caller { actor: Actor::Operator(Some(HOSTILE.to_owned())), origin, request: Some("r1".to_owned()) };
        let roles = BTreeSet::from([Role::parse("admin").unwrap()]);
        let entry = Entry::new(Event::AuthzChange)
            .about(UserId::from_bytes([1; 16]))
            .of(SessionId::from_bytes([2; 16]))
            .to(&ClientId::parse("web").unwrap())
            .with("roles", &roles)
            .with("key", Detail::key(HOSTILE));
        let draft = entry.draft(&caller, Timestamp::from_millis(9)).unwrap();
        assert!(!draft.text.contains(['\r', '\n', '\u{1b}']), "{}", draft.text);
        let row = AuditRow {
            number: 4,
            at: draft.at,
            event: draft.event.name().to_owned(),
            user: draft.user,
            content: draft.text,
            tag: Tag::default(),
        };
        let record = Record::try_from(row).unwrap();
        assert_eq!((record.number, record.at, record.event.as_str()), (4, Timestamp::from_millis(9), "authz_change"));
        assert_eq!((record.outcome, record.actor), (Outcome::Success, caller.actor));
        assert_eq!((record.ip, record.user_agent.as_deref()), (Some([192, 0, 2, 7].into()), Some(HOSTILE)));
        assert_eq!(record.request.as_deref(), Some("r1"));
        assert_eq!(record.details["roles"], serde_json::json!(["admin"]));
        assert_eq!(record.details["key"], HOSTILE);
        assert_eq!((record.user, record.login), (draft.user, Some(SessionId::from_bytes([2; 16]))));
    }

    #[test]
    fn who_has_acted_is_the_user_that_is_named_and_else_whoever_has_called() {
        let user = UserId::from_bytes([1; 16]);
        let caller = Caller { actor: Actor::Operator(None), ..Caller::default() };
        let actor = |entry: Entry| entry.draft(&caller, Timestamp::from_millis(0)).unwrap().content.actor;
        assert_eq!(actor(Entry::new(Event::UserDeleted).about(user)), Actor::Operator(None));
        assert_eq!(actor(Entry::new(Event::PasswordChange).by(user)), Actor::User(user));
    }

    #[test]
    fn what_cannot_be_read_is_not_quoted() {
        let row = AuditRow {
            number: 4,
            at: Timestamp::from_millis(0),
            event: "x".to_owned(),
            user: None,
            content: "hush".to_owned(),
            tag: Tag::default(),
        };
        let error = Record::try_from(row).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
