//! Somebody's account, and what is held of its logins.

use crate::history::{Login, User};
use crate::support::{Mode, PASSWORD, Ticket};

/// An account, with the logins that nobody has ended.
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) name: String,
    /// The number of its password.
    pub(crate) password: usize,
    pub(crate) logins: Vec<Held>,
}

/// What a bearer holds of one login.
pub(crate) struct Held {
    pub(crate) login: Login,
    /// The name of its session.
    pub(crate) session: String,
    pub(crate) mode: Mode,
    /// Credentials that count.
    pub(crate) credentials: Vec<Ticket>,
    /// The one with the newest refresh token.
    pub(crate) newest: Ticket,
    /// Those with refresh tokens that have been used.
    pub(crate) used: Vec<Ticket>,
}

impl Account {
    /// The text of a password.
    pub(crate) fn password(number: usize) -> String {
        format!("{PASSWORD}, number {number}")
    }
}

impl Held {
    pub(crate) fn all(&self) -> impl Iterator<Item = (Login, Ticket)> {
        self.credentials.iter().map(|ticket| (self.login, ticket.clone()))
    }

    /// One more credential. Of many, the oldest is forgotten, but never the first.
    pub(crate) fn add(&mut self, ticket: Ticket) {
        if self.credentials.len() == 4 {
            self.credentials.remove(1);
        }
        self.credentials.push(ticket);
    }
}
