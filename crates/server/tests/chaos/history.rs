//! What was asked of the nodes, what they said, and when.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::papers::Paper;

/// A moment of the run, by the machine's monotonic clock: the time since the run began.
pub(crate) type Moment = Duration;

/// A login: what began when a password was checked. Numbered as they are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Login(pub(crate) usize);

/// A user, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct User(pub(crate) usize);

/// A refresh token, by number. Two tokens of one text have one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Token(pub(crate) usize);

/// A request with its answer, or something that befell the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Before the first byte was sent.
    pub(crate) begin: Moment,
    /// After the last byte had come, or when nobody waited any more.
    pub(crate) end: Moment,
    /// The node that was asked; `None` for a command or a fault.
    pub(crate) node: Option<usize>,
    /// The credential that was shown, where one was that has been seen to be issued.
    pub(crate) shown: Option<Arc<Paper>>,
    pub(crate) act: Act,
    pub(crate) said: Said,
    /// Whether the answer takes a cookie away and brings none in its place.
    pub(crate) cleared: bool,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// A login to a client with the user's password of this number. `login` is there when it succeeded.
    LogIn { user: User, client: &'static str, password: usize, login: Option<Login> },
    /// `/verify` or `/profile`.
    Check { login: Login },
    /// `/refresh`. `next` is there when it succeeded.
    Refresh { login: Login, token: Token, next: Option<Token> },
    /// `/exchange`.
    Exchange { login: Login },
    /// Something that ends logins.
    End(End),
    /// Something that befell the servers.
    Fault(Fault),
}

/// A request or a command that ends logins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// The login whose credential asks for it; `None` for a command.
    pub(crate) by: Option<Login>,
    pub(crate) what: &'static str,
    pub(crate) whose: Whose,
}

/// Which logins end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    One(Login),
    All {
        user: User,
        /// The one that goes on.
        spared: Option<Login>,
        /// The number of the password that holds from now on, if it changes: a login with an earlier one does not count
        /// afterwards, whenever it was answered. A disabled account has none that does.
        password: Option<usize>,
    },
    /// All logins to a client, and what was issued to it besides.
    Client(&'static str),
    /// What a key has signed. The logins go on.
    Key(String),
    Everybody,
}

/// What befalls the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) what: String,
    pub(crate) on: Part,
}

/// Whom a fault concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Node,
    /// A node's clock, which stays as it is set.
    Clock,
    /// The store, or the line to it.
    Store,
    /// The store, which is killed: what it has acknowledged must be there afterwards.
    StoreKilled,
}

/// What the answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// 2xx, or a command's success.
    Yes,
    /// 401.
    No,
    /// 404: there is no such login.
    Unknown,
    /// 503.
    Later,
    /// No answer, or a command's failure.
    Nothing,
    /// Anything else, which should not be.
    Odd(u16),
}

impl Said {
    pub(crate) fn status(status: u16) -> Self {
        match status {
            200..=299 => Self::Yes,
            401 => Self::No,
            404 => Self::Unknown,
            503 => Self::Later,
            _ => Self::Odd(status),
        }
    }

    /// Whether it may have been done, or may be done yet.
    pub(crate) fn may_be_done(self) -> bool {
        matches!(self, Self::Yes | Self::Later | Self::Nothing | Self::Odd(_))
    }
}

/// All the events of a run, as they end.
pub(crate) struct History {
    begun: Instant,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    events: Vec<Event>,
    logins: usize,
    users: usize,
    /// The refresh tokens, each at its number.
    tokens: std::collections::HashMap<String, Token>,
}

impl History {
    #[expect(clippy::disallowed_methods, reason = "processes are measured by the machine's clock")]
    pub(crate) fn begin() -> Self {
        Self { begun: Instant::now(), kept: Mutex::default() }
    }

    pub(crate) fn now(&self) -> Moment {
        self.begun.elapsed()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn new_login(&self) -> Login {
        let mut kept = self.kept();
        kept.logins += 1;
        Login(kept.logins)
    }

    pub(crate) fn new_user(&self) -> User {
        let mut kept = self.kept();
        kept.users += 1;
        User(kept.users)
    }

    /// The number of a refresh token's text.
    pub(crate) fn token(&self, text: &str) -> Token {
        let tokens = &mut self.kept().tokens;
        let next = Token(tokens.len() + 1);
        *tokens.entry(text.to_owned()).or_insert(next)
    }

    pub(crate) fn note(&self, event: Event) {
        self.kept().events.push(event);
    }

    /// Everything until now, in the order of the beginnings.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut events = self.kept().events.clone();
        events.sort_by_key(|event| (event.begin, event.end));
        events
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.4} – {:>10.4} s  ", self.begin.as_secs_f64(), self.end.as_secs_f64())?;
        match self.node {
            Some(node) => write!(f, "node {node}   ")?,
            None => write!(f, "         ")?,
        }
        match &self.act {
            Act::LogIn { user, client, password, login } => {
                write!(f, "log in {user:?} to {client} by password {password} as {login:?}")?;
            }
            Act::Check { login } => write!(f, "check {login:?}")?,
            Act::Refresh { login, token, next } => write!(f, "refresh {login:?} by {token:?}, gets {next:?}")?,
            Act::Exchange { login } => write!(f, "exchange {login:?}")?,
            Act::End(End { by, what, whose }) => write!(f, "{what} by {by:?} ends {whose:?}")?,
            Act::Fault(Fault { what, on }) => return write!(f, "{on:?}: {what}"),
        }
        if let Some(paper) = &self.shown {
            write!(f, " by {paper}")?;
        }
        write!(f, "  → {:?}{}", self.said, if self.cleared { ", cookie cleared" } else { "" })
    }
}
