//! The types that settings have: how each is read from the file, from text, and shown.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use schemars::{Schema, json_schema};
use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml::Value as Toml;

use super::duration;
use super::mistake::{Problem, nearest};

/// A type that a setting can have.
pub(super) trait Setting: Sized {
    /// What it should look like, for messages.
    fn expected() -> String;

    /// From the file.
    fn from_toml(value: &Toml) -> Option<Self>;

    /// From a variable or a flag.
    fn from_text(text: &str) -> Option<Self> {
        Self::from_toml(&Toml::String(text.to_owned()))
    }

    /// What is wrong with a value that is refused, where more can be said than what it should look like. It must be fit to be
    /// shown as it is, and is shown instead of the value.
    fn fault(_value: &Toml) -> Option<String> {
        None
    }

    /// As the file would say it; `None` for what is not set.
    fn to_toml(&self) -> Option<Toml>;

    /// The allowed words, where there are only so many.
    fn words() -> Vec<&'static str> {
        Vec::new()
    }

    /// As JSON Schema, without what the setting means.
    fn schema() -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// What to say when `found` is no `T`.
pub(super) fn mismatch<T: Setting>(found: &Toml) -> Problem {
    if let Some(fault) = T::fault(found) {
        return Problem::Form(fault);
    }
    let nearest = found.as_str().and_then(|text| nearest(text, T::words())).map(ToOwned::to_owned);
    Problem::Value { expected: T::expected(), found: describe(found), nearest }
}

/// A value as messages show it: without the password of a URL, and not at any length.
pub(super) fn describe(value: &Toml) -> String {
    match value {
        Toml::String(text) if text.chars().count() > 80 => format!("a text of {} characters", text.chars().count()),
        Toml::String(text) => Toml::String(redact(text)).to_string(),
        Toml::Integer(_) | Toml::Float(_) | Toml::Boolean(_) | Toml::Datetime(_) => format!("`{value}`"),
        Toml::Array(_) => "a list".to_owned(),
        Toml::Table(_) => "a table".to_owned(),
    }
}

/// A text without the password of the URL that it may be (RFC 3986 §3.2.1).
pub(crate) fn redact(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let Some((userinfo, host)) = rest.rsplit_once('@') else { return text.to_owned() };
    let Some((user, _)) = userinfo.split_once(':') else { return text.to_owned() };
    format!("{scheme}://{user}:***@{host}")
}

impl Setting for bool {
    fn expected() -> String {
        "true or false".to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_bool()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::Boolean(*self))
    }
}

impl Setting for u32 {
    fn expected() -> String {
        "a whole number".to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_integer().and_then(|number| Self::try_from(number).ok())
    }

    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::Integer(i64::from(*self)))
    }
}

impl Setting for Duration {
    fn expected() -> String {
        duration::FORMS.to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_str().and_then(duration::parse)
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(duration::format(*self)))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^{}$", duration::PATTERN) })
    }
}

/// A duration that can be switched off: written `"none"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit(pub(super) Option<Duration>);

impl Setting for Limit {
    fn expected() -> String {
        format!("{}, or \"none\"", duration::FORMS)
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        match value.as_str()? {
            "none" => Some(Self(None)),
            text => duration::parse(text).map(|duration| Self(Some(duration))),
        }
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.0.map_or_else(|| "none".to_owned(), duration::format)))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^(none|{})$", duration::PATTERN) })
    }
}

impl Setting for SocketAddr {
    fn expected() -> String {
        "an address and port such as \"127.0.0.1:8080\" or \"[::1]:8080\"".to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_str()?.parse().ok()
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.to_string()))
    }
}

impl Setting for PathBuf {
    fn expected() -> String {
        "a path".to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_str().filter(|text| !text.is_empty() && !text.contains('\0')).map(Self::from)
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.display().to_string()))
    }
}

impl Setting for String {
    fn expected() -> String {
        "a text that is not empty".to_owned()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        let plain = |text: &&str| !text.is_empty() && !text.contains(|c: char| c.is_control());
        value.as_str().filter(plain).map(ToOwned::to_owned)
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::String(self.clone()))
    }
}

impl<T: Setting> Setting for Option<T> {
    fn expected() -> String {
        T::expected()
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        T::from_toml(value).map(Some)
    }

    fn from_text(text: &str) -> Option<Self> {
        T::from_text(text).map(Some)
    }

    fn fault(value: &Toml) -> Option<String> {
        T::fault(value)
    }

    fn to_toml(&self) -> Option<Toml> {
        self.as_ref().and_then(T::to_toml)
    }

    fn words() -> Vec<&'static str> {
        T::words()
    }

    fn schema() -> Schema {
        T::schema()
    }
}

/// Each of them once. A variable separates them by commas.
impl<T: Setting + Ord> Setting for BTreeSet<T> {
    fn expected() -> String {
        format!("a list, each item {}", T::expected())
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        value.as_array()?.iter().map(T::from_toml).collect()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(T::from_text).collect()
    }

    fn to_toml(&self) -> Option<Toml> {
        Some(Toml::Array(self.iter().filter_map(T::to_toml).collect()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "array", "uniqueItems": true, "items": T::schema() })
    }
}

/// A setting that is one of a few words. The words are those of the type's serde form.
pub(super) trait Choice: Serialize + DeserializeOwned {
    /// Every word.
    const WORDS: &'static [&'static str];
}

impl<T: Choice> Setting for T {
    fn expected() -> String {
        let quoted: Vec<String> = Self::words().iter().map(|word| format!("\"{word}\"")).collect();
        match quoted.as_slice() {
            [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => quoted.concat(),
        }
    }

    fn from_toml(value: &Toml) -> Option<Self> {
        let text: StrDeserializer<'_, serde::de::value::Error> = value.as_str()?.into_deserializer();
        Self::deserialize(text).ok()
    }

    fn to_toml(&self) -> Option<Toml> {
        Toml::try_from(self).ok()
    }

    fn words() -> Vec<&'static str> {
        let known = |word: &&&'static str| Self::from_text(word).is_some();
        Self::WORDS.iter().filter(known).copied().collect()
    }
    fn schema() -> Schema {
        json_schema!({ "enum": Self::words() })
    }
}
