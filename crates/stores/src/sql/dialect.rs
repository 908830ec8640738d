//! How a database spells what this crate writes portably.

use std::borrow::Cow;

/// The spellings of one database.
///
/// The schema names types in braces, such as `{text}`; queries name nothing and mark parameters by `?`.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    /// How parameters are marked.
    pub placeholders: Placeholders,
    /// A whole number of 64 bits.
    pub integer: &'static str,
    /// Text of up to 255 characters that can be indexed, compared byte for byte.
    pub word: &'static str,
    /// Text of any length, compared byte for byte.
    pub text: &'static str,
    /// The 16 bytes of an identifier.
    pub id: &'static str,
    /// The 32 bytes of a hash.
    pub hash: &'static str,
    /// Bytes of any number.
    pub bytes: &'static str,
    /// What follows the columns of a table that is looked up by a primary key that is not its row number.
    pub keyed: &'static str,
    /// What follows the columns of any other table.
    pub counted: &'static str,
    /// One more column for a table of one row, or nothing, where every table must have a primary key.
    pub single: &'static str,
}

/// How parameters are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholders {
    /// `?`, in order.
    Question,
    /// `$1`, `$2` and so on.
    Numbered,
}

impl Dialect {
    /// A statement of the schema in this dialect.
    pub fn schema(&self, text: &str) -> String {
        [
            ("{integer}", self.integer),
            ("{word}", self.word),
            ("{text}", self.text),
            ("{id}", self.id),
            ("{hash}", self.hash),
            ("{bytes}", self.bytes),
            ("{keyed}", self.keyed),
            ("{counted}", self.counted),
            ("{single}", self.single),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (name, spelling)| text.replace(name, spelling))
    }

    /// A query in this dialect. No text of this crate holds a `?` that is not a parameter.
    pub fn query(&self, text: &'static str) -> Cow<'static, str> {
        match self.placeholders {
            Placeholders::Question => Cow::Borrowed(text),
            Placeholders::Numbered => {
                let mut pieces = text.split('?');
                let first = pieces.next().unwrap_or_default().to_owned();
                Cow::Owned(pieces.zip(1..).fold(first, |query, (piece, number)| format!("{query}${number}{piece}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::DIALECT;

    #[test]
    fn parameters_are_numbered_where_the_database_wants_it() {
        let numbered = Dialect { placeholders: Placeholders::Numbered, ..DIALECT };
        assert_eq!(
            numbered.query("update t set a = ? where b = ? limit ?"),
            "update t set a = $1 where b = $2 limit $3"
        );
        assert_eq!(numbered.query("select 1"), "select 1");
        assert_eq!(DIALECT.query("select ?"), "select ?");
    }
}
