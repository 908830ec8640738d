//! Runs of characters that follow each other: in the alphabet, in counting, on the keys.

use std::sync::LazyLock;

use super::reading::Reading;

/// The price of a run, whatever its length.
const WALK_BITS: u32 = 4;
/// The fewest characters of a run.
const WALK_CHARS: usize = 3;

/// What fingers run along, one after another.
const TRACKS: &str = "
abcdefghijklmnopqrstuvwxyz aabbccddeeffgghhiijjkkllmmnnooppqqrrssttuuvvwwxxyyzz 01234567890 00112233445566778899
024681012141618202224 135791113151719212325 1223334444 112358132134
qwertyuiop[] qwertzuiopü azertyuiopqsdfghjklm asdfghjkl;'\\ zxcvbnm,./ yxcvbnm,.- wxcvbn
1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p; 1qazxsw23edcvfr45tgbnhy67ujm,ki89ol.;p0 zaq12wsxcde34rfvbgt56yhnmju78ik,.lo90p
qazwsxedcrfvtgbyhnujmikolp qazxswedcvfrtgbnhyujmkiolp zaq1xsw2cde3vfr4bgt5nhy6mju7 2wsx1qaz 3edc4rfv
1q2w3e4r5t6y7u8i9o0p azsxdcfvgbhnjmk q1w2e3r4t5y6u7i8o9p0 1a2s3d4f5g6h7j8k9l 1z2x3c4v5b6n7m a1s2d3f4g5h6j7 z1x2c3v4b5n6
a1b2c3d4e5f6g7h8i9 1a2b3c4d5e6f7g8h9i abc123def456 1qw23er45ty67ui 12qwaszx 12qw34er56ty 1q2q3q4q 123qweasdzxc
qawsedrftgyhujikolp zse4xdr5cft6vgy7bhu8nji9mko0 qweasdzxcrtyfghvbn qwaszxerdfcvty qweasdzxc qazwsx123edc asdzxcqwe qw12as34zx56
147258369 741852963 369258147 963852741 789456123 321654987 123654789 987456321 147896325 14789632 951753 159357 157953
753159 159263 132435465768798 10293847561 010203040506070809 102030405060708090 4815162342 31415926535897932384626433832795
27182818284590452353602874 14142135623730950488 2357111317192329313741 112358132134558914423337
adgjmptw 7894561230 123698745 1478963 258963 2580 1379
йцукенгшщзхъ фывапролджэ ячсмитьбю абвгдеёжзийклмнопрстуфхцчшщъыьэюя";

/// Every track, both ways, and where each run along one can begin.
struct Tracks {
    text: String,
    /// In the order of the alphabet of what follows.
    beginnings: Vec<usize>,
}

static BOTH_WAYS: LazyLock<Tracks> = LazyLock::new(|| {
    // Between two tracks stands what is in no reading: a letter in upper case.
    let tracks = TRACKS.split_whitespace().collect::<Vec<_>>().join("A");
    let text = format!("{tracks}A{}", tracks.chars().rev().collect::<String>());
    let mut beginnings: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    beginnings.sort_unstable_by_key(|at| &text[*at..]);
    Tracks { text, beginnings }
});

/// Offers every run that begins there.
pub(super) fn starting_at(text: &Reading, start: usize, offer: &mut impl FnMut(usize, u32)) {
    let rest = text.keys(start);
    let tracks = &*BOTH_WAYS;
    // What has most in common with the rest is beside it in the order of the alphabet.
    let place = tracks.beginnings.partition_point(|at| &tracks.text[*at..] < rest);
    let beside = tracks.beginnings[place.saturating_sub(1)..].iter().take(2);
    let in_common = |at: &usize| tracks.text[*at..].chars().zip(rest.chars()).take_while(|(a, b)| a == b).count();
    let longest = beside.map(in_common).max().unwrap_or_default();
    (WALK_CHARS..=longest).for_each(|chars| offer(chars, WALK_BITS));
}
