//! What an operator says who has put an older copy of the store back.

use super::{Authority, PURGED_FACT};
use crate::audit::{Entry, Event};
use crate::revocation::Position;
use crate::store::StoreError;

impl Authority {
    /// Ends everything that was issued until now, on every node: the store has become an older one, and what had ended since
    /// that copy was made is not to count again. Logins from now on count.
    ///
    /// Until when had been purged is forgotten as well, in case a clock was wrong then. Whoever opens the store from now on
    /// goes by its own clock.
    pub async fn store_restored(&self) -> Result<(), StoreError> {
        self.follower.restored(Position(0)).await?;
        // It is not something found, but said.
        self.replica.take_restored();
        self.record([Entry::new(Event::StoreRestored).with("found", false)]).await?;
        let purged = self.stores.facts.fact(PURGED_FACT).await?;
        if purged.is_some() {
            self.stores.facts.change_fact(PURGED_FACT, purged.as_deref(), None).await?;
        }
        self.others.have_heard().await;
        self.read_own_line().await;
        Ok(())
    }
}
