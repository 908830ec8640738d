//! Hashes that other programs made: each verifies, and nothing that is near to one does.

use proptest::prelude::*;

use super::super::{Memory, Params, Password, PasswordHash, needs_rehash, verify};
use super::*;

const STAPLE: &str = "correct horse battery staple";
const ODD: &str = "Größe 測試 🦀 password";

/// 103 bytes: longer than anything that bcrypt reads, and than a block of SHA-256.
fn long() -> String {
    format!("{}ong", "l".repeat(100))
}

fn matches(hash: &str, text: &str) -> bool {
    let hash = PasswordHash::parse(hash).unwrap_or_else(|error| panic!("{hash}: {error}"));
    verify(&hash, &Password::new(text.to_owned()).unwrap(), &mut Memory::new(&Params::quick())).unwrap()
}

/// Passlib 1.7.4.
const PASSLIB: &[(&str, &str)] = &[
    ("$scrypt$ln=6,r=8,p=1$c29tZXNhbHRvZjE2Ynl0ZQ$aAVKOZ8ROYEE4yWmbDKXV0TAtEvsR+dFsJkrIHJrKIw", STAPLE),
    ("$scrypt$ln=6,r=8,p=1$c29tZXNhbHRvZjE2Ynl0ZQ$/sotdGTMQQNjCaSYHAAvQ2VKG9ZTgxSEnMV1pwkX8r4", ODD),
    ("$pbkdf2$1000$.//.c2FsdA$I9PaRD5jj8k5Zt4swWQ1Hw.Fm6U", STAPLE),
    ("$pbkdf2$1000$.//.c2FsdA$y.1zFHuUTv8gjLRaIF/OPYg5Ygw", ODD),
    ("$pbkdf2-sha256$1000$.//.c2FsdP//$ITg9BLvpue1ld0UFU0ZxLgd.lZnZnF26rDw2gOYrYqQ", STAPLE),
    ("$pbkdf2-sha256$1000$.//.c2FsdP//$/c0JecGbcyjkOf6JeD3CrLuB3GCDYXuE140JdO89RA0", ODD),
    (
        "$pbkdf2-sha512$1000$.//.c2FsdP//$VMvQofft9onY214/vWbCic3o67S8.1QSYYyrilO9lvm5Zs8pbToFDfrD9rfNdu/g5JTt2hU6gAs3VrRWYhkRLg",
        STAPLE,
    ),
    (
        "$pbkdf2-sha512$1000$.//.c2FsdP//$gHOMXdvFLBdyYE6B2PB3NndK84me.aVghwrILLWNV240ZbBIC95fJ.yEQtAkAi47f5SGJujMj2QpxBkUQiebCA",
        ODD,
    ),
    ("$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0", STAPLE),
    ("$5$rounds=1000$abcdefghijklmnop$9yhPqFYP7TRM0KIz7O/TixvOb10T1bKTPv9Nl9nD.I8", ODD),
    ("$6$saltstring$qvPJY4PeugKzKQqyIJ0gRdJnpS0uaaiZ.X1SaheFedsK/yZPwlluTLS90fJPM41sD5JxCHKgGr1..qt5HqEY8.", STAPLE),
    (
        "$6$rounds=1234$./ABCxyz$m5mnTtKH9wKkFH3pfSgMIVuLr68TpnN/bBk9/453LHQPoe41knGZLVOd3bG4KZmhT2opyQPkVG1z6fzHRc51U.",
        ODD,
    ),
];

/// Python's `hashlib`, which is OpenSSL, put into PHC strings.
const HASHLIB: &[(&str, &str)] = &[
    ("$scrypt$ln=10,r=8,p=2$+//+LXNhbHQtb2YtMTZiIQ$7aWPEQFj+HCEJZadp2o7G2M5wnrX1ORfa14OdmKAqBQ", STAPLE),
    ("$pbkdf2-sha1$i=2000$+//+LXNhbHQtb2YtMTZiIQ$OYJYc5DeL4I+z7gq0RyeruvuWJY", STAPLE),
    (
        "$pbkdf2-sha256$i=2000$+//+LXNhbHQtb2YtMTZiIQ$CQWiMkYMGNXa374XhnemqRRa+bhaGh3eGPBaM0vcQWHsnnylN3CQLkFHaRJdCSW+ddVypP3ob2Q7T4wjppVJ/g",
        STAPLE,
    ),
    (
        "$pbkdf2-sha512$i=2000$+//+LXNhbHQtb2YtMTZiIQ$3tdkYzSW9cZjaPzXxitg++I+B+PqL5mhY0KqvxmHMqdr/sZWEaEmhwbT7Bo58r+hxAXsEV0uwlgCzrd4t8RNxg",
        ODD,
    ),
    ("$pbkdf2-sha256$i=2000,l=32$+//+LXNhbHQtb2YtMTZiIQ$CQWiMkYMGNXa374XhnemqRRa+bhaGh3eGPBaM0vcQWE", STAPLE),
];

/// argon2-cffi 25.1.
const ARGON2: &[(&str, &str)] = &[
    ("$argon2i$v=16$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$CHXo+mr8ZdFUirM0wnETzbAN01U3T2+ufjTN9mj5nFM", STAPLE),
    ("$argon2i$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$CHXo+mr8ZdFUirM0wnETzbAN01U3T2+ufjTN9mj5nFM", STAPLE),
    ("$argon2i$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$jA20HEgvtH0QArdB5I4YGuMUIQTyrGd6Q58mu9tZoIc", STAPLE),
    ("$argon2d$v=16$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$0uRsqJHqa+IvSAei3R2wSgmWpLmZ7Eru7u89h5empOQ", STAPLE),
    ("$argon2d$v=19$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$/DCEUH8tCQd+Ptw+35mA+XE4Jfv6fM/MXLeDEELrSOk", STAPLE),
    ("$argon2id$v=16$m=64,t=3,p=2$c29tZXNhbHRfb2ZfMTZfYg$gu32aMwGw5Hbk7TQ7IjY+cj4C/eFRxlOE63pEFvjlgw", STAPLE),
];

/// Django 5.2, its hashers with other costs.
const DJANGO: &[(&str, &str)] = &[
    ("pbkdf2_sha256$1000$seasalt22charactersXYZ$X+KnqBORtvVXDkfKpRoPT9izqVBOnNtNHtCKrcokemQ=", STAPLE),
    ("pbkdf2_sha256$1000$seasalt22charactersXYZ$D4NzjF1/FbK0rxAlBw6FiVUszQkefqgEK5SDJQ32Lxc=", ODD),
    ("pbkdf2_sha1$1000$seasalt22charactersXYZ$bywHHWi9x21yHmJxPbO2hbjBwCc=", STAPLE),
    (
        "scrypt$64$seasalt$8$1$5UWv474vciPDuLbPYB2MY96K0JOUYQ9/ArETQNIAeMJSS0kklckGlftGeyWQJtIUXFKzQcpbO53jrBEnOmgFBg==",
        STAPLE,
    ),
    (
        "scrypt$64$seasalt22charactersXYZ$8$2$dIICPaJN4EnKIsxRSJ424JGRP24TSEDrPWgONouxFSX6zagkHolRrPEVHB7RD7A7nzNAIzIMS2/x6HvkpRzBxw==",
        ODD,
    ),
    ("bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuaBT8mpw5tGdD3eO40znWcQP/dT9hEVK", STAPLE),
    ("bcrypt$$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG", STAPLE),
    (
        "argon2$argon2id$v=19$m=64,t=2,p=1$c2Vhc2FsdDIyY2hhcmFjdGVyc1hZWg$l/qW5ikcPRPeQDo0sDn6j1RUWDbr3sWfohi+/VPkbJs",
        STAPLE,
    ),
];

/// Python's package `bcrypt`, with the HMAC of `WordPress` from `hmac`.
const BCRYPT: &[(&str, &str)] = &[
    ("$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG", STAPLE),
    ("$wp$2y$04$abcdefghijklmnopqrstuuV0klnHbXcaXKo7A89DBGKqZVoAS9L2u", STAPLE),
];

/// Made by a few lines of Python of `hashlib.scrypt` and the AES of `cryptography`, with the signer key 00 01 … 3f:
/// `passwordHash`, password.
const FIREBASE: &[(&str, &str)] = &[
    ("EiOTPCZpQKD5TtsBDwQwA6i2o6SyuF/K3YZC4aYb+XueAjZ6oebiaUGzxn1BgyclOCPTHKi/gjo+KN7r4IIpzg==", STAPLE),
    ("Ecgeo4864u7+MJtxUpSGuki0mtJtQ8N743CZ1qpks9cBCcF4GnrBgpbEfdfIXDOmJK+FA8zOQMk71usysfmN7A==", ODD),
    ("NnmA6IbN1JwXPYyqNdkdO9jFoycdXWnpG7iyGuNrOe2wrHkNFnaMKubo0t98UU7REuofEuj0dUzR0xzqg9UQWA==", ""),
];
const SALT: &str = "MDEyMzQ1Njc4OQ==";
const CONSOLE: &str = "hash_config {
  algorithm: SCRYPT,
  base64_signer_key: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 10,
}
";

fn firebase(hash: &str) -> PasswordHash {
    CONSOLE.parse::<FirebaseParameters>().unwrap().hash(hash, SALT).unwrap()
}

fn all() -> Vec<(String, String)> {
    let tables = [PASSLIB, HASHLIB, ARGON2, DJANGO, BCRYPT];
    let theirs = tables.into_iter().flatten().map(|(hash, text)| ((*hash).to_owned(), (*text).to_owned()));
    let firebase = FIREBASE.iter().map(|(hash, text)| (firebase(hash).as_str().to_owned(), (*text).to_owned()));
    let long = [
        "$5$rounds=1000$abcdefghijklmnop$6VOAe3B3d1daLzfFTMmumVT0.XWBjD1gvtNYDNBy48C",
        "$6$rounds=1234$./ABCxyz$wYjwvvX.lM6yEJm.GTLpB8fTahUaGMSiPFm021/nTJTpl.NYdA4ZM6kBAtsssNJgF6ZxI7MVH6RVICYc.uaUF0",
        "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuSAbcGX7EwYkRLWRWKP1rhjBsNDn9BNq",
        "$wp$2y$04$abcdefghijklmnopqrstuu5jRFTfz1hFIt1pqAdG5FZyIzNtarKhW",
    ];
    let long = long.into_iter().map(|hash| (hash.to_owned(), self::long()));
    theirs.chain(firebase).chain(long).collect()
}

#[test]
fn pw_08_hashes_of_other_programs_verify() {
    for (hash, text) in all() {
        assert!(matches(&hash, &text), "{hash}");
        for wrong in [format!("{text}."), format!(".{text}"), text.to_uppercase(), format!("{text}\0"), "x".repeat(103)]
        {
            assert!(wrong == text || !matches(&hash, &wrong), "{hash}: {wrong:?}");
        }
    }
}

#[test]
fn pw_08_whatever_is_not_ours_is_renewed() {
    for (hash, _) in all() {
        let hash = PasswordHash::parse(&hash).unwrap();
        assert!(!hash.is_ours() && needs_rehash(&hash, &Params::quick()), "{hash:?}");
    }
}

#[test]
fn pw_03_no_format_takes_less_than_the_whole_password() {
    for (hash, text) in all() {
        // The last byte of a long password counts, and nothing after a NUL is passed over.
        if text == long() {
            assert!(!matches(&hash, &format!("{}onh", "l".repeat(100))), "{hash}");
        }
        assert!(!matches(&hash, &format!("{text}\0and more")), "{hash}");
    }
}

#[test]
fn pw_09_what_is_hashed_before_bcrypt_has_no_72_bytes() {
    let seventy_two = "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i";
    assert!(matches(seventy_two, &"x".repeat(72)));
    assert!(!matches(seventy_two, &"x".repeat(73)));
    assert!(!matches(&format!("bcrypt${seventy_two}"), &"x".repeat(73)));
    // WordPress trims what is typed; here the whole of it counts, or it would be renewed with its spaces.
    assert!(!matches(BCRYPT[1].0, &format!(" {STAPLE}")) && !matches(BCRYPT[1].0, &format!("{STAPLE}\n")));
}

#[test]
fn the_signer_key_is_in_no_stored_hash() {
    let parameters: FirebaseParameters = CONSOLE.parse().unwrap();
    let stored = firebase(FIREBASE[0].0);
    assert_eq!(
        stored.as_str(),
        "$firebase-scrypt$ln=10,r=8,p=1$MDEyMzQ1Njc4OQc$\
         EiKRPyJsRqfxR9EKAwk+DLinsbemrUndxZ9Y+roG52S+IxRZhcPETmma7FZtrgkKCBLhL5yKtA0GEeTQ3L8X8Q"
    );
    assert_eq!(format!("{parameters:?}"), "FirebaseParameters(rounds=8, mem_cost=10, …)");
    // base64url, as the interface of Firebase has it, and without padding.
    let other = FIREBASE[1].0.replace('+', "-").replace('/', "_");
    assert_eq!(parameters.hash(other.trim_end_matches('='), "MDEyMzQ1Njc4OQ").unwrap(), firebase(FIREBASE[1].0));
    for (hash, salt) in [("", SALT), ("AAAA", SALT), (FIREBASE[0].0, "!"), (FIREBASE[0].0, &"A".repeat(100))] {
        assert!(matches!(parameters.hash(hash, salt), Err(HashError::Malformed)), "{hash} {salt}");
    }
}

#[test]
fn parameters_that_firebase_would_not_show_are_refused_and_not_quoted() {
    use FirebaseError::{Algorithm, Line, Parameter, TooExpensive};
    let lines: Vec<&str> = CONSOLE.lines().map(str::trim).filter(|line| line.contains(": ")).collect();
    let flat = lines.join("\r\n");
    assert!(flat.parse::<FirebaseParameters>().is_ok(), "without the braces as well");
    for (from, to, expected) in [
        ("SCRYPT", "BCRYPT", Algorithm),
        ("  algorithm: SCRYPT,\n", "", Algorithm),
        ("hash_config {", "config {", Line(1)),
        ("rounds", "round", Line(5)),
        ("rounds: 8", "rounds 8", Line(5)),
        ("rounds: 8", "rounds: eight", Parameter("rounds")),
        ("mem_cost: 10", "mem_cost: 010", Parameter("mem_cost")),
        ("mem_cost: 10", "mem_cost: 10,\n mem_cost: 10", Parameter("mem_cost")),
        ("mem_cost: 10", "mem_cost: 19", TooExpensive),
        ("mem_cost: 10", "mem_cost: 64", TooExpensive),
        ("Bw==", "B!", Parameter("base64_salt_separator")),
        ("AAECAwQF", "AAECAwQ", Parameter("base64_signer_key")),
        (
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==",
            "AAEC",
            Parameter("base64_signer_key"),
        ),
    ] {
        assert!(CONSOLE.contains(from));
        let error = CONSOLE.replacen(from, to, 1).parse::<FirebaseParameters>().unwrap_err();
        assert_eq!(error, expected, "{from} → {to}");
    }
}

#[test]
fn cr_06_a_foreign_hash_has_one_spelling() {
    let scrypt = PASSLIB[0].0;
    let sha256 = "$pbkdf2-sha256$1000$.//.c2FsdP//$ITg9BLvpue1ld0UFU0ZxLgd.lZnZnF26rDw2gOYrYqQ";
    let crypt = "$5$rounds=1000$abcdefghijklmnop$zCl7G1SiQQ2lcZ049EL4.iFtt1OCJ5FKX/mQTZzm1b4";
    let (django, django_scrypt) = (DJANGO[0].0, DJANGO[3].0);
    for (text, from, to) in [
        (scrypt, "ln=6", "ln=06"),
        (scrypt, "ln=6", "ln=+6"),
        (scrypt, "ln=6", "ln=0"),
        (scrypt, "ln=6,r=8", "r=8,ln=6"),
        (scrypt, "p=1", "p=1,x=1"),
        (scrypt, ",p=1", ""),
        (scrypt, "ZQ$", "ZR$"),
        (scrypt, "ZQ$", "ZQ==$"),
        (scrypt, "KIw", "KIx"),
        (scrypt, "KIw", "KIw$"),
        (sha256, "$1000$", "$01000$"),
        (sha256, "$1000$", "$$"),
        (sha256, "$1000$", "$0$"),
        (sha256, "$1000$", "$i=1000$"),
        (sha256, ".//.", "+//+"),
        (sha256, "OYrYqQ", "OYrYqR"),
        (HASHLIB[4].0, "l=32", "l=31"),
        (HASHLIB[4].0, "l=32", "l="),
        (HASHLIB[4].0, "+//+", ".//."),
        (crypt, "rounds=1000", "rounds=0999"),
        (crypt, "rounds=1000", "rounds=999"),
        (crypt, "rounds=1000", "rounds="),
        (crypt, "rounds=1000", ""),
        (crypt, "abcdefghijklmnop", "abcdefghijklmnopq"),
        (crypt, "abcdefghijklmnop", ""),
        (crypt, "abcdefghijklmnop", "abc-efg"),
        (crypt, "m1b4", "m1bE"),
        (crypt, "m1b4", "m1b"),
        (django, "emQ=", "emQ"),
        (django, "emQ=", "emR="),
        (django, "$1000$", "$-1000$"),
        (django_scrypt, "$64$", "$65$"),
        (django_scrypt, "$64$", "$1$"),
        (django_scrypt, "$8$1$", "$8$0$"),
        (DJANGO[5].0, "$$2b", "$2b"),
        (DJANGO[5].0, "$$2b", "$$2x"),
        (DJANGO[7].0, "argon2$", "argon2$$"),
    ] {
        assert!(text.contains(from), "{text}: {from}");
        let error = PasswordHash::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert!(matches!(error, HashError::Malformed), "{text}: {from} → {to}: {error}");
    }
}

#[test]
fn cr_06_no_hash_asks_for_minutes_or_gigabytes() {
    let scrypt = |costs: &str| PASSLIB[0].0.replacen("ln=6,r=8,p=1", costs, 1);
    let django = |n: &str| DJANGO[3].0.replacen("$64$", n, 1);
    for text in [
        scrypt("ln=19,r=8,p=1"),
        scrypt("ln=63,r=8,p=1"),
        scrypt("ln=64,r=8,p=1"),
        scrypt("ln=4294967295,r=1,p=1"),
        scrypt("ln=17,r=8,p=9"),
        scrypt("ln=1,r=8,p=65"),
        scrypt("ln=1,r=4294967295,p=4294967295"),
        scrypt("ln=1,r=99999999999,p=1"),
        django("$2147483648$"),
        PASSLIB[4].0.replacen("$1000$", "$5000001$", 1),
        PASSLIB[4].0.replacen("$1000$", "$99999999999$", 1),
        HASHLIB[2].0.replacen("i=2000", "i=2500001", 1),
        DJANGO[0].0.replacen("$1000$", "$4294967295$", 1),
        PASSLIB[9].0.replacen("rounds=1000", "rounds=1000001", 1),
        ARGON2[0].0.replacen("m=64", "m=262145", 1),
        ARGON2[0].0.replacen("t=3", "t=17", 1),
        DJANGO[5].0.replacen("$04$", "$17$", 1),
        BCRYPT[1].0.replacen("$04$", "$31$", 1),
    ] {
        let error = PasswordHash::parse(&text).unwrap_err();
        assert!(matches!(error, HashError::TooExpensive), "{text}: {error}");
        let limit = PasswordHash::limit(&text);
        let family = text.trim_start_matches('$').split(['$', '_', '-']).next().unwrap();
        let named = match family {
            "5" => "SHA-2 crypt".to_owned(),
            "wp" => "bcrypt".to_owned(),
            "argon2i" => "Argon2".to_owned(),
            "pbkdf2" => "PBKDF2".to_owned(),
            family => family.to_owned(),
        };
        assert!(limit.starts_with(&named), "{text}: {limit}");
    }
    // What is recommended today, and what has been for long, is let in.
    for text in [
        scrypt("ln=17,r=8,p=1"),
        scrypt("ln=13,r=8,p=10"),
        DJANGO[0].0.replacen("$1000$", "$1200000$", 1),
        PASSLIB[2].0.replacen("$1000$", "$1300000$", 1),
        PASSLIB[9].0.replacen("rounds=1000", "rounds=656000", 1),
        DJANGO[7].0.replacen("m=64,t=2,p=1", "m=102400,t=2,p=8", 1),
    ] {
        assert!(PasswordHash::parse(&text).is_ok(), "{text}");
    }
}

#[test]
fn debug_shows_the_format_and_the_cost_alone() {
    let shown = |text: &str| format!("{:?}", PasswordHash::parse(text).unwrap());
    for (text, expected) in [
        (PASSLIB[0].0, "scrypt ln=6,r=8,p=1"),
        (PASSLIB[4].0, "pbkdf2-sha256 i=1000"),
        (PASSLIB[8].0, "sha-crypt rounds=5000"),
        (ARGON2[0].0, "argon2i m=64,t=3,p=2"),
        (DJANGO[5].0, "bcrypt 4"),
        (firebase(FIREBASE[0].0).as_str(), "firebase-scrypt ln=10,r=8,p=1"),
    ] {
        assert_eq!(shown(text), format!("PasswordHash({expected}, …)"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cr_06_no_damage_panics(
        hash in proptest::sample::select(all()),
        start in 0_usize..160,
        gone in 0_usize..6,
        put in ".{0,6}|[$=,a-z0-9./]{0,6}",
    ) {
        let hash = &hash.0;
        let start = start.min(hash.len());
        let end = (start + gone).min(hash.len());
        let text = format!("{}{put}{}", &hash[..start], &hash[end..]);
        if let Ok(parsed) = PasswordHash::parse(&text) {
            prop_assert_eq!(parsed.as_str(), &text);
            let shown = format!("{parsed:?}");
            prop_assert!(!shown.contains(text.rsplit('$').next().unwrap_or_default()));
        }
    }
}
