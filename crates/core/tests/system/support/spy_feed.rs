//! The log and the rows of the nodes with the same eye on them.

use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::id::NodeId;
use counterfoil_core::revocation::{Entry, Position};
use counterfoil_core::store::{Announcement, Node, Nodes, Revocations, StoreError, Stores};

use super::spy::{Control, Spy, pass_on};

/// The same stores, with an eye on the log and one on the rows of the nodes.
pub fn spied_feed(stores: &Stores) -> (Stores, Arc<Control>, Arc<Control>) {
    let (log, rows) = (Arc::<Control>::default(), Arc::<Control>::default());
    let revocations = Arc::new(Spy { inner: Arc::clone(&stores.revocations), control: Arc::clone(&log) });
    let nodes = Arc::new(Spy { inner: Arc::clone(&stores.nodes), control: Arc::clone(&rows) });
    (Stores { revocations, nodes, ..stores.clone() }, log, rows)
}

#[async_trait]
impl Revocations for Spy<dyn Revocations> {
    async fn append(&self, announcements: &[Announcement]) -> Result<Position, StoreError> {
        pass_on!(self, "append", append(announcements))
    }
    async fn after(&self, position: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        pass_on!(self, "after", after(position, limit))
    }
    async fn head(&self) -> Result<Position, StoreError> {
        pass_on!(self, "head", head())
    }
    async fn purge(&self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        pass_on!(self, "purge", purge(now, limit))
    }
    async fn count(&self) -> Result<u64, StoreError> {
        pass_on!(self, "count", count())
    }
    async fn import(&self, entries: &[Entry], head: Position) -> Result<(), StoreError> {
        pass_on!(self, "import", import(entries, head))
    }
}

#[async_trait]
impl Nodes for Spy<dyn Nodes> {
    async fn register(&self, node: &Node) -> Result<(), StoreError> {
        pass_on!(self, "register", register(node))
    }
    async fn position(&self, id: NodeId) -> Result<Option<Position>, StoreError> {
        pass_on!(self, "position", position(id))
    }
    async fn advance(&self, id: NodeId, position: Position) -> Result<bool, StoreError> {
        pass_on!(self, "advance", advance(id, position))
    }
    async fn list(&self) -> Result<Vec<Node>, StoreError> {
        pass_on!(self, "list", list())
    }
    async fn give_up(&self, id: NodeId, position: Position) -> Result<bool, StoreError> {
        pass_on!(self, "give_up", give_up(id, position))
    }
    async fn leave(&self, id: NodeId) -> Result<(), StoreError> {
        pass_on!(self, "leave", leave(id))
    }
}
