//! The server or the cluster, asked by key.

use std::sync::{Arc, LazyLock};

use counterfoil_core::store::StoreError;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind, Value};

use super::cluster::Cluster;
use super::names::Names;
use super::node::{Node, unavailable};
use super::record::damaged;
use super::slot;

/// One server or a cluster of them.
#[derive(Clone)]
pub(super) enum Link {
    Single(Arc<Node>),
    Cluster(Arc<Cluster>),
}

/// A step that a server takes as a whole, on one key.
pub(super) struct Script {
    code: &'static str,
    inner: LazyLock<redis::Script>,
}

macro_rules! scripts {
    ($($name:ident $file:literal)*) => {
        $(pub(super) static $name: Script = Script {
            code: include_str!(concat!("scripts/", $file, ".lua")),
            inner: LazyLock::new(|| redis::Script::new(include_str!(concat!("scripts/", $file, ".lua")))),
        };)*
    };
}

scripts! {
    OPEN "open"
    ATTACH "attach"
    TOUCH "touch"
    ROTATE "rotate"
    END "end"
    REPLACE_DATA "replace_data"
    PURGE_GRANTS "purge_grants"
    INDEX "index"
    RELEASE "release"
    TAKE_OVER "take_over"
}

impl Link {
    /// Sends a command to the server that has the key.
    pub(super) async fn command<T: FromRedisValue>(&self, key: &str, command: &Cmd) -> Result<T, StoreError> {
        let value = self.answer(key, command).await?.map_err(refused)?;
        redis::from_redis_value(value).map_err(|_| damaged("an answer of the server"))
    }

    /// Runs a script on a key, by its name if the server knows it.
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        arguments: &[&str],
    ) -> Result<T, StoreError> {
        let call = |verb, what: &str| {
            let mut command = redis::cmd(verb);
            command.arg(what).arg(1).arg(key).arg(arguments);
            command
        };
        let by_name = self.answer(key, &call("EVALSHA", script.inner.get_hash())).await?;
        let answer = match by_name {
            // Nothing has been done. The server remembers the script from now on.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.answer(key, &call("EVAL", script.code)).await?
            }
            answer => answer,
        };
        redis::from_redis_value(answer.map_err(refused)?).map_err(|_| damaged("an answer of the server"))
    }

    async fn answer(&self, key: &str, command: &Cmd) -> Result<Result<Value, RedisError>, StoreError> {
        match self {
            Self::Single(node) => {
                let answer = node.ask(command.clone()).await?;
                if let Err(error) = &answer
                    && error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
                {
                    // It was the primary once. Its name may lead to another one by now.
                    node.hang_up();
                }
                Ok(answer)
            }
            Self::Cluster(cluster) => cluster.command(key.as_bytes(), command).await,
        }
    }

    /// Every server that has keys, and what describes their order.
    pub(super) async fn masters(&self) -> Result<(Vec<Arc<Node>>, String), StoreError> {
        match self {
            Self::Single(node) => Ok((vec![Arc::clone(node)], node.host.to_string())),
            Self::Cluster(cluster) => {
                cluster.refresh().await?;
                let slots = cluster.slots();
                if !slots.are_complete() {
                    return Err(unavailable(RedisError::from((
                        ErrorKind::Client,
                        "slots of the cluster have no node",
                    ))));
                }
                Ok((slots.masters(), slots.describe()))
            }
        }
    }
}

impl Link {
    /// Writes to every server that has keys.
    pub(super) async fn write_everywhere(&self, names: &Names) -> Result<(), StoreError> {
        for node in self.masters().await?.0 {
            let key = self.probe_on(&node, names);
            let mut command = redis::cmd("SET");
            command.arg(&key).arg("1").arg("PX").arg(PROBE_MILLIS);
            self.command::<()>(&key, &command).await?;
        }
        Ok(())
    }

    /// A key that a server has, or would have if it had slots.
    pub(super) fn probe_on(&self, node: &Arc<Node>, names: &Names) -> String {
        let slots = match self {
            Self::Single(_) => return names.probe(0),
            Self::Cluster(cluster) => cluster.slots(),
        };
        let has = |key: &String| slots.owner(slot::of(key.as_bytes())).is_some_and(|owner| Arc::ptr_eq(owner, node));
        (0..u16::MAX).map(|number| names.probe(number)).find(has).unwrap_or_else(|| names.probe(0))
    }
}

/// For how long a key to try with is kept.
const PROBE_MILLIS: u64 = 60_000;

/// The error for a command that a server refused.
pub(super) fn refused(error: RedisError) -> StoreError {
    if error.code() == Some("WRONGTYPE") { damaged("the type of a key") } else { unavailable(error) }
}
