//! The settings: what they are, where each came from, and what is wrong with them.
//!
//! A flag is stronger than an environment variable, a variable than the file, the file than the default. Each section is a
//! struct in a file of its own that says its keys, their defaults and their limits once; the reader does the rest.

mod audit;
mod clients;
mod duration;
mod keys;
mod log;
mod mistake;
mod passwords;
mod public_url;
mod reader;
mod registration;
mod revocation;
mod schema;
mod secrets;
mod server;
mod show;
mod source;
mod starter;
mod store;
mod throttle;
mod tokens;
mod value;

#[cfg(test)]
mod tests;

pub use audit::Audit;
pub(crate) use duration::parse as parse_duration;
pub use keys::Keys;
pub use log::{Level, Log, LogFormat};
pub(crate) use mistake::nearest;
pub use mistake::{ConfigError, Mistake, Origin, Problem, Warning};
pub use passwords::Passwords;
pub use public_url::PublicUrl;
pub use registration::Registration;
pub use revocation::Revocation;
pub use schema::schema;
pub use secrets::Secrets;
pub use server::{Server, Tls};
pub use show::Shown;
pub use source::{CONFIG_VARIABLE, ConfigFile, DEFAULT_FILE, Environment, Flags, SECRET_VARIABLE, Sources};
pub use starter::starter;
pub use store::Store;
pub use throttle::Throttle;
pub use tokens::Tokens;
pub(crate) use value::redact;

use std::net::SocketAddr;

use counterfoil_core::client::Clients;

use clients::Surroundings;
use reader::{Entry, Reader};

/// Every setting, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the server listens and what it takes.
    pub server: Server,
    /// Where the records are kept.
    pub store: Store,
    /// What the signing keys are encrypted under.
    pub secrets: Secrets,
    /// Who may make an account.
    pub registration: Registration,
    /// What a password must be like, and what checking one costs.
    pub passwords: Passwords,
    /// How often a wrong password may be tried.
    pub throttle: Throttle,
    /// What holds for every token.
    pub tokens: Tokens,
    /// How long a signing key signs.
    pub keys: Keys,
    /// How soon every verifier knows what counts no more.
    pub revocation: Revocation,
    /// For how long it is known who did what.
    pub audit: Audit,
    /// What is written, and how.
    pub log: Log,
    /// The clients, and which of them is the default.
    pub clients: Clients,
    entries: Vec<Entry>,
}

impl Settings {
    /// Reads and checks everything that the sources say.
    ///
    /// # Errors
    /// [`ConfigError::Mistakes`], with all of them.
    pub fn load(sources: &Sources) -> Result<(Self, Vec<Warning>), ConfigError> {
        let document = sources.file.as_ref().map(reader::parse).transpose().map_err(ConfigError::Mistakes)?;
        let mut reader = Reader::new(sources);
        let settings = reader.root(document.as_ref().map(toml::Spanned::get_ref), |at| {
            let default_client = at.value("default_client", clients::DEFAULT_CLIENT.to_owned());
            let (server, public_url_is_said) = at.section("server", |at| (Server::read(at), at.is_said("public_url")));
            let store = at.section("store", Store::read);
            let surroundings = Surroundings { public_url: &server.public_url, public_url_is_said };
            Some(Self {
                secrets: at.section("secrets", |at| Secrets::read(at, &store.url)),
                registration: at.section("registration", Registration::read),
                passwords: at.section("passwords", Passwords::read),
                throttle: at.section("throttle", Throttle::read),
                tokens: at.section("tokens", |at| Tokens::read(at, &server.public_url)),
                keys: at.section("keys", Keys::read),
                revocation: at.section("revocation", Revocation::read),
                audit: at.section("audit", Audit::read),
                log: at.section("log", Log::read),
                clients: clients::read(at, &default_client, &surroundings)?,
                server,
                store,
                entries: Vec::new(),
            })
        });
        let Reader { entries, mut mistakes, warnings, .. } = reader;
        match settings {
            Some(settings) if mistakes.is_empty() => Ok((Self { entries, ..settings }, warnings)),
            _ => {
                mistakes.sort_by_key(mistake::position);
                Err(ConfigError::Mistakes(mistakes))
            }
        }
    }

    /// The same settings for a server that listens at `address`, which is known only then when the port was 0: what was
    /// not said and follows from the address follows from this one.
    #[must_use]
    pub fn bound_to(mut self, address: SocketAddr) -> Self {
        if !self.is_said(&["server", "public_url"]) {
            self.server.public_url = PublicUrl::of(address, self.server.speaks_tls());
            if !self.is_said(&["tokens", "issuer"]) {
                self.tokens.issuer = self.server.public_url.to_string();
            }
        }
        self.server.listen = address;
        self
    }

    /// Whether it is known how browsers reach the server: somebody has said it, or it speaks HTTPS and its cookies keep to it.
    /// If not, any host that they send will do.
    pub fn has_public_url(&self) -> bool {
        self.server.speaks_tls() || self.is_said(&["server", "public_url"])
    }

    fn is_said(&self, path: &[&str]) -> bool {
        self.entries.iter().any(|entry| entry.path == path && entry.origin != Origin::Default)
    }
}
