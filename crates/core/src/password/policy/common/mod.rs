//! Whether a password is among those that are guessed first.
//!
//! A list of the most common passwords is almost empty at fifteen characters, while the habits that made it are not: people
//! repeat a word, put another beside it, add a year, run along a row of keys, write `0` for `o`. So what is kept is the words,
//! and a password is common when it can be put together of few enough pieces of that kind. Each piece has a price, in
//! bits: how many guesses it takes a guesser who knows these habits. The cheapest way to the whole password is what counts, and
//! it means the same at every minimum length.

mod dates;
mod guises;
mod layouts;
mod reading;
mod singles;
mod walks;
mod words;

use reading::Reading;

/// What a password must cost at least: some 70 million guesses.
const LEAST_BITS: u32 = 26;
/// A name that belongs to the user or the service.
const NAME_BITS: u32 = 4;
/// Something that stood in the password before.
const COPY_BITS: u32 = 3;
/// The fewest characters of a copy.
const COPY_CHARS: usize = 3;

/// Whether a guesser would come to this password soon. `names` are words that the guesser would try first of all, as [`folded`]
/// gives them.
pub(super) fn is_common(password: &str, names: &[String]) -> bool {
    singles::is_single(password)
        || guises::of(password).any(|(more, text)| bits(&text, names).saturating_add(more) < LEAST_BITS)
}

/// A text as it is compared: without case, marks, and what is not seen.
pub(super) fn folded(text: &str) -> String {
    reading::folded(text).collect()
}

/// The price of the cheapest way to put the text together from its beginning to its end, or what is at least enough.
fn bits(text: &Reading, names: &[String]) -> u32 {
    let length = text.len();
    let mut cheapest = vec![u32::MAX; length + 1];
    cheapest[0] = 0;
    let copies = longest_copies(text);
    for start in 0..length {
        let so_far = cheapest[start];
        if so_far >= LEAST_BITS {
            continue;
        }
        let mut offer = |chars: usize, bits: u32| {
            let cheapest = &mut cheapest[start + chars];
            *cheapest = (*cheapest).min(so_far + bits);
        };
        offer(1, text.char_bits(start));
        (COPY_CHARS..=copies[start]).for_each(|chars| offer(chars, COPY_BITS));
        walks::starting_at(text, start, &mut offer);
        dates::starting_at(text, start, &mut offer);
        words::starting_at(text, start, &mut offer);
        for name in names {
            if text.spellings().iter().any(|spelling| spelling[text.at(start)..].starts_with(name.as_str())) {
                offer(name.chars().count(), NAME_BITS);
            }
        }
    }
    cheapest[length]
}

/// For each character, how much of the text from there on is the same as from some character before it. The two may overlap:
/// a text of one character again and again is that character, and a copy that begins at the second.
fn longest_copies(text: &Reading) -> Vec<usize> {
    let length = text.len();
    let mut longest = vec![0; length];
    // For every place, how much is the same from there and from the character behind the one that is looked at.
    let mut same = vec![0_usize; length + 1];
    for later in (0..length).rev() {
        for earlier in 0..later {
            same[earlier] = if text.char(earlier) == text.char(later) { same[earlier + 1] + 1 } else { 0 };
            longest[later] = longest[later].max(same[earlier]);
        }
    }
    longest
}
