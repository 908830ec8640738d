//! Redis.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::daemon::Daemon;
use super::error::ServiceError;
use super::options::Options;
use super::program::{Program, QUESTION, patience};
use super::{port, secret};

/// One package has the server's program and the client's; another only starts it with the machine.
const PACKAGE: &str = "redis-tools";

/// A Redis server with a password, which evicts nothing. Dropped, it ends and its folder is removed.
pub struct Redis {
    daemon: Daemon,
    program: Program,
    password: String,
    port: u16,
    bus: Option<u16>,
    tls: bool,
    is_paused: bool,
}

impl Redis {
    /// Starts a server, and returns when it answers.
    pub fn start(options: &Options) -> Result<Self, ServiceError> {
        port::with_luck(|| {
            let mut server = Self::configure(options, secret::random(16)?, None)?;
            server.begin()?;
            Ok(server)
        })
    }

    /// Starts a node that will belong to a cluster whose nodes have one password.
    pub(super) fn start_node(options: &Options, password: &str) -> Result<Self, ServiceError> {
        port::with_luck(|| {
            let mut server = Self::configure(options, password.to_owned(), Some(port::free()?))?;
            server.begin()?;
            Ok(server)
        })
    }

    fn configure(options: &Options, password: String, bus: Option<u16>) -> Result<Self, ServiceError> {
        let port = port::free()?;
        let daemon = Daemon::new("redis", "KILL")?;
        let configuration = configuration(&daemon, options, &password, port, bus)?;
        let configuration = daemon.write("redis.conf", configuration)?;
        let program = Program::find("redis-server", PACKAGE)?.arg(configuration);
        Ok(Self { daemon, program, password, port, bus, tls: options.tls.is_some(), is_paused: false })
    }

    /// `redis://:PASSWORD@127.0.0.1:PORT`, with the scheme `rediss` when it speaks TLS.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "rediss" } else { "redis" };
        format!("{scheme}://:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// Its port of 127.0.0.1. It keeps it when it is started again.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port at which it speaks with the other nodes of its cluster.
    pub(super) fn bus_port(&self) -> Option<u16> {
        self.bus
    }

    /// The end of what it said.
    pub(super) fn last_words(&self) -> String {
        self.daemon.last_words()
    }

    /// What `redis-cli` prints for a command, given as words. It waits for a minute, or for 5 s while the server
    /// is paused.
    pub fn query(&self, words: &[&str]) -> Result<String, ServiceError> {
        ask(self.port, &self.password, self.tls, words, patience(self.is_paused))
    }

    /// Its temporary folder: what it keeps, and its log.
    pub fn folder(&self) -> &Path {
        self.daemon.folder()
    }

    /// Stops its processes where they are (SIGSTOP): connections stay open and nothing answers.
    pub fn pause(&mut self) -> Result<(), ServiceError> {
        self.is_paused = true;
        self.daemon.signal("STOP")
    }

    /// Lets a paused server go on.
    pub fn resume(&mut self) -> Result<(), ServiceError> {
        self.is_paused = false;
        self.daemon.signal("CONT")
    }

    /// Ends its processes at once (SIGKILL).
    pub fn kill(&mut self) -> Result<(), ServiceError> {
        self.daemon.kill()
    }

    /// Ends it in good order: it closes its connections and, when it is durable, writes what it knows.
    pub fn stop(&mut self) -> Result<(), ServiceError> {
        self.daemon.stop("TERM")
    }

    /// Starts it again, after a [`kill`](Self::kill) or [`stop`](Self::stop), with its folder and port.
    /// Without [`Options::durable`] it is empty then.
    pub fn start_again(&mut self) -> Result<(), ServiceError> {
        port::with_luck(|| self.begin())
    }

    fn begin(&mut self) -> Result<(), ServiceError> {
        self.is_paused = false;
        self.daemon.start(&self.program)?;
        self.daemon.wait_for(|| {
            let answer = ask(self.port, &self.password, self.tls, &["PING"], QUESTION)?;
            if answer == "PONG" { Ok(()) } else { Err(ServiceError::Refused { client: "redis-cli", said: answer }) }
        })
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redis(127.0.0.1:{})", self.port)
    }
}

/// The text of `redis.conf`. Of two lines for one setting the last counts.
fn configuration(
    daemon: &Daemon,
    options: &Options,
    password: &str,
    port: u16,
    bus: Option<u16>,
) -> Result<String, ServiceError> {
    let mut lines = vec![
        "bind 127.0.0.1".to_owned(),
        "protected-mode yes".into(),
        format!("dir {}", daemon.folder().display()),
        "save \"\"".into(),
        "maxmemory-policy noeviction".into(),
        format!("requirepass {password}"),
        format!("masterauth {password}"),
    ];
    if options.durable {
        lines.extend(["appendonly yes".into(), "appendfsync always".into()]);
    } else {
        lines.push("appendonly no".into());
    }
    if let Some(tls) = &options.tls {
        let authority = tls.authority.as_ref().unwrap_or(&tls.certificate);
        for (setting, name, file) in [
            ("tls-cert-file", "certificate.pem", &tls.certificate),
            ("tls-key-file", "key.pem", &tls.key),
            ("tls-ca-cert-file", "authority.pem", authority),
        ] {
            lines.push(format!("{setting} {}", daemon.copy(name, file)?.display()));
        }
        lines.extend(["port 0".into(), format!("tls-port {port}"), "tls-auth-clients no".into()]);
    } else {
        lines.push(format!("port {port}"));
    }
    if let Some(bus) = bus {
        lines.extend(["cluster-enabled yes".into(), format!("cluster-port {bus}")]);
        // A node that has no time for so long is taken for dead: the cluster fails, or another takes over without its last writes.
        lines.push("cluster-node-timeout 20000".into());
        if options.tls.is_some() {
            lines.extend(["tls-cluster yes".into(), "tls-replication yes".into()]);
        }
    }
    lines.extend(options.settings.iter().map(|(name, value)| format!("{name} {value}")));
    Ok(lines.join("\n") + "\n")
}

/// What `redis-cli` prints for a command.
fn ask(port: u16, password: &str, tls: bool, words: &[&str], limit: Duration) -> Result<String, ServiceError> {
    Program::find("redis-cli", PACKAGE)?
        .args(["-e", "-h", "127.0.0.1", "-p"])
        .arg(port.to_string())
        .args(tls.then_some(["--tls", "--insecure"]).into_iter().flatten())
        .args(words.iter().copied())
        .ask("REDISCLI_AUTH", password, limit)
}
