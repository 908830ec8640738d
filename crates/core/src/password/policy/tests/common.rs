//! What is guessed first is refused at every minimum length, and what is not is accepted.

use proptest::prelude::*;

use super::guesses::{LONG, guesses};
use super::{PolicyViolation, check, password};
use crate::password::Policy;

#[track_caller]
fn refuses_the_first_guesses(least: usize) {
    let policy = Policy::new(least).unwrap();
    let guesses = guesses(least);
    assert!(guesses.len() >= 3000, "only {} guesses of {least} characters", guesses.len());
    let accepted: Vec<_> = guesses.iter().filter(|guess| policy.check(&password(guess), &[]).is_ok()).collect();
    assert!(accepted.is_empty(), "{} accepted at {least}: {accepted:?}", accepted.len());
}

#[test]
fn pw_05_the_first_three_thousand_guesses_of_8_characters_are_refused() {
    refuses_the_first_guesses(8);
}

#[test]
fn pw_05_the_first_three_thousand_guesses_of_10_characters_are_refused() {
    refuses_the_first_guesses(10);
}

#[test]
fn pw_05_the_first_three_thousand_guesses_of_12_characters_are_refused() {
    refuses_the_first_guesses(12);
}

#[test]
fn pw_05_the_first_three_thousand_guesses_of_15_characters_are_refused() {
    refuses_the_first_guesses(15);
}

#[test]
fn pw_05_what_is_guessed_of_long_passwords_is_refused() {
    for text in LONG.split_whitespace().filter(|text| text.chars().count() >= 15) {
        assert_eq!(check(text, &[]), Err(PolicyViolation::Common), "{text}");
    }
}

#[test]
fn pw_05_repetitions_rows_and_dates_are_refused_at_any_length() {
    for length in [15, 16, 64, 341] {
        let of = |unit: &str| unit.chars().cycle().take(length).collect::<String>();
        for unit in ["x", " ", "é", "abc", "Otter", "12", "correct", "qwerty uiop", "plm", "\u{301}e"] {
            assert_eq!(check(&of(unit), &[]), Err(PolicyViolation::Common), "{unit} to {length}");
        }
    }
    for unit in ["語", "🦀", "\u{200b}", "\0"] {
        assert_eq!(check(&unit.repeat(15), &[]), Err(PolicyViolation::Common), "{unit:?}");
    }
    for text in
        ["12.05.1987 13.06.1991", "0171 2345678 0171", "2026-11-21-2026-11-21", "sophia12051987!", "20261121 Thomas"]
    {
        assert_eq!(check(text, &[]), Err(PolicyViolation::Common), "{text}");
    }
}

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

proptest! {
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
