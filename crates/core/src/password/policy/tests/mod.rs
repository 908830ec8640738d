//! What is accepted, and what is not.

mod common;
mod disguises;
mod good;
mod guesses;

use super::*;

pub(super) fn check(text: &str, names: &[&str]) -> Result<(), PolicyViolation> {
    Policy::default().check(&password(text), names)
}

pub(super) fn password(text: &str) -> Password {
    Password::new(text.to_owned()).unwrap()
}

#[test]
fn pw_01_fifteen_code_points_are_the_default_minimum() {
    for fourteen in ["plum otter hat", "zwölf ärgerten", "数独は楽しい遊びですよねえ本", "🦀🐙🦑🐠🐡🦈🐋🐬🐳🦐🐚🦞🪸🐟"]
    {
        assert_eq!(fourteen.chars().count(), 14);
        let short = PolicyViolation::TooShort { chars: 14, min: 15 };
        assert_eq!(check(fourteen, &[]), Err(short), "{fourteen}");
        assert_eq!(check(&format!("{fourteen}w"), &[]), Ok(()), "{fourteen}");
    }
    // Each letter and each mark counts.
    let marked = "p\u{301}l\u{302}k\u{303}v\u{304}z\u{306}g\u{307}j\u{308}";
    assert_eq!(check(marked, &[]), Err(PolicyViolation::TooShort { chars: 14, min: 15 }));
    assert_eq!(check(&format!("{marked}w"), &[]), Ok(()));
}

#[test]
fn pw_01_the_minimum_is_never_below_eight() {
    assert_eq!(Policy::new(7).unwrap_err(), PolicyError::TooLax(7));
    assert_eq!(Policy::new(0).unwrap_err(), PolicyError::TooLax(0));
    assert_eq!(Policy::new(65).unwrap_err(), PolicyError::TooStrict(65));
    let eight = Policy::new(8).unwrap();
    assert!(eight.check(&password("sevench"), &[]).is_err());
    assert!(eight.check(&password("gr8 quiz"), &[]).is_ok());
}

#[test]
fn pw_02_sixty_four_characters_and_1024_bytes_are_accepted() {
    // Words that no two of are alike.
    let long: String = (0..).map(|n: u32| format!("{:x}", n.wrapping_mul(2_654_435_761))).take(200).collect();
    for text in [&long[..64], &long[..1024]] {
        assert_eq!(check(text, &[]), Ok(()), "{} bytes", text.len());
    }
    assert_eq!(Policy::new(64).unwrap().min_chars(), 64);
}

#[test]
fn pw_04_every_character_is_allowed_and_none_is_asked_for() {
    let odd = [
        "\0 between \0 nuls \0",
        "кириллица и ещё",
        "tab\tnewline\nreturn\rbell\u{7}",
        "\"quotes\" 'and' \\slashes\\/",
        "<script>alert(1)</script>",
        "'; drop table users; --",
        "\u{202e}from right to left",
        "\u{10ffff} beyond the private use",
        "\u{200b}zero\u{200b}width\u{200b}spaces",
        "onlylowercaselettershere",
        "ONLYUPPERCASELETTERSHERE",
        "8203 5519 4467 0918 7263 15",
        "#;{?=|<~^:>(}%,[&",
    ];
    for text in odd {
        assert_eq!(check(text, &["alice", "alice@example.com"]), Ok(()), "{text:?}");
    }
}

#[test]
fn pw_05_the_users_own_names_are_not_a_password() {
    let names = ["alice.smith", "a.smith@example.com"];
    for text in [
        "a.smith@example.com",
        "A.SMITH@EXAMPLE.COM",
        "alice.smith.alice.smith",
        "AliceSmithAliceSmith",
        "smith-smith-smith-1987",
        "alicesmith2026!",
        "Example Example Example",
    ] {
        assert_eq!(check(text, &names), Err(PolicyViolation::OwnName), "{text}");
    }
    // Nor are they with common words beside them.
    for text in ["smith loves football", "AliceSmith password", "iloveyoualicesmith", "smith12345678901"] {
        assert!(check(text, &names).is_err(), "{text}");
    }
    for text in ["alice drinks green tea", "blacksmith on the hill", "correct horse battery"] {
        assert_eq!(check(text, &names), Ok(()), "{text}");
    }
    assert_eq!(check("bo bo bo bo bo bo", &["bo"]), Err(PolicyViolation::OwnName));
    assert_eq!(check("bobbing for apples", &["bo"]), Ok(()));
    assert_eq!(check("no context at all", &["", "@", "..."]), Ok(()));
}

#[test]
fn pw_05_names_of_the_service_are_not_a_password() {
    let policy = Policy::default().with_names(vec!["Zyxomma".to_owned(), "login.quagga.example".to_owned()]);
    for text in
        ["zyxomma-zyxomma-1", "Zyxomma Quagga 2026", "Quagga12345678901", "counterfoil-secret", "zyx0mma password!"]
    {
        let refused = policy.check(&password(text), &[]);
        assert_eq!(refused, Err(PolicyViolation::Common), "{text}");
    }
    assert_eq!(policy.check(&password("a quagga ate my hat"), &[]), Ok(()));
    assert_eq!(check("zyxomma quagga 26", &[]), Ok(()), "elsewhere it is as good as any");
}

#[test]
fn a_refusal_says_what_is_wrong_and_what_would_do_and_never_quotes_the_password() {
    let message = check("orange", &[]).unwrap_err().to_string();
    assert!(message.contains("has 6:") && message.contains("15") && !message.contains("orange"), "{message}");
    let message = check("qwertyuiop2026!", &[]).unwrap_err().to_string();
    assert!(message.contains("guessed") && message.contains("words"), "{message}");
    assert!(!message.contains("qwerty") && !message.contains("2026"), "{message}");
}

/// A list of one password, and one that fails.
enum Stub {
    Holds([u8; 20]),
    Fails,
}

#[async_trait::async_trait]
impl Breached for Stub {
    async fn holds(&self, digest: &PasswordDigest) -> Result<bool, BreachedError> {
        match self {
            Self::Holds(stolen) => Ok(digest.as_bytes() == stolen),
            Self::Fails => Err(BreachedError("gone".into())),
        }
    }
}

/// SHA-1 of "correct horse battery", made by `sha1sum`.
const STOLEN: [u8; 20] = [
    0x98, 0xde, 0xcc, 0x62, 0xec, 0xe3, 0x99, 0xa2, 0x2e, 0xd3, 0x0d, 0x49, 0x0e, 0xf3, 0x33, 0xbe, 0x7f, 0xde, 0x73,
    0x85,
];

#[tokio::test]
async fn pw_05_what_was_stolen_elsewhere_is_refused() {
    let policy = Policy::default().with_breached(Arc::new(Stub::Holds(STOLEN)));
    let judged = policy.judge(&password("correct horse battery"), &[]).await;
    assert!(matches!(judged, Err(NotAccepted::Violation(PolicyViolation::Breached))), "{judged:?}");
    // It is asked for the password exactly as it is.
    for other in ["Correct horse battery", "correct horse battery ", "correct horse batterie"] {
        assert!(policy.judge(&password(other), &[]).await.is_ok(), "{other}");
    }
}

#[tokio::test]
async fn pw_05_a_list_that_cannot_be_read_accepts_nothing() {
    let policy = Policy::default().with_breached(Arc::new(Stub::Fails));
    let judged = policy.judge(&password("correct horse battery"), &[]).await;
    assert!(matches!(judged, Err(NotAccepted::Unsure(_))), "{judged:?}");
    // What is refused anyway needs no list.
    let judged = policy.judge(&password("too short"), &[]).await;
    assert!(matches!(judged, Err(NotAccepted::Violation(PolicyViolation::TooShort { .. }))), "{judged:?}");
}

#[test]
fn nothing_secret_is_shown() {
    let digest = PasswordDigest::of(&password("correct horse battery"));
    assert_eq!(digest.as_bytes(), &STOLEN);
    assert_eq!(format!("{digest:?}"), "PasswordDigest(…)");
    let policy = Policy::default().with_breached(Arc::new(Stub::Fails));
    assert_eq!(format!("{policy:?}"), "Policy { min_chars: 15, names: [], breached: true }");
}
