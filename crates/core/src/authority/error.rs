//! Why something was not done.

use std::time::Duration;

use crate::EntropyError;
use crate::account::IdentifierError;
use crate::id::{BadWord, ClientId};
use crate::password::{BreachedError, PolicyViolation, PoolError};
use crate::store::StoreError;
use crate::throttle::Hindrance;

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The user is unknown or disabled, or the password wrong. Outside these are one.
    #[error("the name or the password is wrong")]
    InvalidCredentials,
    /// Too many attempts have failed, of this account, known or not, or from this address. The password was not judged.
    #[error("too many attempts; the next one counts in {} s", retry_after.as_secs())]
    TooManyAttempts {
        /// After so many whole seconds the next one counts.
        retry_after: Duration,
    },
    /// So many wrong passwords of this account, known or not, were tried in a row that none counts any more.
    #[error("no password counts any more until there is another one")]
    Locked,
    /// No such client.
    #[error("there is no client of that name")]
    UnknownClient,
    /// A scope that the client does not have.
    #[error("the client does not allow the scope `{0}`")]
    Scope(String),
    /// The login could not be done now.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Why a refresh failed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is no good. Outside, all reasons are one.
    #[error("the refresh token does not count: {0}")]
    InvalidGrant(&'static str),
    /// It could not be done now.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// No such client, or one that takes no exchanges: alike, so that nobody can list the clients.
    #[error("the client does not take exchanges")]
    NotAllowed,
    /// The login has ended meanwhile.
    #[error("the login has ended")]
    Ended,
    /// It could not be done now.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Strangers may not register.
    #[error("registration is closed")]
    RegistrationClosed,
    /// The username is no good.
    #[error("username: {0}")]
    Username(IdentifierError),
    /// The e-mail address is no good.
    #[error("email: {0}")]
    Email(IdentifierError),
    /// Somebody else has the username.
    #[error("the username is taken")]
    UsernameTaken,
    /// Somebody else has the e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// A role is no good.
    #[error(transparent)]
    Role(#[from] BadWord),
    /// The new password does not meet the policy.
    #[error("{0}")]
    Password(#[from] PolicyViolation),
    /// The current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// Too many attempts, of this account or from this address.
    #[error("too many attempts; the next one counts in {} s", retry_after.as_secs())]
    TooManyAttempts {
        /// After so many whole seconds the next one counts.
        retry_after: Duration,
    },
    /// So many wrong passwords were tried in a row that none counts any more, until the operator sets another one.
    #[error("no password counts any more until there is another one")]
    Locked,
    /// The login has ended meanwhile.
    #[error("the login has ended")]
    Ended,
    /// It could not be done now.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Why something could not be done now, though nothing is wrong with the request.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Passwords could not be hashed.
    #[error(transparent)]
    Passwords(#[from] PoolError),
    /// Nobody knows whether a new password was stolen elsewhere.
    #[error(transparent)]
    Breached(#[from] BreachedError),
    /// There is no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// No key can sign for this client.
    #[error("no key can sign for the client `{client}`: {why}")]
    Signing {
        /// The client.
        client: ClientId,
        /// What is missing.
        why: String,
    },
    /// The same record was changed by others again and again meanwhile.
    #[error("the record is changed by others too often")]
    Contended,
}

impl Trouble {
    /// When trying again makes sense.
    pub const fn retry_after(&self) -> Duration {
        match self {
            Self::Passwords(PoolError::Busy { retry_after }) => *retry_after,
            _ => Duration::from_secs(1),
        }
    }
}

macro_rules! troubles {
    ($($error:ident),*) => { $(
        impl From<StoreError> for $error {
            fn from(error: StoreError) -> Self { Self::Trouble(error.into()) }
        }
        impl From<PoolError> for $error {
            fn from(error: PoolError) -> Self { Self::Trouble(error.into()) }
        }
        impl From<EntropyError> for $error {
            fn from(error: EntropyError) -> Self { Self::Trouble(error.into()) }
        }
    )* };
}
troubles!(LoginError, RefreshError, ExchangeError, AccountError);

macro_rules! hindrances {
    ($($error:ident),*) => { $(
        impl From<Hindrance> for $error {
            fn from(hindrance: Hindrance) -> Self {
                match hindrance {
                    Hindrance::TooMany { retry_after, .. } => Self::TooManyAttempts { retry_after },
                    Hindrance::Locked => Self::Locked,
                    Hindrance::Busy(error) => Self::Trouble(error.into()),
                    Hindrance::Store(error) => Self::Trouble(error.into()),
                    Hindrance::Contended => Self::Trouble(Trouble::Contended),
                }
            }
        }
    )* };
}
hindrances!(LoginError, AccountError);
