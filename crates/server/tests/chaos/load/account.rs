//! Somebody's account, and what is held of its logins.

use crate::history::{Login, User};
use crate::support::{Mode, PASSWORD, Ticket};

/// An account, with the logins that nobody has ended.
pub(super) struct Account {
    pub(super) user: User,
    pub(super) name: String,
    /// The number of its password.
    pub(super) password: usize,
    pub(super) logins: Vec<Held>,
}

/// What a bearer holds of one login.
pub(super) struct Held {
    pub(super) login: Login,
    /// The name of its session.
    pub(super) session: String,
    pub(super) mode: Mode,
    /// Credentials that count.
    pub(super) credentials: Vec<Ticket>,
    /// The one with the newest refresh token.
    pub(super) newest: Ticket,
    /// Those with refresh tokens that have been used.
    pub(super) used: Vec<Ticket>,
}

impl Account {
    /// The text of a password.
    pub(super) fn password(number: usize) -> String {
        format!("{PASSWORD}, number {number}")
    }
}

impl Held {
    pub(super) fn all(&self) -> impl Iterator<Item = (Login, Ticket)> {
        self.credentials.iter().map(|ticket| (self.login, ticket.clone()))
    }

    /// One more credential. Of many, the oldest is forgotten, but never the first.
    pub(super) fn add(&mut self, ticket: Ticket) {
        if self.credentials.len() == 4 {
            self.credentials.remove(1);
        }
        self.credentials.push(ticket);
    }
}
