//! The words that passwords are made of most often.
//!
//! The lists were written for this purpose, by subject: what people call themselves and each other, where they live, what they buy,
//! follow and play, what they say in a dozen languages, the words of every day, and lines that everybody knows by heart, without
//! their spaces. The two shortest hold, under headings, those that everybody thinks of first. The files are in lower case, a `#`
//! begins a heading, and the order means nothing.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::folded;
use super::layouts::{in_latin_letters, on_latin_keys};
use super::reading::Reading;

/// The files, and the price of a word in each.
const FILES: [(&str, u8); 8] = [
    (include_str!("closest.txt"), 4),
    (include_str!("common.txt"), 9),
    (include_str!("known/names.txt"), KNOWN_BITS),
    (include_str!("known/places.txt"), KNOWN_BITS),
    (include_str!("known/things.txt"), KNOWN_BITS),
    (include_str!("known/languages.txt"), KNOWN_BITS),
    (include_str!("known/words.txt"), KNOWN_BITS),
    (include_str!("known/sayings.txt"), KNOWN_BITS),
];
/// Words in their own letters. What comes of them on Latin keys and in Latin letters is as common.
const RUSSIAN: &str = include_str!("known/russian.txt");
/// The price of most words.
const KNOWN_BITS: u8 = 10;
/// So many characters are as good as the whole word: many a service has cut passwords off after eight.
const CUT_CHARS: RangeInclusive<usize> = 7..=15;
/// What it costs that it is cut.
const CUT_BITS: u8 = 11;

/// Words of so many characters are looked for backwards, too.
const BACKWARDS_CHARS: usize = 5;
/// What backwards costs more.
const BACKWARDS_BITS: u8 = 2;

/// Words and their prices, in the order of the alphabet. They lie in one piece of memory: there are tens of thousands.
struct Words {
    text: String,
    places: Vec<Place>,
}

struct Place {
    begin: usize,
    bytes: u8,
    bits: u8,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words: Vec<(Cow<'static, str>, u8)> =
        FILES.iter().flat_map(|(file, bits)| words_in(file).map(|word| (word.into(), *bits))).collect();
    // Whoever types `ä` is read as `a`, and the files have `ae`.
    let umlauts = words.iter().filter(|(word, _)| word.len() >= BACKWARDS_CHARS).map(|(word, bits)| {
        let plain = word.replace("ae", "a").replace("oe", "o").replace("ue", "u");
        (plain.into(), *bits)
    });
    words.extend(umlauts.collect::<Vec<_>>());
    words.extend(words_in(RUSSIAN).map(|word| (folded(word).into(), KNOWN_BITS)));
    words.sort_unstable();
    words.dedup_by(|later, earlier| later.0 == earlier.0);
    let is_long = |(word, _): &&(Cow<'_, str>, u8)| word.chars().count() >= BACKWARDS_CHARS;
    let backwards = words
        .iter()
        .filter(is_long)
        .map(|(word, bits)| (word.chars().rev().collect::<String>().into(), bits + BACKWARDS_BITS));
    words.extend(backwards.collect::<Vec<_>>());
    let russian = words_in(RUSSIAN).flat_map(|word| in_latin_letters(word).into_iter().chain([on_latin_keys(word)]));
    // The shortest ones are anything in Latin letters.
    words.extend(russian.filter(|word| word.len() > 2).map(|word| (word.into(), KNOWN_BITS)));
    Words::of(words)
});

impl Words {
    fn of(mut words: Vec<(Cow<'static, str>, u8)>) -> Self {
        words.sort_unstable();
        // Of one that stands there twice, the cheaper comes first.
        words.dedup_by(|later, earlier| later.0 == earlier.0);
        let mut sorted = Self { text: String::new(), places: Vec::with_capacity(words.len()) };
        for (word, bits) in words {
            if let Ok(bytes) = u8::try_from(word.len()) {
                sorted.places.push(Place { begin: sorted.text.len(), bytes, bits });
                sorted.text.push_str(&word);
            }
        }
        sorted.text.shrink_to_fit();
        sorted
    }

    fn word(&self, place: &Place) -> &str {
        &self.text[place.begin..place.begin + usize::from(place.bytes)]
    }
}

fn words_in(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

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
    let mut places = WORDS.places.as_slice();
    for chars in 1..=text.len() - start {
        let beginning = &rest[..text.at(start + chars) - text.at(start)];
        let from = places.partition_point(|place| WORDS.word(place) < beginning);
        let count = places[from..].partition_point(|place| WORDS.word(place).starts_with(beginning));
        places = &places[from..from + count];
        let Some(first) = places.first() else { return };
        if WORDS.word(first) == beginning {
            offer(chars, first.bits.into());
        } else if CUT_CHARS.contains(&chars) {
            offer(chars, CUT_BITS.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_word_stands_once_in_lower_case() {
        let words: Vec<&str> = FILES.iter().flat_map(|(file, _)| words_in(file)).collect();
        assert!(words.len() > 3000, "{}", words.len());
        for word in &words {
            assert!(word.len() >= 2 && word.chars().all(|c| c.is_ascii() && !c.is_uppercase()), "{word}");
        }
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
    }

    #[test]
    fn words_of_another_alphabet_are_found_in_their_letters_and_on_latin_keys() {
        for word in ["пароль", "любовь", "андреи", "gfhjkm", "fylhtq", "k.,jdm", "ьлорап"] {
            assert!(WORDS.places.binary_search_by(|place| WORDS.word(place).cmp(word)).is_ok(), "{word}");
        }
    }
}
