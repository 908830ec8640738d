//! Which new passwords are accepted.

use super::Password;

/// What a new password must satisfy. There are no rules of composition and no expiry (PW-04): length is what counts.
///
/// A list of common passwords joins this when it is shipped; at fifteen characters the usual lists are almost empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    min_chars: usize,
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
            Self::LEAST_MIN_CHARS..=Self::MOST_MIN_CHARS => Ok(Self { min_chars }),
            _ => Err(PolicyError::TooStrict(min_chars)),
        }
    }

    /// How many Unicode code points a password must have.
    pub fn min_chars(&self) -> usize {
        self.min_chars
    }

    /// Judges a new password. `context` holds the user's own names: username, e-mail address, perhaps the service's name.
    pub fn check(&self, password: &Password, context: &[&str]) -> Result<(), PolicyViolation> {
        let text = password.as_str();
        if text.len() > Self::MAX_BYTES {
            return Err(PolicyViolation::TooLong { max: Self::MAX_BYTES });
        }
        let chars = text.chars().count();
        if chars < self.min_chars {
            return Err(PolicyViolation::TooShort { chars, min: self.min_chars });
        }
        if is_own_name(text, context) {
            return Err(PolicyViolation::OwnName);
        }
        Ok(())
    }
}

impl Default for Policy {
    /// Fifteen characters: the password is the only factor (NIST SP 800-63B-4 §3.1.1.2).
    fn default() -> Self {
        Self { min_chars: 15 }
    }
}

/// Shorter names are parts of ordinary words, and count only when the password is nothing but them.
const TELLING_NAME_CHARS: usize = 4;

/// Whether fewer than eight characters are left once the user's names are taken out, case and punctuation aside.
fn is_own_name(password: &str, context: &[&str]) -> bool {
    let password = zeroize::Zeroizing::new(password.to_lowercase());
    let mut names: Vec<String> = context
        .iter()
        .map(|name| name.to_lowercase())
        .flat_map(|name| {
            let parts: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
            parts.into_iter().chain([name])
        })
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));

    let mut rest = password.clone();
    for name in names.iter().filter(|name| name.chars().count() >= TELLING_NAME_CHARS) {
        rest = rest.replace(name.as_str(), " ").into();
    }
    let named = *rest != *password;
    named && telling_chars(&rest) < Policy::LEAST_MIN_CHARS
        || names.iter().any(|name| {
            let rest = zeroize::Zeroizing::new(password.replace(name.as_str(), " "));
            *rest != *password && telling_chars(&rest) == 0
        })
}

fn telling_chars(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, context: &[&str]) -> Result<(), PolicyViolation> {
        Policy::default().check(&Password::new(text.to_owned()).unwrap(), context)
    }

    #[test]
    fn pw_01_fifteen_code_points_are_the_default_minimum() {
        for unit in ["x", "é", "語", "🦀"] {
            let short = PolicyViolation::TooShort { chars: 14, min: 15 };
            assert_eq!(check(&unit.repeat(14), &[]), Err(short), "{unit}");
            assert_eq!(check(&unit.repeat(15), &[]), Ok(()), "{unit}");
        }
        let sequences = "e\u{301}".repeat(7);
        assert_eq!(check(&sequences, &[]), Err(PolicyViolation::TooShort { chars: 14, min: 15 }));
        assert_eq!(check(&format!("{sequences}e"), &[]), Ok(()));
    }

    #[test]
    fn pw_01_the_minimum_is_never_below_eight() {
        assert_eq!(Policy::new(7), Err(PolicyError::TooLax(7)));
        assert_eq!(Policy::new(0), Err(PolicyError::TooLax(0)));
        assert_eq!(Policy::new(65), Err(PolicyError::TooStrict(65)));
        let eight = Policy::new(8).unwrap();
        assert!(eight.check(&Password::new("sevench".into()).unwrap(), &[]).is_err());
        assert!(eight.check(&Password::new("eight ch".into()).unwrap(), &[]).is_ok());
    }

    #[test]
    fn pw_02_sixty_four_characters_and_1024_bytes_are_accepted() {
        for text in ["x".repeat(64), "🦀".repeat(64), "x".repeat(1024)] {
            assert_eq!(check(&text, &[]), Ok(()), "{} bytes", text.len());
        }
        assert_eq!(Policy::new(64).unwrap().min_chars(), 64);
    }

    #[test]
    fn pw_04_every_character_is_allowed() {
        let odd = [
            "               ",
            "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            "aaaaaaaaaaaaaaa",
            "000000000000000",
            "\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}",
            "кириллица и ещё",
            "tab\tnewline\nreturn\rbell\u{7}",
            "\"quotes\" 'and' \\slashes\\/",
            "<script>alert(1)</script>",
            "'; drop table users; --",
            "\u{202e}from right to left",
            "\u{10ffff} beyond the private use",
        ];
        for text in odd {
            assert_eq!(check(text, &["alice", "alice@example.com"]), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn the_users_own_names_are_not_a_password() {
        let context = ["alice.smith", "a.smith@example.com"];
        for text in [
            "a.smith@example.com",
            "A.SMITH@EXAMPLE.COM",
            "alice.smith.alice.smith",
            "AliceSmithAliceSmith",
            "smith-smith-smith-1987",
            "alicesmith2026!",
            "Example Example Example",
        ] {
            assert_eq!(check(text, &context), Err(PolicyViolation::OwnName), "{text}");
        }
        for text in ["alice drinks green tea", "blacksmith on the hill", "correct horse battery"] {
            assert_eq!(check(text, &context), Ok(()), "{text}");
        }
        assert_eq!(check("bo bo bo bo bo bo", &["bo"]), Err(PolicyViolation::OwnName));
        assert_eq!(check("bobbing for apples", &["bo"]), Ok(()));
        assert_eq!(check("no context at all", &["", "@", "..."]), Ok(()));
    }

    #[test]
    fn a_refusal_never_quotes_the_password() {
        let message = check("orange", &[]).unwrap_err().to_string();
        assert!(message.contains("has 6:") && message.contains("15") && !message.contains("orange"), "{message}");
    }
}
