//! A password as a guesser reads it. It is compared in this form alone, and never hashed or stored so.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// No more of a password is read: compatibility forms make some characters many times as long.
const MOST_CHARS: usize = 1024;

/// A text in lower case and without marks, in several spellings that have as many characters, each as many bytes.
pub(super) struct Reading {
    chars: Zeroizing<Vec<char>>,
    /// Where each character begins, and where the last one ends.
    at: Vec<usize>,
    plain: Zeroizing<String>,
    /// What the keys would give without shift: `!` is `1`.
    keys: Zeroizing<String>,
    /// Digits and signs as the letters that they look like. `1` looks like two.
    letters: [Zeroizing<String>; 2],
    is_numeric: bool,
}

impl Reading {
    pub(super) fn of(password: &str) -> Self {
        let mut chars = Zeroizing::new(Vec::with_capacity(MOST_CHARS));
        chars.extend(folded(password).take(MOST_CHARS));
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
        let letters = [spelt(letter), spelt(|c| if c == '1' || c == '!' { 'l' } else { letter(c) })];
        Self { at, plain: spelt(|c| c), keys: spelt(unshifted), letters, is_numeric, chars }
    }

    /// A word as it stands in a reading.
    pub(super) fn fold(word: &str) -> String {
        folded(word).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    pub(super) fn char(&self, index: usize) -> char {
        self.chars[index]
    }

    /// The key of a character.
    pub(super) fn key(&self, index: usize) -> char {
        unshifted(self.chars[index])
    }

    /// Some characters of it, as keys.
    pub(super) fn keys(&self, start: usize, chars: usize) -> &str {
        &self.keys[self.at[start]..self.at[start + chars]]
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

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)
}

/// The letter that a digit or sign stands for.
fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        c => c,
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
