//! The listener: from a socket to the routes, and a tidy end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::Service as _;

/// How a listener treats its clients.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long one may take to send a request's headers.
    pub header_timeout: Duration,
    /// How long requests in flight may go on once the end has come.
    pub shutdown_grace: Duration,
}

/// Answers requests until `end`, then those in flight.
pub async fn serve(listener: TcpListener, routes: Router, limits: Limits, end: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_timeout);
    builder.http2().timer(TokioTimer::new());
    let (ending, ended) = watch::channel(());
    let mut end = std::pin::pin!(end);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let (builder, routes, watcher, mut ended) =
                    (builder.clone(), routes.clone(), connections.watcher(), ended.clone());
                tokio::spawn(async move {
                    let heard = tokio::select! {
                        heard = tokio::time::timeout(limits.header_timeout, version(&stream)) => heard.is_ok(),
                        // Whoever has said nothing is not waited for.
                        _ = ended.changed() => false,
                    };
                    if heard && let Err(error) = watcher.watch(connection(&builder, stream, address, routes)).await {
                        tracing::debug!(%error, "a connection broke");
                    }
                });
            }
            Err(error) => {
                // Out of file handles, say: others are closing, so a moment helps.
                tracing::warn!(%error, "a connection was not taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop((listener, ending));
    if tokio::time::timeout(limits.shutdown_grace, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests were still going on; they were cut off");
    }
}

/// Waits until a client has said enough to tell which version of HTTP it speaks. hyper would wait for that without end.
async fn version(stream: &TcpStream) {
    /// What HTTP/2 begins with (RFC 9113 §3.4).
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut start = [0; PREFACE.len()];
    while let Ok(heard @ 1..) = stream.peek(&mut start).await {
        if heard == PREFACE.len() || !PREFACE.starts_with(start.get(..heard).unwrap_or_default()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn connection(
    builder: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    address: SocketAddr,
    routes: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send + 'static
{
    // Small answers are sent at once.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a socket does not take TCP_NODELAY");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(address));
        let mut routes = routes.clone();
        async move { Ok::<_, Infallible>(infallible(routes.call(request.map(Body::new)).await)) }
    });
    builder.serve_connection(TokioIo::new(stream), service).into_owned()
}

fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// Ends on SIGTERM or Ctrl-C. It listens from now on, so that neither is missed before it is awaited.
pub fn asked_to_end() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let [interrupted, terminated] = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        async move {
            tokio::select! {
                () = received(interrupted) => {}
                () = received(terminated) => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        drop(tokio::signal::ctrl_c().await);
    }
}

/// Waits for a signal. One that cannot be listened for ends the process by itself.
#[cfg(unix)]
async fn received(signal: std::io::Result<tokio::signal::unix::Signal>) {
    match signal {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}
