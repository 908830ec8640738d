//! A Redis Cluster: which node has which keys, and what happens when that changes.
//!
//! A node that does not have a key says where it is (`MOVED`, or `ASK` while the key's slot is on its way), and has not
//! carried out the command; so it is sent there. Whatever else goes wrong is for the caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use counterfoil_core::store::StoreError;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::time::Instant;

use super::node::{Dialer, Node, last, unavailable};
use super::slot;
use crate::address::Host;

/// How often a command is sent on before it is given up.
const REDIRECTS: usize = 8;
/// How often the nodes are asked for their slots at most.
const REFRESH_INTERVAL: Duration = Duration::from_millis(200);
/// How long to wait for a slot that is half here and half there.
const TRY_AGAIN: Duration = Duration::from_millis(20);

pub(super) struct Cluster {
    dialer: Dialer,
    seeds: Vec<Arc<Node>>,
    /// Every node that has been heard of since the slots were last read.
    nodes: Mutex<HashMap<String, Arc<Node>>>,
    slots: RwLock<Arc<Slots>>,
    refreshed: tokio::sync::Mutex<Option<Instant>>,
    /// Those that have said since then that the cluster is down. Perhaps only they are cut off, and know all the slots as they
    /// were.
    doubted: Mutex<Vec<Host>>,
}

/// Which master has which slots.
#[derive(Default)]
pub(super) struct Slots {
    /// First slot, last slot, master; in order.
    ranges: Vec<(u16, u16, Arc<Node>)>,
}

impl Slots {
    pub(super) fn owner(&self, slot: u16) -> Option<&Arc<Node>> {
        self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&slot)).map(|(_, _, node)| node)
    }

    /// Every master once, in the order of their first slots.
    pub(super) fn masters(&self) -> Vec<Arc<Node>> {
        let mut masters: Vec<Arc<Node>> = Vec::new();
        for (_, _, node) in &self.ranges {
            if !masters.iter().any(|known| Arc::ptr_eq(known, node)) {
                masters.push(Arc::clone(node));
            }
        }
        masters
    }

    /// Whether every slot has a master.
    pub(super) fn are_complete(&self) -> bool {
        self.ranges.iter().map(|(first, last, _)| u32::from(*last) - u32::from(*first) + 1).sum::<u32>() == 16_384
    }

    /// The ranges and their masters as text, which is another when anything has moved.
    pub(super) fn describe(&self) -> String {
        let range = |(first, last, node): &(u16, u16, Arc<Node>)| format!("{first}-{last}@{}", node.host);
        self.ranges.iter().map(range).collect::<Vec<_>>().join(" ")
    }
}

/// Where a command was sent on to.
enum Redirect {
    Moved(Arc<Node>),
    Ask(Arc<Node>),
}

impl Cluster {
    pub(super) fn new(dialer: Dialer, seeds: Vec<Arc<Node>>) -> Self {
        Self {
            dialer,
            seeds,
            nodes: Mutex::default(),
            slots: RwLock::default(),
            refreshed: tokio::sync::Mutex::default(),
            doubted: Mutex::default(),
        }
    }

    /// The slots as they were last read.
    pub(super) fn slots(&self) -> Arc<Slots> {
        Arc::clone(&self.slots.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a command to the node that has its key.
    pub(super) async fn command(
        self: &Arc<Self>,
        key: &[u8],
        command: &Cmd,
    ) -> Result<Result<Value, RedisError>, StoreError> {
        let slot = slot::of(key);
        let mut redirect = None;
        for _ in 0..REDIRECTS {
            let (node, asking) = match redirect.take() {
                Some(Redirect::Moved(node)) => (node, false),
                Some(Redirect::Ask(node)) => (node, true),
                None => (self.owner(slot).await?, false),
            };
            let mut commands = Pipeline::new();
            if asking {
                commands.cmd("ASKING");
            }
            commands.add_command(command.clone());
            let answer = match node.send(&commands).await {
                Ok(answers) => last(answers)?,
                Err(error) => {
                    // Perhaps another node has taken its place.
                    self.refresh_soon();
                    return Err(error);
                }
            };
            let Err(error) = answer else { return Ok(answer) };
            match error.kind() {
                ErrorKind::Server(ServerErrorKind::Moved) => {
                    self.refresh_soon();
                    redirect = self.named(&error, &node).map(Redirect::Moved);
                }
                ErrorKind::Server(ServerErrorKind::Ask) => redirect = self.named(&error, &node).map(Redirect::Ask),
                ErrorKind::Server(ServerErrorKind::TryAgain) => tokio::time::sleep(TRY_AGAIN).await,
                ErrorKind::Server(
                    ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown,
                ) => {
                    self.doubt(&node.host);
                    self.refresh_soon();
                    return Ok(Err(error));
                }
                _ => return Ok(Err(error)),
            }
        }
        Err(unavailable(RedisError::from((ErrorKind::Client, "the key's slot keeps moving"))))
    }

    async fn owner(self: &Arc<Self>, slot: u16) -> Result<Arc<Node>, StoreError> {
        if let Some(node) = self.slots().owner(slot) {
            return Ok(Arc::clone(node));
        }
        self.refresh().await?;
        let nobody = || unavailable(RedisError::from((ErrorKind::Client, "no node has the key's slot")));
        self.slots().owner(slot).map(Arc::clone).ok_or_else(nobody)
    }

    /// The node that a refusal names.
    fn named(&self, error: &RedisError, said_by: &Node) -> Option<Arc<Node>> {
        let (address, _) = error.redirect_node()?;
        let (name, port) = address.rsplit_once(':')?;
        self.node(name, port.parse().ok()?, said_by)
    }

    /// A node by its address. One that names no host is on the host of the one that said so.
    fn node(&self, name: &str, port: u16, said_by: &Node) -> Option<Arc<Node>> {
        let name = if name.is_empty() || name == "?" { &said_by.host.name } else { name };
        let host = Host { name: name.to_owned(), port };
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = nodes.get(&host.to_string()) {
            return Some(Arc::clone(node));
        }
        let node = Arc::new(self.dialer.node(host.clone()).ok()?);
        nodes.insert(host.to_string(), Arc::clone(&node));
        Some(node)
    }

    fn doubt(&self, host: &Host) {
        let mut doubted = self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        if !doubted.contains(host) {
            doubted.push(host.clone());
        }
    }

    /// Reads the slots anew, while the caller goes on.
    fn refresh_soon(self: &Arc<Self>) {
        if self.refreshed.try_lock().is_ok_and(|last| is_due(*last)) {
            let cluster = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(error) = cluster.refresh().await {
                    tracing::debug!(%error, "the slots of the Redis Cluster could not be read");
                }
            });
        }
    }

    /// Reads the slots anew, unless that was done just now.
    pub(super) async fn refresh(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut refreshed = self.refreshed.lock().await;
        if !is_due(*refreshed) {
            return Ok(());
        }
        let doubted = std::mem::take(&mut *self.doubted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut nodes: Vec<_> = self.slots().masters().into_iter().chain(self.seeds.iter().cloned()).collect();
        nodes.sort_by_key(|node| doubted.contains(&node.host));
        let (mut found, mut failure) = (None, None);
        for node in nodes {
            match self.read_slots(&node).await {
                Ok(slots) => {
                    let complete = slots.are_complete();
                    if complete || found.is_none() {
                        found = Some(slots);
                    }
                    // One that has lost its memory, or was turned out of the cluster, knows of itself at the most.
                    if complete {
                        break;
                    }
                }
                Err(error) => failure = Some(error),
            }
        }
        *refreshed = Some(Instant::now());
        let Some(slots) = found else {
            let nobody = || unavailable(RedisError::from((ErrorKind::Client, "no node is known")));
            return Err(failure.unwrap_or_else(nobody));
        };
        let masters = slots.masters();
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.retain(|_, node| masters.iter().any(|master| Arc::ptr_eq(master, node)));
        *self.slots.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(slots);
        Ok(())
    }

    async fn read_slots(&self, node: &Node) -> Result<Slots, StoreError> {
        let mut question = redis::cmd("CLUSTER");
        question.arg("SLOTS");
        let Value::Array(entries) = node.ask(question).await?.map_err(unavailable)? else {
            return Err(unavailable(RedisError::from((ErrorKind::Client, "the list of slots cannot be read"))));
        };
        let mut ranges: Vec<_> = entries.iter().filter_map(|entry| self.range(entry, node)).collect();
        ranges.sort_by_key(|(first, _, _)| *first);
        Ok(Slots { ranges })
    }

    /// An entry of `CLUSTER SLOTS`: first slot, last slot, master, replicas.
    fn range(&self, entry: &Value, said_by: &Node) -> Option<(u16, u16, Arc<Node>)> {
        let Value::Array(entry) = entry else { return None };
        let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = entry.as_slice() else { return None };
        let [name, Value::Int(port), ..] = master.as_slice() else { return None };
        let name: Option<String> = redis::from_redis_value_ref(name).ok()?;
        let node = self.node(name.as_deref().unwrap_or_default(), u16::try_from(*port).ok()?, said_by)?;
        Some((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, node))
    }
}

fn is_due(last: Option<Instant>) -> bool {
    last.is_none_or(|last| last.elapsed() >= REFRESH_INTERVAL)
}
