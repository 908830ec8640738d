//! Connecting for the first time: what must be so before logins are put there.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use redis::{Cmd, RedisError, Value};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::cluster::Cluster;
use super::fault::{fault_of, no_tls};
use super::link::Link;
use super::names::Names;
use super::node::{Dialer, Node};
use crate::address::{Host, ServerUrl, SessionsUrl, Tls};
use crate::server::{Fault, Options, ServerError, Shortcoming, Weakness};

/// The oldest that knows `ZADD … GT`, `SET … PXAT` and the rest.
const OLDEST: (u32, u32) = (6, 2);

/// A fault with what the driver said.
pub(super) type Found = (Fault, Option<RedisError>);

/// Connects to a server or to all nodes of a cluster, and looks whether they will do.
pub(super) async fn connect(url: &SessionsUrl, names: &Names, options: &Options) -> Result<Link, ServerError> {
    let probe = Probe::new(url, names, options);
    let (link, weaknesses) = probe.link().await.map_err(|found| probe.refuse(found))?;
    probe.try_writing(&link).await.map_err(|found| probe.refuse(found))?;
    for weakness in weaknesses {
        tracing::warn!("{weakness}");
    }
    Ok(link)
}

/// The same without writing anything: what they do less well than they could.
pub(super) async fn look(url: &SessionsUrl, names: &Names, options: &Options) -> Result<Vec<Weakness>, ServerError> {
    let probe = Probe::new(url, names, options);
    let (_, weaknesses) = probe.link().await.map_err(|found| probe.refuse(found))?;
    Ok(weaknesses)
}

struct Probe<'a> {
    server: &'a ServerUrl,
    clustered: bool,
    names: &'a Names,
    options: &'a Options,
}

impl<'a> Probe<'a> {
    const fn new(url: &'a SessionsUrl, names: &'a Names, options: &'a Options) -> Self {
        let (server, clustered) = match url {
            SessionsUrl::Redis(server) => (server, false),
            SessionsUrl::RedisCluster(server) => (server, true),
        };
        Self { server, clustered, names, options }
    }

    const fn product(&self) -> &'static str {
        if self.clustered { "Redis Cluster" } else { "Redis" }
    }

    fn refuse(&self, (fault, source): Found) -> ServerError {
        let source = source.map(|source| Box::new(source) as _);
        ServerError { product: self.product(), place: self.server.place(), fault, source }
    }

    /// The way to it, and what is weak there.
    async fn link(&self) -> Result<(Link, Vec<Weakness>), Found> {
        let authorities = match &self.server.tls {
            Tls::Verified { ca: Some(file) } => Some(authorities(file).map_err(|fault| (fault, None))?),
            Tls::Verified { ca: None } | Tls::Off => None,
        };
        let dialer = Dialer::new(self.server, authorities, self.options.timeout);
        let mut nodes = Vec::new();
        for host in &self.server.hosts {
            nodes.push(Arc::new(dialer.node(host.clone()).map_err(|error| self.fault(error))?));
        }
        if !self.clustered {
            let node = nodes.swap_remove(0);
            let weaknesses = self.look_at(&node).await?;
            return Ok((Link::Single(node), weaknesses));
        }
        // One that answers is enough: it knows the others.
        let mut looked = Err((Fault::Unreachable, None));
        for node in &nodes {
            looked = self.greet(node).await;
            if looked.is_ok() {
                looked = self.look_at(node).await.map(drop);
                let mut slots = redis::cmd("CLUSTER");
                slots.arg("SLOTS");
                if looked.is_ok() {
                    looked = self.ask(node, slots).await.map(drop);
                }
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
        let mut weaknesses = Vec::new();
        for node in cluster.slots().masters() {
            weaknesses.extend(self.look_at(&node).await?);
        }
        Ok((Link::Cluster(cluster), weaknesses))
    }

    async fn greet(&self, node: &Node) -> Result<(), Found> {
        match timeout(self.options.timeout, node.greet()).await {
            Ok(greeted) => greeted.map_err(|error| self.fault(error)),
            // Without TLS Redis waits for the end of what it takes for a command.
            Err(_) if self.server.tls != Tls::Off && self.speaks_plainly(&node.host).await => {
                Err((no_tls(self.server), None))
            }
            Err(_) => Err((Fault::Silent(self.options.timeout), None)),
        }
    }

    /// Whether it answers like Redis without TLS. Nothing is told to it.
    async fn speaks_plainly(&self, host: &Host) -> bool {
        let ping = async {
            let mut stream = TcpStream::connect((host.name.as_str(), host.port)).await.ok()?;
            stream.write_all(b"PING\r\n").await.ok()?;
            let mut first = [0];
            stream.read_exact(&mut first).await.ok()?;
            Some(matches!(first, [b'+' | b'-']))
        };
        timeout(self.options.timeout, ping).await.is_ok_and(|plain| plain == Some(true))
    }

    fn fault(&self, error: RedisError) -> Found {
        (fault_of(&error, self.server, self.names), Some(error))
    }

    /// Whether a server is of the kind that was named, new enough, a primary, and keeps what it is given; and what is weak there all the
    /// same.
    async fn look_at(&self, node: &Node) -> Result<Vec<Weakness>, Found> {
        self.greet(node).await?;
        let info = self.ask(node, redis::cmd("INFO")).await?;
        let info: String = redis::from_redis_value(info).unwrap_or_default();
        let facts: HashMap<&str, &str> = info.lines().filter_map(|line| line.split_once(':')).collect();
        judge(&facts, self.clustered).map_err(|fault| (fault, None))?;
        let appends = facts.get("aof_enabled").is_some_and(|enabled| enabled.trim() == "1");
        let loss = self.loss(node, appends).await;
        let all_or_nothing =
            self.clustered && self.setting(node, "cluster-require-full-coverage").await.is_some_and(|all| all == "yes");
        let found = loss.into_iter().chain(all_or_nothing.then_some(Shortcoming::AllOrNothing));
        Ok(found.map(|what| Weakness { product: self.product(), place: node.host.to_string(), what }).collect())
    }

    /// What a crash of the server costs. It may forbid to ask; then nothing is said.
    async fn loss(&self, node: &Node, appends: bool) -> Option<Shortcoming> {
        if appends {
            return match self.setting(node, "appendfsync").await?.as_str() {
                "always" => None,
                "no" => Some(Shortcoming::AppendedAtWill),
                _ => Some(Shortcoming::AppendedEachSecond),
            };
        }
        let forgets = self.setting(node, "save").await.is_some_and(|when| when.is_empty());
        Some(if forgets { Shortcoming::Forgetful } else { Shortcoming::Snapshots })
    }

    async fn setting(&self, node: &Node, name: &str) -> Option<String> {
        let mut question = redis::cmd("CONFIG");
        question.arg("GET").arg(name);
        let answer = self.ask(node, question).await.ok()?;
        redis::from_redis_value::<HashMap<String, String>>(answer).ok()?.remove(name)
    }

    /// Uses every command once, on keys that expire, so that a missing permission is told now and not at somebody's login.
    async fn try_writing(&self, link: &Link) -> Result<(), Found> {
        let (servers, _) = link.masters().await.map_err(|_| (Fault::Other, None))?;
        for node in servers {
            for command in trials(&link.probe_on(&node, self.names)) {
                self.ask(&node, command).await?;
            }
        }
        Ok(())
    }

    async fn ask(&self, node: &Node, command: Cmd) -> Result<Value, Found> {
        let answer = node.ask(command).await.map_err(|_| (Fault::Silent(self.options.timeout), None))?;
        answer.map_err(|error| self.fault(error))
    }
}

/// The certificates that are trusted, in PEM.
fn authorities(file: &Path) -> Result<Vec<u8>, Fault> {
    let refuse = |why: String| Fault::Authority(format!("{} {why}", file.display()));
    let pem = std::fs::read(file).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let mut certificates = CertificateDer::pem_slice_iter(&pem);
    match certificates.next() {
        None => Err(refuse("holds no certificate".to_owned())),
        Some(Err(_)) => Err(refuse("is no PEM".to_owned())),
        Some(Ok(_)) => Ok(pem),
    }
}

/// Whether a server is as it must be, by what it says of itself.
fn judge(facts: &HashMap<&str, &str>, clustered: bool) -> Result<(), Fault> {
    let fact = |name: &str| facts.get(name).copied().unwrap_or_default().trim();
    let unfit = |what: &str| Err(Fault::Unfit(what.to_owned()));
    match (fact("redis_mode"), clustered) {
        ("cluster", false) => {
            return unfit("it is a node of a Redis Cluster: write `redis+cluster://` (with TLS `rediss+cluster://`)");
        }
        ("standalone", true) => {
            return unfit("it is a single server and no Redis Cluster: write `redis://` (with TLS `rediss://`)");
        }
        ("sentinel", _) => return unfit("it is a Sentinel, which keeps no data: name the server that it watches"),
        _ => (),
    }
    let version = fact("redis_version");
    if number_of(version).is_some_and(|version| version < OLDEST) {
        return Err(Fault::TooOld { found: version.to_owned(), needed: "6.2" });
    }
    if fact("loading") == "1" {
        return unfit("it is still reading its data from the disk: try again in a moment");
    }
    if fact("role") == "slave" {
        return Err(Fault::ReadOnly);
    }
    let policy = fact("maxmemory_policy");
    if !policy.is_empty() && policy != "noeviction" {
        return Err(Fault::Evicts(policy.to_owned()));
    }
    Ok(())
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
    // Several nodes may try at once: a key that one leaves for a moment must not be of a type that another does not expect.
    let (text, key) = (&*format!("{key}:text"), &*format!("{key}:trial"));
    vec![
        words(&["EVAL", TRIAL, "1", key, &later]),
        words(&["EVALSHA", script.get_hash(), "1", key, &later]),
        words(&["HMGET", key, "a"]),
        words(&["HEXISTS", key, "a"]),
        words(&["HLEN", key]),
        words(&["ZRANGE", key, "0", "-1"]),
        words(&["ZREM", key, "a"]),
        words(&["SCAN", "0", "COUNT", "1"]),
        words(&["SET", text, "1", "NX", "EX", "1"]),
        words(&["EXPIRE", text, "1"]),
    ]
}

/// Major and minor.
fn number_of(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fault of a server that says this of itself.
    fn judged(info: &str, clustered: bool) -> Option<String> {
        let facts = info.split(' ').filter_map(|fact| fact.split_once(':')).collect();
        judge(&facts, clustered).err().map(|fault| fault.to_string())
    }

    #[test]
    fn a_server_is_refused_by_what_it_says_of_itself() {
        let well = "redis_mode:standalone redis_version:7.2.4 role:master loading:0 maxmemory_policy:noeviction";
        assert_eq!(judged(well, false), None);
        assert_eq!(judged(&well.replace("standalone", "cluster"), true), None);
        for (from, to, said) in [
            ("7.2.4", "6.0.16", "it is version 6.0.16, and 6.2 or later is needed"),
            ("7.2.4", "5.0.7", "it is version 5.0.7, and 6.2 or later is needed"),
            ("loading:0", "loading:1", "it is still reading its data from the disk: try again in a moment"),
            ("standalone", "sentinel", "it is a Sentinel, which keeps no data: name the server that it watches"),
            ("role:master", "role:slave", "it takes no writes: name the primary, not a replica"),
        ] {
            assert_eq!(judged(&well.replace(from, to), false).as_deref(), Some(said));
        }
        assert_eq!(judged(&well.replace("7.2.4", "10.0.0"), false), None, "versions are compared as numbers");
    }
}
