//! Stored password hashes of every kind, which are untrusted input (CR-06): read in one spelling, bounded in cost, never
//! shown; and Firebase's parameters, which make such hashes.
#![no_main]

use counterfoil_core::password::{FirebaseParameters, Memory, Params, Password, PasswordHash, needs_rehash, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(parameters) = text.parse::<FirebaseParameters>() {
        let shown = format!("{parameters:?}");
        assert!(shown.len() < 80, "{shown}");
        let hash = parameters.hash(&"A".repeat(86), "c2FsdA==");
        assert!(hash.is_err() || hash.is_ok_and(|hash| hash.as_str().starts_with("$firebase-scrypt$")));
    }
    let hash = match PasswordHash::parse(text) {
        Ok(hash) => hash,
        Err(error) => {
            assert!(!error.to_string().contains('$') && !PasswordHash::limit(text).is_empty());
            return;
        }
    };
    assert_eq!(hash.as_str(), text);
    assert!(text.len() <= 256 && text.is_ascii());
    assert_eq!(PasswordHash::parse(hash.as_str()).unwrap(), hash);
    let shown = format!("{hash:?}");
    assert!(!shown.contains(text.rsplit('$').next().unwrap()));
    let params = Params::default();
    assert_eq!(hash.is_ours(), text.starts_with("$argon2id$v=19$"));
    assert!(hash.is_ours() || needs_rehash(&hash, &params));
    if is_quick(&shown) {
        for password in ["somebody's", "", "ends in a NUL\0", &"long".repeat(20)] {
            let password = Password::new(password.to_owned()).unwrap();
            let first = verify(&hash, &password, &mut Memory::new(&params)).unwrap();
            assert_eq!(verify(&hash, &password, &mut Memory::new(&params)).unwrap(), first);
        }
    }
});

/// Whether a hash takes less than some milliseconds, by what is shown of it: what is dearer is only read here.
fn is_quick(shown: &str) -> bool {
    let shown = shown.strip_prefix("PasswordHash(").and_then(|rest| rest.strip_suffix(", …)")).unwrap();
    let (kind, costs) = shown.split_once(' ').unwrap();
    let cost = |name: &str| costs.split(',').find_map(|cost| cost.strip_prefix(name)?.parse::<u64>().ok()).unwrap();
    match kind {
        "bcrypt" => costs == "4",
        "scrypt" | "firebase-scrypt" => (cost("r=") * cost("p=")) << cost("ln=") <= 1 << 10,
        "sha-crypt" => cost("rounds=") <= 1_100,
        kind if kind.starts_with("pbkdf2") => cost("i=") <= 1_000,
        kind => {
            assert!(kind.starts_with("argon2"), "{kind}");
            cost("m=") <= 256 && cost("t=") <= 2 && cost("p=") <= 4
        }
    }
}
