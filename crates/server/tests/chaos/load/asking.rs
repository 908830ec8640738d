//! Registering, logging in, being checked, exchanging.

use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::json;

use super::Worker;
use super::account::{Account, Held};
use crate::history::{Act, Login, Said};
use crate::nodes::{Nodes, PATIENCE};
use crate::support::request::exchange_within;
use crate::support::{MODES, Mode, Request, Ticket};

impl Nodes {
    /// Asks one node about a credential.
    pub(crate) fn check(&self, node: usize, login: Login, ticket: &Ticket, path: &str) -> Option<Said> {
        self.ask(node, &ticket.alone_on(Request::get(path)), |_| Act::Check { login }).map(|(said, _)| said)
    }

    /// Makes an account.
    pub(crate) fn register(&self, node: usize, name: String) -> Option<Account> {
        let body = json!({ "username": name, "password": Account::password(0) });
        let port = self.port(node);
        let answer = exchange_within(port, &Request::post("/register").json(&body).to_bytes(port), PATIENCE).ok()?;
        let user = self.history.new_user();
        (answer.status == 201).then(|| Account { user, name, password: 0, logins: Vec::new() })
    }

    /// Logs somebody in by the password of this number.
    pub(crate) fn log_in(&self, node: usize, account: &Account, password: usize, mode: Mode) -> Option<Held> {
        let text = Account::password(password);
        let body = json!({ "username": account.name, "password": text, "client": mode.client });
        let user = account.user;
        let mut login = None;
        let (_, answer) = self.ask(node, &Request::post("/login").json(&body), |answer| {
            login = answer.map(|_| self.history.new_login());
            Act::LogIn { user, client: mode.client, password, login }
        })?;
        let (login, answer) = (login?, answer?);
        let session = answer.json()["credential"]["session"].as_str().unwrap_or_default().to_owned();
        let ticket = mode.ticket(&answer);
        Some(Held { login, session, mode, credentials: vec![ticket.clone()], newest: ticket, used: Vec::new() })
    }
}

impl Worker<'_> {
    pub(super) fn a_path(&mut self) -> &'static str {
        if self.chance.one_in(2) { "/verify" } else { "/profile" }
    }

    pub(super) fn register(&mut self) -> Option<Account> {
        self.made += 1;
        let node = self.a_node();
        self.nodes.register(node, format!("person{}x{}", self.name, self.made))
    }

    pub(super) fn log_in(&mut self, account: &mut Account) {
        let (node, mode) = (self.a_node(), *self.chance.pick(&MODES));
        match self.nodes.log_in(node, account, account.password, mode) {
            Some(held) => account.logins.push(held),
            // Whoever is put off does not ask again at once.
            None => sleep(Duration::from_millis(50)),
        }
    }

    pub(super) fn check(&mut self, account: &mut Account, at: usize) {
        let (node, path) = (self.a_node(), self.a_path());
        let held = &account.logins[at];
        let ticket = self.chance.pick(&held.credentials);
        if self.nodes.check(node, held.login, ticket, path) == Some(Said::No) {
            self.give_up(account, at);
        }
    }

    /// At all nodes at once.
    pub(super) fn look_at(&mut self, account: &mut Account, at: usize) {
        if self.check_everywhere(&account.logins[at]) {
            self.give_up(account, at);
        }
    }

    /// Says whether one has refused it.
    pub(super) fn check_everywhere(&mut self, held: &Held) -> bool {
        let path = self.a_path();
        let ticket = self.chance.pick(&held.credentials);
        let nodes = self.nodes;
        scope(|scope| {
            let asked: Vec<_> = (0..nodes.count())
                .map(|node| scope.spawn(move || nodes.check(node, held.login, ticket, path)))
                .collect();
            let said: Vec<_> = asked.into_iter().map(|asked| asked.join().unwrap()).collect();
            said.contains(&Some(Said::No))
        })
    }

    /// Somebody has ended it, or the checker will ask who has.
    fn give_up(&mut self, account: &mut Account, at: usize) {
        let held = account.logins.swap_remove(at);
        self.bury(held.all());
    }

    pub(super) fn exchange(&mut self, held: &mut Held) {
        let (node, to) = (self.a_node(), *self.chance.pick(&MODES));
        let request =
            self.chance.pick(&held.credentials).on(Request::post("/exchange")).json(&json!({ "client": to.client }));
        if let Some((Said::Yes, Some(answer))) = self.nodes.ask(node, &request, |_| Act::Exchange { login: held.login })
        {
            held.add(to.ticket(&answer));
        }
    }
}
