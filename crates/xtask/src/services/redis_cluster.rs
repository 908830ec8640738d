//! Redis Cluster.

use std::time::Duration;

use super::deadline::Deadline;
use super::error::ServiceError;
use super::options::Options;
use super::redis::Redis;
use super::secret;

/// The masters among which the slots are shared.
const MASTERS: usize = 3;
/// Every key belongs to one of these.
const SLOTS: usize = 16_384;
/// The nodes must hear of each other.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Redis Cluster of three masters, which share all slots, with the replicas that were asked for.
/// Dropped, its nodes end and their folders are removed.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
    password: String,
    tls: bool,
}

impl RedisCluster {
    /// Starts three masters without replicas, and returns when they answer for all slots.
    pub fn start(options: &Options) -> Result<Self, ServiceError> {
        Self::start_with_replicas(options, 0)
    }

    /// Starts three masters, each with this number of replicas.
    pub fn start_with_replicas(options: &Options, replicas: usize) -> Result<Self, ServiceError> {
        let password = secret::random(16)?;
        let count = MASTERS * (1 + replicas);
        let nodes = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..count).map(|_| scope.spawn(|| Redis::start_node(options, &password))).collect();
            let ended = |_| ServiceError::State { server: "redis", state: "could not be started by its thread" };
            starts.into_iter().map(|start| start.join().map_err(ended)?).collect::<Result<Vec<_>, _>>()
        })?;
        let cluster = Self { nodes, password, tls: options.tls.is_some() };
        cluster.share_slots()?;
        cluster.introduce()?;
        cluster.replicate()?;
        cluster.wait_until_whole()?;
        Ok(cluster)
    }

    fn share_slots(&self) -> Result<(), ServiceError> {
        for (at, master) in self.nodes.iter().take(MASTERS).enumerate() {
            let (first, after) = (at * SLOTS / MASTERS, (at + 1) * SLOTS / MASTERS);
            master.query(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(after - 1).to_string()])?;
        }
        for (at, node) in self.nodes.iter().enumerate() {
            // Else they would settle these between them, one after the other.
            node.query(&["CLUSTER", "SET-CONFIG-EPOCH", &(at + 1).to_string()])?;
        }
        Ok(())
    }

    /// All learn of the first: the others they learn from it.
    fn introduce(&self) -> Result<(), ServiceError> {
        let Some((first, others)) = self.nodes.split_first() else { return Ok(()) };
        let (port, bus) = (first.port().to_string(), first.bus_port().unwrap_or_default().to_string());
        others.iter().try_for_each(|node| node.query(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).map(|_| ()))
    }

    fn replicate(&self) -> Result<(), ServiceError> {
        for (at, replica) in self.nodes.iter().enumerate().skip(MASTERS) {
            let master = self.nodes[at % MASTERS].query(&["CLUSTER", "MYID"])?;
            // It must have heard of its master first.
            let known = Deadline::after(PATIENCE)
                .poll(Duration::from_millis(50), || replica.query(&["CLUSTER", "REPLICATE", &master]).ok());
            known.ok_or_else(|| self.silent("a replica does not know its master"))?;
        }
        Ok(())
    }

    fn wait_until_whole(&self) -> Result<(), ServiceError> {
        let whole = Deadline::after(PATIENCE).poll(Duration::from_millis(50), || {
            let known = self.nodes.iter().all(|node| self.is_whole(node));
            known.then_some(())
        });
        whole.ok_or_else(|| self.silent("its nodes do not know each other"))
    }

    /// Whether this node knows all nodes, and who has which slot; a master, that its replicas have confirmed all its data.
    fn is_whole(&self, node: &Redis) -> bool {
        let says = |words: &[&str], wanted: &[String]| {
            let said = node.query(words).unwrap_or_default();
            wanted.iter().all(|line| said.lines().any(|found| found.trim() == line))
        };
        let count = self.nodes.len();
        let state = ["cluster_state:ok".into(), format!("cluster_known_nodes:{count}"), "cluster_size:3".into()];
        let replicas = count / MASTERS - 1;
        let role = node.query(&["ROLE"]).unwrap_or_default();
        let in_step = match role.lines().next() {
            Some("master") => keeps_up(node, replicas),
            Some("slave") => role.lines().any(|line| line == "connected"),
            _ => false,
        };
        in_step && says(&["CLUSTER", "INFO"], &state)
    }

    /// Waits until every replica of a master that runs has confirmed all that was written to it: killed then, it takes nothing along.
    /// An answer to a client says nothing of that, and a replica that has just begun confirms once a second only.
    pub fn wait_for_replicas(&self) -> Result<(), ServiceError> {
        let replicas = self.nodes.len() / MASTERS - 1;
        let role = |node: &Redis| node.query(&["ROLE"]).unwrap_or_default();
        let masters = self.nodes.iter().filter(|node| role(node).starts_with("master"));
        let masters: Vec<&Redis> = masters.collect();
        let kept_up = Deadline::after(PATIENCE)
            .poll(Duration::from_millis(50), || masters.iter().all(|master| keeps_up(master, replicas)).then_some(()));
        kept_up.ok_or_else(|| self.silent("its replicas do not keep up"))
    }

    fn silent(&self, last: &str) -> ServiceError {
        let log = self.nodes.iter().map(Redis::last_words).collect();
        ServiceError::Silent { server: "redis cluster", limit: PATIENCE, last: last.into(), log }
    }

    /// `redis+cluster://:PASSWORD@127.0.0.1:P1,127.0.0.1:P2,127.0.0.1:P3`: its masters. `rediss+cluster` with TLS.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "rediss+cluster" } else { "redis+cluster" };
        let masters: Vec<String> =
            self.nodes.iter().take(MASTERS).map(|node| format!("127.0.0.1:{}", node.port())).collect();
        format!("{scheme}://:{}@{}", self.password, masters.join(","))
    }

    /// Its nodes, the three masters first.
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// Its nodes, to pause or to kill one of them.
    pub fn nodes_mut(&mut self) -> &mut [Redis] {
        &mut self.nodes
    }

    /// What `redis-cli` prints for a command at the node that has its key.
    pub fn query(&self, words: &[&str]) -> Result<String, ServiceError> {
        let words: Vec<&str> = std::iter::once("-c").chain(words.iter().copied()).collect();
        self.nodes.first().map_or(Ok(String::new()), |node| node.query(&words))
    }

    /// Stops all nodes where they are (SIGSTOP).
    pub fn pause(&mut self) -> Result<(), ServiceError> {
        self.nodes.iter_mut().try_for_each(Redis::pause)
    }

    /// Lets all nodes go on.
    pub fn resume(&mut self) -> Result<(), ServiceError> {
        self.nodes.iter_mut().try_for_each(Redis::resume)
    }

    /// Ends all nodes at once (SIGKILL).
    pub fn kill(&mut self) -> Result<(), ServiceError> {
        self.nodes.iter_mut().try_for_each(Redis::kill)
    }

    /// Ends all nodes in good order.
    pub fn stop(&mut self) -> Result<(), ServiceError> {
        self.nodes.iter_mut().try_for_each(Redis::stop)
    }

    /// Starts all nodes again, with their folders and ports, and returns when they answer for all slots.
    pub fn start_again(&mut self) -> Result<(), ServiceError> {
        self.nodes.iter_mut().try_for_each(Redis::start_again)?;
        self.wait_until_whole()
    }
}

/// Whether a master has this number of replicas, and each has confirmed all that the master has written.
fn keeps_up(master: &Redis, replicas: usize) -> bool {
    let info = master.query(&["INFO", "replication"]).unwrap_or_default();
    let Some(written) = info.lines().find_map(|line| line.trim().strip_prefix("master_repl_offset:")) else {
        return false;
    };
    let confirmed = format!(",state=online,offset={written},");
    info.lines().filter(|line| line.starts_with("slave") && line.contains(&confirmed)).count() == replicas
}
