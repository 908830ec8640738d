//! HTTPS: TLS 1.2 and 1.3, with a certificate that may change while the server runs.

mod files;
mod self_signed;
mod watch;

pub use files::{CertificateError, Files};
pub use self_signed::fingerprint;

use std::sync::Arc;

use arc_swap::ArcSwap;
use counterfoil_core::Clock;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

use super::connection::{ALPN_HTTP1, ALPN_HTTP2};
use crate::config::{Server, Tls as Kind};

/// The certificate of a listener.
#[derive(Debug, Clone)]
pub struct Tls {
    current: Arc<Current>,
    /// Where it comes from; none is there of one that was made.
    files: Option<Files>,
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
        let (key, files) = match (settings.tls, &settings.tls_certificate, &settings.tls_key) {
            (Kind::Files, Some(certificate), Some(key)) => {
                let files = Files { certificate: certificate.clone(), key: key.clone() };
                (files.load(clock.now())?, Some(files))
            }
            (Kind::SelfSigned, ..) => (self_signed::make(settings.public_url.host(), clock.now())?, None),
            (Kind::Off | Kind::Files, ..) => return Ok(None),
        };
        if let Some(certificate) = key.cert.first()
            && !files::is_for(certificate, settings.public_url.host())
        {
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
            Some(files) => watch::follow(&files, &self.current.0, &*clock).await,
            None => std::future::pending().await,
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
