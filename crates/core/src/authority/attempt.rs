//! Comparing a password, wherever somebody gives one: every door comes through here, and so to one budget (LG-05).

use std::net::IpAddr;

use super::Authority;
use crate::account::{User, UserState};
use crate::id::UserId;
use crate::password::{HashError, Outcome, Password, PoolError};
use crate::store::StoreError;
use crate::throttle::{After, Hindrance, Verdict, Whose};

impl Authority {
    /// Compares a password with that of `user`, or with nobody's. The answer is counted before it is given; a refusal says
    /// nothing of the password. A disabled user's is never the right one, at the price of everybody else's.
    pub(super) async fn compare(
        &self,
        whose: Whose<'_>,
        user: Option<&User>,
        password: Password,
        address: Option<IpAddr>,
    ) -> Result<Outcome, Hindrance> {
        let now = || self.now();
        let named = user.map(|user| user.id);
        let attempt = self.told_of(named, address, self.throttle.attempt(whose, address, now).await).await?;
        let mut outcome = match self.passwords.verify(user.map(|user| user.password.clone()), password).await {
            Ok(outcome) => outcome,
            // A damaged row is a wrong password to its user, and an alarm to the operator.
            Err(PoolError::Hash(
                error @ (HashError::UnknownFormat | HashError::Malformed | HashError::TooExpensive),
            )) => {
                tracing::error!(user = ?named, %error, "a stored password hash cannot be read");
                Outcome { matches: false, rehash: None }
            }
            Err(error) => return Err(error.into()),
        };
        outcome.matches &= user.is_some_and(|user| user.state == UserState::Active);
        let counted = attempt.count(outcome.matches, now).await;
        if let After::Locked = self.told_of(named, address, counted).await?
            && let Some(user) = named
        {
            self.locked_out(user).await?;
        }
        Ok(outcome)
    }

    /// How many wrong passwords of a user were tried since the last right one, and whether these were so many that not even the
    /// right one counts any more.
    pub async fn guesses_at(&self, user: UserId) -> Result<(u32, bool), StoreError> {
        let tally = self.throttle.tally_of(user).await?;
        let locked = self.throttle.verdict(tally.as_ref(), self.now()) == Verdict::Locked;
        Ok((tally.map_or(0, |tally| tally.failures), locked))
    }
}
