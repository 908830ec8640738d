//! People: they log in, are checked, refresh, exchange, and end what they have, each thread with accounts of its own.

mod account;
mod asking;
mod ending;
mod refreshing;

use std::thread::{scope, sleep};
use std::time::Duration;

use crate::chance::Chance;
use crate::history::{Login, Moment, Said};
use crate::nodes::Nodes;
use crate::support::Ticket;
pub(crate) use account::{Account, Held};

/// The most accounts of a thread, the logins of an account, and the dead that are looked at again.
const ACCOUNTS: usize = 2;
const LOGINS: usize = 4;
const GRAVES: usize = 40;

/// One thread's people.
pub(crate) struct Worker<'a> {
    nodes: &'a Nodes,
    chance: Chance,
    name: usize,
    accounts: Vec<Account>,
    made: usize,
    /// Credentials whose end has been acknowledged.
    graves: Vec<(Login, Ticket)>,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(nodes: &'a Nodes, chance: Chance, name: usize) -> Self {
        Self { nodes, chance, name, accounts: Vec::new(), made: 0, graves: Vec::new() }
    }

    /// Lives until that moment.
    pub(crate) fn run(&mut self, until: Moment) {
        while !self.nodes.is_over(until) {
            self.act();
        }
    }

    fn act(&mut self) {
        if self.accounts.is_empty() || self.accounts.len() < ACCOUNTS && self.chance.one_in(10) {
            if let Some(account) = self.register() {
                self.accounts.push(account);
            } else {
                sleep(Duration::from_millis(50));
            }
            return;
        }
        let at = self.chance.below(self.accounts.len());
        let mut account = self.accounts.swap_remove(at);
        let stays = self.act_for(&mut account);
        if stays {
            self.accounts.push(account);
        }
    }

    /// Does something, and says whether the account can be used on.
    fn act_for(&mut self, account: &mut Account) -> bool {
        if account.logins.is_empty() || account.logins.len() < LOGINS && self.chance.one_in(5) {
            self.log_in(account);
            return true;
        }
        let at = self.chance.below(account.logins.len());
        match self.chance.below(100) {
            0..30 => self.check(account, at),
            30..42 => self.look_at(account, at),
            42..50 => self.check_a_grave(),
            50..64 => self.refresh(account, at),
            64..65 => self.replay(account, at),
            65..73 => self.exchange(&mut account.logins[at]),
            73..92 => self.end_one(account, at),
            92..97 => self.end_all(account, at),
            97..99 => return self.change_password(account, at),
            _ => return self.command(account, at),
        }
        true
    }

    fn a_node(&mut self) -> usize {
        self.chance.below(self.nodes.count())
    }

    fn bury(&mut self, dead: impl IntoIterator<Item = (Login, Ticket)>) {
        for grave in dead {
            if self.graves.len() == GRAVES {
                let at = self.chance.below(GRAVES);
                self.graves.swap_remove(at);
            }
            self.graves.push(grave);
        }
    }

    fn check_a_grave(&mut self) {
        if !self.graves.is_empty() {
            let (login, ticket) = self.chance.pick(&self.graves).clone();
            let (node, path) = (self.a_node(), self.a_path());
            self.nodes.check(node, login, &ticket, path);
        }
    }

    /// The last look, when all is well again: whoever lives is let in everywhere, and nobody else is.
    pub(crate) fn look_once_more(&self) {
        let living = self.accounts.iter().flat_map(|account| &account.logins);
        let living = living.flat_map(|held| held.credentials.iter().map(|ticket| (held.login, ticket)));
        let dead = self.graves.iter().map(|(login, ticket)| (*login, ticket));
        for (login, ticket) in living.chain(dead) {
            scope(|scope| {
                for node in 0..self.nodes.count() {
                    scope.spawn(move || {
                        self.nodes.for_sure(|| {
                            let said = self.nodes.check(node, login, ticket, "/verify");
                            said.filter(|said| matches!(said, Said::Yes | Said::No))
                        });
                    });
                }
            });
        }
    }
}
