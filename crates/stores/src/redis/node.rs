//! The way to one server: one connection that all share, made when it is needed and made anew when it has failed.
//!
//! Redis answers in the order of the questions, so one connection carries any number of calls at once. Nothing is ever sent
//! twice: a call whose answer was lost is unavailable, for it may have been carried out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use counterfoil_core::store::StoreError;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, IntoConnectionInfo as _, Pipeline, ProtocolVersion,
    PushInfo, PushKind, RedisConnectionInfo, RedisError, RedisResult, TlsCertificates, Value,
};
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;

use crate::address::{Host, ServerUrl, Tls};
use crate::server::Gate;

/// How often a connection that nobody uses is looked after.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// What any node of an installation is connected to with.
pub(super) struct Dialer {
    login: RedisConnectionInfo,
    tls: bool,
    /// The certificates that are trusted, in PEM; the system's if none.
    authorities: Option<Vec<u8>>,
    pub(super) timeout: Duration,
}

/// One server.
pub(super) struct Node {
    pub(super) host: Host,
    client: Client,
    timeout: Duration,
    gate: Gate,
    line: Mutex<Option<Line>>,
}

/// A connection, and whether the server has closed it.
#[derive(Clone)]
struct Line {
    connection: MultiplexedConnection,
    closed: Arc<AtomicBool>,
}

impl Dialer {
    pub(super) fn new(url: &ServerUrl, authorities: Option<Vec<u8>>, timeout: Duration) -> Self {
        // RESP3, because in it the driver tells when a connection has been closed.
        let mut login = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
        if let Some(user) = &url.user {
            login = login.set_username(user);
        }
        if let Some(password) = &url.password {
            login = login.set_password(password.expose_secret());
        }
        if let Some(number) = url.database.as_deref().and_then(|number| number.parse().ok()) {
            login = login.set_db(number);
        }
        Self { login, tls: matches!(url.tls, Tls::Verified { .. }), authorities, timeout }
    }

    /// A node that is connected to at its first use.
    pub(super) fn node(&self, host: Host) -> RedisResult<Node> {
        let (name, port) = (host.name.clone(), host.port);
        let address = if self.tls {
            ConnectionAddr::TcpTls { host: name, port, insecure: false, tls_params: None }
        } else {
            ConnectionAddr::Tcp(name, port)
        };
        // Calls are short and do not wait for each other; a way that has gone dead is noticed while nobody needs it.
        let probes = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE).with_retries(3);
        let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(probes);
        let info = address.into_connection_info()?.set_tcp_settings(tcp).set_redis_settings(self.login.clone());
        let client = if self.tls {
            Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: self.authorities.clone() })?
        } else {
            Client::open(info)?
        };
        Ok(Node { host, client, timeout: self.timeout, gate: Gate::default(), line: Mutex::default() })
    }
}

impl Node {
    /// Asks, and gives an answer to each command; a refusal is an answer. It takes at most the time-out.
    pub(super) async fn send(&self, commands: &Pipeline) -> Result<Vec<Value>, StoreError> {
        self.gate.enter()?;
        match tokio::time::timeout(self.timeout, self.exchange(commands)).await {
            Ok(Ok(values)) => {
                self.gate.answered();
                Ok(values)
            }
            Ok(Err(error)) => {
                self.gate.failed();
                Err(unavailable(error))
            }
            Err(_) => {
                self.gate.failed();
                // The connection may be one that leads nowhere any more.
                self.hang_up();
                Err(unavailable(RedisError::from(io::Error::from(io::ErrorKind::TimedOut))))
            }
        }
    }

    /// Asks one thing. A refusal is an error of the driver's.
    pub(super) async fn ask(&self, command: redis::Cmd) -> Result<RedisResult<Value>, StoreError> {
        let mut commands = Pipeline::new();
        commands.add_command(command);
        last(self.send(&commands).await?)
    }

    async fn exchange(&self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        let mut line = self.line().await?;
        let answer = line.connection.send_packed_commands(commands, 0, commands.len()).await;
        if answer.is_err() {
            line.closed.store(true, Ordering::Release);
        }
        answer
    }

    /// The connection, a new one if there is none or the last one was closed.
    async fn line(&self) -> RedisResult<Line> {
        let mut held = self.line.lock().await;
        if let Some(line) = held.as_ref().filter(|line| !line.closed.load(Ordering::Acquire)) {
            return Ok(line.clone());
        }
        *held = None;
        let line = self.connect().await?;
        *held = Some(line.clone());
        Ok(line)
    }

    async fn connect(&self) -> RedisResult<Line> {
        let closed = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&closed);
        let told = move |push: PushInfo| -> Result<(), RedisError> {
            if push.kind == PushKind::Disconnection {
                flag.store(true, Ordering::Release);
            }
            Ok(())
        };
        // Time is kept by whoever asks.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None).set_push_sender(told);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        Ok(Line { connection, closed })
    }

    /// Connects for the first time, with the driver's own error if it fails.
    pub(super) async fn greet(&self) -> RedisResult<()> {
        self.line().await.map(drop)
    }

    /// Makes the next call connect anew.
    pub(super) fn hang_up(&self) {
        // Who holds the lock is connecting just now.
        if let Ok(held) = self.line.try_lock()
            && let Some(line) = held.as_ref()
        {
            line.closed.store(true, Ordering::Release);
        }
    }
}

/// The last of several answers. That there is none must never be read as the answer "nothing is there".
pub(super) fn last(mut answers: Vec<Value>) -> Result<RedisResult<Value>, StoreError> {
    let missing = || unavailable(RedisError::from((ErrorKind::Client, "an answer of the server is missing")));
    answers.pop().map(Value::extract_error).ok_or_else(missing)
}

/// The error for a server that did not do what it was asked.
pub(super) fn unavailable(error: RedisError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
