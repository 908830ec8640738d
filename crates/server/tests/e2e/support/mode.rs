//! The five ways of recognising a user that are there without configuration, and what a bearer holds in each.

use super::{Answer, Request};

/// A built-in client, as the contract describes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode {
    pub(crate) client: &'static str,
    pub(crate) kind: &'static str,
    /// The cookie that carries its credential; a bearer token when there is none.
    pub(crate) cookie: Option<&'static str>,
    /// Whether a refresh token goes with it.
    pub(crate) refresh: bool,
    /// Whether a login leaves a record behind.
    pub(crate) stored: bool,
    /// For how long a credential counts, in seconds.
    pub(crate) lifetime: u64,
}

pub(crate) const MODES: [Mode; 5] = [
    mode("web", "session", Some("session_id"), false, true, 12 * 3600),
    mode("spa", "jwt", Some("token"), true, true, 600),
    mode("api", "jwt", None, true, true, 900),
    mode("stateless", "jwt", None, false, false, 900),
    mode("device", "token", None, false, true, 30 * 24 * 3600),
];

const fn mode(
    client: &'static str,
    kind: &'static str,
    cookie: Option<&'static str>,
    refresh: bool,
    stored: bool,
    lifetime: u64,
) -> Mode {
    Mode { client, kind, cookie, refresh, stored, lifetime }
}

impl Mode {
    pub(crate) const fn transport(&self) -> &'static str {
        if self.cookie.is_some() { "cookie" } else { "bearer" }
    }

    /// What the bearer of `ticket` holds after a change of its password: a cookie is replaced, a bearer token stays.
    #[track_caller]
    pub(crate) fn after_change(&self, ticket: &Ticket, answer: &Answer) -> Ticket {
        if self.cookie.is_some() { self.ticket(answer) } else { ticket.clone() }
    }

    /// What an answer to a login to this client hands out.
    #[track_caller]
    pub(crate) fn ticket(&self, answer: &Answer) -> Ticket {
        match self.cookie {
            Some(name) => {
                let refresh = self.refresh.then(|| answer.set_cookie("refresh_token").value);
                Ticket { cookie: Some(name.to_owned()), text: answer.set_cookie(name).value, refresh }
            }
            None => Ticket::bearer(answer),
        }
    }
}

/// What a bearer holds: a credential, and perhaps a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) cookie: Option<String>,
    pub(crate) text: String,
    pub(crate) refresh: Option<String>,
}

impl Ticket {
    #[track_caller]
    pub(crate) fn bearer(answer: &Answer) -> Self {
        let json = answer.json();
        let text = json["token"].as_str().unwrap_or_else(|| panic!("no token: {answer}")).to_owned();
        Self { cookie: None, text, refresh: json["refresh_token"].as_str().map(str::to_owned) }
    }

    /// Puts the credential where it belongs, and nothing else.
    pub(crate) fn alone_on(&self, request: Request) -> Request {
        match &self.cookie {
            Some(name) => request.cookie(name, &self.text),
            None => request.bearer(&self.text),
        }
    }

    /// Puts the credential where it belongs, the way its bearer would: a browser says where the request comes from.
    pub(crate) fn on(&self, request: Request) -> Request {
        let request = self.alone_on(request);
        if self.cookie.is_some() { request.same_origin() } else { request }
    }

    /// A request for a successor of the refresh token, the way its bearer would make it.
    pub(crate) fn refreshing(&self) -> Request {
        let refresh = self.refresh.as_deref().unwrap_or_default();
        match &self.cookie {
            Some(_) => Request::post("/refresh").cookie("refresh_token", refresh).same_origin(),
            None => Request::post("/refresh").json(&serde_json::json!({ "refresh_token": refresh })),
        }
    }
}
