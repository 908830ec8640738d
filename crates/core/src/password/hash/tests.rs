//! Hashes: ours, those of others, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::SystemEntropy;

fn password(text: impl Into<String>) -> Password {
    Password::new(text.into()).unwrap()
}

fn matches(hash: &str, text: &str) -> bool {
    let mut memory = Memory::new(&Params::quick());
    verify(&PasswordHash::parse(hash).unwrap(), &password(text), &mut memory).unwrap()
}

fn make(text: &str, params: &Params) -> PasswordHash {
    hash(&password(text), params, &SystemEntropy::default(), &mut Memory::new(params)).unwrap()
}

/// "password" with the salt "somesalt", from the tests of the reference implementation.
const REFERENCE: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
/// "U*U", from the tests of `crypt_blowfish`.
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[test]
fn pw_07_argon2id_of_rfc_9106_5_3_in_lent_memory() {
    let tag = [
        0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e,
        0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
    ];
    let mut builder = argon2::ParamsBuilder::new();
    let params = builder.m_cost(32).t_cost(3).p_cost(4).data(argon2::AssociatedData::new(&[4; 12]).unwrap());
    let params = params.build().unwrap();
    let blocks = params.block_count();
    let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut memory = Memory::new(&Params::quick());
    for _ in 0..2 {
        let mut out = [0; 32];
        let work =
            |blocks: &mut [argon2::Block]| argon2.hash_password_into_with_memory(&[1; 32], &[2; 16], &mut out, blocks);
        memory.lend(blocks, work).unwrap().unwrap();
        assert_eq!(out, tag);
    }
}

#[test]
fn pw_07_argon2id_hashes_of_the_reference_implementation_verify() {
    for hash in [
        REFERENCE,
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ] {
        assert!(matches(hash, "password"), "{hash}");
        assert!(!matches(hash, "passwore"), "{hash}");
    }
}

#[test]
fn pw_07_new_hashes_are_phc_strings_with_a_salt_of_their_own() {
    let hash = make("correct horse battery", &Params::default());
    let (head, rest) = hash.as_str().split_at("$argon2id$v=19$m=19456,t=2,p=1$".len());
    assert_eq!(head, "$argon2id$v=19$m=19456,t=2,p=1$");
    let (salt, tag) = rest.split_once('$').unwrap();
    assert_eq!((salt.len(), tag.len()), (22, 43), "16 and 32 bytes in base64");
    assert!(matches(hash.as_str(), "correct horse battery"));
    assert_eq!(PasswordHash::parse(hash.as_str()).unwrap(), hash);
}

#[test]
fn pw_07_ten_thousand_hashes_have_ten_thousand_salts() {
    let (params, entropy) = (Params::quick(), SystemEntropy::default());
    let mut memory = Memory::new(&params);
    let salts = (0..10_000).map(|_| {
        let hash = hash(&password("x"), &params, &entropy, &mut memory).unwrap();
        hash.as_str().rsplit('$').nth(1).unwrap().to_owned()
    });
    assert_eq!(salts.collect::<std::collections::HashSet<_>>().len(), 10_000);
}

#[test]
fn pw_03_the_whole_password_is_verified_as_sent() {
    for length in [71, 72, 73, 128, 1024] {
        let mut text = "a".repeat(length - 1);
        text.push('z');
        let hash = make(&text, &Params::quick());
        let other = |last: &str| format!("{}{last}", &text[..length - 1]);
        assert!(matches(hash.as_str(), &text));
        for wrong in [other("y"), other("Z"), other(""), other(" ")] {
            assert!(!matches(hash.as_str(), &wrong), "{length}: {wrong:?}");
        }
        if length < Password::MAX_BYTES {
            assert!(!matches(hash.as_str(), &other("z ")) && !matches(hash.as_str(), &other("z\0")), "{length}");
        }
    }
    let hash = make("before\0after", &Params::quick());
    assert!(matches(hash.as_str(), "before\0after"));
    for wrong in ["before", "before\0", "before\0aftes", " before\0after", "Before\0after"] {
        assert!(!matches(hash.as_str(), wrong), "{wrong:?}");
    }
}

#[test]
fn pw_04_odd_passwords_verify() {
    for text in ["", " ", "\0", "\0\0", "\t\r\n", "🦀🦀🦀", "ß", "\u{202e}rtl", "\u{10ffff}", "'\"\\;--", "e\u{301}"]
    {
        assert!(matches(make(text, &Params::quick()).as_str(), text), "{text:?}");
    }
}

#[test]
fn pw_10_composed_and_decomposed_spellings_are_two_passwords() {
    let hash = make("caf\u{e9}", &Params::quick());
    assert!(matches(hash.as_str(), "caf\u{e9}"));
    assert!(!matches(hash.as_str(), "cafe\u{301}"));
}

#[test]
fn pw_08_bcrypt_hashes_of_every_known_prefix_verify() {
    let u = &BCRYPT[4..];
    let vectors = [
        (format!("$2a${u}"), "U*U"),
        (format!("$2b${u}"), "U*U"),
        (format!("$2y${u}"), "U*U"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy".to_owned(), ""),
        ("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe".to_owned(), "a"),
        ("$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i".to_owned(), "abc"),
        ("$2b$04$EGdrhbKUv8Oc9vGiXX0HQOxSg445d458Muh7DAHskb6QbtCvdxcie".to_owned(), "correctbatteryhorsestapler"),
    ];
    for (hash, text) in vectors {
        assert!(matches(&hash, text), "{hash}");
        assert!(!matches(&hash, &format!("{text} ")), "{hash}");
    }
}

#[test]
fn pw_09_bcrypt_never_matches_by_truncation_at_72_bytes() {
    let text = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    assert_eq!(text.len(), 72);
    assert!(matches(hash, text));
    assert!(!matches(hash, &format!("{text}x")));
    assert!(!matches(hash, &format!("{text}chars after 72 are ignored")));
    assert!(!matches(hash, &text[..71]));
}

#[test]
fn pw_09_bcrypt_never_matches_by_a_nul() {
    let hash = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
    assert!(matches(hash, "a"));
    // bcrypt itself takes these for "a": its key is the password and a NUL, over and over.
    assert!(bcrypt::verify("a\0a", hash).unwrap());
    for wrong in ["a\0a", "a\0a\0a", "a\0", "a\0b", "\0"] {
        assert!(!matches(hash, wrong), "{wrong:?}");
    }
}

#[test]
fn pw_08_bcrypt_and_other_parameters_need_a_rehash() {
    let quick = Params::quick();
    assert!(!needs_rehash(&make("x", &quick), &quick));
    assert!(needs_rehash(&make("x", &quick), &Params::default()));
    assert!(needs_rehash(&PasswordHash::parse(BCRYPT).unwrap(), &quick));
    let short_salt = PasswordHash::parse(&REFERENCE.replace("m=256,t=2", "m=64,t=1")).unwrap();
    assert!(needs_rehash(&short_salt, &quick), "an 8-byte salt is renewed");
    let mut short_tag = make("x", &quick).as_str().to_owned();
    short_tag.truncate(short_tag.len() - 43);
    short_tag.push_str(&"A".repeat(22));
    assert!(needs_rehash(&PasswordHash::parse(&short_tag).unwrap(), &quick), "a 16-byte tag is renewed");
}

#[test]
fn cr_06_a_damaged_hash_is_an_error() {
    use HashError::{Malformed, TooExpensive, UnknownFormat};
    let salt_and_tag = "c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let argon2 = |head: &str| format!("{head}${salt_and_tag}");
    let bcrypt = |head: &str| format!("{head}{}", &BCRYPT[7..]);
    let cases = [
        (String::new(), UnknownFormat),
        ("plain text".to_owned(), UnknownFormat),
        ("$".to_owned(), UnknownFormat),
        ("$1$salt$tag".to_owned(), UnknownFormat),
        ("é".repeat(30), UnknownFormat),
        (argon2("$argon2$v=19$m=256,t=2,p=1"), UnknownFormat),
        (argon2("$argon2ib$v=19$m=256,t=2,p=1"), UnknownFormat),
        (bcrypt("$2x$05$"), UnknownFormat),
        (bcrypt("$2$05$"), UnknownFormat),
        (argon2("$argon2id$v=17$m=256,t=2,p=1"), Malformed),
        (argon2("$argon2id$v=019$m=256,t=2,p=1"), Malformed),
        (argon2("$argon2id$v=19"), Malformed),
        (argon2("$argon2id$v=19$m=256,t=2"), Malformed),
        (argon2("$argon2id$v=19$t=2,m=256,p=1"), Malformed),
        (argon2("$argon2id$v=19$m=0256,t=2,p=1"), Malformed),
        (argon2("$argon2id$v=19$m=256,t=2,p=1,x=1"), Malformed),
        (argon2("$argon2id$v=19$m=256,t=2,p=1,keyid=AAAA"), Malformed),
        (argon2("$argon2id$v=19$m=256,t=2,p=1,data=AAAA"), Malformed),
        (argon2("$argon2id$v=19$m=256,m=256,t=2,p=1"), Malformed),
        (argon2("$argon2id$v=19$m=7,t=2,p=1"), Malformed),
        (argon2("$argon2id$v=19$m=256,t=0,p=1"), Malformed),
        (argon2("$argon2id$v=19$m=256,t=2,p=0"), Malformed),
        (argon2("$argon2id$v=19$m=99999999999,t=2,p=1"), Malformed),
        (argon2("$argon2id$v=19$m=104857600,t=2,p=1"), TooExpensive),
        (argon2("$argon2id$v=19$m=262145,t=2,p=1"), TooExpensive),
        (argon2("$argon2id$v=19$m=256,t=17,p=1"), TooExpensive),
        (argon2("$argon2id$v=19$m=256,t=2,p=17"), TooExpensive),
        (format!("{REFERENCE}$"), Malformed),
        (format!("{REFERENCE}="), Malformed),
        (format!("{REFERENCE} "), Malformed),
        (format!("{REFERENCE}\n"), Malformed),
        (REFERENCE[..REFERENCE.len() - 1].to_owned(), Malformed),
        (REFERENCE.replace("$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", ""), Malformed),
        (REFERENCE.replace("nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "nf65EOgLrQMR/uIPnA4r"), Malformed),
        (REFERENCE.replace("c29tZXNhbHQ", "c29tZXNh"), Malformed),
        (REFERENCE.replace("c29tZXNhbHQ", &"c29t".repeat(20)), Malformed),
        (format!("{REFERENCE}{}", "A".repeat(1 << 20)), Malformed),
        (REFERENCE.replace("m=256", "m=2５6"), Malformed),
        (bcrypt("$2b$03$"), Malformed),
        (bcrypt("$2b$32$"), Malformed),
        (bcrypt("$2b$+5$"), Malformed),
        (bcrypt("$2b$5$"), Malformed),
        (bcrypt("$2b$005$"), Malformed),
        (bcrypt("$2b$17$"), TooExpensive),
        (bcrypt("$2b$31$"), TooExpensive),
        (format!("{BCRYPT}e"), Malformed),
        (BCRYPT[..59].to_owned(), Malformed),
        ("$2b$".to_owned(), Malformed),
        (BCRYPT.replace("CC.", "CC/"), Malformed),
        (BCRYPT.replace("CC.E", "CC+E"), Malformed),
        (BCRYPT.replace("E5", "é"), Malformed),
        (BCRYPT.replace("05$C", "0é"), Malformed),
    ];
    for (text, expected) in cases {
        let error = PasswordHash::parse(&text).unwrap_err();
        assert_eq!(error.to_string(), expected.to_string(), "{text}");
    }
}

#[test]
fn debug_and_errors_show_no_hash() {
    assert_eq!(format!("{:?}", PasswordHash::parse(REFERENCE).unwrap()), "PasswordHash(argon2id m=256,t=2,p=1, …)");
    assert_eq!(format!("{:?}", PasswordHash::parse(BCRYPT).unwrap()), "PasswordHash(bcrypt 5, …)");
    let error = format!("{:?}", PasswordHash::parse(&BCRYPT[..59]).unwrap_err());
    assert!(!error.contains("CCC"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cr_06_no_text_panics(
        hash in proptest::sample::select(vec![REFERENCE, BCRYPT]),
        start in 0_usize..90,
        gone in 0_usize..6,
        put in ".{0,6}|[$=,a-z0-9./]{0,6}",
    ) {
        let start = start.min(hash.len());
        let end = (start + gone).min(hash.len());
        let text = format!("{}{put}{}", &hash[..start], &hash[end..]);
        if let Ok(hash) = PasswordHash::parse(&text) {
            prop_assert_eq!(hash.as_str(), &text);
            // What was believed can be computed, unless the change happened to make it slow.
            let cheap = matches!(Format::read(&text), Ok(Format::Ours(hash)) if hash.params.m_cost() < 1024);
            if cheap {
                verify(&hash, &password("x"), &mut Memory::new(&Params::quick())).unwrap();
            }
        }
    }

    #[test]
    fn cr_06_arbitrary_text_is_refused(text in any::<String>()) {
        prop_assert!(PasswordHash::parse(&text).is_err());
    }
}
