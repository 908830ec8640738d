//! Why a server cannot be used, in one sentence that says what to do. Alike for every kind of server.

use std::error::Error;
use std::time::Duration;

use rustls::CertificateError;

/// A server was not taken as a store. Nothing in it has been changed.
#[derive(Debug, thiserror::Error)]
#[error("{product} at {place}: {fault}")]
pub struct ServerError {
    /// What kind of server it is to be, such as `PostgreSQL`.
    pub product: &'static str,
    /// Its hosts; no user, no password.
    pub place: String,
    /// What is wrong.
    pub fault: Fault,
    /// What its driver said.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// What is wrong with a server, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nobody listens, or there is no such host.
    #[error("it cannot be reached: start it, or correct the host and port in the address")]
    Unreachable,
    /// It took too long.
    #[error("it did not answer within {} s: see whether it is overloaded or a firewall is in the way", _0.as_secs_f32())]
    Silent(Duration),
    /// It is there, and not yet or no longer at work.
    #[error("it is starting up or shutting down: try again in a moment")]
    Starting,
    /// It is there and serves nobody, which may be so for a moment only: a proxy has lost it, or the nodes of a cluster
    /// look for each other.
    #[error("{0}")]
    Passing(String),
    /// It speaks no TLS.
    #[error("it offers no TLS: turn it on there or, where nobody can listen on the way, say so in the address ({0})")]
    NoTls(&'static str),
    /// Its certificate is not trusted.
    #[error("its certificate is not to be trusted ({why}): {remedy}")]
    Certificate {
        /// What is wrong with it.
        why: &'static str,
        /// What to do about that.
        remedy: String,
    },
    /// The file with trusted certificates is no good.
    #[error("the file of trusted certificates {0}")]
    Authority(String),
    /// It refused the user.
    #[error("it refused the user or the password: correct them in the address")]
    Login,
    /// It wants a login.
    #[error("it asks for a password, and the address has none")]
    NoPassword,
    /// There is no such database.
    #[error("it has no database of that name: create it by `{0}`")]
    NoDatabase(String),
    /// There is no store in its database, and none was to be made.
    #[error(
        "there is no store in its database yet: name the one that is meant, or start a server on it, which makes it"
    )]
    Empty,
    /// The user may not do what is needed.
    #[error("its user may not {what}: {grant}")]
    Privilege {
        /// What cannot be done.
        what: String,
        /// How to allow it.
        grant: String,
    },
    /// It is too old.
    #[error("it is version {found}, and {needed} or later is needed")]
    TooOld {
        /// Its version.
        found: String,
        /// The oldest that will do.
        needed: &'static str,
    },
    /// It is something else than expected.
    #[error("{0}")]
    Unfit(String),
    /// A newer Counterfoil has changed the tables.
    #[error(
        "its tables were made by a newer Counterfoil (schema {found}, this one knows {known}): use that version, or a backup"
    )]
    Newer {
        /// The version of its schema.
        found: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// The database belongs to somebody else.
    #[error("its database holds tables of another program (such as `{0}`): name an empty one")]
    Foreign(String),
    /// The tables are ours but make no sense.
    #[error("its tables are damaged ({0}): restore them from a backup")]
    Damaged(String),
    /// It has no connection left.
    #[error("it takes no more connections: raise its limit, or lower `connections` in the settings of each node")]
    Full,
    /// It takes no writes.
    #[error("it takes no writes: name the primary, not a replica")]
    ReadOnly,
    /// It may drop what is stored.
    #[error(
        "its `maxmemory-policy` is `{0}`, which drops logins when memory is short: set `maxmemory-policy noeviction`"
    )]
    Evicts(String),
    /// Something else.
    #[error("it cannot be used")]
    Other,
}

impl Fault {
    /// Whether it may be otherwise in a moment: the server was down, or had too much to do.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Silent(_) | Self::Starting | Self::Passing(_) | Self::Full)
    }

    /// What is wrong with a certificate. `option` is how an address names a file of authorities.
    pub(crate) fn distrust(error: &CertificateError, option: &str) -> Self {
        use CertificateError as E;
        let (why, remedy) = match error {
            // The latter where an authority of the same name has signed it.
            E::UnknownIssuer | E::BadSignature => (
                "nobody whom we trust has signed it",
                format!("name the file of the authority that signed it in the address (`{option}=FILE`)"),
            ),
            E::NotValidForName | E::NotValidForNameContext { .. } => {
                ("it is for another host", "name the server in the address as its certificate does".to_owned())
            }
            E::Expired | E::ExpiredContext { .. } => {
                ("it has expired", "give the server a new one, or correct this machine's clock".to_owned())
            }
            E::NotValidYet | E::NotValidYetContext { .. } => {
                ("it is not valid yet", "correct the clocks of both machines".to_owned())
            }
            E::Revoked => ("it was revoked", "give the server a new one".to_owned()),
            _ => ("it cannot be verified", "give the server another one".to_owned()),
        };
        Self::Certificate { why, remedy }
    }
}
