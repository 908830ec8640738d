//! Making a connection: the address in the words of sqlx, whom TLS trusts, and the settings that every session of ours has.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{ConnectOptions as _, Error, Executor as _};

use super::sound::sound;
use crate::address::{ServerUrl, Tls};
use crate::server::Fault;

/// More than there are texts, so that each is prepared once for each connection.
const STATEMENTS: usize = 96;

/// Strict: what does not fit is an error. Read committed: a statement sees the newest commit, and no gaps are locked. A lock is
/// waited for shorter than an answer. Messages are in English, because the name of a key is read from one.
///
/// A node that falls silent in a transaction (its machine hangs, or the network is cut without a word) keeps its locks until
/// the server gives its session up, and without the log's nobody can log out. MariaDB knows a limit for this alone; MySQL has
/// only `wait_timeout`, which is why the pool keeps idle connections for no longer than that.
const SESSION: &str = "set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO', \
    autocommit = 1, foreign_key_checks = 1, unique_checks = 1, innodb_lock_wait_timeout = 1, wait_timeout = 30, \
    /*M! idle_transaction_timeout = 6, */ \
    lc_messages = 'en_US', names utf8mb4; set session transaction isolation level read committed";
/// In a Galera cluster, a read waits for what the other nodes have acknowledged.
const CLUSTER: &str = "set session wsrep_sync_wait = 1";

/// Makes connections that are all alike.
///
/// Not `Debug`: it holds the password.
pub(super) struct Connector {
    options: MySqlConnectOptions,
    pub(super) cluster: bool,
}

impl Connector {
    /// A way to the server of `url`.
    pub(super) fn new(url: &ServerUrl) -> Result<Self, Fault> {
        let host = url.host();
        let options = MySqlConnectOptions::new()
            .host(&host.name)
            .port(host.port)
            .username(url.user.as_deref().unwrap_or_default())
            .database(url.database.as_deref().unwrap_or_default())
            .statement_cache_capacity(STATEMENTS)
            // The session's settings are ours.
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None)
            .set_names(false)
            .disable_statement_logging();
        let options = match &url.password {
            Some(password) => options.password(password.expose_secret()),
            None => options,
        };
        let options = match &url.tls {
            Tls::Off => options.ssl_mode(MySqlSslMode::Disabled),
            Tls::Verified { ca } => {
                let trusted = ca.as_deref().map_or_else(system_authorities, authorities)?;
                options.ssl_mode(MySqlSslMode::VerifyIdentity).ssl_ca_from_pem(trusted)
            }
        };
        Ok(Self { options, cluster: false })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<MySqlConnection, Error> {
        sound(async {
            let mut connection = self.options.connect().await?;
            connection.execute(SESSION).await?;
            if self.cluster {
                connection.execute(CLUSTER).await?;
            }
            Ok(connection)
        })
        .await
    }
}

/// The certificates in a file, in PEM.
fn authorities(file: &Path) -> Result<Vec<u8>, Fault> {
    let fault = |why: &str| Fault::Authority(format!("{} {why}", file.display()));
    let content = fs::read(file).map_err(|error| {
        fault(if error.kind() == ErrorKind::NotFound { "is not there" } else { "cannot be read by this user" })
    })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(fault("holds no certificate in PEM")),
        Ok(certificates) if certificates.iter().all(is_authority) => Ok(content),
        _ => Err(fault("holds something else than certificates in PEM")),
    }
}

/// The system's certificates, in PEM.
fn system_authorities() -> Result<Vec<u8>, Fault> {
    let found = rustls_native_certs::load_native_certs().certs;
    let pem: String = found.iter().filter(|certificate| is_authority(certificate)).map(pem).collect();
    if pem.is_empty() {
        return Err(Fault::Authority("of this system is missing: name one in the address (`sslrootcert=FILE`)".into()));
    }
    Ok(pem.into_bytes())
}

/// Whether rustls takes it: one that it does not would fail every connection.
fn is_authority(certificate: &CertificateDer<'_>) -> bool {
    RootCertStore::empty().add(certificate.clone().into_owned()).is_ok()
}

/// RFC 7468 §3, in one line, which its lax form allows.
fn pem(certificate: &CertificateDer<'_>) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_certificates_can_be_read_back() {
        let Ok(pem) = system_authorities() else { return };
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        assert!(!certificates.unwrap().is_empty());
    }
}
