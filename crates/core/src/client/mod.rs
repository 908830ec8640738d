//! Clients: the applications that a user may log in to, each with a policy of its own.

mod builtin;
mod registry;

pub use builtin::builtin_clients;
pub use registry::{BadRegistry, Clients};

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::credential::{Kind, Transport};
use crate::id::{ClientId, Scope};
use crate::jose::Algorithm;

/// An application and what its credentials are like. Nothing about a user depends on it: changing a client's kind
/// changes what the next login hands out and logs nobody out.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its name in requests and tokens.
    pub id: ClientId,
    /// What a login hands out.
    pub kind: Kind,
    /// How it travels.
    pub transport: Transport,
    /// For how long it counts.
    pub lifetimes: Lifetimes,
    /// What signs a `jwt`.
    pub algorithm: Algorithm,
    /// Whom a `jwt` is meant for (`aud`, RFC 7519 §4.1.3); the issuer itself when not said.
    pub audience: Option<String>,
    /// What its credentials may be used for. A login may ask for fewer.
    pub scopes: BTreeSet<Scope>,
    /// What a `jwt` says about its user.
    pub claims: ClaimsPolicy,
    /// How its cookies are named and where they go.
    pub cookie: CookiePolicy,
    /// What happens to a `jwt` while the feed of revocations is lost.
    pub on_feed_loss: FeedLoss,
    /// Whether another credential of the same user may be exchanged for one of this client.
    pub exchange: bool,
}

/// The names of the cookies of clients that give them no other: of a `session`, and of what is none.
pub const COOKIE_NAMES: [&str; 2] = ["session_id", "token"];

impl Client {
    /// Whether a login to this client leaves a record behind. Only a self-contained token that cannot be refreshed leaves none.
    pub const fn stores_sessions(&self) -> bool {
        !matches!(self.kind, Kind::Jwt) || self.lifetimes.refresh.is_some()
    }

    /// For how long a login to this client can last, however it is renewed.
    pub fn login_lifetime(&self) -> Duration {
        self.lifetimes.refresh.unwrap_or(self.lifetimes.credential).max(self.lifetimes.credential)
    }

    /// The name of the cookie that carries this client's credential, without a prefix.
    pub fn cookie_name(&self) -> &str {
        self.cookie.name.as_deref().unwrap_or(match self.kind {
            Kind::Session => COOKIE_NAMES[0],
            Kind::Token | Kind::Jwt => COOKIE_NAMES[1],
        })
    }

    /// The same with the prefix that makes a browser keep it to this host and to HTTPS (RFC 6265bis §4.1.3). A cookie that is
    /// meant for subdomains too cannot have the stronger one.
    pub fn cookie_name_with_prefix(&self, https: bool) -> String {
        let prefix = match (https, &self.cookie.domain) {
            (false, _) => "",
            (true, None) => "__Host-",
            (true, Some(_)) => "__Secure-",
        };
        format!("{prefix}{}", self.cookie_name())
    }
}

/// For how long things count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A credential counts for this long after it was issued, and activity never prolongs it.
    pub credential: Duration,
    /// A reference that has not been used for this long counts no more; `None` leaves only the above.
    pub idle: Option<Duration>,
    /// A refresh token's family counts for this long after the login; `None` gives no refresh tokens.
    pub refresh: Option<Duration>,
}

/// What a self-contained token says about its user, beside who it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClaimsPolicy {
    /// Whether the user's roles are in it.
    pub roles: bool,
    /// Which members of the user's metadata are in it, each under its own name.
    pub metadata: BTreeSet<String>,
    /// Claims that are the same for everybody.
    pub extra: BTreeMap<String, Value>,
}

/// How a client's cookies are named and where they go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CookiePolicy {
    /// Its name, without a prefix; `session_id` or `token` when not said.
    pub name: Option<String>,
    /// The domain that it is sent to, subdomains included; this host alone when not said.
    pub domain: Option<String>,
    /// Whether it goes along when another site links here.
    pub same_site: SameSite,
}

/// Whether a cookie goes along with requests that come from other sites (RFC 6265bis §4.1.2.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// With top-level navigation only.
    #[default]
    Lax,
    /// Never.
    Strict,
    /// Always. Only over HTTPS.
    None,
}

/// What happens to a `jwt` while the verifier cannot tell whether it has been revoked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedLoss {
    /// It is refused for now: 503.
    #[default]
    Refuse,
    /// It counts until it expires.
    Accept,
}
