//! Refresh tokens: presented once, at many nodes at a time, again after an answer that never came, and stolen.

use std::thread::scope;

use super::Worker;
use super::account::{Account, Held};
use crate::history::{Act, Login, Said};
use crate::nodes::Nodes;
use crate::support::{Mode, Ticket};

impl Nodes {
    /// Presents a refresh token to one node.
    pub(crate) fn refresh(
        &self,
        node: usize,
        login: Login,
        mode: &Mode,
        ticket: &Ticket,
    ) -> Option<(Said, Option<Ticket>)> {
        let token = self.history.token(ticket.refresh.as_deref()?);
        let mut next = None;
        let answer = self.ask(node, &ticket.refreshing(), |answer| {
            next = answer.map(|answer| mode.ticket(answer));
            let text = next.as_ref().and_then(|next| next.refresh.as_deref());
            Act::Refresh { login, token, next: text.map(|text| self.history.token(text)) }
        });
        answer.map(|(said, _)| (said, next))
    }
}

impl Worker<'_> {
    /// At one node, or at several at once. Whoever gets no answer shows the same token the next time.
    pub(super) fn refresh(&mut self, account: &mut Account, at: usize) {
        let held = &mut account.logins[at];
        if held.newest.refresh.is_none() {
            return;
        }
        let first = self.a_node();
        let count = if self.chance.one_in(3) { self.nodes.count() } else { 1 };
        let nodes = (0..count).map(|step| (first + step) % self.nodes.count());
        let said = self.all_refresh(nodes, held);
        if let Some(next) = said.iter().find_map(|(_, next)| next.clone()) {
            held.used.push(std::mem::replace(&mut held.newest, next.clone()));
            held.add(next);
        } else if said.iter().any(|(said, _)| *said == Said::No) {
            // Somebody has ended it, or the checker will ask who has.
            account.logins.swap_remove(at);
        }
    }

    fn all_refresh(&self, nodes: impl Iterator<Item = usize>, held: &Held) -> Vec<(Said, Option<Ticket>)> {
        let all = self.nodes;
        scope(|scope| {
            let asked: Vec<_> = nodes
                .map(|node| scope.spawn(move || all.refresh(node, held.login, &held.mode, &held.newest)))
                .collect();
            asked.into_iter().filter_map(|asked| asked.join().unwrap()).collect()
        })
    }

    /// A thief shows a token that was used before, and the login is looked at once more.
    pub(super) fn replay(&mut self, account: &mut Account, at: usize) {
        if account.logins[at].used.is_empty() {
            return;
        }
        let held = account.logins.swap_remove(at);
        let old = self.chance.pick(&held.used);
        let node = self.a_node();
        if let Some((Said::No, _)) = self.nodes.refresh(node, held.login, &held.mode, old) {
            self.check_everywhere(&held);
        }
    }
}
