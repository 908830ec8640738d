//! A piece of foreign text that is safe to show in an error or a log line.

use std::fmt;

/// At most 48 characters of a token's header, escaped: no control character, quote or line break survives.
#[derive(Clone, PartialEq, Eq)]
pub struct Snippet(String);

const LONGEST: usize = 48;

impl Snippet {
    pub(super) fn of(text: &str) -> Self {
        let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_default).collect();
        if text.chars().nth(LONGEST).is_some() {
            shown.push('…');
        }
        Self(shown)
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
