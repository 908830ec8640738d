//! What may be done with accounts and logins. Pages, the HTTP interface and the command line all come through here.

mod accounts;
mod attempt;
mod end;
mod error;
mod exchange;
mod import;
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
mod written;

pub use accounts::{NewUser, PasswordChange};
pub use end::NewestSessions;
pub use error::{AccountError, ExchangeError, LoginError, RefreshError, Trouble};
pub use import::{Foreseen, Import, ImportConflict, ImportedUser};
pub use issue::Issued;
pub use login::LoginRequest;
pub use operate::{Nobody, OperateError};
pub(crate) use purge::heed_purges;
pub use purge::{PURGED_FACT, PurgeError, Purged, Reach, purge};
pub use setup::{SETUP_CODE_LIFETIME, SetupError};
pub use succeed::Changed;
pub use unanswered::Unanswered;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::{Caller, Entry, Scribe};
use crate::client::Clients;
use crate::credential::refresh::SuccessorKey;
use crate::keys::KeyRing;
use crate::password::{Policy, Pool};
use crate::revocation::{Announcement, Follower, Others, Replica, Target, Wait};
use crate::store::{StoreError, Stores};
use crate::throttle::{Limits, Throttle};
use crate::verifier::TokenRules;
use crate::{Clock, Entropy, FloorClock, Timestamp};

/// Everything that changes accounts and logins, on somebody's behalf.
pub struct Authority {
    parts: Arc<Parts>,
    caller: Caller,
}

/// What an authority works with, the same on whose behalf ever: to be read through it.
pub struct Parts {
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
    /// How often passwords may be guessed.
    pub throttle: Throttle,
    /// Where passwords are hashed.
    pub passwords: Pool,
    /// What a new password must be like.
    pub password_policy: Policy,
    /// What makes a refresh token's successor.
    pub successors: SuccessorKey,
    /// Refresh tokens that were perhaps replaced, without anybody having the new one.
    pub unanswered: Unanswered,
    /// What writes down what was done.
    pub scribe: Scribe,
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
    /// How much guessing there may be.
    pub guessing: Limits,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            registration_open: true,
            reuse_window: Duration::from_secs(30),
            wait: Wait::All,
            guessing: Limits::DEFAULT,
        }
    }
}

impl Deref for Authority {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Authority {
    /// One of these parts, which acts for the process itself.
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), caller: Caller::default() }
    }

    /// The same, on somebody's behalf: what it does is written down as theirs.
    #[must_use]
    pub fn on_behalf_of(&self, caller: Caller) -> Self {
        Self { parts: Arc::clone(&self.parts), caller }
    }

    /// Writes down what was done. Nothing is said to be done before that.
    pub async fn record(&self, entries: impl IntoIterator<Item = Entry>) -> Result<(), StoreError> {
        self.scribe.record(&self.caller, entries).await
    }

    /// Whether what is to be done can be written down: to be asked before what would be something else when it is done again, such as a
    /// new account. What ends something is done in any case.
    async fn can_record(&self) -> Result<(), StoreError> {
        self.scribe.assure().await
    }

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
