//! The names that an account is found by.
//!
//! Registration, login, throttling and the command line all read names here and compare their `key()`s: two spellings
//! of one name can never be two accounts or two budgets (RC-09, LG-05), and no folding ever leads from one account to
//! another (RC-07, CVE-2019-19844).

mod email;
mod username;

use std::fmt;

pub use email::Email;
pub use username::Username;

/// What somebody typed to say who they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identifier {
    /// A username.
    Username(Username),
    /// An e-mail address.
    Email(Email),
}

impl Identifier {
    /// Reads an e-mail address when there is an `@`, and a username otherwise: neither can be taken for the other.
    ///
    /// At login an error means a user who does not exist, and must cost and look like one.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        if text.contains('@') { Email::parse(text).map(Self::Email) } else { Username::parse(text).map(Self::Username) }
    }

    /// The canonical spelling: equal keys, same account.
    pub fn key(&self) -> &str {
        match self {
            Self::Username(username) => username.key(),
            Self::Email(email) => email.key(),
        }
    }
}

/// Why a name was refused; made to be shown to who typed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Nothing was given.
    #[error("It is empty.")]
    Empty,
    /// More than fits.
    #[error("It is too long: at most {max} {unit} fit.")]
    TooLong {
        /// How many fit.
        max: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// White space at the beginning or the end.
    #[error("It begins or ends with a space: take that away.")]
    OuterSpace,
    /// A control character, or one that shows nothing or turns the direction of writing.
    #[error("It holds a character that cannot be seen, {0}: type it anew instead of pasting it.")]
    Invisible(CodePoint),
    /// A character that names may not hold.
    #[error("It may not hold {0}.")]
    Forbidden(CodePoint),
    /// An `@` in a username.
    #[error("A username may not hold an @: that would be an e-mail address.")]
    AtSign,
    /// A username that begins with a sign.
    #[error("A username begins with a letter or a digit.")]
    Beginning,
    /// Letters of several alphabets.
    #[error("It mixes letters of different alphabets: use one.")]
    MixedScripts,
    /// A username that could be taken for the id of a user.
    #[error("It looks like the id of an account: choose something that is easier to remember.")]
    LooksLikeId,
    /// Foreign letters that look like Latin ones throughout.
    #[error("It can be mistaken for another name in plain Latin letters.")]
    Confusable,
    /// Not `local@domain`.
    #[error("An e-mail address has one @, with a name before and a domain after it.")]
    EmailForm,
    /// Letters beyond ASCII before the `@`.
    #[error("The part of an e-mail address before the @ may hold only plain letters, digits and signs.")]
    EmailLocal,
    /// Not a domain name.
    #[error("The part of an e-mail address after the @ must be a domain name, such as example.com.")]
    EmailDomain,
    /// A domain in its own letters.
    #[error("Write the domain in its ASCII form, which begins with xn--.")]
    EmailDomainNotAscii,
}

/// A character, shown with its number when it would not show itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePoint(pub char);

impl fmt::Display for CodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ' ' => f.write_str("a space"),
            shown if shown.is_ascii_graphic() || shown.is_alphanumeric() => write!(f, "“{shown}”"),
            hidden => write!(f, "U+{:04X}", u32::from(hidden)),
        }
    }
}

/// What both kinds of name refuse alike, before anything else is looked at.
fn refuse_unreadable(text: &str) -> Result<(), IdentifierError> {
    if text.is_empty() {
        return Err(IdentifierError::Empty);
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
        return Err(IdentifierError::OuterSpace);
    }
    match text.chars().find(|&c| is_invisible(c)) {
        Some(c) => Err(IdentifierError::Invisible(CodePoint(c))),
        None => Ok(()),
    }
}

/// Control characters, and what Unicode calls default-ignorable or format characters: zero width, joiners, direction
/// marks, tags, variation selectors, fillers.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests;
