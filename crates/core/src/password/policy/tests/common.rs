//! What is guessed first is refused at every minimum length.

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
    for unit in ["語", "🦀", "\u{200b}", "\0", "ﷺ", "㎒"] {
        assert_eq!(check(&unit.repeat(15), &[]), Err(PolicyViolation::Common), "{unit:?}");
    }
    for text in
        ["12.05.1987 13.06.1991", "0171 2345678 0171", "2026-11-21-2026-11-21", "sophia12051987!", "20261121 Thomas"]
    {
        assert_eq!(check(text, &[]), Err(PolicyViolation::Common), "{text}");
    }
}
