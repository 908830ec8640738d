//! Words of another alphabet, typed on keys that were left on the Latin one: `gfhjkm` is `пароль`.

/// The letters of the Russian layout, and the keys that they are on, on an American keyboard.
const LETTERS: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";
const KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";

/// The letters in the order of their alphabet, without the two that are not heard, and what each is written as.
const ALPHABET: &str = "абвгдеёжзийклмнопрстуфхцчшщыэюя";
const SPELT: [&str; 3] = [
    "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch y e yu ya",
    "a b v g d e yo zh z i i k l m n o p r s t u f h c ch sh sch i e u ia",
    "a b v g d e jo j z i j k l m n o p r s t u f h c ch sh sh y e ju ja",
];

/// What comes of a Russian word on Latin keys.
pub(super) fn on_latin_keys(word: &str) -> String {
    word.chars().map(latin_key).collect()
}

/// The key that a letter is on, or the letter.
pub(super) fn latin_key(letter: char) -> char {
    LETTERS.chars().zip(KEYS.chars()).find(|(other, _)| *other == letter).map_or(letter, |(_, key)| key)
}

/// The ways in which people write a Russian word in Latin letters: by their passports, by ear, and as Germans and Poles would.
pub(super) fn in_latin_letters(word: &str) -> [String; 3] {
    SPELT.map(|spelt| {
        let latin =
            |letter| ALPHABET.chars().position(|other| other == letter).and_then(|index| spelt.split(' ').nth(index));
        word.chars().map(|letter| latin(letter).unwrap_or_default()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelt_in_latin_letters_as_people_do() {
        assert!(SPELT.iter().all(|spelt| spelt.split(' ').count() == ALPHABET.chars().count()));
        assert_eq!(in_latin_letters("хорошая"), ["khoroshaya", "horoshaia", "horoshaja"]);
        assert_eq!(in_latin_letters("любовь"), ["lyubov", "lubov", "ljubov"]);
    }

    #[test]
    fn each_letter_is_on_a_key_of_its_own() {
        assert_eq!(LETTERS.chars().count(), KEYS.chars().count());
        for (word, typed) in [("пароль", "gfhjkm"), ("любовь", "k.,jdm"), ("ещё", "to`"), ("йцукен", "qwerty")]
        {
            assert_eq!(on_latin_keys(word), typed);
        }
    }
}
