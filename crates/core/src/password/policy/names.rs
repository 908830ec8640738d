//! Passwords that are little more than the names of whoever chose them.

use zeroize::Zeroizing;

use super::Policy;

/// Shorter names are parts of ordinary words, and count only when the password is nothing but them.
const TELLING_NAME_CHARS: usize = 4;

/// The names in lower case, and the parts that they consist of; the longest first.
pub(super) fn parts(names: &[&str]) -> Vec<String> {
    let names = names.iter().map(|name| name.to_lowercase());
    let mut parts: Vec<String> = names
        .flat_map(|name| {
            let parts: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
            parts.into_iter().chain([name])
        })
        .filter(|part| !part.is_empty())
        .collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts
}

/// Whether fewer than eight characters are left once these are taken out, case and punctuation aside.
pub(super) fn are_most_of(password: &str, parts: &[String]) -> bool {
    let password = Zeroizing::new(password.to_lowercase());
    let mut rest = password.clone();
    for name in parts.iter().filter(|name| name.chars().count() >= TELLING_NAME_CHARS) {
        rest = rest.replace(name.as_str(), " ").into();
    }
    let named = *rest != *password;
    named && telling_chars(&rest) < Policy::LEAST_MIN_CHARS
        || parts.iter().any(|name| {
            let rest = Zeroizing::new(password.replace(name.as_str(), " "));
            *rest != *password && telling_chars(&rest) == 0
        })
}

fn telling_chars(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation()).count()
}
