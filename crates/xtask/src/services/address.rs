//! Where a server is, and who may enter.

use std::fmt;

use super::error::ServiceError;

/// The account and the first database of every server that is started here.
pub(super) const ACCOUNT: &str = "counterfoil";

/// A URL of ours in its parts. Nothing in it needs percent-encoding.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) scheme: String,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: String,
}

impl Address {
    /// The address of a server that is started here.
    pub(super) fn local(scheme: &str, password: String, port: u16) -> Self {
        let text = str::to_owned;
        Self {
            scheme: text(scheme),
            user: text(ACCOUNT),
            password,
            host: text("127.0.0.1"),
            port,
            database: text(ACCOUNT),
        }
    }

    /// The parts of `scheme://user:password@host:port/database`, which the variable `name` holds.
    pub(super) fn parse(url: &str, name: &'static str) -> Result<Self, ServiceError> {
        let parts = || {
            let (scheme, rest) = url.split_once("://")?;
            let (account, rest) = rest.rsplit_once('@')?;
            let (user, password) = account.split_once(':')?;
            let (place, database) = rest.split_once('/')?;
            let (host, port) = place.rsplit_once(':')?;
            let [scheme, user, password, host, database] = [scheme, user, password, host, database].map(str::to_owned);
            Some(Self { scheme, user, password, host, port: port.parse().ok()?, database })
        };
        parts().ok_or(ServiceError::NoUrl(name))
    }

    pub(super) fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    /// The whole of it, with the password.
    pub(super) fn url(&self) -> String {
        let Self { scheme, user, password, host, port, database } = self;
        format!("{scheme}://{user}:{password}@{host}:{port}/{database}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, user, password: _, host, port, database } = self;
        write!(f, "{scheme}://{user}:…@{host}:{port}/{database}")
    }
}
