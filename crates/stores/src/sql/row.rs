//! Between rows and the types of the domain.

use std::error::Error;

use counterfoil_core::Timestamp;
use counterfoil_core::id::Scope;
use counterfoil_core::store::StoreError;

use super::driver::{Row, Value};

/// The columns of a row, taken one after the other in the order of the query. What cannot be read is named by table
/// and column, without its contents.
pub(super) struct Columns(std::vec::IntoIter<Value>);

impl Columns {
    pub(super) fn of(row: Row) -> Self {
        Self(row.into_iter())
    }

    fn next(&mut self) -> Value {
        self.0.next().unwrap_or(Value::Null)
    }

    pub(super) fn integer(&mut self, what: &str) -> Result<i64, StoreError> {
        self.optional_integer(what)?.ok_or_else(|| damaged(what))
    }

    pub(super) fn optional_integer(&mut self, what: &str) -> Result<Option<i64>, StoreError> {
        match self.next() {
            Value::Int(number) => Ok(Some(number)),
            Value::Null => Ok(None),
            Value::Text(_) | Value::Bytes(_) => Err(damaged(what)),
        }
    }

    /// A count, which is never negative.
    pub(super) fn count<N: TryFrom<i64>>(&mut self, what: &str) -> Result<N, StoreError> {
        N::try_from(self.integer(what)?).map_err(|_| damaged(what))
    }

    pub(super) fn time(&mut self, what: &str) -> Result<Timestamp, StoreError> {
        self.integer(what).map(Timestamp::from_millis)
    }

    pub(super) fn optional_time(&mut self, what: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.optional_integer(what)?.map(Timestamp::from_millis))
    }

    pub(super) fn text(&mut self, what: &str) -> Result<String, StoreError> {
        self.optional_text(what)?.ok_or_else(|| damaged(what))
    }

    /// Text. A database without a type for text that is compared byte for byte gives the bytes of its UTF-8.
    pub(super) fn optional_text(&mut self, what: &str) -> Result<Option<String>, StoreError> {
        match self.next() {
            Value::Text(text) => Ok(Some(text)),
            Value::Bytes(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| damaged(what)),
            Value::Null => Ok(None),
            Value::Int(_) => Err(damaged(what)),
        }
    }

    pub(super) fn bytes(&mut self, what: &str) -> Result<Vec<u8>, StoreError> {
        match self.next() {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Null | Value::Int(_) | Value::Text(_) => Err(damaged(what)),
        }
    }

    /// Exactly `N` bytes.
    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], StoreError> {
        <[u8; N]>::try_from(self.bytes(what)?).map_err(|_| damaged(what))
    }

    /// Nothing, or exactly `N` bytes.
    pub(super) fn optional_array<const N: usize>(&mut self, what: &str) -> Result<Option<[u8; N]>, StoreError> {
        match self.next() {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => <[u8; N]>::try_from(bytes).map(Some).map_err(|_| damaged(what)),
            Value::Int(_) | Value::Text(_) => Err(damaged(what)),
        }
    }

    /// Text that `parse` understands.
    pub(super) fn parsed<T, E>(
        &mut self,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        parse(&self.text(what)?).map_err(|_| damaged(what))
    }

    /// Nothing, or text that `parse` understands.
    pub(super) fn optional_parsed<T, E>(
        &mut self,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, StoreError> {
        self.optional_text(what)?.map(|text| parse(&text)).transpose().map_err(|_| damaged(what))
    }

    /// Scopes as they are written in requests: words with spaces between (RFC 6749 §3.3).
    pub(super) fn scopes(&mut self, what: &str) -> Result<Vec<Scope>, StoreError> {
        self.parsed(what, |text| text.split_ascii_whitespace().map(Scope::parse).collect::<Result<_, _>>())
    }
}

/// The error for what is stored and cannot be read. Its source would quote the contents, so there is none.
pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged { what: what.to_owned(), source: None }
}

/// The error for what cannot be written down.
pub(super) fn unwritable(what: &str, source: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Damaged { what: what.to_owned(), source: Some(Box::new(source)) }
}

/// The largest number of rows that a query may ask for.
pub(super) fn limit(limit: usize) -> Value {
    Value::Int(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Scopes as they are written in requests.
pub(super) fn scopes(scopes: &[Scope]) -> Value {
    Value::Text(scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" "))
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Value {
    /// Counters begin at nought and rise by one: none reaches 2⁶³.
    fn from(count: u64) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(count: u32) -> Self {
        Self::Int(count.into())
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Int(time.as_millis())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<V: Into<Self>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
