//! A test's own corner of the servers that are shared: a database, or a prefix of keys, that no other test meets.

use std::fmt;

use super::address::Address;
use super::error::ServiceError;

use super::postgres::psql;
use super::program::CHANGE;
use super::{secret, shared};

/// A database of its own name on the shared server. Dropped, it is dropped there as well, whoever is connected.
pub struct Database {
    address: Address,
    admin: Address,
    client: fn(&Address, &str) -> Result<String, ServiceError>,
    drop_statement: String,
}

/// An empty database on the shared PostgreSQL server.
pub fn postgres() -> Result<Database, ServiceError> {
    let admin = Address::parse(&variable(shared::POSTGRES)?, shared::POSTGRES)?;
    let name = name()?;
    // No other session uses template0, so that many are made at a time.
    let client = |address: &Address, sql: &str| psql(address, sql, CHANGE);
    client(&admin, &format!("create database {name} template template0"))?;
    let drop_statement = format!("drop database if exists {name} with (force)");
    Ok(Database { address: admin.with_database(&name), admin, client, drop_statement })
}

/// An empty database on the shared MariaDB server.
pub fn mariadb() -> Result<Database, ServiceError> {
    let admin = Address::parse(&variable(shared::MARIADB)?, shared::MARIADB)?;
    let name = name()?;
    let client = |address: &Address, sql: &str| super::mariadb::mariadb(address, false, sql, CHANGE);
    client(&admin, &format!("create database {name}"))?;
    let drop_statement = format!("drop database if exists {name}");
    Ok(Database { address: admin.with_database(&name), admin, client, drop_statement })
}

impl Database {
    /// Its URL, with the account and the password of the shared server.
    pub fn url(&self) -> String {
        self.address.url()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.address.database
    }

    /// What the client program (`psql`, `mariadb`) prints for a statement in it: rows without a head.
    pub fn query(&self, sql: &str) -> Result<String, ServiceError> {
        (self.client)(&self.address, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Its server may be gone, and it with it.
        let _ = (self.client)(&self.admin, &self.drop_statement);
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({:?})", self.address)
    }
}

/// A prefix of keys on a shared Redis server or cluster. The keys stay until the server ends.
pub struct Keyspace {
    url: String,
    prefix: String,
}

/// A prefix of its own on the shared Redis server.
pub fn redis() -> Result<Keyspace, ServiceError> {
    keyspace(shared::REDIS)
}

/// A prefix of its own on the shared Redis Cluster.
pub fn redis_cluster() -> Result<Keyspace, ServiceError> {
    keyspace(shared::REDIS_CLUSTER)
}

fn keyspace(name_of_variable: &'static str) -> Result<Keyspace, ServiceError> {
    let shared = variable(name_of_variable)?;
    let prefix = format!("{}:", name()?);
    Ok(Keyspace { url: format!("{shared}?prefix={prefix}"), prefix })
}

impl Keyspace {
    /// The shared server's URL with `?prefix=…`, a parameter of ours: all keys begin with it.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// What all keys begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Debug for Keyspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyspace({})", self.prefix)
    }
}

fn variable(name: &'static str) -> Result<String, ServiceError> {
    std::env::var(name).map_err(|_| ServiceError::NotShared(name))
}

fn name() -> Result<String, ServiceError> {
    Ok(format!("cf{}", secret::random(8)?))
}
