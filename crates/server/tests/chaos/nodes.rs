//! The nodes of an installation, as processes, and what is asked of them.

use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use crate::history::{Act, Event, History, Moment, Said};
use crate::papers::Papers;
use crate::place::Places;
use crate::support::command::{program, run};
use crate::support::cookie::SetCookie;
use crate::support::request::{Failed, exchange_within};
use crate::support::{Answer, Place, Request, Server, Setup};
use crate::tally::Tally;

/// Short times, so that a short run sees what happens after them. And one promise for all: the built-in `stateless` would
/// accept until its tokens expire while a node hears nothing of the log, which is what its policy says.
pub(crate) const CONFIG: &str = "[store]\ntimeout = \"1s\"\npurge_every = \"2s\"\n[revocation]\nlease = \"1s\"\ninterval = \"50ms\"\n\
    [tokens]\nleeway = \"5s\"\nrefresh_reuse_window = \"5s\"\n[clients.stateless]\non_feed_loss = \"refuse\"\n";
/// For how long an answer is waited for: longer than any node is paused.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);
/// For how long a run goes on, at most, in which too little has happened.
const EXTRA: Duration = Duration::from_secs(100);
/// For how long is asked again, where somebody must be answered.
const IN_THE_END: Duration = Duration::from_secs(90);

/// Several nodes on one store, and the book in which everything is written that is asked of them.
pub(crate) struct Nodes {
    servers: Vec<Mutex<Server>>,
    ports: Vec<AtomicU16>,
    direct: Place,
    pub(crate) history: History,
    pub(crate) papers: Papers,
}

impl Nodes {
    pub(crate) fn start(places: &Places) -> Self {
        Self::start_as(places, CONFIG)
    }

    /// With another configuration.
    pub(crate) fn start_as(places: &Places, config: &str) -> Self {
        let mut servers: Vec<Server> = Vec::new();
        for (node, place) in places.nodes.iter().enumerate() {
            let setup = Setup::node(place).config(config).variable("TEST_CLOCK_ERROR_FILE", &clock_file(node));
            // A file is in the folder of the first.
            let server = if let (true, Some(first)) = (place.is_file(), servers.first()) {
                setup.beside(first)
            } else {
                setup.start()
            };
            servers.push(server);
        }
        let ports = servers.iter().map(|server| AtomicU16::new(server.port())).collect();
        let servers = servers.into_iter().map(Mutex::new).collect();
        Self { servers, ports, direct: places.direct.clone(), history: History::begin(), papers: Papers::default() }
    }

    pub(crate) fn count(&self) -> usize {
        self.servers.len()
    }

    pub(crate) fn port(&self, node: usize) -> u16 {
        self.ports[node].load(Ordering::SeqCst)
    }

    /// Whether a run that was to last until then is over. On a busy machine it goes on until enough has happened.
    pub(crate) fn is_over(&self, until: Moment) -> bool {
        let now = self.history.now();
        now >= until + EXTRA || now >= until && Tally::of(&self.history.events()).lacks().is_none()
    }

    /// A node's process.
    pub(crate) fn server(&self, node: usize) -> MutexGuard<'_, Server> {
        self.servers[node].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a node that was killed. It has another port then.
    pub(crate) fn start_again(&self, node: usize) {
        let mut server = self.server(node);
        server.start_again();
        self.ports[node].store(server.port(), Ordering::SeqCst);
    }

    /// Sends a request and writes down what became of it; `act` says what it was, with the answer if that is a success.
    /// Nothing is written down when nobody listens there.
    pub(crate) fn ask(
        &self,
        node: usize,
        request: &Request,
        act: impl FnOnce(Option<&Answer>) -> Act,
    ) -> Option<(Said, Option<Answer>)> {
        let port = self.port(node);
        let shown = self.papers.shown(request);
        let begin = self.history.now();
        let answer = match exchange_within(port, &request.to_bytes(port), PATIENCE) {
            Ok(answer) => Some(answer),
            Err(Failed::Unreached(_)) => return None,
            Err(Failed::Unanswered(_)) => None,
        };
        let end = self.history.now();
        let said = answer.as_ref().map_or(Said::Nothing, |answer| Said::status(answer.status));
        let cleared = answer.as_ref().is_some_and(takes_away);
        if let (Said::Odd(_), Some(answer)) = (said, &answer) {
            eprintln!("odd: {} {} at node {node}: {answer}", request.method, request.target);
        }
        let success = answer.as_ref().filter(|_| said == Said::Yes);
        let act = act(success);
        if let Some(answer) = success {
            self.papers.note(&act, answer, (begin, end));
        }
        self.history.note(Event { begin, end, node: Some(node), shown, act, said, cleared });
        Some((said, answer))
    }

    /// Asks until it is answered: short times run out on a busy machine as well.
    pub(crate) fn for_sure<T>(&self, mut ask: impl FnMut() -> Option<T>) -> T {
        let until = self.history.now() + IN_THE_END;
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(self.history.now() < until, "nobody answers\n{}", self.last_words());
            sleep(Duration::from_millis(100));
        }
    }

    /// Lets a node's wall clock be wrong by so many milliseconds. Files of several may be in one folder.
    pub(crate) fn set_clock(&self, node: usize, millis: i64) {
        let file = self.server(node).folder().join(clock_file(node));
        std::fs::write(file, millis.to_string()).unwrap();
    }

    /// Runs `counterfoil` beside the nodes, and writes down what became of it.
    pub(crate) fn command(&self, arguments: &[&str], stdin: &str, act: Act) -> Said {
        let mut command = self.prepared(arguments);
        let begin = self.history.now();
        let done = run(&mut command, stdin);
        let said = if done.code == Some(0) { Said::Yes } else { Said::Nothing };
        let end = self.history.now();
        self.history.note(Event { begin, end, node: None, shown: None, act, said, cleared: false });
        said
    }

    fn prepared(&self, arguments: &[&str]) -> Command {
        let server = self.server(0);
        let mut command = program(server.folder());
        command.args(arguments).arg("--config").arg(server.folder().join("settings.toml"));
        if self.direct.is_file() {
            command.arg("--store").arg(format!("sqlite:{}", server.database().display()));
        }
        command.envs(Setup::node(&self.direct).variables());
        command
    }

    /// The end of what each node has written.
    pub(crate) fn last_words(&self) -> String {
        let tail = |node: usize| {
            let log = self.server(node).log();
            let lines: Vec<&str> = log.lines().collect();
            format!("node {node}:\n{}\n", lines[lines.len().saturating_sub(20)..].join("\n"))
        };
        (0..self.count()).map(tail).collect()
    }
}

fn clock_file(node: usize) -> String {
    format!("clock{node}")
}

/// Whether a cookie goes, and none comes in its place.
fn takes_away(answer: &Answer) -> bool {
    let cookies = answer.set_cookies();
    !cookies.is_empty() && cookies.iter().all(SetCookie::clears)
}
