//! Words of another alphabet, typed on keys that were left on the Latin one: `gfhjkm` is `пароль`.

/// The letters of the Russian layout, and the keys that they are on, on an American keyboard.
const LETTERS: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";
const KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";

/// What comes of a Russian word on Latin keys.
pub(super) fn on_latin_keys(word: &str) -> String {
    let key = |letter| LETTERS.chars().zip(KEYS.chars()).find(|(other, _)| *other == letter).map(|(_, key)| key);
    word.chars().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_on_a_key_of_its_own() {
        assert_eq!(LETTERS.chars().count(), KEYS.chars().count());
        for (word, typed) in [("пароль", "gfhjkm"), ("любовь", "k.,jdm"), ("ещё", "to`"), ("йцукен", "qwerty")]
        {
            assert_eq!(on_latin_keys(word), typed);
        }
    }
}
