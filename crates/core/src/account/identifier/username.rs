//! Usernames.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_security::general_security_profile::IdentifierType;
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection, skeleton};

use super::{CodePoint, IdentifierError, refuse_unreadable};

/// A username: what is shown of it, and the key that is unique.
///
/// 1 to 64 characters: letters and digits of one alphabet (UTS 39 §5.2, at most "highly restrictive"), `.`, `_` and `-`.
/// Upper and lower case are one name, as are the canonically equivalent spellings of a letter.
///
/// A name in other letters that looks like a Latin one throughout is refused, whether or not that one is taken: this
/// turns away some honest names (`yıldız`, `bæk`, `саша`), which their owners can write in Latin letters.
///
/// Store both spellings as text and compare keys as bytes. Do not parse a stored name again: a later version of Unicode
/// may judge it differently.
#[derive(Clone)]
pub struct Username {
    shown: Box<str>,
    key: Box<str>,
}

impl Username {
    /// The longest username, in Unicode code points.
    pub const MAX_CHARS: usize = 64;

    /// Reads a username as typed.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        const TOO_LONG: IdentifierError = IdentifierError::TooLong { max: Username::MAX_CHARS, unit: "characters" };
        // A composed character is at most four decomposed ones of four bytes: what is longer need not be composed.
        if text.len() > Self::MAX_CHARS * 16 {
            return Err(TOO_LONG);
        }
        refuse_unreadable(text)?;
        let shown: String = text.nfc().collect();
        let key = canonical(&shown);
        // The key is held to the same rules, so that it is itself a username, with itself as its key.
        for spelling in [&shown, &key] {
            if spelling.chars().count() > Self::MAX_CHARS {
                return Err(TOO_LONG);
            }
            refuse_characters(spelling)?;
        }
        if uuid::Uuid::try_parse(&key).is_ok() {
            return Err(IdentifierError::LooksLikeId);
        }
        if looks_latin(&key) {
            return Err(IdentifierError::Confusable);
        }
        Ok(Self { shown: shown.into(), key: key.into() })
    }

    /// What a store has kept. It was judged when it was taken, by rules that may have been others.
    pub fn stored(shown: &str, key: &str) -> Self {
        Self { shown: shown.into(), key: key.into() }
    }

    /// The username as its owner spelt it, in Unicode normalisation form C.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// The canonical spelling: equal keys, same user.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The one spelling of all that count as the same name: compatibility forms resolved, lower case.
pub(super) fn canonical(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect();
    let mut key = String::with_capacity(lower.len());
    for c in lower.chars() {
        // A dot above `i` does not show, and lower-casing `İ` leaves one: `i̇` is `i`.
        let dotted = c == '\u{307}' && key.ends_with(['i', 'j', 'ı', 'ȷ']);
        if !dotted {
            key.push(c);
        }
    }
    key.nfkc().collect()
}

fn refuse_characters(spelling: &str) -> Result<(), IdentifierError> {
    for c in spelling.chars() {
        match c {
            '@' => return Err(IdentifierError::AtSign),
            '.' | '_' | '-' => {}
            // Characters of type "inclusion" (UTS 39 §3.1) are signs and joiners: more than a name needs.
            _ if c.identifier_allowed() && c.identifier_type() == Some(IdentifierType::Recommended) => {}
            _ => return Err(IdentifierError::Forbidden(CodePoint(c))),
        }
    }
    if !spelling.starts_with(char::is_alphanumeric) {
        return Err(IdentifierError::Beginning);
    }
    if !spelling.check_restriction_level(RestrictionLevel::HighlyRestrictive) {
        return Err(IdentifierError::MixedScripts);
    }
    Ok(())
}

/// Whether a name that is not ASCII has an ASCII one that looks the same (UTS 39 §4), such as `аlех` in Cyrillic letters
/// alone or `mıke` with a dotless i.
fn looks_latin(key: &str) -> bool {
    !key.is_ascii() && skeleton(key).all(|c| c.is_ascii())
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Username {}

impl std::hash::Hash for Username {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Username({:?})", self.shown)
    }
}
