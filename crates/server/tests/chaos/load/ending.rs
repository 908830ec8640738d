//! Everything that ends logins, and the looks at what has ended: at once, at every node.

use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::json;

use super::Worker;
use super::account::{Account, Held};
use crate::history::{Act, End, Login, Said, Whose};
use crate::nodes::Nodes;
use crate::support::{MODES, Request, Ticket};

/// How often an end is asked for that was not answered.
const TRIES: usize = 5;

impl Nodes {
    pub(crate) fn end(&self, node: usize, request: &Request, end: &End) -> Option<Said> {
        self.ask(node, request, |_| Act::End(end.clone())).map(|(said, _)| said)
    }

    /// Checks each of the credentials at each node, all at once.
    fn look_everywhere(&self, credentials: &[(Login, Ticket)]) {
        scope(|scope| {
            for (at, (login, ticket)) in credentials.iter().enumerate() {
                let path = if at % 2 == 0 { "/verify" } else { "/profile" };
                for node in 0..self.count() {
                    scope.spawn(move || self.check(node, *login, ticket, path));
                }
            }
        });
    }
}

impl Worker<'_> {
    pub(super) fn end_one(&mut self, account: &mut Account, at: usize) {
        let held = account.logins.swap_remove(at);
        let other = (!account.logins.is_empty() && held.mode.stored).then(|| self.chance.below(account.logins.len()));
        let (by, what, request) = match other.filter(|_| self.chance.one_in(2)) {
            Some(other) => {
                let by = &account.logins[other];
                let request = Request::delete(&format!("/sessions/{}", held.session));
                (by.login, "DELETE /sessions/{id}", self.chance.pick(&by.credentials).on(request))
            }
            None => (held.login, "logout", self.chance.pick(&held.credentials).on(Request::post("/logout"))),
        };
        let end = End { by: Some(by), what, whose: Whose::One(held.login) };
        let said = self.end_for_sure(&request, &end, &held);
        self.look_at_the_dead(said, &[held]);
    }

    /// Asks until it is done. Meanwhile, at times, somebody else uses what is to end.
    fn end_for_sure(&mut self, request: &Request, end: &End, victim: &Held) -> Option<Said> {
        let races = self.chance.one_in(3);
        let mut said = None;
        for _ in 0..TRIES {
            let (node, elsewhere, client) = (self.a_node(), self.a_node(), self.chance.pick(&MODES).client);
            let nodes = self.nodes;
            said = scope(|scope| {
                if races {
                    let ticket = &victim.credentials[0];
                    let exchange = ticket.on(Request::post("/exchange")).json(&json!({ "client": client }));
                    scope.spawn(move || nodes.check(elsewhere, victim.login, ticket, "/verify"));
                    scope.spawn(move || nodes.refresh(elsewhere, victim.login, &victim.mode, &victim.newest));
                    scope.spawn(move || nodes.ask(elsewhere, &exchange, |_| Act::Exchange { login: victim.login }));
                }
                nodes.end(node, request, end)
            });
            match said {
                Some(Said::Yes | Said::No | Said::Unknown) => break,
                _ => sleep(Duration::from_millis(100)),
            }
        }
        said
    }

    /// What was acknowledged is looked at everywhere, now and at times for ever.
    fn look_at_the_dead(&mut self, said: Option<Said>, dead: &[Held]) {
        if said == Some(Said::Yes) {
            let credentials: Vec<_> = dead.iter().flat_map(Held::all).collect();
            self.nodes.look_everywhere(&credentials);
            for held in dead.iter().filter(|held| held.newest.refresh.is_some()) {
                let node = self.a_node();
                self.nodes.refresh(node, held.login, &held.mode, &held.newest);
            }
            self.bury(credentials);
        }
    }

    pub(super) fn end_all(&mut self, account: &mut Account, at: usize) {
        let by = account.logins.swap_remove(at);
        let keeps = self.chance.one_in(2);
        let path = if keeps { "/sessions?keep=current" } else { "/sessions" };
        let request = self.chance.pick(&by.credentials).on(Request::delete(path));
        let whose = Whose::All { user: account.user, spared: keeps.then_some(by.login), password: None };
        let end = End { by: Some(by.login), what: "DELETE /sessions", whose };
        let said = self.end_for_sure(&request, &end, account.logins.first().unwrap_or(&by));
        let mut dead = std::mem::take(&mut account.logins);
        if !keeps {
            dead.push(by);
        } else if said == Some(Said::Yes) {
            account.logins.push(by);
        }
        self.look_at_the_dead(said, &dead);
    }

    /// Says whether the account can be used on: whether its password is known.
    pub(super) fn change_password(&mut self, account: &mut Account, at: usize) -> bool {
        let by = account.logins.swap_remove(at);
        let (old, new) = (account.password, account.password + 1);
        let body = json!({ "current_password": Account::password(old), "new_password": Account::password(new) });
        let ticket = self.chance.pick(&by.credentials);
        // A login that asks by a cookie gives way to a new one, which nobody here goes on with.
        let stays = ticket.cookie.is_none();
        let request = ticket.on(Request::post("/password")).json(&body);
        let whose = Whose::All { user: account.user, spared: stays.then_some(by.login), password: Some(new) };
        let end = End { by: Some(by.login), what: "POST /password", whose };
        let node = self.a_node();
        // A login by the old password beside it: where both begin together, it must not outlive the change.
        let nodes = self.nodes;
        let (elsewhere, mode) = (self.a_node(), *self.chance.pick(&MODES));
        let (said, in_flight) = scope(|scope| {
            let beside = scope.spawn(|| nodes.log_in(elsewhere, account, old, mode));
            (nodes.end(node, &request, &end), beside.join().unwrap())
        });
        account.logins.extend(in_flight);
        let mut dead = std::mem::take(&mut account.logins);
        if stays {
            account.logins.push(by);
        } else {
            dead.push(by);
        }
        self.look_at_the_dead(said, &dead);
        account.password = new;
        said == Some(Said::Yes)
    }

    /// What an operator does at the command line. Says whether the account can be used on.
    pub(super) fn command(&mut self, account: &mut Account, at: usize) -> bool {
        if self.chance.one_in(2) && account.logins[at].mode.stored {
            let held = account.logins.swap_remove(at);
            let end = End { by: None, what: "session revoke", whose: Whose::One(held.login) };
            let said = self.nodes.command(&["session", "revoke", &held.session], "", Act::End(end));
            self.look_at_the_dead(Some(said), &[held]);
            return true;
        }
        let new = account.password + 1;
        let whose = Whose::All { user: account.user, spared: None, password: Some(new) };
        let (what, arguments, input) = if self.chance.one_in(2) {
            ("user disable", vec!["user", "disable", &account.name], String::new())
        } else {
            let arguments = vec!["user", "password", &account.name, "--password-stdin"];
            ("user password", arguments, format!("{}\n", Account::password(new)))
        };
        let said = self.nodes.command(&arguments, &input, Act::End(End { by: None, what, whose }));
        let dead = std::mem::take(&mut account.logins);
        self.look_at_the_dead(Some(said), &dead);
        false
    }
}
