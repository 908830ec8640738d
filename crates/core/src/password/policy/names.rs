//! Passwords that are little more than the names of whoever chose them.

use zeroize::Zeroizing;

use super::Policy;
use super::common::folded;

/// Shorter names are parts of ordinary words, and count only when the password is nothing but them.
const TELLING_NAME_CHARS: usize = 4;

/// The names, folded, and what they consist of, backwards as well; the longest first. `AliceSmith87` and
/// `alice.smith@example.com` consist of `alice`, `smith` and more.
pub(super) fn parts(names: &[&str]) -> Vec<String> {
    let mut parts: Vec<String> = names.iter().flat_map(|name| parts_of(name)).map(|part| folded(&part)).collect();
    parts.retain(|part| !part.is_empty());
    let telling = parts.iter().filter(|part| part.chars().count() >= TELLING_NAME_CHARS);
    parts.extend(telling.map(|part| part.chars().rev().collect()).collect::<Vec<String>>());
    parts.sort_unstable_by(|a, b| b.chars().count().cmp(&a.chars().count()).then_with(|| a.cmp(b)));
    parts.dedup();
    parts
}

fn parts_of(name: &str) -> Vec<String> {
    let pieces = || name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
    let words = pieces().flat_map(|piece| words_of(&piece)).filter(|word| word.chars().count() >= TELLING_NAME_CHARS);
    [name.to_owned(), pieces().collect()].into_iter().chain(pieces()).chain(words).collect()
}

/// The words that stand side by side in one: a capital begins one, and a digit ends it.
fn words_of(piece: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = None;
    for c in piece.chars() {
        let begins = before.is_some_and(|before: char| {
            before.is_lowercase() && c.is_uppercase() || before.is_numeric() != c.is_numeric()
        });
        match words.last_mut() {
            Some(word) if !begins => word.push(c),
            _ => words.push(c.into()),
        }
        before = Some(c);
    }
    words
}

/// Whether fewer than eight characters are left once these are taken out, case, marks and punctuation aside.
pub(super) fn are_most_of(password: &str, parts: &[String]) -> bool {
    let password = Zeroizing::new(folded(password));
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
