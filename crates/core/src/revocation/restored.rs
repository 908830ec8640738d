//! What is done when the store has become an older one.

use super::{Entry, Follower, Position, Target};
use crate::Timestamp;
use crate::store::StoreError;

/// How far the log goes on beyond everything that is known of it, so that no position comes twice: neither in the log nor in a
/// credential that was made after the copy that was put back.
const LEAP: u64 = 1_000_000;

impl Follower {
    /// Ends every credential that was made until now, in one step: the log goes on beyond all that is known of it and beyond
    /// `beyond`, with a line that is never dropped. Done by several at once, or again, it does no harm.
    ///
    /// Until this process has read that line, it answers nothing from memory.
    pub async fn restored(&self, beyond: Position) -> Result<(), StoreError> {
        self.lease.end();
        let head = self.log.head().await?;
        let position = Position(head.max(beyond).max(self.replica.known()).0.saturating_add(LEAP));
        let line = Entry { position, target: Target::Restored, expires_at: Timestamp::from_millis(i64::MAX) };
        self.log.import(&[line], position).await?;
        self.replica.note_restored();
        tracing::warn!(
            event = "sys_store_restored",
            head = head.0,
            known = beyond.0,
            "the store is an older one than was known: every login has ended"
        );
        Ok(())
    }

    /// Reads ahead because somebody has known the log up to `position`. If the log does not reach that far, the store has become
    /// an older one since.
    pub async fn read_up_to(&self, position: Position) -> Result<(), StoreError> {
        let head = self.log.head().await?;
        if head < position {
            self.restored(position).await?;
            return self.read_ahead().await;
        }
        self.read_ahead().await?;
        self.replica.knows(head);
        Ok(())
    }
}
