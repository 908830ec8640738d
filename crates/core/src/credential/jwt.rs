//! Self-contained credentials: JWTs that say who they speak for, in the profile of RFC 9068.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{Identity, Kind};
use crate::Timestamp;
use crate::account::User;
use crate::client::{Client, Clients};
use crate::id::{ClientId, Role, Scope, SessionId, TokenId, UserId};
use crate::jose::{self, Expected, Keys, Limits, SignError, Writer};
use crate::revocation::Position;
use crate::verifier::TokenRules;

/// The `typ` of an access token (RFC 9068 §2.1): no other kind of token passes for one, and it passes for no other.
pub const TYPE: &str = Expected::ACCESS_TOKEN;

/// Names that a client's policy cannot give to claims of its own: they mean something already (RFC 7519 §4.1, RFC 7800,
/// RFC 8693, RFC 9068, OpenID Connect Core §2).
pub const RESERVED_CLAIMS: [&str; 25] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "auth_time",
    "sid",
    "roles",
    "scope",
    "gen",
    "pos",
    "ver",
    "login_client",
    "cnf",
    "act",
    "may_act",
    "typ",
    "acr",
    "amr",
    "azp",
    "nonce",
    "preferred_username",
];

/// What a token is to say.
pub struct Claims<'a> {
    /// Who signs.
    pub issuer: &'a str,
    /// For whom it speaks.
    pub user: &'a User,
    /// To whom it is issued, with the policy on what it says.
    pub client: &'a Client,
    /// Its `jti`.
    pub token: TokenId,
    /// The login that it belongs to (`sid`). A token without one is a login of its own.
    pub session: Option<SessionId>,
    /// The client that was logged in to, in the claim of that name where it is another one.
    pub login_client: &'a ClientId,
    /// What it may be used for.
    pub scopes: &'a [Scope],
    /// The user's generation when the login was made (`gen`).
    pub generation: u64,
    /// How much of the log was known before what it is issued for was checked (`pos`).
    pub position: Position,
    /// When the password was checked.
    pub authenticated_at: Timestamp,
    /// From when it counts.
    pub issued_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Why a token is not believed. For the log and for `token verify`; outside, all are alike.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// As a JWT it is no good.
    #[error("{0}")]
    Token(#[from] jose::Refusal),
    /// A claim that our own tokens always have is missing or of another form.
    #[error("its `{0}` is missing or malformed")]
    Claim(&'static str),
    /// Its client is configured no more.
    #[error("its client is not configured")]
    Client,
    /// Whoever can verify what is signed by a shared secret can sign as well: it signs for its own clients alone.
    #[error("it is signed by a shared secret that is not its client's")]
    SharedSecret,
}

/// Signs a token. Its times are whole seconds, so it counts from a fraction of a second before it was made.
pub fn mint(claims: &Claims<'_>, key: &Writer) -> Result<String, SignError> {
    key.sign(&claims.to_json())
}

impl Claims<'_> {
    fn to_json(&self) -> Map<String, Value> {
        let Self { issuer, user, client, .. } = self;
        let mut json = Map::new();
        let mut say = |name: &str, value: Value| drop(json.insert(name.to_owned(), value));
        let metadata = client.claims.metadata.iter().filter_map(|name| Some((name, user.metadata.get(name)?)));
        // Not even where we ourselves say nothing under a reserved name: a user's metadata must not make up roles.
        for (name, value) in client.claims.extra.iter().chain(metadata) {
            if !RESERVED_CLAIMS.contains(&name.as_str()) {
                say(name, value.clone());
            }
        }
        say("iss", (*issuer).into());
        say("sub", user.id.to_string().into());
        say("aud", client.audience.as_deref().unwrap_or(issuer).into());
        say("exp", self.expires_at.as_seconds().into());
        say("iat", self.issued_at.as_seconds().into());
        say("jti", self.token.to_string().into());
        say("client_id", client.id.as_str().into());
        say("auth_time", self.authenticated_at.as_seconds().into());
        say("gen", self.generation.into());
        say("pos", self.position.0.into());
        say("ver", user.version.into());
        say("preferred_username", user.username.as_str().into());
        if let Some(session) = self.session {
            say("sid", session.to_string().into());
        }
        if *self.login_client != client.id {
            say("login_client", self.login_client.as_str().into());
        }
        if client.claims.roles {
            say("roles", user.roles.iter().map(Role::as_str).collect());
        }
        if !self.scopes.is_empty() {
            say("scope", self.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ").into());
        }
        json
    }
}

/// Believes a token: its signature by one of `keys`, then its claims. Reads no store.
pub fn believe<'c>(
    token: &str,
    keys: &impl Keys,
    clients: &'c Clients,
    rules: &TokenRules,
    now: Timestamp,
) -> Result<(Identity, &'c Arc<Client>), Refusal> {
    let verified = jose::read(token, keys, &Limits::default())?;
    let expected = Expected { issuer: Some(&rules.issuer), leeway: rules.leeway, ..Expected::at(now) };
    let claims = jose::claims::check(&verified, &expected)?;
    let issued_at = claims.issued_at.ok_or(Refusal::Claim("iat"))?;
    // Lifetimes may have been longer when it was signed. A revocation is remembered for as long as a login can last now, so no
    // token may outlast that; times in tokens are whole seconds.
    let longest = clients.longest_login().saturating_add(Duration::from_secs(1));
    let expires_at = claims.expires_at.ok_or(Refusal::Claim("exp"))?.min(issued_at.after(longest));
    if now >= expires_at.after(rules.leeway) {
        return Err(jose::Refusal::Expired.into());
    }
    let text = |name: &'static str| claims.rest.get(name).and_then(Value::as_str).ok_or(Refusal::Claim(name));
    let client = clients.find(text("client_id")?).ok_or(Refusal::Client)?;
    // RFC 8725 §3.1. Of other keys we have the private half alone: what they have signed is ours, whatever its client's is now.
    let algorithm = verified.key.algorithm();
    if algorithm.is_symmetric() && algorithm != client.algorithm {
        return Err(Refusal::SharedSecret);
    }
    let audience = client.audience.as_deref().unwrap_or(&rules.issuer);
    // RFC 9068 §4: the audience must be the one that this client's tokens are meant for.
    if !claims.audience.iter().any(|found| found == audience) {
        return Err(jose::Refusal::WrongAudience.into());
    }
    let session = claims.rest.get("sid").map(|_| parsed::<SessionId>(text("sid").ok(), "sid")).transpose()?;
    let token = parsed::<TokenId>(claims.id.as_deref(), "jti")?;
    let identity = Identity {
        user: parsed::<UserId>(claims.subject.as_deref(), "sub")?,
        username: text("preferred_username")?.into(),
        roles: roles(&claims.rest)?,
        scopes: scopes(&claims.rest, client)?,
        client: ClientId::clone(&client.id),
        kind: Kind::Jwt,
        transport: client.transport,
        login: session.unwrap_or(token.login()),
        session,
        token: Some(token),
        key: Some(verified.key.kid().into()),
        login_client: login_client(&claims.rest, client)?,
        generation: claims.rest.get("gen").and_then(Value::as_u64).ok_or(Refusal::Claim("gen"))?,
        position: Position(count(&claims.rest, "pos")?),
        user_version: count(&claims.rest, "ver")?,
        authenticated_at: seconds(&claims.rest, "auth_time")?,
        expires_at,
    };
    Ok((identity, client))
}

fn parsed<T: std::str::FromStr>(text: Option<&str>, name: &'static str) -> Result<T, Refusal> {
    text.and_then(|text| text.parse().ok()).ok_or(Refusal::Claim(name))
}

fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Timestamp, Refusal> {
    claims.get(name).and_then(Value::as_i64).map(Timestamp::from_seconds).ok_or(Refusal::Claim(name))
}

/// A count that tokens of earlier versions do not have: nought there.
fn count(claims: &Map<String, Value>, name: &'static str) -> Result<u64, Refusal> {
    claims.get(name).map_or(Ok(0), |value| value.as_u64().ok_or(Refusal::Claim(name)))
}

fn login_client(claims: &Map<String, Value>, client: &Client) -> Result<ClientId, Refusal> {
    let Some(name) = claims.get("login_client") else { return Ok(client.id.clone()) };
    let name = name.as_str().and_then(|name| ClientId::parse(name).ok());
    name.ok_or(Refusal::Claim("login_client"))
}

fn roles(claims: &Map<String, Value>) -> Result<Vec<Role>, Refusal> {
    let Some(roles) = claims.get("roles") else { return Ok(Vec::new()) };
    let roles = roles.as_array().ok_or(Refusal::Claim("roles"))?;
    let role = |value: &Value| value.as_str().and_then(|text| Role::parse(text).ok());
    roles.iter().map(role).collect::<Option<_>>().ok_or(Refusal::Claim("roles"))
}

/// What the token may be used for, less what its client has lost since.
fn scopes(claims: &Map<String, Value>, client: &Client) -> Result<Vec<Scope>, Refusal> {
    let Some(scope) = claims.get("scope") else { return Ok(Vec::new()) };
    let scope = scope.as_str().ok_or(Refusal::Claim("scope"))?;
    Ok(scope.split(' ').filter_map(|word| client.scopes.get(word).cloned()).collect())
}
