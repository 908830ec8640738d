//! Redis and Redis Cluster, for sessions.
//!
//! # What is where
//!
//! | key | holds |
//! |---|---|
//! | `s:{<session>}` | a hash: the session, its data, its references and families. The truth |
//! | `r:<hash>`, `f:<id>` | the session of a reference or a family |
//! | `u:{<user>}` | a sorted set of the user's sessions, by their expiry |
//!
//! All begin with a prefix, `counterfoil:` unless the address has another. A session is one key, so it is in one slot, and each
//! atomic step is one script on it. The other keys are in other slots; they only lead to it. A pointer to a session that has
//! no such grant leads nowhere, and gives nobody any right. `opening` says in which order they are made.
//!
//! **The index of a user's sessions misses none that was stored in good order.** A session is noted there before it is stored,
//! and struck off after it was removed. But when the node of an index fails, and the replica that takes over has not heard of
//! the newest line, the session is on another node and in no index: it can be used, is not listed, and stays when all of its
//! user's are ended, where again the user's generation makes it count for nothing. A purge by hand notes it anew. What a crash leaves there is passed over, and struck off once it has expired: earlier, it might belong to a
//! session that is being stored just now. A session that is opened while all of its user's are ended may survive that; it is
//! the user's generation, in the store beside this one, that makes it count for nothing. So it is with a session that ends
//! and is stored once more under the same id at the same moment: the log says that it has ended.
//!
//! **Time** is ours: whether something has expired is decided by the moment that a caller names. Redis removes each key by
//! itself a day after what it holds has expired. A purge brings that forward, a part of the keys each time.
//!
//! **Nothing is sent twice.** A write whose answer was lost is reported as unavailable, as it may have been carried out.
//!
//! # What can be lost
//!
//! The revocation log is never here. An end is in the log before anything is removed, so whatever Redis forgets or brings
//! back, a login that has ended stays dead: wherever a session is shown, the log has the last word.
//!
//! - *A replica takes over.* Redis acknowledges before its replicas have a write; those of the last moment, usually
//!   milliseconds, are lost. A login that was made then must be made again. Of a family that was rotated then the generation
//!   before may be what is stored again: core moves it forward when its user comes with a token that is ahead of it. A login
//!   that was ended then is there again, and does not count.
//! - *A crash.* With `appendonly yes` and `appendfsync always` nothing that was acknowledged is lost; with `everysec`, which is
//!   Redis' default, a second; with snapshots alone, minutes; with neither, everybody is logged out. This is logged at the
//!   start.
//! - *A cut-off primary* goes on taking writes for `cluster-node-timeout` that are lost when it learns of its successor.
//!
//! There is no `WAIT` after an end: it would make the loss less likely and not impossible, and the log needs no help.
//!
//! # A cluster of which a part is down
//!
//! With `cluster-require-full-coverage no` the logins in other slots go on; with Redis' default, `yes`, all are unavailable.
//! Each node is left alone by itself while it does not answer. Nodes are found by the addresses that they announce
//! (`cluster-announce-ip`, `cluster-announce-hostname`), for which their certificates must be.

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
use crate::server::{Options, ServerError, Weakness};
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
    /// Connects, and refuses a server that could not keep what is promised. The revocation log is always beside the users,
    /// so that a failover here brings no login back to life. One connection to each server is enough, so of the options only
    /// the time-out counts.
    pub async fn open(url: &SessionsUrl, log: Arc<dyn Revocations>, options: &Options) -> Result<Self, ServerError> {
        let (SessionsUrl::Redis(server) | SessionsUrl::RedisCluster(server)) = url;
        let names = Names::new(server.prefix.as_deref().unwrap_or(PREFIX));
        let link = probe::connect(url, &names, options).await?;
        let logins = Logins { link, names, log, sweeps: sweep::Sweeps::default() };
        Ok(Self { sessions: Arc::new(logins) })
    }

    /// What is weak at a server, which is refused as [`open`](Self::open) would. Nothing is written there: whether that is allowed is not
    /// tried.
    pub(crate) async fn look(url: &SessionsUrl, options: &Options) -> Result<Vec<Weakness>, ServerError> {
        let (SessionsUrl::Redis(server) | SessionsUrl::RedisCluster(server)) = url;
        let names = Names::new(server.prefix.as_deref().unwrap_or(PREFIX));
        probe::look(url, &names, options).await
    }

    /// The stores of an installation that keeps its sessions here and the rest in `others`. The removal of a user there ends
    /// the user's sessions here.
    pub fn beside(&self, others: Stores) -> Stores {
        let users = UsersBeside { users: others.users, sessions: Arc::clone(&self.sessions) };
        let bypassed = Some(others.sessions);
        Stores { users: Arc::new(users), sessions: Arc::clone(&self.sessions), bypassed, ..others }
    }
}
