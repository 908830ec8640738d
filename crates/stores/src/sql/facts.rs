//! Facts about an installation, in SQL.

use async_trait::async_trait;
use counterfoil_core::store::{Facts, StoreError};

use super::SqlStore;
use super::row::{Columns, damaged};

const FACT: &str = "select content from facts where name = ?";
const LIST: &str = "select name, content from facts";
const ADD: &str = "insert into facts (name, content) values (?, ?)";
const CHANGE: &str = "update facts set content = ? where name = ? and content = ?";
const REMOVE: &str = "delete from facts where name = ? and content = ?";
/// Changes nothing, yet takes the way of a write down to the disk.
const READY: &str = "update log_head set position = position";

#[async_trait]
impl Facts for SqlStore {
    async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.first(FACT, vec![name.into()]).await?.map(|mut row| row.text("facts.content")).transpose()
    }

    async fn change_fact(&self, name: &str, from: Option<&str>, to: Option<&str>) -> Result<bool, StoreError> {
        match (from, to) {
            (None, None) => Ok(self.fact(name).await?.is_none()),
            (None, Some(to)) => self.changes_one(ADD, vec![name.into(), to.into()]).await,
            (Some(from), None) => self.changes_one(REMOVE, vec![name.into(), from.into()]).await,
            (Some(from), Some(to)) => self.changes_one(CHANGE, vec![to.into(), name.into(), from.into()]).await,
        }
    }

    async fn list(&self) -> Result<Vec<(String, String)>, StoreError> {
        let decode = |row: &mut Columns| Ok((row.text("facts.name")?, row.text("facts.content")?));
        let mut facts = self.all(LIST, Vec::new(), decode).await?;
        // Databases disagree about the order of texts.
        facts.sort_unstable();
        Ok(facts)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.changes_one(READY, Vec::new()).await? { Ok(()) } else { Err(damaged("log_head.position")) }
    }
}
