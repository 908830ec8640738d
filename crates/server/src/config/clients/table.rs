//! `[clients.NAME]`: one client's policy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use counterfoil_core::client::{ClaimsPolicy, Client, CookiePolicy, FeedLoss, Lifetimes, SameSite};
use counterfoil_core::credential::jwt::RESERVED_CLAIMS;
use counterfoil_core::credential::{Kind, Transport};
use counterfoil_core::id::{ClientId, Scope};
use counterfoil_core::jose::Algorithm;
use schemars::JsonSchema;
use serde_json::Value as Json;

use super::super::reader::Section;
use super::super::schema;
use super::super::value::{Choice, Limit, Setting};

/// The shortest and the longest that a lifetime can be: tokens count whole seconds.
const LIFETIMES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(3650 * 24));

/// What a login to this client hands out and how long it counts. A table of a built-in client's name changes that client
/// key by key.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Client")]
pub(in crate::config) struct ClientTable {
    /// What a login hands out: `session`, an id for a cookie; `token`, an opaque bearer token; `jwt`, a signed token. A new
    /// client must say it.
    #[schemars(schema_with = "schema::of::<Kind>")]
    kind: Kind,
    /// How the credential travels. A `session` is always in a cookie; a new client's tokens are `bearer` unless said.
    #[schemars(schema_with = "schema::of::<Transport>")]
    transport: Transport,
    /// A credential counts for this long after it was issued.
    #[schemars(schema_with = "schema::of::<Duration>")]
    lifetime: Duration,
    /// A `session` or `token` that has not been used for this long counts no more; `"none"` for no such limit.
    #[schemars(schema_with = "schema::of::<Limit>")]
    idle: Limit,
    /// A `jwt` can be renewed for this long after the login; `"none"` for no refresh tokens.
    #[schemars(schema_with = "schema::of::<Limit>")]
    refresh: Limit,
    /// What signs a `jwt`.
    #[schemars(schema_with = "schema::of::<Algorithm>")]
    algorithm: Algorithm,
    /// The `aud` of a `jwt`; the issuer when not said.
    #[schemars(schema_with = "schema::of::<String>")]
    audience: Option<String>,
    /// What its credentials may be used for; a login may ask for fewer.
    #[schemars(schema_with = "schema::of::<BTreeSet<Scope>>")]
    scopes: BTreeSet<Scope>,
    /// Whether a `jwt` says the user's roles.
    roles: bool,
    /// The members of the user's metadata that a `jwt` says, each as a claim of its name.
    metadata: BTreeSet<String>,
    /// Claims that every `jwt` says as they stand here.
    claims: BTreeMap<String, Json>,
    /// Whether another credential of the same user may be exchanged for one of this client.
    exchange: bool,
    /// What happens to a `jwt` while the feed of revocations is lost: `refuse` answers 503, `accept` trusts it until it
    /// expires.
    #[schemars(schema_with = "schema::of::<FeedLoss>")]
    on_feed_loss: FeedLoss,
    /// How the cookies of transport `cookie` are named and where they go.
    cookie: CookieTable,
}

/// How the cookies of transport `cookie` are named and where they go.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Cookie")]
struct CookieTable {
    /// The cookie's name, without `__Host-` or `__Secure-`; `session_id` or `token` when not said.
    #[schemars(schema_with = "schema::of::<String>")]
    name: Option<String>,
    /// The domain that it is sent to, subdomains included; the server's host alone when not said.
    #[schemars(schema_with = "schema::of::<String>")]
    domain: Option<String>,
    /// Whether it goes along with requests that come from other sites.
    #[schemars(schema_with = "schema::of::<SameSite>")]
    same_site: SameSite,
}

impl Choice for Kind {
    const WORDS: &'static [&'static str] = &["session", "token", "jwt"];
}

impl Choice for Transport {
    const WORDS: &'static [&'static str] = &["cookie", "bearer"];
}

impl Choice for FeedLoss {
    const WORDS: &'static [&'static str] = &["refuse", "accept"];
}

impl Choice for SameSite {
    const WORDS: &'static [&'static str] = &["lax", "strict", "none"];
}

impl Choice for Algorithm {
    const WORDS: &'static [&'static str] = &[
        "ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "HS256", "HS384",
        "HS512",
    ];
}

/// Any value that JSON can hold too.
impl Setting for Json {
    fn expected() -> String {
        "a value that JSON can hold".to_owned()
    }

    fn from_toml(value: &toml::Value) -> Option<Self> {
        match value {
            toml::Value::Datetime(at) => Some(Self::String(at.to_string())),
            toml::Value::Float(number) => serde_json::Number::from_f64(*number).map(Self::Number),
            toml::Value::Array(items) => items.iter().map(Self::from_toml).collect(),
            toml::Value::Table(members) => {
                members.iter().map(|(name, value)| Some((name.clone(), Self::from_toml(value)?))).collect()
            }
            toml::Value::String(_) | toml::Value::Integer(_) | toml::Value::Boolean(_) => {
                serde_json::to_value(value).ok()
            }
        }
    }

    fn to_toml(&self) -> Option<toml::Value> {
        toml::Value::try_from(self).ok()
    }
}

/// A scope, spelled as a scope may be.
impl Setting for Scope {
    fn expected() -> String {
        "a scope of 1 to 64 characters of a-z, A-Z, 0-9 and . _ : / -".to_owned()
    }

    fn from_toml(value: &toml::Value) -> Option<Self> {
        Self::parse(value.as_str()?).ok()
    }

    fn to_toml(&self) -> Option<toml::Value> {
        Some(toml::Value::String(self.to_string()))
    }
}

impl ClientTable {
    /// Reads every key. What is not said is as in `same`, the built-in client of that name, unless the kind is another one;
    /// then it is as in the built-in client that is most like the new kind. `None` when the kind cannot be told.
    pub(super) fn read(at: &mut Section<'_, '_>, same: Option<&Client>, builtin: &[Client]) -> Option<Self> {
        let said = at.value("kind", same.map(|client| client.kind));
        let kind = said.unwrap_or(Kind::Jwt);
        let usual = same.map_or(Transport::Bearer, |client| client.transport);
        let transport = at.value("transport", if kind == Kind::Session { Transport::Cookie } else { usual });
        let base = same.filter(|client| kind == client.kind).or_else(|| most_like(kind, transport, builtin))?;
        let table = Self {
            kind,
            transport,
            lifetime: at.within("lifetime", base.lifetimes.credential, LIFETIMES.0..=LIFETIMES.1),
            idle: at.value("idle", Limit(base.lifetimes.idle)),
            refresh: at.value("refresh", Limit(base.lifetimes.refresh)),
            algorithm: at.value("algorithm", base.algorithm),
            audience: at.value("audience", base.audience.clone()),
            scopes: at.value("scopes", base.scopes.clone()),
            roles: at.value("roles", base.claims.roles),
            metadata: at.value("metadata", base.claims.metadata.clone()),
            exchange: at.value("exchange", base.exchange),
            on_feed_loss: at.value("on_feed_loss", base.on_feed_loss),
            cookie: at.section("cookie", |at| CookieTable {
                name: at.value("name", base.cookie.name.clone()),
                domain: at.value("domain", base.cookie.domain.clone()),
                same_site: at.value("same_site", base.cookie.same_site),
            }),
            claims: at.section("claims", read_claims),
        };
        table.refuse_reserved_metadata(at);
        said.map(|_| table)
    }

    fn refuse_reserved_metadata(&self, at: &mut Section<'_, '_>) {
        for name in &self.metadata {
            if RESERVED_CLAIMS.contains(&name.as_str()) {
                at.refuse("metadata", format!("`{name}` is a claim that the server itself says"));
            } else if self.claims.contains_key(name) {
                at.refuse("metadata", format!("`{name}` is in `claims` already"));
            }
        }
    }

    /// The client that these settings make.
    pub(super) fn into_client(self, id: ClientId) -> Client {
        let Self { lifetime, idle, refresh, cookie, .. } = self;
        Client {
            id,
            kind: self.kind,
            transport: self.transport,
            lifetimes: Lifetimes { credential: lifetime, idle: idle.0, refresh: refresh.0 },
            algorithm: self.algorithm,
            audience: self.audience,
            scopes: self.scopes,
            claims: ClaimsPolicy { roles: self.roles, metadata: self.metadata, extra: self.claims },
            cookie: CookiePolicy { name: cookie.name, domain: cookie.domain, same_site: cookie.same_site },
            on_feed_loss: self.on_feed_loss,
            exchange: self.exchange,
        }
    }
}

fn read_claims(at: &mut Section<'_, '_>) -> BTreeMap<String, Json> {
    let mut claims = BTreeMap::new();
    for name in at.keys() {
        let value = at.value(&name, Json::Null);
        if RESERVED_CLAIMS.contains(&name.as_str()) {
            at.refuse(&name, "the server itself says this claim");
        }
        claims.insert(name, value);
    }
    claims
}

/// The built-in client that shows what a client of that kind and transport is usually like.
fn most_like(kind: Kind, transport: Transport, builtin: &[Client]) -> Option<&Client> {
    let mut same_kind = builtin.iter().filter(|client| client.kind == kind);
    let first = same_kind.clone().next();
    same_kind.find(|client| client.transport == transport).or(first)
}
