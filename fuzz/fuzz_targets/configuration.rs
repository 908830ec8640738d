//! The configuration: any text is settings or mistakes, and settings that are shown load again as the same.
#![no_main]

use counterfoil::config::{ConfigFile, Environment, Settings, Sources};
use libfuzzer_sys::fuzz_target;

fn file(text: &str) -> Option<ConfigFile> {
    Some(ConfigFile { name: "counterfoil.toml".into(), text: text.into() })
}

// The file, and after a NUL lines of `NAME=value` for the environment.
fuzz_target!(|text: &str| {
    let (text, variables) = text.split_once('\0').unwrap_or((text, ""));
    let environment: Environment = variables.lines().filter_map(|line| line.split_once('=')).collect();
    match Settings::load(&Sources { file: file(text), environment, ..Sources::default() }) {
        Ok((settings, _)) => {
            let shown = settings.to_toml();
            let again = Settings::load(&Sources { file: file(&shown), ..Sources::default() });
            let (again, _) = again.unwrap_or_else(|error| panic!("{error}\n{shown}"));
            let values = |settings: &Settings| -> Vec<_> {
                settings
                    .shown()
                    .into_iter()
                    .map(|shown| (shown.key, shown.value.map(|value| value.to_string())))
                    .collect()
            };
            assert_eq!(values(&settings), values(&again));
        }
        Err(error) => assert!(!error.to_string().trim().is_empty()),
    }
});
