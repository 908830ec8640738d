//! The rows of the nodes in SQL.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::id::NodeId;
use counterfoil_core::revocation::Position;
use counterfoil_core::store::{Node, Nodes, StoreError};

use super::SqlStore;
use super::driver::{Outcome, Step};
use super::row::{Columns, damaged};

const REGISTER: &str = "insert into nodes (id, position, lease) values (?, ?, ?)";
const POSITION: &str = "select position from nodes where id = ?";
const ADVANCE: &str = "update nodes set position = case when position < ? then ? else position end where id = ?";
const LIST: &str = "select id, position, lease from nodes";
const GIVE_UP: &str = "delete from nodes where id = ? and position < ?";
const LEAVE: &str = "delete from nodes where id = ?";

#[async_trait]
impl Nodes for SqlStore {
    async fn register(&self, node: &Node) -> Result<(), StoreError> {
        // Rounded up, so that nobody waits for less than the lease.
        let lease = u64::try_from(node.lease.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        let row = vec![node.id.as_bytes().as_slice().into(), node.position.0.into(), lease.into()];
        match self.driver.write(vec![Step::one(REGISTER, row)]).await? {
            Outcome::Done(_) | Outcome::Conflict { .. } => Ok(()),
            Outcome::Refused { .. } => Err(damaged("nodes.id")),
        }
    }

    async fn position(&self, id: NodeId) -> Result<Option<Position>, StoreError> {
        let row = self.first(POSITION, vec![id.as_bytes().as_slice().into()]).await?;
        row.map(|mut row| row.count("nodes.position").map(Position)).transpose()
    }

    async fn advance(&self, id: NodeId, position: Position) -> Result<bool, StoreError> {
        let (to, id) = (position.0.into(), id.as_bytes().as_slice().into());
        self.changes_one(ADVANCE, vec![position.0.into(), to, id]).await
    }

    async fn list(&self) -> Result<Vec<Node>, StoreError> {
        self.all(LIST, Vec::new(), decode).await
    }

    async fn give_up(&self, id: NodeId, position: Position) -> Result<bool, StoreError> {
        self.changes_one(GIVE_UP, vec![id.as_bytes().as_slice().into(), position.0.into()]).await
    }

    async fn leave(&self, id: NodeId) -> Result<(), StoreError> {
        self.changes_many(LEAVE, vec![id.as_bytes().as_slice().into()]).await.map(drop)
    }
}

fn decode(row: &mut Columns) -> Result<Node, StoreError> {
    Ok(Node {
        id: NodeId::from_bytes(row.array("nodes.id")?),
        position: row.count("nodes.position").map(Position)?,
        lease: row.count("nodes.lease").map(Duration::from_millis)?,
    })
}
