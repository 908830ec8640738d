//! What is known of the credentials that were issued: a client or a key that is revoked ends some of a login's, not all.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::chance::Chance;
use crate::history::{Act, Login, Moment};
use crate::support::token::peek;
use crate::support::{Answer, Request, Ticket};

/// How many are kept to be shown again.
const KEPT: usize = 400;

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paper {
    /// The client that it was issued to.
    pub(crate) client: String,
    /// The key that has signed it.
    pub(crate) key: Option<String>,
    /// When it was asked for, and when it came.
    pub(crate) born: (Moment, Moment),
}

/// A credential that can be shown.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) login: Login,
    pub(crate) paper: Arc<Paper>,
    pub(crate) ticket: Ticket,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Papers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_text: HashMap<String, Arc<Paper>>,
    newest: VecDeque<Found>,
}

impl Papers {
    /// Notes what an answer to a login, a refresh or an exchange has brought.
    pub(crate) fn note(&self, act: &Act, answer: &Answer, born: (Moment, Moment)) {
        let (Act::LogIn { login: Some(login), .. } | Act::Refresh { login, .. } | Act::Exchange { login }) = act else {
            return;
        };
        let json = answer.json();
        let cookie = answer.set_cookies().into_iter().find(|cookie| !cookie.clears() && cookie.name != "refresh_token");
        let (cookie, text) = match (json["token"].as_str(), cookie) {
            (Some(token), _) => (None, token.to_owned()),
            (None, Some(cookie)) => (Some(cookie.name), cookie.value),
            (None, None) => return,
        };
        let client = json["credential"]["client"].as_str().unwrap_or_default().to_owned();
        let key = (json["credential"]["kind"] == "jwt").then(|| peek(&text).0["kid"].as_str().unwrap().to_owned());
        let paper = Arc::new(Paper { client, key, born });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_text.insert(mark(&text).to_owned(), Arc::clone(&paper));
        if kept.newest.len() == KEPT {
            kept.newest.pop_front();
        }
        kept.newest.push_back(Found { login: *login, paper, ticket: Ticket { cookie, text, refresh: None } });
    }

    /// What is known of the credential that a request shows.
    pub(crate) fn shown(&self, request: &Request) -> Option<Arc<Paper>> {
        let text = request.headers.iter().find_map(|(name, value)| match name.as_str() {
            "Authorization" => value.strip_prefix("Bearer "),
            "Cookie" => value.split_once('=').map(|(_, text)| text),
            _ => None,
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_text.get(mark(text?)).cloned()
    }

    /// Some of the newest, of those that will do.
    pub(crate) fn some(&self, chance: &mut Chance, count: usize, will_do: impl Fn(&Paper) -> bool) -> Vec<Found> {
        let mut found: Vec<_> = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.newest.iter().filter(|found| will_do(&found.paper)).cloned().collect()
        };
        while found.len() > count {
            found.swap_remove(chance.below(found.len()));
        }
        found
    }
}

/// The end of a credential's text: random, or the most of a signature.
fn mark(text: &str) -> &str {
    text.get(text.len().saturating_sub(40)..).unwrap_or(text)
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, key, born: (begin, end) } = self;
        let key = key.as_deref().unwrap_or("no key");
        write!(f, "one to {client}, {key}, of {:.4} – {:.4} s", begin.as_secs_f64(), end.as_secs_f64())
    }
}
