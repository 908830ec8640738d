//! The store over a database that speaks SQL: one text for each query, whichever database it is.
//!
//! What a new database needs is a [`Driver`] and a [`Dialect`]. The texts keep to what SQLite, PostgreSQL, MySQL and MariaDB have in
//! common: integers, text compared byte for byte, bytes; an insert that conflicts fails; a change names the state that it
//! changes from and is judged by the number of rows that it matched.

mod attempts;
mod audit;
mod dialect;
mod driver;
mod facts;
mod keys;
mod moving;
mod nodes;
mod purge;
mod revocations;
mod row;
pub mod schema;
mod sessions;
mod users;

use std::sync::Arc;

use counterfoil_core::store::{StoreError, Stores};

pub use dialect::{Dialect, Placeholders};
pub use driver::{Driver, Effect, Expect, LimitedDelete, Outcome, Row, Step, Value, Violation};

/// A store over a database that has the tables of [`schema`].
#[derive(Clone)]
pub struct SqlStore {
    driver: Arc<dyn Driver>,
    wake: Option<&'static str>,
}

impl SqlStore {
    /// Keeps everything where `driver` leads.
    pub fn new(driver: Arc<dyn Driver>) -> Self {
        Self { driver, wake: None }
    }

    /// Runs `statement` in each transaction that appends to the log: it wakes whoever follows, once that is committed.
    #[must_use]
    pub fn waking(self, statement: &'static str) -> Self {
        Self { wake: Some(statement), ..self }
    }

    /// This store in every role.
    pub fn stores(&self) -> Stores {
        Stores {
            users: Arc::new(self.clone()),
            sessions: Arc::new(self.clone()),
            revocations: Arc::new(self.clone()),
            nodes: Arc::new(self.clone()),
            keys: Arc::new(self.clone()),
            facts: Arc::new(self.clone()),
            attempts: Arc::new(self.clone()),
            audit: Arc::new(self.clone()),
            bypassed: None,
        }
    }

    /// The first row of a query.
    async fn first(&self, sql: &'static str, params: Vec<Value>) -> Result<Option<row::Columns>, StoreError> {
        Ok(self.driver.read(sql, params).await?.into_iter().next().map(row::Columns::of))
    }

    /// Every row of a query, as `decode` reads it.
    async fn all<T>(
        &self,
        sql: &'static str,
        params: Vec<Value>,
        decode: impl Fn(&mut row::Columns) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.driver.read(sql, params).await?.into_iter().map(|row| decode(&mut row::Columns::of(row))).collect()
    }

    /// Whether the one statement concerned exactly one row.
    async fn changes_one(&self, sql: &'static str, params: Vec<Value>) -> Result<bool, StoreError> {
        Ok(self.driver.write(vec![Step::one(sql, params)]).await?.is_done())
    }

    /// How many rows the one statement concerned.
    async fn changes_many(&self, sql: &'static str, params: Vec<Value>) -> Result<u64, StoreError> {
        Ok(self.driver.write(vec![Step::any(sql, params)]).await?.first_count())
    }

    /// How many rows a table has, by a query that counts them.
    async fn total(&self, sql: &'static str) -> Result<u64, StoreError> {
        const COUNT: &str = "a number of rows";
        match self.first(sql, Vec::new()).await? {
            Some(mut row) => row.count(COUNT),
            None => Err(row::damaged(COUNT)),
        }
    }
}
