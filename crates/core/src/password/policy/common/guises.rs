//! What else a password may be, once what disguises it is taken away.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::layouts::latin_key;
use super::reading::{Chars, Reading, folded, look_alikes};

/// What it costs to think of a layout that the keys were not left on.
const LAYOUT_BITS: u32 = 2;
/// What it costs to think of a sign that stands between the pieces, wherever that is.
const SEPARATED_BITS: u32 = 6;
/// What it costs to think of two texts that take turns.
const INTERLEAVED_BITS: u32 = 6;

/// Every way to read a password, with its price, the plainest first.
pub(super) fn of(password: &str) -> impl Iterator<Item = (u32, Reading)> {
    alphabets(password).flat_map(|(bits, chars)| {
        let interleaved = Some((bits + INTERLEAVED_BITS, turns(&chars)));
        let separated = without_separator(&chars).map(|chars| (bits + SEPARATED_BITS, chars));
        let both = separated.as_ref().map(|(bits, chars)| (bits + INTERLEAVED_BITS, turns(chars)));
        let ways = [Some((bits, chars)), separated, interleaved, both];
        ways.into_iter().flatten().map(|(bits, chars)| (bits, chars.into()))
    })
}

/// The password as it is, with other scripts' letters as the Latin ones that they look like, as the same keys would have written it
/// on a Latin layout, and, where one character stands for many, without taking it apart: `ﷺﷺﷺ` is one again and again.
fn alphabets(password: &str) -> impl Iterator<Item = (u32, Chars)> {
    let is_foreign = !password.is_ascii();
    let plain = Reading::chars_of(folded(password));
    let alike = is_foreign.then(|| (0, Reading::chars_of(look_alikes(password)))).filter(|(_, alike)| *alike != plain);
    let keys = is_foreign.then(|| {
        let keys: Zeroizing<String> =
            Zeroizing::new(password.nfc().flat_map(char::to_lowercase).map(latin_key).collect());
        (LAYOUT_BITS, Reading::chars_of(folded(&keys)))
    });
    let keys = keys.filter(|(_, keys)| *keys != plain);
    let whole = (password.chars().count() < plain.len()).then(|| (0, Reading::chars_of(password.chars())));
    [Some((0, plain)), alike, keys, whole].into_iter().flatten()
}

/// The text without the sign that it has most of: `dra-gon-fly`.
fn without_separator(chars: &Chars) -> Option<Chars> {
    let count = |sign: char| chars.iter().filter(|c| **c == sign).count();
    let separator = chars.iter().copied().filter(|c| !c.is_alphanumeric()).max_by_key(|sign| count(*sign))?;
    Some(Reading::chars_of(chars.iter().copied().filter(|c| *c != separator)))
}

/// Every other character, and then those between: `p a s s w o r d`, `ppaasssswwoorrdd`, `p1a2s3s4`.
fn turns(chars: &Chars) -> Chars {
    let every_other = |first| chars.iter().copied().skip(first).step_by(2);
    Reading::chars_of(every_other(0).chain(every_other(1)))
}
