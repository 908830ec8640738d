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
