//! One connection, from its first byte to its last.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::activity::Activity;
use super::limits::{HTTP2_HEAD_BYTES, Limits, STREAMS};
use super::prefixed::Prefixed;
use super::sending::Sending;
use super::service::answer;
use super::start::{self, Start};
use super::stay::Stay;
use super::strict::Strict;

/// How often a silent connection of HTTP/2 is asked whether it is still there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// The name of HTTP/2 in a TLS handshake (RFC 7301 §6, RFC 9113 §3.2).
pub(super) const ALPN_HTTP2: &[u8] = b"h2";
/// That of HTTP/1.1.
pub(super) const ALPN_HTTP1: &[u8] = b"http/1.1";

/// What all connections of a listener have in common.
pub(super) struct Shared {
    routes: Router,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Shared {
    pub(super) fn new(routes: Router, limits: Limits, tls: Option<TlsAcceptor>) -> Self {
        let mut http1 = http1::Builder::new();
        // What comes in late, and what is too long, is found out before the library sees it.
        http1.timer(TokioTimer::new()).header_read_timeout(None);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(HTTP2_HEAD_BYTES).unwrap_or(u32::MAX))
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_TIMEOUT);
        Self { routes, limits, tls, http1, http2 }
    }

    pub(super) fn speaks_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves a connection to its end. Whoever has not said anything when the end comes is not waited for.
    pub(super) async fn serve(&self, stream: TcpStream, peer: SocketAddr, mut ended: watch::Receiver<()>, stay: Stay) {
        // Small answers are sent at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a socket does not take TCP_NODELAY");
        }
        let deadline = Instant::now() + self.limits.header_timeout;
        match &self.tls {
            Some(tls) => {
                let Some(stream) = in_time(deadline, &mut ended, tls.accept(stream)).await else { return };
                if stream.get_ref().1.alpn_protocol() == Some(ALPN_HTTP2) {
                    self.serve_http2(stream, peer, ended, stay).await;
                } else {
                    let deadline = Instant::now() + self.limits.header_timeout;
                    self.serve_http1(stream, Vec::new(), deadline, peer, ended, stay).await;
                }
            }
            None => {
                let mut stream = stream;
                match in_time(deadline, &mut ended, start::read(&mut stream)).await {
                    Some(Start::Http1(begun)) => self.serve_http1(stream, begun, deadline, peer, ended, stay).await,
                    Some(Start::Http2(begun)) => {
                        self.serve_http2(Prefixed::new(begun, stream), peer, ended, stay).await;
                    }
                    None => {}
                }
            }
        }
    }

    async fn serve_http1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        begun: Vec<u8>,
        deadline: Instant,
        peer: SocketAddr,
        mut ended: watch::Receiver<()>,
        stay: Stay,
    ) {
        let activity = Arc::new(Activity::default());
        let stream = Strict::new(stream, begun, deadline, self.limits, Arc::clone(&activity));
        let service = service_fn(|request| answer(request, self.routes.clone(), peer, &self.limits, &activity, &stay));
        let mut connection = pin!(self.http1.serve_connection(TokioIo::new(stream), service));
        let result = tokio::select! {
            biased;
            result = connection.as_mut() => result,
            _ = ended.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        log_end(result);
    }

    async fn serve_http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        &self,
        stream: S,
        peer: SocketAddr,
        mut ended: watch::Receiver<()>,
        stay: Stay,
    ) {
        let activity = Arc::new(Activity::default());
        let sending = Arc::new(Sending::default());
        let (routes, limits, counted, tracking) =
            (self.routes.clone(), self.limits, Arc::clone(&activity), Arc::clone(&sending));
        // Each request runs in a task of its own, which may outlive this borrow.
        let service = service_fn(move |request| {
            let (routes, counted, stay) = (routes.clone(), Arc::clone(&counted), stay.clone());
            let tracking = Arc::clone(&tracking);
            async move {
                let response = answer(request, routes, peer, &limits, &counted, &stay).await;
                response.map(|response| response.map(|body| tracking.track(body)))
            }
        });
        let mut connection = pin!(self.http2.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            biased;
            result = connection.as_mut() => return log_end(result),
            _ = ended.changed() => {
                connection.as_mut().graceful_shutdown();
                return log_end(connection.await);
            }
            () = sending.stands_still(self.limits.body_timeout) => {
                return tracing::debug!("a connection was given up whose answers are not taken");
            }
            () = idle(&activity, self.limits.idle_timeout) => {}
        }
        // It is told to open no further streams, and then has to go.
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            biased;
            result = connection => log_end(result),
            () = idle(&activity, self.limits.header_timeout) => {}
        }
    }
}

/// What there is before the deadline, and before the end comes.
async fn in_time<T>(
    deadline: Instant,
    ended: &mut watch::Receiver<()>,
    work: impl Future<Output = std::io::Result<T>>,
) -> Option<T> {
    tokio::select! {
        done = timeout_at(deadline, work) => match done {
            Ok(Ok(done)) => Some(done),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection broke before it had begun");
                None
            }
            Err(_) => None,
        },
        _ = ended.changed() => None,
    }
}

/// Ends when no request has been there for this long, at the latest after twice that.
async fn idle(activity: &Activity, patience: Duration) {
    let mut begun = activity.begun();
    loop {
        sleep(patience).await;
        if activity.begun() == begun && !activity.is_answering() {
            return;
        }
        begun = activity.begun();
    }
}

fn log_end(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}
