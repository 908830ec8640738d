//! HTTPS: TLS 1.2 and 1.3, with a certificate that may change while the server runs.

mod files;
mod kinds;
mod self_signed;
mod watch;

pub use files::{CertificateError, Files};
pub use self_signed::fingerprint;

use std::sync::Arc;

use arc_swap::ArcSwap;
use counterfoil_core::{Clock, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

use super::connection::{ALPN_HTTP1, ALPN_HTTP2};
use crate::config::{Server, Tls as Kind};
use watch::Seen;

/// The certificate of a listener.
#[derive(Debug, Clone)]
pub struct Tls {
    current: Arc<Current>,
    /// Where it comes from, and what was there; nothing of one that was made.
    files: Option<(Files, Seen)>,
}

/// What a certificate in files is like.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// The day on which it ends, if that is soon.
    pub(crate) ends: Option<String>,
    /// Whether it is for the host at which browsers expect the server.
    pub(crate) is_for_host: bool,
}

impl Condition {
    /// Of the files that the settings name; `None` if they name none.
    pub(crate) fn of(settings: &Server, now: Timestamp) -> Option<Result<Self, CertificateError>> {
        let files = Files::of(settings)?;
        let checked = files.read().and_then(|pair| files.check(&pair, now));
        Some(checked.map(|checked| Self { is_for_host: is_for_host(&checked.key, settings), ends: checked.ends }))
    }
}

/// The certificate with which the next connection is answered.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// What the settings ask for; `None` for plain HTTP.
    ///
    /// # Errors
    /// [`CertificateError`], whose text is one sentence that says what to do.
    pub fn of(settings: &Server, clock: &dyn Clock) -> Result<Option<Self>, CertificateError> {
        let (key, files) = match (settings.tls, Files::of(settings)) {
            (Kind::SelfSigned, _) => (self_signed::make(settings.public_url.host(), clock.now())?, None),
            (_, Some(files)) => {
                let pair = files.read()?;
                let key = files.take(files.check(&pair, clock.now())?);
                (key, Some((files, watch::seen(&pair))))
            }
            (_, None) => return Ok(None),
        };
        if !is_for_host(&key, settings) {
            tracing::warn!(
                "the certificate is not for {}, where browsers expect the server",
                settings.public_url.host()
            );
        }
        Ok(Some(Self { current: Arc::new(Current(ArcSwap::from_pointee(key))), files }))
    }

    /// What accepts connections with it.
    ///
    /// # Errors
    /// [`CertificateError::Library`], if the library does not have what we ask of it.
    pub fn acceptor(&self) -> Result<TlsAcceptor, CertificateError> {
        let config = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13, &TLS12])?;
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::clone(&self.current) as Arc<_>);
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec(), ALPN_HTTP1.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// The SHA-256 of the certificate, as browsers show it.
    pub fn fingerprint(&self) -> String {
        self.current.0.load().cert.first().map(|certificate| fingerprint(certificate)).unwrap_or_default()
    }

    /// Follows the files, if there are any. It does not end.
    pub async fn follow(self, clock: Arc<dyn Clock>) {
        match self.files {
            Some((files, seen)) => watch::follow(&files, seen, &self.current.0, &*clock).await,
            None => std::future::pending().await,
        }
    }
}

fn is_for_host(key: &CertifiedKey, settings: &Server) -> bool {
    key.cert.first().is_some_and(|certificate| files::is_for(certificate, settings.public_url.host()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
