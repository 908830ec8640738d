//! E-mail addresses.

use std::fmt;

use super::{CodePoint, IdentifierError, refuse_unreadable};

/// An e-mail address: as typed, which is where mail goes, and the key that is unique.
///
/// ASCII alone: folding `ı` or the Kelvin sign onto ASCII letters would let one address stand for another
/// (CVE-2019-19844). Upper and lower case are one address: RFC 5321 §2.4 would let a mail server tell `Bob@` from
/// `bob@`, and none does. Dots and `+tags` mean what the mail server makes of them, and are kept.
#[derive(Clone)]
pub struct Email {
    shown: Box<str>,
    key: Box<str>,
}

impl Email {
    /// The longest address, in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
    pub const MAX_BYTES: usize = 254;
    /// The longest part before the `@`, in bytes (RFC 5321 §4.5.3.1.1).
    pub const MAX_LOCAL_BYTES: usize = 64;

    /// Reads an address as typed.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        if text.len() > Self::MAX_BYTES {
            return Err(IdentifierError::TooLong { max: Self::MAX_BYTES, unit: "bytes" });
        }
        refuse_unreadable(text)?;
        if let Some(space) = text.chars().find(|c| c.is_whitespace()) {
            return Err(IdentifierError::Forbidden(CodePoint(space)));
        }
        let (local, domain) = text.split_once('@').ok_or(IdentifierError::EmailForm)?;
        if local.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(IdentifierError::EmailForm);
        }
        refuse_local(local)?;
        refuse_domain(domain)?;
        Ok(Self { shown: text.into(), key: text.to_ascii_lowercase().into() })
    }

    /// What a store has kept. It was judged when it was taken, by rules that may have been others.
    pub fn stored(shown: &str, key: &str) -> Self {
        Self { shown: shown.into(), key: key.into() }
    }

    /// The address as typed: where mail goes.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The canonical spelling: equal keys, same user.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// A dot-atom (RFC 5322 §3.2.3). Quoted local parts are lawful, unused and a trap: refused.
fn refuse_local(local: &str) -> Result<(), IdentifierError> {
    if local.len() > Email::MAX_LOCAL_BYTES {
        return Err(IdentifierError::TooLong { max: Email::MAX_LOCAL_BYTES, unit: "bytes before the @" });
    }
    let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let atoms = local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(atext));
    if atoms { Ok(()) } else { Err(IdentifierError::EmailLocal) }
}

/// At least two labels of letters, digits and hyphens (RFC 1035 §2.3.1, RFC 1123 §2.1), the last not a number.
fn refuse_domain(domain: &str) -> Result<(), IdentifierError> {
    if !domain.is_ascii() {
        return Err(IdentifierError::EmailDomainNotAscii);
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top_level = domain.rsplit_once('.').map(|(_, last)| last);
    let named = top_level.is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()));
    if named && domain.split('.').all(label) { Ok(()) } else { Err(IdentifierError::EmailDomain) }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Email {}

impl std::hash::Hash for Email {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({:?})", self.shown)
    }
}
