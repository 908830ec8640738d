//! The listener: from a socket to the routes, and a tidy end.
//!
//! ```text
//! accept ── is there room? ── TLS, or plain ── HTTP/1, strictly read ─┬─ the routes
//!             │ no: 503                      └─ HTTP/2 ────────────────┘
//! ```

mod activity;
mod admission;
mod body;
mod connection;
mod limits;
mod overload;
mod prefixed;
mod refusal;
mod sending;
mod service;
mod signal;
mod start;
mod stay;
mod strict;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

pub use body::TooSlow;
pub use limits::{Limits, raise_open_files};
pub use refusal::Refusal;
pub use signal::asked_to_end;
pub use stay::Stay;

use crate::http::address::Proxies;
use admission::Admission;
use connection::Shared;
use overload::Overload;

/// How long nothing is accepted after that has failed: files are short, say, and others are closing.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// A socket to listen on, and how its clients are treated.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// What makes its connections HTTPS.
    pub tls: Option<TlsAcceptor>,
    /// How much is taken from its clients.
    pub limits: Limits,
    /// Whose connections are not counted by address.
    pub proxies: Proxies,
    /// Whether people reach it over HTTPS, perhaps by a proxy: every answer says then that it stays so.
    pub is_https: bool,
}

impl Listener {
    /// Answers requests until `end`, then those in flight.
    pub async fn serve(self, routes: Router, end: impl Future<Output = ()>) {
        let Self { socket, tls, limits, proxies, is_https } = self;
        let admission = Admission::new(limits.connections, limits.connections_per_address, proxies);
        let mut overload = Overload::new(is_https);
        let shared = Arc::new(Shared::new(routes, limits, tls));
        // Every connection holds a receiver, which says to it that the end has come, and to us that it is over.
        let (ending, ended) = watch::channel(());
        let mut end = std::pin::pin!(end);
        loop {
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = &mut end => break,
            };
            match accepted {
                Ok((stream, peer)) => match admission.admit(peer.ip()) {
                    Ok(seat) => {
                        let (shared, ended) = (Arc::clone(&shared), ended.clone());
                        let stay = Stay::new((seat, ended.clone()));
                        tokio::spawn(async move { shared.serve(stream, peer, ended, stay).await });
                    }
                    Err(full) => overload.turn_away(stream, full, shared.speaks_tls()),
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection was not taken");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
        drop((socket, ended));
        let _ = ending.send(());
        if tokio::time::timeout(limits.shutdown_grace, ending.closed()).await.is_err() {
            tracing::warn!("some requests were still going on; they were cut off");
        }
    }
}
