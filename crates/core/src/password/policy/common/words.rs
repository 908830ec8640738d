//! The words that passwords are made of most often.
//!
//! They were collected for this purpose: what the statistics of stolen passwords have in common, and words, names, teams, brands
//! and places of that kind, in lower case. The three files hold nothing else, and their order means nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::reading::Reading;

/// The files, and the price of a word in each.
const FILES: [(&str, u32); 3] =
    [(include_str!("closest.txt"), 4), (include_str!("common.txt"), 8), (include_str!("known.txt"), 10)];
/// So many characters are as good as the whole word: many a service has cut passwords off after eight.
const CUT_CHARS: usize = 7;
/// What it costs that it is cut.
const CUT_BITS: u32 = 11;

/// Words of so many characters are looked for backwards, too.
const BACKWARDS_CHARS: usize = 5;
/// What backwards costs more.
const BACKWARDS_BITS: u32 = 2;

/// Each word with its price, in the order of the alphabet.
static WORDS: LazyLock<Vec<(Cow<'static, str>, u32)>> = LazyLock::new(|| {
    let mut words = Vec::new();
    for (word, bits) in FILES.iter().flat_map(|(file, bits)| file.split_ascii_whitespace().map(|word| (word, *bits))) {
        words.push((Cow::Borrowed(word), bits));
        if word.len() >= BACKWARDS_CHARS {
            words.push((Cow::Owned(word.chars().rev().collect()), bits + BACKWARDS_BITS));
        }
    }
    words.sort_unstable();
    // Of one that is another one backwards, the cheaper stands first.
    words.dedup_by(|later, earlier| later.0 == earlier.0);
    words
});

/// Offers every word that begins there.
pub(super) fn starting_at(text: &Reading, start: usize, offer: &mut impl FnMut(usize, u32)) {
    let mut seen = "";
    for spelling in text.spellings() {
        let rest = &spelling[text.at(start)..];
        if rest != seen {
            words_of(rest, text, start, offer);
        }
        seen = rest;
    }
}

fn words_of(rest: &str, text: &Reading, start: usize, offer: &mut impl FnMut(usize, u32)) {
    // The words that begin with as much of the text as has been looked at.
    let mut words = WORDS.as_slice();
    for chars in 1..=text.len() - start {
        let beginning = &rest[..text.at(start + chars) - text.at(start)];
        let from = words.partition_point(|(word, _)| word.as_ref() < beginning);
        let count = words[from..].partition_point(|(word, _)| word.starts_with(beginning));
        words = &words[from..from + count];
        let Some((first, bits)) = words.first() else { return };
        if *first == beginning {
            offer(chars, *bits);
        } else if chars >= CUT_CHARS {
            offer(chars, CUT_BITS);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_word_stands_once_in_lower_case() {
        let words: Vec<&str> = FILES.iter().flat_map(|(file, _)| file.split_ascii_whitespace()).collect();
        assert!(words.len() > 3000, "{}", words.len());
        for word in &words {
            assert!(word.len() >= 2 && word.chars().all(|c| c.is_ascii() && !c.is_uppercase()), "{word}");
        }
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
    }
}
