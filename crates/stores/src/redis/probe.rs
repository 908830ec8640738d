//! Connecting for the first time: what must be so before logins are put there.

use std::collections::HashMap;
use std::sync::Arc;

use redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::time::timeout;

use super::cluster::Cluster;
use super::fault::{fault_of, privilege};
use super::link::Link;
use super::names::Names;
use super::node::{Dialer, Node};
use crate::address::{ServerUrl, SessionsUrl, Tls};
use crate::server::{Fault, Options, ServerError};

/// The oldest that knows `ZADD … GT`, `SET … PXAT` and the rest.
const OLDEST: (u32, u32) = (6, 2);

/// A fault with what the driver said.
pub(super) type Found = (Fault, Option<RedisError>);

/// Connects to a server or to all nodes of a cluster, and looks whether they will do.
pub(super) async fn connect(url: &SessionsUrl, names: &Names, options: &Options) -> Result<Link, ServerError> {
    let (server, clustered) = match url {
        SessionsUrl::Redis(server) => (server, false),
        SessionsUrl::RedisCluster(server) => (server, true),
    };
    let product = if clustered { "Redis Cluster" } else { "Redis" };
    let refuse = |(fault, source): Found| ServerError {
        product,
        place: server.place(),
        fault,
        source: source.map(|source| Box::new(source) as _),
    };
    let probe = Probe { server, clustered, options };
    let link = probe.link().await.map_err(refuse)?;
    probe.try_writing(&link, names).await.map_err(refuse)?;
    Ok(link)
}

struct Probe<'a> {
    server: &'a ServerUrl,
    clustered: bool,
    options: &'a Options,
}

impl Probe<'_> {
    async fn link(&self) -> Result<Link, Found> {
        let authorities = match &self.server.tls {
            Tls::Verified { ca: Some(file) } => Some(
                std::fs::read(file)
                    .map_err(|error| (Fault::Authority(format!("{} cannot be read: {error}", file.display())), None))?,
            ),
            Tls::Verified { ca: None } | Tls::Off => None,
        };
        let dialer = Dialer::new(self.server, authorities, self.options.timeout);
        let mut nodes = Vec::new();
        for host in &self.server.hosts {
            nodes.push(Arc::new(dialer.node(host.clone()).map_err(|error| self.fault(error))?));
        }
        if !self.clustered {
            let node = nodes.swap_remove(0);
            self.look_at(&node).await?;
            return Ok(Link::Single(node));
        }
        // One that answers is enough: it knows the others.
        let mut looked = Err((Fault::Unreachable, None));
        for node in &nodes {
            looked = self.greet(node).await;
            if looked.is_ok() {
                looked = self.look_at(node).await;
                break;
            }
        }
        // A replica is good enough to ask for the slots.
        if !matches!(looked, Err((Fault::ReadOnly, _))) {
            looked?;
        }
        let cluster = Arc::new(Cluster::new(dialer, nodes));
        if cluster.refresh().await.is_err() || !cluster.slots().are_complete() {
            let what = "it is a Redis Cluster in which some slots have no node: see `redis-cli --cluster check`";
            return Err((Fault::Unfit(what.to_owned()), None));
        }
        for node in cluster.slots().masters() {
            self.look_at(&node).await?;
        }
        Ok(Link::Cluster(cluster))
    }

    async fn greet(&self, node: &Node) -> Result<(), Found> {
        match timeout(self.options.timeout, node.greet()).await {
            Ok(greeted) => greeted.map_err(|error| self.fault(error)),
            Err(_) => Err((Fault::Silent(self.options.timeout), None)),
        }
    }

    fn fault(&self, error: RedisError) -> Found {
        (fault_of(&error, self.server), Some(error))
    }

    /// Whether a server is of the kind that was named, new enough, a primary, and keeps what it is given.
    async fn look_at(&self, node: &Node) -> Result<(), Found> {
        self.greet(node).await?;
        let info = self.ask(node, redis::cmd("INFO")).await?;
        let info: String = redis::from_redis_value(info).unwrap_or_default();
        let facts: HashMap<&str, &str> = info.lines().filter_map(|line| line.split_once(':')).collect();
        let fact = |name: &str| facts.get(name).copied().unwrap_or_default().trim();
        let unfit = |what: &str| Err((Fault::Unfit(what.to_owned()), None));
        match (fact("redis_mode"), self.clustered) {
            ("cluster", false) => {
                return unfit(
                    "it is a node of a Redis Cluster: write `redis+cluster://` (with TLS `rediss+cluster://`)",
                );
            }
            ("standalone", true) => {
                return unfit("it is a single server and no Redis Cluster: write `redis://` (with TLS `rediss://`)");
            }
            ("sentinel", _) => return unfit("it is a Sentinel, which keeps no data: name the server that it watches"),
            _ => (),
        }
        let version = fact("redis_version");
        if number_of(version).is_some_and(|version| version < OLDEST) {
            return Err((Fault::TooOld { found: version.to_owned(), needed: "6.2" }, None));
        }
        if fact("loading") == "1" {
            return unfit("it is still reading its data from the disk: try again in a moment");
        }
        if fact("role") == "slave" {
            return Err((Fault::ReadOnly, None));
        }
        let policy = fact("maxmemory_policy");
        if !policy.is_empty() && policy != "noeviction" {
            return Err((Fault::Evicts(policy.to_owned()), None));
        }
        self.warn_of_loss(node, fact("aof_enabled") == "1").await;
        Ok(())
    }

    /// Says what a crash of the server costs. It may forbid to ask; then nothing is said.
    async fn warn_of_loss(&self, node: &Node, appends: bool) {
        let setting = async |name: &str| {
            let mut question = redis::cmd("CONFIG");
            question.arg("GET").arg(name);
            let answer = self.ask(node, question).await.ok()?;
            redis::from_redis_value::<HashMap<String, String>>(answer).ok()?.remove(name)
        };
        let server = node.host.to_string();
        if appends {
            if setting("appendfsync").await.is_some_and(|when| when != "always") {
                tracing::info!(
                    %server,
                    "Redis writes to its disk once a second: a crash of its machine can undo a second of logins and of their ends"
                );
            }
        } else if setting("save").await.is_some_and(|when| when.is_empty()) {
            tracing::warn!(%server, "Redis keeps nothing on its disk: a restart of Redis logs everybody out (`appendonly yes`)");
        } else {
            tracing::warn!(
                %server,
                "Redis writes to its disk only now and then: a crash of Redis undoes minutes of logins (`appendonly yes`)"
            );
        }
    }

    /// Uses every command once, on keys that expire, so that a missing permission is told now and not at somebody's login.
    async fn try_writing(&self, link: &Link, names: &Names) -> Result<(), Found> {
        let (servers, _) = link.masters().await.map_err(|_| (Fault::Other, None))?;
        for node in servers {
            let key = link.probe_on(&node, names);
            for command in trials(&key) {
                match self.ask(&node, command).await {
                    Err((Fault::Privilege { .. }, source)) => return Err((privilege(self.server, names), source)),
                    answer => drop(answer?),
                }
            }
        }
        Ok(())
    }

    async fn ask(&self, node: &Node, command: Cmd) -> Result<Value, Found> {
        let mut commands = Pipeline::new();
        commands.add_command(command);
        let mut answers = node.send(&commands).await.map_err(|_| (Fault::Silent(self.options.timeout), None))?;
        let answer = answers.pop().unwrap_or(Value::Nil).extract_error();
        answer.map_err(|error| match error.kind() {
            ErrorKind::Server(ServerErrorKind::NoPerm) => {
                let (what, grant) = ("be asked how it is".to_owned(), "allow it `+info`".to_owned());
                (Fault::Privilege { what, grant }, Some(error))
            }
            _ => self.fault(error),
        })
    }
}

/// What the scripts and the rest do, on one key.
const TRIAL: &str = "
local function all(...) for _, command in ipairs({...}) do redis.call(unpack(command)) end end
local k = KEYS[1]
all({'DEL', k}, {'HSETNX', k, 'a', '1'}, {'HSET', k, 'a', '1'}, {'HGET', k, 'a'}, {'HKEYS', k}, {'HGETALL', k},
  {'HDEL', k, 'a'}, {'EXISTS', k}, {'ZADD', k, 'GT', '1', 'a'}, {'ZREVRANGE', k, 0, 0, 'WITHSCORES'},
  {'PEXPIREAT', k, ARGV[1]}, {'UNLINK', k}, {'SET', k, '1', 'PXAT', ARGV[1]}, {'GET', k}, {'DEL', k})
return 1";

fn trials(key: &str) -> Vec<Cmd> {
    // In the year 2100; the key is gone at once.
    const LATER: i64 = 4_102_444_800_000;
    let script = redis::Script::new(TRIAL);
    let words = |line: &[&str]| {
        let mut command = redis::cmd(line.first().copied().unwrap_or_default());
        command.arg(line.get(1..).unwrap_or_default());
        command
    };
    let later = LATER.to_string();
    vec![
        words(&["EVAL", TRIAL, "1", key, &later]),
        words(&["EVALSHA", script.get_hash(), "1", key, &later]),
        words(&["HMGET", key, "a"]),
        words(&["HEXISTS", key, "a"]),
        words(&["HLEN", key]),
        words(&["ZRANGE", key, "0", "-1"]),
        words(&["ZREM", key, "a"]),
        words(&["SCAN", "0", "COUNT", "1"]),
    ]
}

/// Major and minor.
fn number_of(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
