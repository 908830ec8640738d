//! Somebody with an account of their own, so that tests can share a server.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{Answer, Mode, Request, Server, Ticket};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "seven green bottles on a wall";

/// An account.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) email: String,
}

impl Person {
    /// Registers somebody whom nobody else has met.
    #[track_caller]
    pub(crate) fn new(server: &Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let username = format!("person{}", COUNT.fetch_add(1, Ordering::Relaxed));
        Self::named(server, &username)
    }

    #[track_caller]
    pub(crate) fn named(server: &Server, username: &str) -> Self {
        Self::registered(&server.send(&Self::registration(username)).expect(201), username)
    }

    /// The same, where the server may put it off.
    #[track_caller]
    pub(crate) fn try_named(server: &Server, username: &str) -> Option<Self> {
        let answer = server.ask(&Self::registration(username));
        (answer.status != 503).then(|| Self::registered(&answer.expect(201), username))
    }

    fn registration(username: &str) -> Request {
        let email = format!("{username}@example.com");
        Request::post("/register").json(&json!({ "username": username, "email": email, "password": PASSWORD }))
    }

    #[track_caller]
    fn registered(answer: &Answer, username: &str) -> Self {
        let id = answer.json()["user"]["id"].as_str().unwrap_or_else(|| panic!("no id: {answer}")).to_owned();
        Self { id, username: username.to_owned(), email: format!("{username}@example.com") }
    }

    pub(crate) fn login_to(&self, client: &str) -> Request {
        self.login(&json!({ "client": client }))
    }

    /// A login with these further members.
    pub(crate) fn login(&self, more: &Value) -> Request {
        let mut body = json!({ "username": self.username, "password": PASSWORD });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        Request::post("/login").json(&body)
    }

    #[track_caller]
    pub(crate) fn logs_in(&self, server: &Server, mode: &Mode) -> Ticket {
        mode.ticket(&server.send(&self.login_to(mode.client)).expect(200))
    }

    /// Logs in to a client that the configuration adds, of transport `bearer`.
    #[track_caller]
    pub(crate) fn logs_in_to(&self, server: &Server, client: &str) -> Ticket {
        Ticket::bearer(&server.send(&self.login_to(client)).expect(200))
    }
}

/// Whether the ticket lets its bearer in.
#[track_caller]
pub(crate) fn counts(server: &Server, ticket: &Ticket) -> bool {
    let answer: Answer = server.send(&ticket.alone_on(Request::get("/profile")));
    match answer.status {
        200 => true,
        401 => {
            answer.is_refused();
            false
        }
        _ => panic!("neither yes nor no: {answer}"),
    }
}
