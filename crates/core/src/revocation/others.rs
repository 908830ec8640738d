//! Waiting until no other node believes what has just ended.

use std::sync::Arc;
use std::time::Duration;

use super::{Lease, Position};
use crate::Clock;
use crate::id::NodeId;
use crate::store::{Node, Nodes, Revocations, StoreError};

/// How long the first pause between two looks at the rows is; each is twice as long as the one before it.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// How long a pause is at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Who has to know of an end before it is said to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wait {
    /// Every node: it has taken the end in, or its lease has run out.
    #[default]
    All,
    /// This process. The others hear of it within their interval, and believe for their lease at most.
    Local,
}

/// The other nodes on the same store.
pub struct Others {
    nodes: Arc<dyn Nodes>,
    log: Arc<dyn Revocations>,
    clock: Arc<dyn Clock>,
    /// This process, where it is a node.
    own: Option<NodeId>,
    wait: Wait,
}

/// Who is waited for, and until where.
struct Behind {
    position: Position,
    nodes: Vec<Node>,
}

impl Others {
    /// All nodes but `own`.
    pub const fn new(
        nodes: Arc<dyn Nodes>,
        log: Arc<dyn Revocations>,
        clock: Arc<dyn Clock>,
        own: Option<NodeId>,
        wait: Wait,
    ) -> Self {
        Self { nodes, log, clock, own, wait }
    }

    /// Waits until everything that the log says by now is obeyed by every other node: each has noted so in its row, or the
    /// longest of their leases has run out since this was called. Whoever is behind by then loses its row, and so the right to
    /// renew its lease before it has read on; nobody waits for it again.
    ///
    /// To be called after the append has been committed. A store that fails meanwhile makes no difference: what is appended is
    /// durable, and leases run out by themselves.
    pub async fn have_heard(&self) {
        if self.wait == Wait::Local {
            return;
        }
        let begun = self.clock.monotonic();
        let mut pause = FIRST_PAUSE;
        let mut behind = None;
        loop {
            match self.look(&mut behind).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::debug!(%error, "the rows of the nodes could not be read"),
            }
            // Clocks may run at rates that differ, by much less than a tenth. As long as the rows were never seen, a lease may
            // be of any length.
            let longest = behind.as_ref().map_or(Lease::LONGEST, Behind::longest_lease);
            if self.clock.monotonic().saturating_sub(begun) > longest + longest / 10 {
                return self.give_up(behind).await;
            }
            self.clock.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether nobody is behind. Who was not there at the first look has registered after the append, and so read it before its
    /// lease began.
    async fn look(&self, behind: &mut Option<Behind>) -> Result<bool, StoreError> {
        let mut nodes = self.nodes.list().await?;
        nodes.retain(|node| Some(node.id) != self.own);
        if nodes.is_empty() {
            return Ok(true);
        }
        let behind = match behind {
            Some(behind) => behind,
            None => behind.insert(Behind { position: self.log.head().await?, nodes: nodes.clone() }),
        };
        nodes.retain(|node| node.position < behind.position);
        behind.nodes.retain(|waited| nodes.iter().any(|node| node.id == waited.id));
        Ok(behind.nodes.is_empty())
    }

    /// Removes the rows of those that are still behind, so that this was the last time that anybody waited for them.
    async fn give_up(&self, behind: Option<Behind>) {
        let Some(Behind { position, nodes }) = behind else { return };
        for Node { id, .. } in nodes {
            match self.nodes.give_up(id, position).await {
                Ok(true) => {
                    tracing::warn!(node = %id, "a node has not followed for the time of its lease: it is given up");
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(node = %id, %error, "the row of a node was not removed"),
            }
        }
    }
}

impl Behind {
    fn longest_lease(&self) -> Duration {
        self.nodes.iter().map(|node| node.lease).max().unwrap_or_default()
    }
}
