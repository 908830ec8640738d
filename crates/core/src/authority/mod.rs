//! What may be done with accounts and logins. Pages, the HTTP interface and the command line all come through here.

mod accounts;
mod end;
mod error;
mod exchange;
mod issue;
mod login;
mod operate;
mod purge;
mod refresh;
mod restored;
mod revoke;
mod setup;
mod succeed;
mod unanswered;

pub use accounts::{NewUser, PasswordChange};
pub use error::{AccountError, ExchangeError, LoginError, RefreshError, Trouble};
pub use issue::Issued;
pub use login::LoginRequest;
pub use operate::{Nobody, OperateError};
pub(crate) use purge::heed_purges;
pub use purge::{PURGED_FACT, PurgeError, Purged, Reach, purge};
pub use setup::{SETUP_CODE_LIFETIME, SetupError};
pub use succeed::Changed;
pub use unanswered::Unanswered;

use std::sync::Arc;
use std::time::Duration;

use crate::client::Clients;
use crate::credential::refresh::SuccessorKey;
use crate::keys::KeyRing;
use crate::password::{Policy, Pool};
use crate::revocation::{Announcement, Follower, Others, Replica, Target, Wait};
use crate::store::{StoreError, Stores};
use crate::verifier::TokenRules;
use crate::{Clock, Entropy, FloorClock, Timestamp};

/// Everything that changes accounts and logins, with what it needs for that.
pub struct Authority {
    /// Where records are kept.
    pub stores: Stores,
    /// Who may be logged in to.
    pub clients: Arc<Clients>,
    /// What signs tokens.
    pub ring: Arc<KeyRing>,
    /// What is known to be revoked, so that this process itself never lags behind what it has answered.
    pub replica: Arc<Replica>,
    /// What brings that up to date where something is decided by it.
    pub follower: Follower,
    /// Who else has to know of an end before it is said to be done.
    pub others: Others,
    /// Where passwords are hashed.
    pub passwords: Pool,
    /// What a new password must be like.
    pub password_policy: Policy,
    /// What makes a refresh token's successor.
    pub successors: SuccessorKey,
    /// Refresh tokens that were perhaps replaced, without anybody having the new one.
    pub unanswered: Unanswered,
    /// What every token says.
    pub tokens: TokenRules,
    /// Who may register, and for how long an answer to a refresh may be repeated.
    pub rules: Rules,
    /// What time it is.
    pub clock: Arc<FloorClock>,
    /// Where secrets come from.
    pub entropy: Arc<dyn Entropy>,
}

/// Rules that the operator sets.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whether strangers may make themselves an account.
    pub registration_open: bool,
    /// For how long a refresh token that was just replaced gets the same successor once more.
    pub reuse_window: Duration,
    /// Who has to know of an end before it is said to be done.
    pub wait: Wait,
}

impl Default for Rules {
    fn default() -> Self {
        Self { registration_open: true, reuse_window: Duration::from_secs(30), wait: Wait::All }
    }
}

impl Authority {
    /// What to announce so that `target` is refused for as long as any login of today could last.
    fn announcement(&self, target: Target) -> Announcement {
        Announcement { target, expires_at: self.clock.now().after(self.clients.longest_login() + self.margin()) }
    }

    /// For how much longer than a credential its revocation is remembered, by every node and by the log: clocks may be that far
    /// off without harm.
    fn margin(&self) -> Duration {
        self.tokens.leeway + Duration::from_hours(24)
    }

    /// Appends to the log. Once this returns, it is durable and obeyed.
    async fn announce(&self, announcements: &[Announcement]) -> Result<(), StoreError> {
        let last = self.stores.revocations.append(announcements).await?;
        self.replica.note_at(announcements, last);
        self.others.have_heard().await;
        Ok(())
    }

    /// To be called once announcements have been committed: takes them in here, and waits for the others.
    async fn announced(&self, announcements: &[Announcement]) {
        self.replica.note(announcements);
        self.others.have_heard().await;
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
