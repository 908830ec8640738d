//! What the settings promise.

mod arbitrary;
mod documents;
mod mistakes;
mod precedence;
mod reach;
mod round_trip;

use super::{ConfigError, ConfigFile, Environment, Flags, Settings, Sources, Warning};

/// A file of this text.
fn file(text: &str) -> Sources {
    Sources { file: Some(ConfigFile { name: "counterfoil.toml".into(), text: text.into() }), ..Sources::default() }
}

/// Nothing but these variables.
fn variables(variables: &[(&str, &str)]) -> Sources {
    Sources { environment: variables.iter().copied().collect(), ..Sources::default() }
}

fn load(sources: &Sources) -> Result<(Settings, Vec<Warning>), ConfigError> {
    Settings::load(sources)
}

fn settings(sources: &Sources) -> Settings {
    load(sources).unwrap_or_else(|error| panic!("{error}")).0
}

/// What is wrong, one a line.
fn mistakes(sources: &Sources) -> String {
    load(sources).map_or_else(|error| error.to_string(), |_| String::new())
}

fn warnings(sources: &Sources) -> Vec<String> {
    load(sources).unwrap_or_else(|error| panic!("{error}")).1.iter().map(ToString::to_string).collect()
}
