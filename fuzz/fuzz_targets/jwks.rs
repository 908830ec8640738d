//! The reading of a JWK Set: it is taken whole or not at all, its keys have names of their own, and none is private.
#![no_main]

mod keys;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use counterfoil_core::jose::{Algorithm, KeySet, Keys as _};
use libfuzzer_sys::fuzz_target;

/// A good set to begin with.
static SET: LazyLock<String> = LazyLock::new(|| {
    let jwks = keys::KEYS.iter().filter_map(|key| serde_json::to_string(&key.verifying_key().to_jwk()?).ok());
    format!(r#"{{"keys":[{}]}}"#, jwks.collect::<Vec<_>>().join(","))
});

// The first byte says whether the rest is a set or edits ours; the second, for which algorithm it is asked.
fuzz_target!(|data: &[u8]| {
    let [which, asked, rest @ ..] = data else { return };
    let asked = Algorithm::ALL.get(usize::from(*asked) % 14).copied();
    let text = if which % 2 == 0 { rest.to_vec() } else { keys::edited(SET.as_bytes(), rest) };
    let Ok(text) = std::str::from_utf8(&text) else { return };
    let Ok(set) = KeySet::from_jwks(text, asked) else { return };
    let kids: BTreeSet<&str> = set.iter().map(|key| key.kid()).collect();
    assert!(!kids.is_empty());
    assert_eq!(kids.len(), set.iter().count(), "two keys of one name");
    for key in set.iter() {
        assert_eq!(set.find(key.kid()).map(|found| found.algorithm()), Some(key.algorithm()));
        keys::published(key);
    }
    let symmetric = set.iter().filter(|key| key.algorithm().is_symmetric()).count();
    assert!(symmetric == 0 || symmetric == kids.len(), "secrets and public keys in one set");
});
