//! The texts of our statements with numbered parameters, each translated once.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::DIALECT;

/// There are as many as there are texts in the crate.
static TRANSLATED: LazyLock<RwLock<HashMap<&'static str, &'static str>>> = LazyLock::new(RwLock::default);

/// The text for PostgreSQL.
pub(super) fn translated(text: &'static str) -> &'static str {
    if let Some(known) = TRANSLATED.read().unwrap_or_else(PoisonError::into_inner).get(text) {
        return known;
    }
    let mut translated = TRANSLATED.write().unwrap_or_else(PoisonError::into_inner);
    translated.entry(text).or_insert_with(|| String::leak(DIALECT.query(text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_translated_once() {
        let text = "select a from t where b = ? and c = ?";
        assert_eq!(translated(text), "select a from t where b = $1 and c = $2");
        assert!(std::ptr::eq(translated(text), translated(text)));
    }
}
