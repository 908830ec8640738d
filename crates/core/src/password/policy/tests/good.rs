//! What nobody guesses is accepted.

use proptest::prelude::*;

use super::{check, password};
use crate::password::Policy;

#[test]
fn good_passwords_are_accepted() {
    let phrases = "
        correct horse battery|seven green bottles on a wall|nine yellow lemons|plum otter lantern 41|the cat sat on my mat
        fifteen letters at least|quite a long pass phrase|a walk along the river|my uncle grows pumpkins|tea at four with Edith
        coffee without sugar|we never went to Lisbon|small boats leave early|Der Mond ist aufgegangen|je cherche mes lunettes
        mi abuela cocina lentejas|snow fell on the bridge|purple trombone lessons|eleven wet umbrellas|who ate the last plum
        four candles and a fork|bring back the old maps|the wolf reads Tolstoy|rusty bicycle in Ghent|paint the shed on Friday
        don't forget the keys|I like cheese & onions|kettle-spoon-window-nine|marmalade on Thursdays|Sunday is for pancakes
        hedgehog orbit teapot|lamp under seven chairs|quiet harbour at dusk|twenty green lanterns|old clocks tell stories
        mañana compramos patatas|вчера шёл мелкий дождь|夏の夜の夢を見ましたかねえ君は|tall ships & short stories";
    for phrase in phrases.split(['|', '\n']).map(str::trim).filter(|phrase| !phrase.is_empty()) {
        assert_eq!(check(phrase, &["alice", "alice@example.com"]), Ok(()), "{phrase}");
    }
    let short = "kiosk & rug|xk7#pq2m|g4Tz-9wLq|hjemmelekse|w8JfqRtb|zq9 vk2 m|brqzlpvt|Vm3!kd8x|tvöxnåle";
    let eight = Policy::new(8).unwrap();
    for text in short.split('|') {
        assert_eq!(eight.check(&password(text), &["alice"]), Ok(()), "{text}");
    }
}

#[test]
fn three_words_that_have_nothing_to_do_with_each_other_are_accepted() {
    let first = ["copper", "seven", "hollow", "marble", "velvet", "sudden", "northern", "kitchen"];
    let second = ["teapot", "anchor", "thistle", "window", "parrot", "ladder", "pillow", "harbour"];
    let third = ["whistle", "october", "violin", "gravel", "lantern", "biscuit", "feather", "tunnel"];
    for n in 0..8 * 8 * 8 {
        let (a, b, c) = (first[n % 8], second[n / 8 % 8], third[n / 64]);
        for text in [format!("{a} {b} {c}"), format!("{c}-{a}-{b}"), format!("{b}{c}{a}")] {
            assert_eq!(check(&text, &["alice", "alice@example.com"]), Ok(()), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_made_by_chance_is_accepted(
        letters in "[a-z]{15}",
        signs in "[!-~]{16}",
        hex in "[a-f][0-9a-f]{19}",
        base64 in "[A-Za-z0-9+/]{22}",
        groups in "[a-z]{6}-[a-z]{6}-[a-z]{5}[0-9]",
        mixed in "([a-z][0-9]){8}",
    ) {
        for text in [letters, signs, hex, base64, groups, mixed] {
            prop_assert_eq!(check(&text, &["alice", "alice@example.com"]), Ok(()), "{}", text);
        }
    }

    #[test]
    fn what_a_password_manager_makes_is_accepted(text in "[a-zA-Z0-9]{14}[!-~]{2}") {
        prop_assert_eq!(check(&text, &["alice", "alice@example.com"]), Ok(()));
    }

    #[test]
    fn no_text_is_too_odd_to_be_judged(text in "\\PC{0,40}", names in proptest::collection::vec("\\PC{0,8}", 0..3)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let _ = check(&text, &names);
    }
}
