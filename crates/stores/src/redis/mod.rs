//! Redis and Redis Cluster, for sessions.

mod cluster;
mod fault;
mod link;
mod names;
mod node;
mod opening;
mod probe;
mod record;
mod sessions;
mod slot;
mod sweep;
#[cfg(test)]
mod tests;
mod users;

use std::sync::Arc;

use counterfoil_core::store::{Revocations, Sessions, Stores};

use crate::address::SessionsUrl;
use crate::server::{Options, ServerError};
use names::Names;
use sessions::Logins;
use users::UsersBeside;

/// What the names of all keys begin with, if the address does not say.
const PREFIX: &str = "counterfoil:";

/// Sessions in Redis, beside a store for everything else.
#[derive(Clone)]
pub struct RedisStore {
    sessions: Arc<dyn Sessions>,
}

impl RedisStore {
    /// Connects. The revocation log is always beside the users, so that a failover here brings no login back to life.
    pub async fn open(url: &SessionsUrl, log: Arc<dyn Revocations>, options: &Options) -> Result<Self, ServerError> {
        let (SessionsUrl::Redis(server) | SessionsUrl::RedisCluster(server)) = url;
        let names = Names::new(server.prefix.as_deref().unwrap_or(PREFIX));
        let link = probe::connect(url, &names, options).await?;
        let logins = Logins { link, names, log, sweeps: sweep::Sweeps::default() };
        Ok(Self { sessions: Arc::new(logins) })
    }

    /// The stores of an installation that keeps its sessions here and the rest in `others`.
    pub fn beside(&self, others: Stores) -> Stores {
        let users = UsersBeside { users: others.users, sessions: Arc::clone(&self.sessions) };
        Stores { users: Arc::new(users), sessions: Arc::clone(&self.sessions), ..others }
    }
}
