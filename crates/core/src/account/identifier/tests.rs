//! Names and addresses: what is one and the same, and what is refused.

use proptest::prelude::*;

use super::IdentifierError::*;
use super::username::canonical;
use super::*;

/// What becomes of a spelling: its key, or why it is refused.
fn key(text: &str) -> Result<String, IdentifierError> {
    Identifier::parse(text).map(|identifier| identifier.key().to_owned())
}

#[test]
fn rc_09_usernames_that_are_one_name_have_one_key() {
    let same: [(&str, &[&str]); 8] = [
        ("alice", &["alice", "Alice", "ALICE", "aLiCe"]),
        // The Kelvin sign is canonically equivalent to K, in any form of Unicode text.
        ("kelvin", &["kelvin", "Kelvin", "\u{212a}elvin", "KELVIN"]),
        ("\u{e5}sa", &["\u{e5}sa", "\u{c5}sa", "\u{212b}sa", "a\u{30a}sa", "A\u{30a}SA"]),
        ("alic\u{e9}", &["alic\u{e9}", "alice\u{301}", "ALIC\u{c9}", "ALICE\u{301}"]),
        ("istanbul", &["istanbul", "ISTANBUL", "\u{130}STANBUL", "I\u{307}stanbul", "i\u{307}stanbul"]),
        ("\u{3bf}\u{3b4}\u{3cc}\u{3c3}", &["οδός", "ΟΔΌΣ", "οδόσ"]),
        ("мария", &["мария", "Мария", "МАРИЯ"]),
        ("a.b_c-9", &["a.b_c-9", "A.B_C-9"]),
    ];
    for (expected, spellings) in same {
        for spelling in spellings {
            assert_eq!(key(spelling).as_deref(), Ok(expected), "{spelling:?}");
        }
    }
}

#[test]
fn rc_09_usernames_that_differ_have_different_keys() {
    let distinct = [
        "alice",
        "alic\u{e9}",
        "alic\u{e8}",
        "alice1",
        "alice.",
        "al.ice",
        "al_ice",
        "al-ice",
        "alicee",
        "a1ice",
        "bob",
        "山田",
        "やまだ",
        "山田はな",
        "山田hana",
        "이순신",
        "мария",
        "марія",
        "שרה",
        "سارة",
        "राम",
        "straße",
        "strasse",
    ];
    let keys: std::collections::BTreeSet<_> = distinct.iter().map(|name| key(name).unwrap()).collect();
    assert_eq!(keys.len(), distinct.len(), "{keys:?}");
}

#[test]
fn rc_09_usernames_that_deceive_are_refused() {
    let cases = [
        ("", Empty),
        (" alice", OuterSpace),
        ("alice ", OuterSpace),
        ("alice\u{a0}", OuterSpace),
        ("\u{3000}alice", OuterSpace),
        ("alice\n", OuterSpace),
        ("ali\0ce", Invisible(CodePoint('\0'))),
        ("ali\u{7f}ce", Invisible(CodePoint('\u{7f}'))),
        ("ali\u{ad}ce", Invisible(CodePoint('\u{ad}'))),
        ("ali\u{200b}ce", Invisible(CodePoint('\u{200b}'))),
        ("ali\u{200c}ce", Invisible(CodePoint('\u{200c}'))),
        ("ali\u{200d}ce", Invisible(CodePoint('\u{200d}'))),
        ("ali\u{2060}ce", Invisible(CodePoint('\u{2060}'))),
        ("\u{202e}ecila", Invisible(CodePoint('\u{202e}'))),
        ("alice\u{200f}", Invisible(CodePoint('\u{200f}'))),
        ("ali\u{2066}ce", Invisible(CodePoint('\u{2066}'))),
        ("\u{feff}alice", Invisible(CodePoint('\u{feff}'))),
        ("alice\u{fe0f}", Invisible(CodePoint('\u{fe0f}'))),
        ("alice\u{e0061}", Invisible(CodePoint('\u{e0061}'))),
        ("\u{3164}", Invisible(CodePoint('\u{3164}'))),
        ("al ice", Forbidden(CodePoint(' '))),
        ("al/ice", Forbidden(CodePoint('/'))),
        ("al:ice", Forbidden(CodePoint(':'))),
        ("al\\ice", Forbidden(CodePoint('\\'))),
        ("al'ice", Forbidden(CodePoint('\''))),
        ("al\u{b7}ice", Forbidden(CodePoint('\u{b7}'))),
        ("al\"ice", Forbidden(CodePoint('"'))),
        ("<alice>", Forbidden(CodePoint('<'))),
        ("alice?", Forbidden(CodePoint('?'))),
        ("alice%00", Forbidden(CodePoint('%'))),
        ("alice+tag", Forbidden(CodePoint('+'))),
        ("\u{ff41}lice", Forbidden(CodePoint('\u{ff41}'))),
        ("\u{ff21}\u{ff2c}\u{ff29}\u{ff23}\u{ff25}", Forbidden(CodePoint('\u{ff21}'))),
        ("\u{17f}am", Forbidden(CodePoint('\u{17f}'))),
        ("o\u{fb03}ce", Forbidden(CodePoint('\u{fb03}'))),
        ("\u{1d41a}lice", Forbidden(CodePoint('\u{1d41a}'))),
        ("\u{24d0}lice", Forbidden(CodePoint('\u{24d0}'))),
        ("alice\u{b2}", Forbidden(CodePoint('\u{b2}'))),
        ("alice🦀", Forbidden(CodePoint('🦀'))),
        ("alice\u{e000}", Forbidden(CodePoint('\u{e000}'))),
        (".alice", Beginning),
        ("_alice", Beginning),
        ("-alice", Beginning),
        ("\u{301}alice", Beginning),
        ("\u{430}lice", MixedScripts),
        ("alic\u{435}", MixedScripts),
        ("\u{3b1}lice", MixedScripts),
        ("alice\u{661}", MixedScripts),
        ("m\u{131}ke", Confusable),
        ("M\u{131}KE", Confusable),
        ("mi\u{307}ke\u{131}", Confusable),
        ("\u{430}\u{441}\u{435}", Confusable),
        ("\u{440}\u{430}\u{443}\u{440}\u{430}", Confusable),
        ("\u{3bf}", Confusable),
    ];
    for (text, expected) in cases {
        assert_eq!(key(text), Err(expected), "{text:?}");
    }
    assert_eq!(Username::parse("alice@example.com").unwrap_err(), AtSign);
}

#[test]
fn usernames_have_up_to_64_characters() {
    let too_long = TooLong { max: 64, unit: "characters" };
    assert!(Username::parse("a").is_ok());
    assert!(Username::parse(&"語".repeat(64)).is_ok());
    assert!(Username::parse(&"e\u{301}".repeat(64)).is_ok(), "64 characters once composed");
    assert_eq!(Username::parse(&"語".repeat(65)).unwrap_err(), too_long);
    assert_eq!(Username::parse(&"x".repeat(1_000_000)).unwrap_err(), too_long);
}

#[test]
fn a_username_is_shown_as_its_owner_spelt_it() {
    let alice = Username::parse("AliCe\u{301}").unwrap();
    assert_eq!((alice.as_str(), alice.key()), ("AliC\u{e9}", "alic\u{e9}"));
    assert_eq!(alice, Username::parse("alic\u{e9}").unwrap());
    assert_ne!(alice, Username::parse("alice").unwrap());
}

#[test]
fn rc_09_email_addresses_that_are_one_have_one_key() {
    for spelling in ["mike@example.com", "Mike@Example.COM", "MIKE@EXAMPLE.COM"] {
        assert_eq!(key(spelling).as_deref(), Ok("mike@example.com"));
        assert_eq!(Email::parse(spelling).unwrap().as_str(), spelling, "mail goes to the address as given");
    }
    for spelling in ["a@b.co", "a+b@b.co", "a.b@b.co", "o'neil@b.co", "x@xn--bcher-kva.example", "1@2.c3", "a/b@c-d.ef"]
    {
        assert_eq!(key(spelling).as_deref(), Ok(spelling));
    }
}

#[test]
fn rc_07_no_address_is_folded_into_another() {
    let cases = [
        ("m\u{131}ke@example.com", EmailLocal),
        ("M\u{130}KE@example.com", EmailLocal),
        ("mi\u{212a}e@example.com", EmailLocal),
        ("mi\u{17f}s@example.com", EmailLocal),
        ("mik\u{435}@example.com", EmailLocal),
        ("\u{ff4d}ike@example.com", EmailLocal),
        ("mik\u{e9}@example.com", EmailLocal),
        ("mike@ex\u{430}mple.com", EmailDomainNotAscii),
        ("mike@example\u{3002}com", EmailDomainNotAscii),
        ("mike@g\u{131}thub.com", EmailDomainNotAscii),
        ("mike@b\u{fc}cher.example", EmailDomainNotAscii),
        ("mi\u{200d}ke@example.com", Invisible(CodePoint('\u{200d}'))),
        ("\u{202e}mike@example.com", Invisible(CodePoint('\u{202e}'))),
        ("mike@example.com\r\nbcc: x@y.zz", Invisible(CodePoint('\r'))),
        ("mike\0@example.com", Invisible(CodePoint('\0'))),
    ];
    for (text, expected) in cases {
        assert_eq!(key(text), Err(expected), "{text:?}");
    }
}

#[test]
fn malformed_addresses_are_refused() {
    let long_local = format!("{}@example.com", "x".repeat(65));
    let long_label = format!("x@{}.com", "x".repeat(64));
    let long = format!("x@{}com", "xxxxxxxxx.".repeat(25));
    let cases = [
        ("@", EmailForm),
        ("@example.com", EmailForm),
        ("mike@", EmailForm),
        ("mike@a.com@b.com", EmailForm),
        (" mike@example.com", OuterSpace),
        ("mike@example.com ", OuterSpace),
        ("mi ke@example.com", Forbidden(CodePoint(' '))),
        ("mike@exam ple.com", Forbidden(CodePoint(' '))),
        (".mike@example.com", EmailLocal),
        ("mike.@example.com", EmailLocal),
        ("mi..ke@example.com", EmailLocal),
        ("\"mike\"@example.com", EmailLocal),
        ("mike(x)@example.com", EmailLocal),
        ("<mike@example.com>", EmailLocal),
        ("a,b@example.com", EmailLocal),
        ("mike@localhost", EmailDomain),
        ("mike@example.com.", EmailDomain),
        ("mike@.example.com", EmailDomain),
        ("mike@example..com", EmailDomain),
        ("mike@-example.com", EmailDomain),
        ("mike@example-.com", EmailDomain),
        ("mike@exa_mple.com", EmailDomain),
        ("mike@127.0.0.1", EmailDomain),
        ("mike@[127.0.0.1]", EmailDomain),
        (&long_local, TooLong { max: 64, unit: "bytes before the @" }),
        (&long_label, EmailDomain),
        (&long, TooLong { max: 254, unit: "bytes" }),
    ];
    for (text, expected) in cases {
        assert_eq!(key(text), Err(expected), "{text:?}");
    }
    assert_eq!(Email::parse("mike").unwrap_err(), EmailForm);
}

#[test]
fn a_hidden_character_is_named_by_its_number() {
    assert_eq!(
        Username::parse("ali\u{200d}ce").unwrap_err().to_string(),
        "It holds a character that cannot be seen, U+200D: type it anew instead of pasting it."
    );
    assert_eq!(Username::parse("al ice").unwrap_err().to_string(), "It may not hold a space.");
}

#[test]
fn every_character_alone_has_a_stable_key() {
    for c in ('\0'..='\u{323af}').filter(|&c| c.is_alphanumeric() || u32::from(c) < 0x3000) {
        let once = canonical(c.encode_utf8(&mut [0; 4]));
        assert_eq!(canonical(&once), once, "{c:?}");
    }
}

/// Letters that fold, combine, hide or deceive, among plain ones.
fn tricky_text() -> impl Strategy<Value = String> {
    let tricky = proptest::sample::select(
        "aAiIjJkKsS09._-@ éÉßẞſıİȷµµςσΣΐΰ\u{212a}\u{212b}\u{301}\u{307}\u{308}\u{30a}\u{323}\u{345}ﬁǅĲａＡ①ªᾳ山はナ이\u{3099}\u{200d}аеЁ"
            .chars()
            .collect::<Vec<_>>(),
    );
    proptest::collection::vec(prop_oneof![4 => tricky, 1 => any::<char>()], 0..12)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rc_09_the_key_of_a_key_is_that_key(text in tricky_text()) {
        let once = canonical(&text);
        prop_assert_eq!(canonical(&once), once.clone());
    }

    #[test]
    fn rc_09_a_key_is_an_identifier_and_its_own_key(text in prop_oneof![tricky_text(), "[a-zA-Zé0-9]{1,3}[a-zéİА-я0-9._-]{0,9}"]) {
        if let Ok(name) = Username::parse(&text) {
            let again = Username::parse(name.key()).unwrap();
            prop_assert_eq!((again.key(), again.as_str()), (name.key(), name.key()));
            prop_assert_eq!(Username::parse(name.as_str()).unwrap(), name.clone(), "what is shown can be typed");
            prop_assert!(!name.key().contains(['@', '/', ':', ' ']) && !name.key().chars().any(is_invisible));
        }
    }

    #[test]
    fn rc_09_case_never_makes_another_name(text in "[a-z0-9][a-z0-9._-]{0,20}", upper in any::<u32>()) {
        let other: String = text.chars().enumerate()
            .map(|(at, c)| if upper >> (at % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c }).collect();
        prop_assert_eq!(key(&other), Ok(text.clone()));
        let address = format!("{other}@Example.com");
        if let Ok(address) = Email::parse(&address) {
            prop_assert_eq!(address.key(), format!("{text}@example.com"));
            prop_assert_eq!(key(address.key()), Ok(address.key().to_owned()));
        }
    }
}
