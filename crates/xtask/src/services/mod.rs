//! Real servers to throw away: PostgreSQL, MariaDB, Redis and a Redis Cluster, from Debian's packages, each with a
//! temporary folder, a free port of 127.0.0.1 and a random password of its own. A server that happens to run is never used.
//!
//! A test that harms its server starts one: [`Postgres::start`]. One that only needs a database has it from the servers
//! that all tests of a run share: [`fresh::postgres`].
//!
//! Nothing remains of a server when its value is dropped, nor when the program that holds it is killed: a shell process
//! waits at a pipe until that program ends, and then ends the server and removes its folder.

mod address;
mod daemon;
mod deadline;
mod error;
pub mod fresh;
mod mariadb;
mod options;
mod port;
mod postgres;
mod program;
mod proxy;
mod redis;
mod redis_cluster;
mod secret;
pub mod shared;
#[cfg(test)]
mod tests;

pub use error::ServiceError;
pub use mariadb::MariaDb;
pub use options::{Options, Tls};
pub use port::free as free_port;
pub use postgres::Postgres;
pub use proxy::Proxy;
pub use redis::Redis;
pub use redis_cluster::RedisCluster;
