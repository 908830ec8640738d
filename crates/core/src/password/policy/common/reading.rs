//! A password as a guesser reads it. It is compared in this form alone, and never hashed or stored so.

use std::iter;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_security::skeleton;
use zeroize::Zeroizing;

/// No more of a password is read: compatibility forms make some characters many times as long.
const MOST_CHARS: usize = 256;

/// Characters of a password.
pub(super) type Chars = Zeroizing<Vec<char>>;

/// A text in lower case and without marks, in several spellings that have as many characters, each as many bytes.
pub(super) struct Reading {
    chars: Chars,
    /// Where each character begins, and where the last one ends.
    at: Vec<usize>,
    plain: Zeroizing<String>,
    /// What the keys would give without shift: `!` is `1`.
    keys: Zeroizing<String>,
    /// Digits and signs as the letters that they look like. `1` looks like two.
    letters: [Zeroizing<String>; 2],
    is_numeric: bool,
}

impl From<Chars> for Reading {
    fn from(chars: Chars) -> Self {
        let spelt = |spelling: fn(char) -> char| {
            let mut text = Zeroizing::new(String::with_capacity(chars.len() * 4));
            text.extend(chars.iter().map(|c| spelling(*c)));
            text
        };
        let mut at = Vec::with_capacity(chars.len() + 1);
        at.push(0);
        at.extend(chars.iter().scan(0, |end, c| {
            *end += c.len_utf8();
            Some(*end)
        }));
        let is_numeric = !chars.iter().any(|c| c.is_alphabetic());
        let letters = [spelt(letter), spelt(other_letter)];
        Self { at, plain: spelt(|c| c), keys: spelt(unshifted), letters, is_numeric, chars }
    }
}

impl Reading {
    /// As many characters as are read, in memory that is never moved.
    pub(super) fn chars_of(text: impl Iterator<Item = char>) -> Chars {
        let mut chars = Zeroizing::new(Vec::with_capacity(MOST_CHARS));
        chars.extend(text.take(MOST_CHARS));
        chars
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn char(&self, index: usize) -> char {
        self.chars[index]
    }

    /// The text from there on, as keys.
    pub(super) fn keys(&self, start: usize) -> &str {
        &self.keys[self.at[start]..]
    }

    /// Every spelling that words are looked for in.
    pub(super) fn spellings(&self) -> [&str; 3] {
        [&self.plain, &self.letters[0], &self.letters[1]]
    }

    /// Where in a spelling a character begins.
    pub(super) fn at(&self, index: usize) -> usize {
        self.at[index]
    }

    /// The price of a character by itself. Digits are cheap where there is nothing else: numbers that people know by heart are
    /// dates, telephones and accounts.
    pub(super) fn char_bits(&self, index: usize) -> u32 {
        match self.chars[index] {
            '0'..='9' if self.is_numeric => 1,
            '0'..='9' => 3,
            ' ' => 1,
            '-' | '_' | '.' | '!' => 2,
            'a'..='z' => 5,
            c if c.is_ascii() => 4,
            c if c.is_alphabetic() => 6,
            _ => 9,
        }
    }
}

/// A text without case, without marks, and without what is not seen.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> {
    unmarked(composed(text))
}

/// The same, with the Latin letters that others look like: `рassword` with a Cyrillic `р`, `passwørd`, `pa§§word`.
pub(super) fn look_alikes(text: &str) -> impl Iterator<Item = char> {
    unmarked(composed(text).flat_map(latin_look_alike))
}

/// Each letter and each mark by itself (NFKD), without what is not seen: zero-width spaces, joiners, directions.
fn composed(text: &str) -> impl Iterator<Item = char> {
    // UTS #39 leaves out of a skeleton what is ignored by default, and nothing else.
    text.chars().filter(|c| c.is_ascii() || skeleton(c.encode_utf8(&mut [0; 4])).next().is_some()).nfkd()
}

fn unmarked(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let lower = chars.filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    lower.flat_map(|c| if c == 'ß' { iter::once('s').chain(Some('s')) } else { iter::once(c).chain(None) })
}

/// The Latin letters that a character could be taken for, or itself.
fn latin_look_alike(c: char) -> Vec<char> {
    let sign = match c {
        c if c.is_ascii() => c,
        '€' => 'e',
        '£' => 'l',
        '¥' => 'y',
        '¢' => 'c',
        '§' => 's',
        '¡' => 'i',
        c => c,
    };
    // A capital may look like another letter than the small one does: `Н`, but not `н`, is taken for an `H`.
    let looks = c
        .to_lowercase()
        .chain([c])
        .map(|c| skeleton(c.encode_utf8(&mut [0; 4])).filter(|c| !is_combining_mark(*c)).collect::<Vec<_>>());
    let latin = if sign.is_ascii() { None } else { looks.into_iter().find(|look| look.iter().all(char::is_ascii)) };
    latin.unwrap_or_else(|| vec![sign])
}

/// The letter that a digit or sign stands for.
fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '2' => 'z',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '6' | '9' => 'g',
        '7' | '+' => 't',
        '8' => 'b',
        '(' => 'c',
        c => c,
    }
}

/// The same, where it is another one that it stands for.
fn other_letter(c: char) -> char {
    match c {
        '1' | '!' | '|' => 'l',
        '6' => 'b',
        '9' => 'q',
        c => letter(c),
    }
}

/// The same key without shift, on an American keyboard.
fn unshifted(c: char) -> char {
    match c {
        '!' => '1',
        '@' => '2',
        '#' => '3',
        '$' => '4',
        '%' => '5',
        '^' => '6',
        '&' => '7',
        '*' => '8',
        '(' => '9',
        ')' => '0',
        c => c,
    }
}
