//! The arguments of every command.
//!
//! Settings are read from flags, variables and the file in one place, [`crate::config`]: clap knows no variable and no
//! default of them.

mod audit;
mod manage;
mod revoke;
mod store;
mod token;

pub use audit::{Audit, AuditList, Since};
pub use manage::{ImportKey, ImportUsers, Key, KeyName, Session, User, UserName};
pub use revoke::{Revoke, RevokeTarget, Waiting};
pub use store::{CopyStore, Restored, Store};
pub use token::{Token, VerifyToken};

use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use counterfoil_core::id::{BadWord, Role};
use counterfoil_core::jose::Algorithm;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, StrDeserializer};

use super::output::Output;
use crate::config::{ConfigError, Environment, Flags, Settings, Sources, Warning, redact};

/// The heading in `--help` of where things are.
const PLACES: &str = "Where things are";

/// Where the server's records and settings are. Accepted after the command's name.
#[derive(Clone, Default, Args)]
pub struct Common {
    /// The configuration file [default: counterfoil.toml, if it is there]
    #[arg(long, value_name = "FILE", help_heading = PLACES)]
    pub config: Option<PathBuf>,
    /// Where the records are kept: sqlite:PATH, postgres://…, mysql://… or memory:
    #[arg(long, value_name = "URL", help_heading = PLACES)]
    pub store: Option<String>,
    /// Where the sessions are kept, if elsewhere: redis://… or redis+cluster://…
    #[arg(long, value_name = "URL", help_heading = PLACES)]
    pub sessions: Option<String>,
    /// The file with the secret that the signing keys are encrypted under
    #[arg(long, value_name = "FILE", help_heading = PLACES)]
    pub secret_file: Option<String>,
}

impl Common {
    /// The settings, with what may not be meant.
    pub fn load(&self, environment: Environment) -> Result<(Settings, Vec<Warning>), ConfigError> {
        self.load_with(Flags::default(), environment)
    }

    fn load_with(&self, flags: Flags, environment: Environment) -> Result<(Settings, Vec<Warning>), ConfigError> {
        let flags = flags
            .with("store.url", "--store", self.store.clone())
            .with("store.sessions", "--sessions", self.sessions.clone())
            .with("secrets.secret_file", "--secret-file", self.secret_file.clone());
        Settings::load(&Sources::discover(self.config.clone(), Path::new(""), flags, environment)?)
    }
}

impl fmt::Debug for Common {
    /// Without the passwords of addresses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Common")
            .field("config", &self.config)
            .field("store", &self.store.as_deref().map(redact))
            .field("sessions", &self.sessions.as_deref().map(redact))
            .field("secret_file", &self.secret_file)
            .finish()
    }
}

/// `counterfoil serve`
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Example:\n  counterfoil serve --listen 0.0.0.0:443 --tls-certificate chain.pem --tls-key key.pem \\\n    \
                  --public-url https://auth.example.com"
)]
pub struct Serve {
    /// The address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// How browsers reach the server; the issuer of its tokens
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Whether the server speaks HTTPS itself: off, files or self-signed [default: files if they are named, else off]
    #[arg(long, value_name = "WORD")]
    pub tls: Option<String>,
    /// The file with the certificate and those between it and its authority, in PEM
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<String>,
    /// The file with the certificate's private key, in PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
}

impl Serve {
    /// The settings, with what may not be meant.
    pub fn load(&self, environment: Environment) -> Result<(Settings, Vec<Warning>), ConfigError> {
        let flags = Flags::default().with("server.listen", "--listen", self.listen.clone());
        let flags = flags
            .with("server.public_url", "--public-url", self.public_url.clone())
            .with("server.tls", "--tls", self.tls.clone())
            .with("server.tls_certificate", "--tls-certificate", self.tls_certificate.clone())
            .with("server.tls_key", "--tls-key", self.tls_key.clone());
        self.common.load_with(flags, environment)
    }
}

/// `counterfoil demo`
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Example:\n  counterfoil demo --listen 127.0.0.1:9000")]
pub struct Demo {
    /// The address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,
}

impl Demo {
    /// The default settings, but for the address and the store: a demonstration reads no file and no variable.
    pub fn load(&self, store: String) -> Result<Settings, ConfigError> {
        let flags = Flags::default().with("server.listen", "--listen", self.listen.clone());
        let flags = flags.with("store.url", "--store", Some(store));
        Ok(Settings::load(&Sources { flags, ..Sources::default() })?.0)
    }
}

/// `counterfoil init`
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Example:\n  counterfoil init && counterfoil config check")]
pub struct Init {
    /// The file to write; it must not be there yet [default: counterfoil.toml]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

/// `counterfoil config …`
#[derive(Debug, Clone, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Config {
    /// Say `ok`, or every mistake with its place
    #[command(after_help = "Example:\n  counterfoil config check --config /etc/counterfoil.toml")]
    Check {
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Print every setting as it holds, and where it comes from
    #[command(after_help = "Example:\n  COUNTERFOIL_LISTEN=0.0.0.0:80 counterfoil config show")]
    Show {
        /// Where things are.
        #[command(flatten)]
        common: Common,
        /// How to print.
        #[command(flatten)]
        output: Output,
    },
    /// Print the JSON Schema of the configuration file
    #[command(after_help = "Example:\n  counterfoil config schema > counterfoil.schema.json")]
    Schema {
        /// How to print: it is JSON either way.
        #[command(flatten)]
        output: Output,
    },
}

/// `counterfoil doctor`
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "Example:\n  counterfoil doctor --config /etc/counterfoil.toml")]
pub struct Doctor {
    /// Where things are.
    #[command(flatten)]
    pub common: Common,
    /// How to print.
    #[command(flatten)]
    pub output: Output,
}

fn role(text: &str) -> Result<Role, BadWord> {
    Role::parse(text)
}

fn algorithm(text: &str) -> Result<Algorithm, ValueError> {
    let name: StrDeserializer<'_, ValueError> = text.into_deserializer();
    Algorithm::deserialize(name)
}

#[cfg(test)]
mod tests;
