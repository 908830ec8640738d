//! How a server differs from the usual one.

use std::path::PathBuf;

/// How a server differs from the usual one, which forgets what it did not write yet when the machine fails.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether what was committed is on the disk: `fsync` in PostgreSQL, `InnoDB`'s flush at each commit,
    /// `appendfsync always` in Redis.
    pub durable: bool,
    /// What the server needs for TLS. PostgreSQL and MariaDB then take both sorts of connections; Redis none without it.
    pub tls: Option<Tls>,
    /// More settings by the server's own names, such as `("max_connections", "20")`. They go before ours.
    pub settings: Vec<(String, String)>,
}

/// Files in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate, followed by those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who signed it, by which the nodes of a Redis Cluster know each other. `None`: it is its own authority.
    pub authority: Option<PathBuf>,
}

impl Options {
    /// What was committed is on the disk.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// TLS with this certificate and key, PEM files. The certificate is its own authority.
    #[must_use]
    pub fn tls(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = Some(Tls { certificate: certificate.into(), key: key.into(), authority: None });
        self
    }

    /// A setting by the server's own name.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}
