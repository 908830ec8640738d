//! The first administrator, who is made by whoever reads the server's first lines of output.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::error::{AccountError, Trouble};
use super::{Authority, NewUser};
use crate::account::User;
use crate::audit::{Entry, Event};
use crate::credential::SecretHash;
use crate::id::Role;
use crate::password::Password;
use crate::store::StoreError;
use crate::{EntropyError, Timestamp};

/// For how long a set-up code counts.
pub const SETUP_CODE_LIFETIME: Duration = Duration::from_secs(60 * 60);

const FACT: &str = "setup";
/// How many users are looked at together.
const PAGE: usize = 256;

/// Why the first administrator was not made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The code is wrong, used up or too old. Outside these are one.
    #[error("the set-up link does not count, or no longer")]
    BadCode,
    /// The account is no good.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}

impl Authority {
    /// A code that lets whoever has it make the first administrator, once, within an hour. `None`: there are users already.
    /// An older code counts no more. It goes on counting when a stranger registers meanwhile, who could otherwise keep the
    /// operator out.
    pub async fn setup_code(&self) -> Result<Option<Zeroizing<String>>, Trouble> {
        if !self.stores.users.is_empty().await? {
            return Ok(None);
        }
        let code = self.new_code()?;
        let expires_at = self.now().after(SETUP_CODE_LIFETIME);
        let old = self.stores.facts.fact(FACT).await?;
        let new = fact(&code, expires_at);
        if self.stores.facts.change_fact(FACT, old.as_deref(), Some(&new)).await? {
            Ok(Some(code))
        } else {
            Err(Trouble::Contended)
        }
    }

    /// Makes the first administrator.
    pub async fn set_up(
        &self,
        code: &str,
        username: &str,
        email: Option<&str>,
        password: Password,
    ) -> Result<User, SetupError> {
        let stored = self.stores.facts.fact(FACT).await?.ok_or(SetupError::BadCode)?;
        // An operator may have made an administrator by a command meanwhile.
        if !self.counts(&stored, code) || self.has_administrator().await? {
            return Err(SetupError::BadCode);
        }
        let roles = ["admin", "user"].into_iter().map(Role::parse).collect::<Result<BTreeSet<_>, _>>();
        let roles = roles.map_err(AccountError::from)?;
        // Hashing takes long enough for a browser to hang up, so the code is used up after it; and before the account is stored, so
        // that of two who race with one code one makes an account. A refused account gives it back.
        let user = self.draft(NewUser { username, email, password, roles }).await?;
        // The claim has a name, so that what is given back is our own, even when the answer to it was lost.
        let claim = format!("claimed {}", user.id);
        match self.stores.facts.change_fact(FACT, Some(&stored), Some(&claim)).await {
            Ok(true) => {}
            Ok(false) => return Err(SetupError::BadCode),
            Err(error) => {
                self.turn(&claim, Some(&stored)).await;
                return Err(error.into());
            }
        }
        match self.add_drafted(user.clone()).await {
            Ok(user) => {
                self.turn(&claim, None).await;
                self.first_made(&user).await;
                Ok(user)
            }
            // The account may be there, and only the answer was lost.
            Err(error) => match self.stores.users.by_id(user.id).await? {
                Some(user) => {
                    self.turn(&claim, None).await;
                    self.first_made(&user).await;
                    Ok(user)
                }
                None => {
                    self.turn(&claim, Some(&stored)).await;
                    Err(error.into())
                }
            },
        }
    }

    async fn has_administrator(&self) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let page = self.stores.users.list(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(false) };
            if page.iter().any(|user| user.roles.iter().any(|role| role.as_str() == "admin")) {
                return Ok(true);
            }
            after = Some(last.id);
        }
    }

    /// Writes down that the first administrator was made, by whoever had the code. The code is used up: to say that it was not done would keep
    /// the operator out. What is not written yet goes in with the next record.
    async fn first_made(&self, user: &User) {
        let entry = Entry::new(Event::UserCreated).by(user.id).about(user.id).with("roles", &user.roles);
        if let Err(error) = self.record([entry.with("set_up", true)]).await {
            tracing::error!(%error, "that the first administrator was made is not written down yet");
        }
    }

    /// Gives a claimed code back or takes it away. Should that fail, it counts no more, and a restart makes another one.
    async fn turn(&self, claim: &str, to: Option<&str>) {
        if let Err(error) = self.stores.facts.change_fact(FACT, Some(claim), to).await {
            tracing::warn!(%error, "the set-up code could not be given back or taken away");
        }
    }

    /// Whether a set-up code counts now.
    pub async fn setup_code_counts(&self, code: &str) -> Result<bool, StoreError> {
        let stored = self.stores.facts.fact(FACT).await?;
        Ok(stored.is_some_and(|stored| self.counts(&stored, code)))
    }

    fn counts(&self, stored: &str, code: &str) -> bool {
        let expires_at = stored.split_once(' ').and_then(|(expires_at, _)| expires_at.parse().ok());
        expires_at.map(Timestamp::from_millis).is_some_and(|expires_at| {
            let expected = fact(code, expires_at);
            self.now() < expires_at && SecretHash::of(expected.as_bytes()).matches(&SecretHash::of(stored.as_bytes()))
        })
    }

    fn new_code(&self) -> Result<Zeroizing<String>, EntropyError> {
        let mut secret = Zeroizing::new([0; 32]);
        self.entropy.fill(secret.as_mut_slice())?;
        Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_slice())))
    }
}

/// What is stored of a code: when it ends, and its hash.
fn fact(code: &str, expires_at: Timestamp) -> String {
    let hash = URL_SAFE_NO_PAD.encode(SecretHash::of(code.as_bytes()).as_bytes());
    format!("{} {hash}", expires_at.as_millis())
}
