//! A strict reader of JSON (RFC 8259), for what strangers send: UTF-8 without a byte order mark, no member twice at
//! any depth, a cap on depth, finite numbers, nothing after the value (RFC 7515 §4, RFC 7519 §4, RFC 8725 §3.7).

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::snippet::Snippet;

/// How many arrays and objects may stand inside one another.
pub const MAX_DEPTH: usize = 16;

/// Why a text is not JSON that can be trusted to mean one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The bytes are not UTF-8 (RFC 8259 §8.1).
    #[error("it is not UTF-8")]
    NotUtf8,
    /// The text begins with a byte order mark (RFC 8259 §8.1).
    #[error("it begins with a byte order mark")]
    ByteOrderMark,
    /// An object has the same member twice: readers disagree on which one counts.
    #[error("it has the member {0} twice")]
    DuplicateMember(Snippet),
    /// Arrays and objects nest more than [`MAX_DEPTH`] deep.
    #[error("it nests deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The text does not follow the grammar, holds a number that is not finite or a lone surrogate, or goes on after its value.
    #[error("it is not well-formed JSON (line {line}, column {column})")]
    Malformed {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake in bytes, from 1; 0 at a line's start.
        column: usize,
    },
}

/// Reads one JSON value.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let fault = Cell::new(None);
    drive(bytes, &fault, Strict { fault: &fault, depth: 0 }).map_err(|error| match error {
        Unread::Json(error) | Unread::Unfit(error) => error,
    })
}

/// Why a typed reader stopped.
pub(super) enum Unread {
    /// The text is not strict JSON.
    Json(JsonError),
    /// The text may be JSON, but is not what the reader wanted.
    Unfit(JsonError),
}

/// What a strict reader found wrong, when it was not the grammar: serde's errors carry only text.
pub(super) type Fault = Cell<Option<JsonError>>;

/// Runs `seed` over the text, and nothing but the text.
pub(super) fn drive<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    fault: &Fault,
    seed: S,
) -> Result<S::Value, Unread> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(Unread::Json(JsonError::ByteOrderMark));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Unread::Json(JsonError::NotUtf8))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        let place = JsonError::Malformed { line: error.line(), column: error.column() };
        match fault.take() {
            Some(fault) => Unread::Json(fault),
            None if error.is_data() => Unread::Unfit(place),
            None => Unread::Json(place),
        }
    })
}

/// Builds a [`Value`], strictly.
#[derive(Clone, Copy)]
pub(super) struct Strict<'f> {
    pub(super) fault: &'f Fault,
    pub(super) depth: usize,
}

impl Strict<'_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            self.fault.set(Some(JsonError::TooDeep));
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key_seed(Name)? {
            if object.contains_key(name.as_ref()) {
                self.fault.set(Some(JsonError::DuplicateMember(Snippet::of(&name))));
                return Err(A::Error::custom("duplicate member"));
            }
            let value = members.next_value_seed(inner)?;
            object.insert(name.into_owned(), value);
        }
        Ok(Value::Object(object))
    }
}

/// A member's name or a string, borrowed from the text where it has no escapes.
pub(super) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
