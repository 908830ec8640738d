//! Facts about an installation, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use counterfoil_core::store::{Facts, StoreError};

use super::MemoryStore;

#[derive(Default)]
pub(super) struct Notes {
    by_name: BTreeMap<String, String>,
}

#[async_trait]
impl Facts for MemoryStore {
    async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.state().facts.by_name.get(name).cloned())
    }

    async fn change_fact(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Result<bool, StoreError> {
        let facts = &mut self.state().facts.by_name;
        if facts.get(name).map(String::as_str) != from {
            return Ok(false);
        }
        match to {
            Some(to) => facts.insert(name.to_owned(), to.to_owned()),
            None => facts.remove(name),
        };
        Ok(true)
    }

    async fn list(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.state().facts.by_name.iter().map(|(name, content)| (name.clone(), content.clone())).collect())
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
