//! Where Counterfoil keeps its records.
//!
//! [`open`] takes an address: `memory:` forgets everything at the end of the process, `sqlite:PATH` is a file. All stores keep
//! the same promises, which one suite checks: `counterfoil_core::store::conformance`.

pub mod memory;
pub mod sql;
pub mod sqlite;

use std::path::Path;

use counterfoil_core::store::{StoreError, Stores};

pub use memory::MemoryStore;
pub use sqlite::{ChangeCounter, OpenError, SqliteOptions, SqliteStore};

/// A store that has been opened.
pub struct Opened {
    /// The store in every role.
    pub stores: Stores,
    /// Tells when to look at the revocation log.
    pub changes: Box<dyn Changes>,
}

/// Tells whether a store has changed, at the cost of microseconds, so that a follower of its log can ask often.
pub trait Changes: Send {
    /// Whether anybody outside this process has written since the last call or, at the first, since this was made. A write of
    /// this process may count as well.
    fn changed(&mut self) -> Result<bool, StoreError>;
}

/// Opens the store at an address: `memory:`, or `sqlite:` and a path.
pub fn open(url: &str) -> Result<Opened, OpenError> {
    match url.split_once(':') {
        Some(("memory", "")) => {
            let store = MemoryStore::new();
            Ok(Opened { stores: store.stores(), changes: Box::new(store) })
        }
        Some(("sqlite", path)) if !path.is_empty() => {
            let store = SqliteStore::open(Path::new(path), &SqliteOptions::default())?;
            Ok(Opened { stores: store.stores(), changes: Box::new(store.changes()?) })
        }
        // What follows the colon may hold a password.
        Some((scheme, _)) => Err(OpenError::UnknownScheme { url: format!("{scheme}:") }),
        None => Err(OpenError::UnknownScheme { url: url.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_names_no_store_is_refused_without_its_secrets() {
        for url in ["postgres://user:hunter2@host/db", "sqlite:", "memory:x", "test.db", ""] {
            let Err(error) = open(url) else { panic!("{url} was opened") };
            let text = format!("{error} {error:?}");
            assert!(matches!(error, OpenError::UnknownScheme { .. }), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains("sqlite:counterfoil.db"), "{text}");
        }
    }

    #[tokio::test]
    async fn both_kinds_of_store_open() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        for url in ["memory:".to_owned(), format!("sqlite:{}", file.display())] {
            let mut opened = open(&url).unwrap();
            opened.stores.facts.ready().await.unwrap();
            opened.changes.changed().unwrap();
        }
        assert!(file.exists());
    }
}
