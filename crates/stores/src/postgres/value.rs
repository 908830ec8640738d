//! Between our values and PostgreSQL's binary ones.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::sql::Value;

/// A parameter on its way out. The driver prints parameters in its log, so this shows nothing of them.
pub(super) struct Parameter<'a>(pub(super) &'a Value);

/// A statement wants another type than the text gives it: the tables are not those that this build makes.
#[derive(Debug, thiserror::Error)]
#[error("a parameter is not of the column's type, which is {0}")]
pub(super) struct Mismatch(Type);

impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(number) if *ty == Type::INT8 => number.to_sql(ty, out),
            Value::Text(text) if *ty == Type::TEXT => text.to_sql(ty, out),
            Value::Bytes(bytes) if *ty == Type::BYTEA => bytes.to_sql(ty, out),
            Value::Int(_) | Value::Text(_) | Value::Bytes(_) => Err(Box::new(Mismatch(ty.clone()))),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => Self::Int(i64::from_sql(ty, raw)?),
            Type::TEXT => Self::Text(String::from_sql(ty, raw)?),
            // What no column of ours is stays bytes, which whoever decodes the row reports by the column's name.
            _ => Self::Bytes(raw.to_vec()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Whether a text among the values holds what PostgreSQL's texts cannot (PostgreSQL documentation, §8.3).
pub(super) fn unstorable(values: &[Value]) -> bool {
    values.iter().any(|value| matches!(value, Value::Text(text) if text.contains('\0')))
}
