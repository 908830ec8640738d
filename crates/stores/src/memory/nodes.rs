//! The rows of the nodes in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use counterfoil_core::id::NodeId;
use counterfoil_core::revocation::Position;
use counterfoil_core::store::{Node, Nodes, StoreError};

use super::MemoryStore;

pub(super) type Rows = BTreeMap<NodeId, Node>;

#[async_trait]
impl Nodes for MemoryStore {
    async fn register(&self, node: &Node) -> Result<(), StoreError> {
        self.state().nodes.entry(node.id).or_insert(*node);
        Ok(())
    }

    async fn position(&self, id: NodeId) -> Result<Option<Position>, StoreError> {
        Ok(self.state().nodes.get(&id).map(|node| node.position))
    }

    async fn advance(&self, id: NodeId, position: Position) -> Result<bool, StoreError> {
        let mut state = self.state();
        let row = state.nodes.get_mut(&id);
        Ok(row.map(|row| row.position = row.position.max(position)).is_some())
    }

    async fn list(&self) -> Result<Vec<Node>, StoreError> {
        Ok(self.state().nodes.values().copied().collect())
    }

    async fn give_up(&self, id: NodeId, position: Position) -> Result<bool, StoreError> {
        let rows = &mut self.state().nodes;
        let is_behind = rows.get(&id).is_some_and(|row| row.position < position);
        Ok(is_behind && rows.remove(&id).is_some())
    }

    async fn leave(&self, id: NodeId) -> Result<(), StoreError> {
        self.state().nodes.remove(&id);
        Ok(())
    }
}
