//! The words that passwords are made of most often.
//!
//! The lists were written for this purpose, by subject: what people call themselves and each other, where they live, what they buy,
//! follow and play, what they say in a dozen languages, and the words of every day. None is a copy of a list of stolen
//! passwords. The files hold nothing else, in lower case, and their order means nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::layouts::on_latin_keys;
use super::reading::Reading;

/// The files, and the price of a word in each.
const FILES: [(&str, u32); 7] = [
    (include_str!("closest.txt"), 4),
    (include_str!("common.txt"), 8),
    (include_str!("known/names.txt"), KNOWN_BITS),
    (include_str!("known/places.txt"), KNOWN_BITS),
    (include_str!("known/things.txt"), KNOWN_BITS),
    (include_str!("known/languages.txt"), KNOWN_BITS),
    (include_str!("known/words.txt"), KNOWN_BITS),
];
/// Words in their own letters. What comes of them on Latin keys is as common.
const RUSSIAN: &str = include_str!("known/russian.txt");
/// The price of most words.
const KNOWN_BITS: u32 = 10;
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
    let latin = FILES.iter().flat_map(|(file, bits)| file.split_ascii_whitespace().map(|word| (word.into(), *bits)));
    let russian = RUSSIAN.split_whitespace().flat_map(|word| [Reading::fold(word), on_latin_keys(word)]);
    let russian = russian.map(|word| (Cow::Owned(word), KNOWN_BITS));
    let mut words: Vec<(Cow<'static, str>, u32)> = latin.chain(russian).collect();
    let is_long = |(word, _): &&(Cow<'_, str>, u32)| word.chars().count() >= BACKWARDS_CHARS;
    let backwards = words
        .iter()
        .filter(is_long)
        .map(|(word, bits)| (word.chars().rev().collect::<String>().into(), bits + BACKWARDS_BITS));
    words.extend(backwards.collect::<Vec<_>>());
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

    #[test]
    fn words_of_another_alphabet_are_found_in_their_letters_and_on_latin_keys() {
        for word in ["пароль", "любовь", "андреи", "gfhjkm", "fylhtq", "k.,jdm", "ьлорап"] {
            assert!(WORDS.binary_search_by(|(other, _)| other.as_ref().cmp(word)).is_ok(), "{word}");
        }
    }
}
