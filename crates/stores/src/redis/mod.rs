//! Redis and Redis Cluster, for sessions.

use std::sync::Arc;

use counterfoil_core::store::{Revocations, Sessions, Stores};

use crate::address::SessionsUrl;
use crate::server::{Fault, Options, ServerError};

/// Sessions in Redis, beside a store for everything else.
#[derive(Clone)]
pub struct RedisStore {
    sessions: Arc<dyn Sessions>,
}

impl RedisStore {
    /// Connects. The revocation log is always beside the users, so that a failover here brings no login back to life.
    pub async fn open(url: &SessionsUrl, _log: Arc<dyn Revocations>, _options: &Options) -> Result<Self, ServerError> {
        let (SessionsUrl::Redis(url) | SessionsUrl::RedisCluster(url)) = url;
        Err(ServerError { product: "Redis", place: url.place(), fault: Fault::Other, source: None })
    }

    /// The stores of an installation that keeps its sessions here and the rest in `others`.
    pub fn beside(&self, others: Stores) -> Stores {
        Stores { sessions: Arc::clone(&self.sessions), ..others }
    }
}
