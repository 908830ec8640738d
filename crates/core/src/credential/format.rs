//! The shape of credentials: it tells the kind and catches typing errors, before anything is looked up.
//!
//! `cf_s_`, `cf_t_` or `cf_r_`, then base64url of the random part, then six characters of checksum. The prefix lets secret
//! scanners find one that has leaked.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const CHECKSUM_LENGTH: usize = 6;
const SESSION: &str = "cf_s_";
const TOKEN: &str = "cf_t_";
pub(super) const REFRESH: &str = "cf_r_";
const SECRET_BYTES: usize = 32;

/// A credential that has been told apart by its shape, and is not believed yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presented<'a> {
    /// A session id.
    Session(&'a str),
    /// An opaque token.
    Token(&'a str),
    /// A self-contained token, by the look of it.
    Jwt(&'a str),
}

/// Text that has the shape of no credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It begins like none.
    #[error("it has the form of no credential")]
    Form,
    /// It is a refresh token, which no request but a refresh takes.
    #[error("a refresh token is not a credential")]
    Refresh,
    /// A character is wrong, missing or too many.
    #[error("its checksum is wrong")]
    Checksum,
}

impl<'a> Presented<'a> {
    /// Tells what `text` is.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        if text.starts_with(SESSION) {
            read::<SECRET_BYTES>(SESSION, text)?;
            Ok(Self::Session(text))
        } else if text.starts_with(TOKEN) {
            read::<SECRET_BYTES>(TOKEN, text)?;
            Ok(Self::Token(text))
        } else if text.starts_with(REFRESH) {
            Err(Malformed::Refresh)
        } else if text.starts_with("eyJ") {
            // The base64url of `{"`, with which every compact JWS begins whose header has no white space in front.
            Ok(Self::Jwt(text))
        } else if text.bytes().filter(|b| *b == b'.').take(3).count() == 2 {
            Ok(Self::Jwt(text))
        } else {
            Err(Malformed::Form)
        }
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "Session(…)",
            Self::Token(_) => "Token(…)",
            Self::Jwt(_) => "Jwt(…)",
        })
    }
}

/// SHA-256 of a secret: what is stored in its place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash of a credential or secret.
    pub fn of(secret: &[u8]) -> Self {
        Self(sha256(&[secret]))
    }

    /// From the 32 bytes that a store kept.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// Writes a session id or an opaque token around its secret.
pub(super) fn write_reference(session: bool, secret: &[u8; SECRET_BYTES]) -> Zeroizing<String> {
    write(if session { SESSION } else { TOKEN }, secret)
}

/// Writes a credential: prefix, base64url of `body`, checksum.
pub(super) fn write(prefix: &str, body: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + body.len().div_ceil(3) * 4 + CHECKSUM_LENGTH));
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(body, &mut text);
    let checksum = checksum(&text);
    text.push_str(&checksum);
    text
}

/// Reads a credential that [`write`] wrote with a body of `N` bytes.
pub(super) fn read<const N: usize>(prefix: &str, text: &str) -> Result<Zeroizing<[u8; N]>, Malformed> {
    if !text.starts_with(prefix) {
        return Err(Malformed::Form);
    }
    let length = prefix.len() + (N * 8).div_ceil(6);
    check(text, length)?;
    let encoded = text.get(prefix.len()..length).ok_or(Malformed::Form)?;
    let mut body = Zeroizing::new([0; N]);
    // Strict: refuses padding, other alphabets and trailing bits that are not zero.
    match URL_SAFE_NO_PAD.decode_slice(encoded, body.as_mut_slice()) {
        Ok(written) if written == N => Ok(body),
        _ => Err(Malformed::Form),
    }
}

/// Checks that `text` is `length` characters and their checksum.
fn check(text: &str, length: usize) -> Result<(), Malformed> {
    let (body, sum) = text.split_at_checked(length).ok_or(Malformed::Checksum)?;
    // Not secret: it is a function of what the caller has. It only catches typing errors.
    if checksum(body) == sum { Ok(()) } else { Err(Malformed::Checksum) }
}

/// The first 36 bits of SHA-256 over a label and the text, as six characters of base64url.
///
/// The label keeps it apart from [`SecretHash`], of which it would otherwise be the beginning.
fn checksum(text: &str) -> String {
    let sum = sha256(&[b"counterfoil checksum ", text.as_bytes()]);
    let mut encoded = URL_SAFE_NO_PAD.encode(sum.get(..5).unwrap_or_default());
    encoded.truncate(CHECKSUM_LENGTH);
    encoded
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> String {
        write_reference(true, &[7; 32]).to_string()
    }

    #[test]
    fn the_shape_is_as_documented() {
        let text = sample();
        assert_eq!(text.len(), 5 + 43 + 6);
        assert!(text.starts_with("cf_s_"));
        assert_eq!(Presented::parse(&text), Ok(Presented::Session(&text)));
        let text = write_reference(false, &[7; 32]);
        assert_eq!(Presented::parse(&text), Ok(Presented::Token(&text)));
    }

    #[test]
    fn tk_03_every_edit_of_one_character_is_refused() {
        let text = sample();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ =.+/%";
        for at in 0..text.len() {
            for letter in alphabet {
                let mut edited = text.clone().into_bytes();
                if edited[at] == *letter {
                    continue;
                }
                edited[at] = *letter;
                let edited = String::from_utf8(edited).unwrap();
                assert!(
                    !matches!(Presented::parse(&edited), Ok(Presented::Session(_) | Presented::Token(_))),
                    "{edited}"
                );
            }
            let mut shorter = text.clone();
            shorter.remove(at);
            assert!(Presented::parse(&shorter).is_err());
            for letter in alphabet {
                let mut longer = text.clone();
                longer.insert(at, char::from(*letter));
                assert!(!matches!(Presented::parse(&longer), Ok(Presented::Session(_))), "{longer}");
            }
        }
        assert!(Presented::parse(&format!("{text}A")).is_err());
    }

    #[test]
    fn a_refresh_token_and_other_text_are_no_credentials() {
        assert_eq!(Presented::parse(&write(REFRESH, &[1; 52])), Err(Malformed::Refresh));
        for text in ["", "cf_s_", "cf_x_abc", "Bearer", "é", "cf_s_é", "a.b", "a.b.c.d.e"] {
            assert!(Presented::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_right_checksum_does_not_excuse_another_spelling() {
        let summed = |text: String| format!("{text}{}", checksum(&text));
        // Not the alphabet, padding, and bits left over in the last character.
        for body in
            ["=".repeat(43), format!("{}=", "A".repeat(42)), format!("{}B", "A".repeat(42)), "é".repeat(21) + "A"]
        {
            assert_eq!(body.len(), 43);
            for prefix in [SESSION, TOKEN] {
                let text = summed(format!("{prefix}{body}"));
                assert_eq!(Presented::parse(&text), Err(Malformed::Form), "{text}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = write(REFRESH, &[9; 52]);
        assert_eq!(*read::<52>(REFRESH, &text).unwrap(), [9; 52]);
        assert!(read::<51>(REFRESH, &text).is_err());
        assert!(read::<52>(SESSION, &text).is_err());
    }
}
