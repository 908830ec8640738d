//! Stored password hashes, which are untrusted input (CR-06): read in one spelling, bounded in cost, never shown.
#![no_main]

use counterfoil_core::password::{Memory, Params, Password, PasswordHash, needs_rehash, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(hash) = PasswordHash::parse(text) else { return };
    assert_eq!(hash.as_str(), text);
    assert!(text.len() <= 256 && text.is_ascii());
    assert_eq!(PasswordHash::parse(hash.as_str()).unwrap(), hash);
    let tag = text.rsplit('$').next().unwrap();
    assert!(!format!("{hash:?}").contains(tag));
    let params = Params::default();
    assert!(!text.starts_with("$2") || needs_rehash(&hash, &params));
    if is_quick(text) {
        let password = Password::new("somebody's".to_owned()).unwrap();
        let first = verify(&hash, &password, &mut Memory::new(&params)).unwrap();
        assert_eq!(verify(&hash, &password, &mut Memory::new(&params)).unwrap(), first);
    }
});

/// Whether a hash takes less than some milliseconds: what is dearer is only read here.
fn is_quick(text: &str) -> bool {
    if text.starts_with("$2") {
        return &text[4..6] == "04";
    }
    let costs = text.split('$').nth(3).unwrap_or_default();
    let cost =
        |name: &str| costs.split(',').find_map(|cost| cost.strip_prefix(name)?.parse::<u32>().ok()).unwrap_or(u32::MAX);
    cost("m=") <= 256 && cost("t=") <= 2 && cost("p=") <= 4
}
