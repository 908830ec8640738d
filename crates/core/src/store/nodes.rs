//! Who answers for credentials from memory, and how much of the log each has taken in.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::id::NodeId;
use crate::revocation::Position;

/// A process that follows the log, as the others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Which one.
    pub id: NodeId,
    /// It obeys the log up to here.
    pub position: Position,
    /// For how long it may answer from memory after its last look at the log. In whole milliseconds.
    pub lease: Duration,
}

/// The rows of the nodes, always beside the log. A node without a row is waited for by nobody, so it renews no lease.
#[async_trait]
pub trait Nodes: Send + Sync {
    /// Adds a row. One that is there already is left as it is. Once this returns, whoever appends sees it.
    async fn register(&self, node: &Node) -> Result<(), StoreError>;

    /// The position in a node's row. `None`: it has none, or no longer.
    async fn position(&self, id: NodeId) -> Result<Option<Position>, StoreError>;

    /// Moves a node's position forward, never back. `false`: it has no row, and nothing has changed.
    async fn advance(&self, id: NodeId, position: Position) -> Result<bool, StoreError>;

    /// All of them, in any order.
    async fn list(&self) -> Result<Vec<Node>, StoreError>;

    /// Removes the row of a node that is behind `position`. `false`: it is not, or has no row.
    async fn give_up(&self, id: NodeId, position: Position) -> Result<bool, StoreError>;

    /// Removes a node's own row. One that is gone already is no error.
    async fn leave(&self, id: NodeId) -> Result<(), StoreError>;
}
