//! Runs of characters that follow each other: in the alphabet, in counting, on the keys.

use std::collections::BTreeSet;
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
qweasdzxcrtyfghvbn qwaszxerdfcvty qweasdzxc qazwsx123edc asdzxcqwe qw12as34zx56
147258369 741852963 369258147 963852741 789456123 321654987 123654789 987456321 147896325 14789632 951753 159357 157953
753159 159263 7894561230 123698745 1478963 258963 2580 1379
йцукенгшщзхъ фывапролджэ ячсмитьбю абвгдеёжзийклмнопрстуфхцчшщъыьэюя";

struct Tracks {
    /// Every track, and every track backwards.
    text: String,
    /// Three characters with which a run can begin.
    beginnings: BTreeSet<[char; WALK_CHARS]>,
}

static BOTH_WAYS: LazyLock<Tracks> = LazyLock::new(|| {
    // Between two tracks stands what is in no reading: a letter in upper case.
    let tracks = TRACKS.split_whitespace().collect::<Vec<_>>().join("A");
    let text = format!("{tracks}A{}", tracks.chars().rev().collect::<String>());
    let chars: Vec<char> = text.chars().collect();
    let beginnings = chars.windows(WALK_CHARS).filter_map(|three| three.try_into().ok()).collect();
    Tracks { text, beginnings }
});

/// Offers every run that begins there.
pub(super) fn starting_at(text: &Reading, start: usize, offer: &mut impl FnMut(usize, u32)) {
    let longest = text.len() - start;
    if longest < WALK_CHARS {
        return;
    }
    let beginning: [char; WALK_CHARS] = std::array::from_fn(|index| text.key(start + index));
    if !BOTH_WAYS.beginnings.contains(&beginning) {
        return;
    }
    (WALK_CHARS..=longest)
        .take_while(|chars| BOTH_WAYS.text.contains(text.keys(start, *chars)))
        .for_each(|chars| offer(chars, WALK_BITS));
}
