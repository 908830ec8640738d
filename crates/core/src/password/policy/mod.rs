//! Which new passwords are accepted.

mod breached;
mod common;
mod names;

use std::fmt;
use std::sync::Arc;

use super::Password;

pub use breached::{Breached, BreachedError, PasswordDigest};

/// What a new password must satisfy. There are no rules of composition and no expiry (PW-04): it must be long enough, and not
/// among those that are guessed first. Passwords that are stored already are never judged.
#[derive(Clone)]
pub struct Policy {
    min_chars: usize,
    names: Vec<String>,
    breached: Option<Arc<dyn Breached>>,
}

/// The configured policy is not one that may be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// NIST SP 800-63B-4 §3.1.1.2: never below eight.
    #[error("the policy asks for passwords of {0} characters: fewer than 8 are never safe")]
    TooLax(usize),
    /// ASVS 5 §6.2.9: passwords of 64 characters must be accepted.
    #[error("the policy asks for passwords of {0} characters: a minimum above 64 refuses good ones")]
    TooStrict(usize),
}

/// Why a new password was refused; made to be shown to who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyViolation {
    /// Fewer Unicode code points than the policy asks for.
    #[error(
        "The password needs at least {min} characters, and this one has {chars}: a few words that you remember will do."
    )]
    TooShort {
        /// How many it has.
        chars: usize,
        /// How many it needs.
        min: usize,
    },
    /// More bytes than are received at all.
    #[error("The password is longer than {max} bytes of UTF-8.")]
    TooLong {
        /// The limit, in bytes.
        max: usize,
    },
    /// Little is left of the password without the user's own names.
    #[error("The password is little more than your name or address repeated: those are guessed first.")]
    OwnName,
    /// It consists of common words, dates, repetitions and rows of keys, and of too few of them.
    #[error(
        "The password would be guessed soon, as it is made of common words, dates, repetitions or rows of keys: three or \
         four words that have nothing to do with each other are better."
    )]
    Common,
    /// It is in the operator's list of passwords that were stolen elsewhere.
    #[error(
        "The password is in a list of passwords that were stolen from other services: choose one that you use nowhere else."
    )]
    Breached,
}

/// Why a new password is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    /// It is no good.
    #[error(transparent)]
    Violation(#[from] PolicyViolation),
    /// Nobody knows whether it is.
    #[error(transparent)]
    Unsure(#[from] BreachedError),
}

impl Policy {
    /// The smallest minimum that may be configured (PW-01).
    pub const LEAST_MIN_CHARS: usize = 8;
    /// The largest minimum that may be configured (PW-02).
    pub const MOST_MIN_CHARS: usize = 64;
    /// The longest password, in bytes.
    pub const MAX_BYTES: usize = Password::MAX_BYTES;

    /// A policy that asks for at least `min_chars` Unicode code points.
    pub fn new(min_chars: usize) -> Result<Self, PolicyError> {
        match min_chars {
            ..Self::LEAST_MIN_CHARS => Err(PolicyError::TooLax(min_chars)),
            Self::LEAST_MIN_CHARS..=Self::MOST_MIN_CHARS => Ok(Self { min_chars, names: Vec::new(), breached: None }),
            _ => Err(PolicyError::TooStrict(min_chars)),
        }
    }

    /// The same, with names that everybody here thinks of: the service's, the company's (ASVS 5 §6.2.11).
    #[must_use]
    pub fn with_names(self, names: Vec<String>) -> Self {
        Self { names, ..self }
    }

    /// The same, with a list of stolen passwords (ASVS 5 §6.2.12).
    #[must_use]
    pub fn with_breached(self, breached: Arc<dyn Breached>) -> Self {
        Self { breached: Some(breached), ..self }
    }

    /// How many Unicode code points a password must have.
    pub fn min_chars(&self) -> usize {
        self.min_chars
    }

    /// Judges a new password. `own_names` holds the user's: username, e-mail address. A list of stolen passwords is asked last.
    pub async fn judge(&self, password: &Password, own_names: &[&str]) -> Result<(), NotAccepted> {
        self.check(password, own_names)?;
        match &self.breached {
            Some(breached) if breached.holds(&PasswordDigest::of(password)).await? => {
                Err(PolicyViolation::Breached.into())
            }
            _ => Ok(()),
        }
    }

    /// The part of that for which nobody has to be asked.
    pub fn check(&self, password: &Password, own_names: &[&str]) -> Result<(), PolicyViolation> {
        let text = password.as_str();
        if text.len() > Self::MAX_BYTES {
            return Err(PolicyViolation::TooLong { max: Self::MAX_BYTES });
        }
        let chars = text.chars().count();
        if chars < self.min_chars {
            return Err(PolicyViolation::TooShort { chars, min: self.min_chars });
        }
        let mut parts = names::parts(own_names);
        if names::are_most_of(text, &parts) {
            return Err(PolicyViolation::OwnName);
        }
        parts.extend(names::parts(&self.names.iter().map(String::as_str).collect::<Vec<_>>()));
        if common::is_common(text, &parts) {
            return Err(PolicyViolation::Common);
        }
        Ok(())
    }
}

impl Default for Policy {
    /// Fifteen characters: the password is the only factor (NIST SP 800-63B-4 §3.1.1.2).
    fn default() -> Self {
        Self { min_chars: 15, names: Vec::new(), breached: None }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { min_chars, names, breached } = self;
        let mut shown = f.debug_struct("Policy");
        shown.field("min_chars", min_chars).field("names", names).field("breached", &breached.is_some()).finish()
    }
}

#[cfg(test)]
mod tests;
