//! No text makes loading panic.

use proptest::prelude::*;

use super::{Environment, Sources, file, load};

/// Text that looks like a configuration file from afar.
fn lines() -> impl Strategy<Value = String> {
    let names =
        ["server", "listen", "clients", "web", "cookie", "kind", "idle", "claims", "x", "\"a b\"", "url", "store"];
    let key = prop::collection::vec(prop::sample::select(names.to_vec()), 1..4).prop_map(|keys| keys.join("."));
    let values = [
        "1",
        "-1",
        "99999999999999999999",
        "0x10",
        "1.5",
        "nan",
        "inf",
        "true",
        "\"1h\"",
        "\"none\"",
        "\"jwt\"",
        "\"\"",
        "[]",
        "[1, \"a\"]",
        "{}",
        "{ a = 1 }",
        "1979-05-27",
        "\"\\u0000\"",
        "'é'",
        "=",
        "[[",
    ];
    let value = prop::sample::select(values.to_vec());
    let line = prop_oneof![
        (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}")),
        key.clone().prop_map(|key| format!("[{key}]")),
        key.prop_map(|key| format!("[[{key}]]")),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn any_text_is_settings_or_mistakes(text in any::<String>()) {
        let _ = load(&file(&text)).map_err(|error| error.to_string());
    }

    #[test]
    fn any_lines_are_settings_or_mistakes(text in lines()) {
        if let Err(error) = load(&file(&text)) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn what_loads_is_shown_and_loads_again_alike(text in lines()) {
        if let Ok((settings, _)) = load(&file(&text)) {
            let again = load(&file(&settings.to_toml()));
            prop_assert!(again.is_ok(), "{}", again.unwrap_err());
        }
    }

    #[test]
    fn any_variable_is_a_setting_or_a_mistake(value in any::<String>()) {
        let settings = load(&Sources::default()).unwrap().0;
        let names = settings.entries.iter().map(|entry| super::super::reader::variable(&entry.path));
        let environment: Environment = names.map(|name| (name, value.clone())).collect();
        let _ = load(&Sources { environment, ..Sources::default() }).map_err(|error| error.to_string());
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let text = format!("x = {}1{}", open.repeat(100_000), close.repeat(100_000));
        assert!(load(&file(&text)).is_err());
    }
    let dotted = format!("clients.web.claims.{} = 1", vec!["a"; 20_000].join("."));
    let _ = load(&file(&dotted)).map_err(|error| error.to_string());
}
