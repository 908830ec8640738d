//! The names that accounts are found by: a canonical spelling is its own canonical spelling.
#![no_main]

use counterfoil_core::account::{Email, Identifier, Username};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(name) = Username::parse(text) {
        assert!(!name.as_str().contains('@') && !name.key().contains('@'));
        assert!(
            name.as_str().chars().count() <= Username::MAX_CHARS && name.key().chars().count() <= Username::MAX_CHARS
        );
        for spelling in [name.as_str(), name.key()] {
            let again = Username::parse(spelling).unwrap_or_else(|error| panic!("{spelling:?}: {error}"));
            assert_eq!(again.key(), name.key(), "{spelling:?}");
            assert_eq!(again.as_str(), spelling);
        }
        for spelling in [text.to_uppercase(), text.to_lowercase()] {
            // The other case may be refused (`ß` has none that is one letter), but is never somebody else.
            if let (Ok(other), true) = (Username::parse(&spelling), text.is_ascii()) {
                assert_eq!(other, name);
            }
        }
    }
    if let Ok(address) = Email::parse(text) {
        assert!(address.as_str() == text && text.is_ascii() && text.len() <= Email::MAX_BYTES);
        let again = Email::parse(address.key()).unwrap();
        assert_eq!((again.key(), again.as_str()), (address.key(), address.key()));
        assert_eq!(Email::parse(&text.to_ascii_uppercase()).unwrap(), address);
    }
    match Identifier::parse(text) {
        Ok(Identifier::Username(name)) => assert_eq!(Username::parse(text).unwrap(), name),
        Ok(Identifier::Email(address)) => assert_eq!(Email::parse(text).unwrap(), address),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
