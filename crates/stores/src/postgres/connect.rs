//! Making connections, and what each of them is set to.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use deadpool_postgres::Connect;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{AsyncMessage, CancelToken, Client, Config, Connection, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::Failure;
use super::tls;
use crate::address::{ServerUrl, Tls};
use crate::server::{Fault, Options};

/// Knows the way to a database.
#[derive(Clone)]
pub(super) struct Connector {
    config: Arc<Config>,
    /// None where nothing protects the way.
    tls: Option<MakeRustlsConnect>,
    settings: Arc<str>,
    patience: Duration,
}

impl Connector {
    /// Reads the files that TLS needs; nothing is sent yet.
    pub(super) fn new(url: &ServerUrl, options: &Options) -> Result<Self, Fault> {
        let tls = match &url.tls {
            Tls::Off => None,
            Tls::Verified { ca } => Some(MakeRustlsConnect::new(tls::verifying(ca.as_deref())?)),
        };
        let mut config = Config::new();
        config
            .host(&url.host().name)
            .port(url.host().port)
            .application_name("counterfoil")
            .ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable })
            // A firewall or a host that has gone without a word is noticed.
            .keepalives_idle(Duration::from_mins(1))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(options.timeout * 2);
        if let Some(user) = &url.user {
            config.user(user);
        }
        if let Some(database) = &url.database {
            config.dbname(database);
        }
        if let Some(password) = &url.password {
            config.password(password.expose_secret());
        }
        Ok(Self { config: Arc::new(config), tls, settings: settings(options).into(), patience: options.timeout })
    }

    /// A connection that is set up, and the task that serves it.
    pub(super) async fn connect(&self) -> Result<(Client, JoinHandle<()>), Error> {
        let (client, task) = match &self.tls {
            None => {
                let (client, connection) = self.config.connect(NoTls).await?;
                (client, tokio::spawn(serve(connection)))
            }
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await?;
                (client, tokio::spawn(serve(connection)))
            }
        };
        client.batch_execute(&self.settings).await?;
        Ok((client, task))
    }

    /// Runs a statement that begins to listen, and calls `heard` once it has begun and at each notification. Returns when the
    /// connection ends.
    pub(super) async fn listen(&self, statement: &str, heard: impl FnMut() + Send) -> Result<(), Failure> {
        let late = |_| Failure::Late(self.patience);
        match &self.tls {
            None => {
                let connected = tokio::time::timeout(self.patience, self.config.connect(NoTls)).await;
                let (client, connection) = connected.map_err(late)??;
                hear(&client, connection, statement, heard).await
            }
            Some(tls) => {
                let connected = tokio::time::timeout(self.patience, self.config.connect(tls.clone())).await;
                let (client, connection) = connected.map_err(late)??;
                hear(&client, connection, statement, heard).await
            }
        }
    }

    /// Asks the server to stop what a connection is doing. It promises nothing.
    pub(super) async fn cancel(&self, token: CancelToken) {
        let cancel = async {
            match &self.tls {
                None => token.cancel_query(NoTls).await,
                Some(tls) => token.cancel_query(tls.clone()).await,
            }
        };
        match tokio::time::timeout(self.patience, cancel).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a statement could not be cancelled"),
            Err(_) => tracing::debug!("a statement could not be cancelled in time"),
        }
    }
}

impl Connect for Connector {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), Error>> + Send + '_>> {
        Box::pin(Self::connect(self))
    }
}

async fn serve<S, T>(connection: Connection<S, T>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to PostgreSQL has ended");
    }
}

/// Serves a connection that listens, until it ends.
async fn hear<S, T>(
    client: &Client,
    mut connection: Connection<S, T>,
    statement: &str,
    mut heard: impl FnMut() + Send,
) -> Result<(), Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut beginning = std::pin::pin!(client.batch_execute(statement));
    let mut has_begun = false;
    poll_fn(|context| {
        if !has_begun && let Poll::Ready(begun) = beginning.as_mut().poll(context) {
            begun?;
            has_begun = true;
            heard();
        }
        loop {
            match ready!(connection.poll_message(context)) {
                Some(Ok(AsyncMessage::Notification(_))) => heard(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(error.into())),
                None => return Poll::Ready(Err(Failure::gone())),
            }
        }
    })
    .await
}

/// What every session is set to.
///
/// - A replica fails at the first line: what it answered would be of the past, and a login that has ended might still count.
/// - Outside of a transaction that says that it writes, nothing can be written. So statements may be sent behind a `begin` whose
///   answer is not known yet: should it fail, they fail too.
/// - What is acknowledged is on the disk, whatever the server's default is. A default that asks for more is left.
/// - Whoever waits for a lock is told so before our own time is up. Other limits come after it: they are for what we have
///   given up, and must not make an answer of a commit that is still waiting for a standby.
fn settings(options: &Options) -> String {
    let (lock, rest) = (options.timeout * 2 / 3, options.timeout * 2);
    format!(
        "begin read write; commit; \
         set default_transaction_read_only = on; \
         set default_transaction_isolation = 'read committed'; \
         set lock_timeout = {}; \
         set statement_timeout = {rest}; \
         set idle_in_transaction_session_timeout = {rest}; \
         select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
        millis(lock),
        rest = millis(rest),
    )
}

/// Milliseconds as a setting takes them: nought would mean no limit.
fn millis(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis()).unwrap_or(i32::MAX).max(1)
}
