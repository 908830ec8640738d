//! A certificate and its key, from two files in PEM (RFC 7468).

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use counterfoil_core::Timestamp;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError as Fault, Error, RootCertStore};
use zeroize::Zeroizing;

use super::{kinds, provider};
use crate::config::{Server, Tls};

/// Where a certificate and its key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why there is no HTTPS. Each text is one sentence that says what to do, and holds nothing of a key.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file is not there.
    #[error("{}: there is no such file; {setting} names it", path.display())]
    Missing {
        /// Which one.
        path: PathBuf,
        /// Where it is named.
        setting: &'static str,
    },
    /// A file is there and cannot be read.
    #[error("{}: cannot be read, though {setting} names it: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Where it is named.
        setting: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// There is no certificate in the file.
    #[error("{}: holds no certificate: write one there that begins with -----BEGIN CERTIFICATE-----", .0.display())]
    NoCertificate(PathBuf),
    /// There is no key in the file.
    #[error("{}: holds no private key: write one there that begins with -----BEGIN PRIVATE KEY-----", .0.display())]
    NoKey(PathBuf),
    /// The key can be read with a passphrase alone.
    #[error("{path}: its private key is encrypted, and nobody is there to type the passphrase: write it out by `openssl pkey -in {path} -out FILE`, for the server's user alone to read", path = .0.display())]
    Encrypted(PathBuf),
    /// The certificate is of a version that knows no hosts.
    #[error("{}: its first certificate is of X.509 version 1, which names no hosts, so no browser takes it: have one of version 3 made, with the host as `subjectAltName`", .0.display())]
    Version1(PathBuf),
    /// The key is of a kind that TLS does not use, or is too short.
    #[error("{}: its private key is {what}: make another one, by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`, say, and have a certificate made for it", path.display())]
    Unusable {
        /// Its file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// What looks like a certificate or a key is none.
    #[error("{}: is damaged: {what}", path.display())]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// The key belongs to another certificate.
    #[error("{}: is not the key of the certificate in {}: take the two that were made together", key.display(), certificate.display())]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// That of the key.
        key: PathBuf,
    },
    /// The certificate does not count any more.
    #[error("{}: the certificate has expired on {}: renew it", path.display(), day(*.at))]
    Expired {
        /// Its file.
        path: PathBuf,
        /// Since when.
        at: UnixTime,
    },
    /// The certificate does not count yet.
    #[error("{}: the certificate does not count before {}: is the clock right?", path.display(), day(*.at))]
    NotYet {
        /// Its file.
        path: PathBuf,
        /// From when on it does.
        at: UnixTime,
    },
    /// A certificate of our own could not be made.
    #[error("no certificate could be made: {0}")]
    NotMade(#[from] rcgen::Error),
    /// The library does not do what is asked of it.
    #[error("TLS cannot be had: {0}")]
    Library(#[from] Error),
}

/// A pair that fits together and counts.
pub(super) struct Checked {
    pub(super) key: CertifiedKey,
    /// The day on which it ends, if that is soon.
    pub(super) ends: Option<String>,
}

impl Files {
    /// Those that the settings name, where HTTPS is to come from files.
    pub(super) fn of(settings: &Server) -> Option<Self> {
        let (certificate, key) = (settings.tls_certificate.clone()?, settings.tls_key.clone()?);
        (settings.tls == Tls::Files).then_some(Self { certificate, key })
    }

    /// The bytes of both.
    pub(super) fn read(&self) -> Result<Pair, CertificateError> {
        Ok(Pair {
            certificate: read(&self.certificate, "server.tls_certificate")?,
            key: Zeroizing::new(read(&self.key, "server.tls_key")?),
        })
    }

    /// The certificate with its key, if they fit together and count now.
    pub(super) fn check(&self, pair: &Pair, now: Timestamp) -> Result<Checked, CertificateError> {
        let damaged = |path: &Path, what| CertificateError::Damaged { path: path.to_owned(), what };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&pair.certificate)
            .collect::<Result<_, _>>()
            .map_err(|_| damaged(&self.certificate, "what stands between its BEGIN and END is no base64"))?;
        let Some(certificate) = chain.first() else {
            return Err(CertificateError::NoCertificate(self.certificate.clone()));
        };
        let parsed = ParsedCertificate::try_from(certificate).map_err(|error| match error {
            Error::InvalidCertificate(Fault::Other(fault)) if fault.to_string() == UNSUPPORTED_VERSION => {
                CertificateError::Version1(self.certificate.clone())
            }
            _ => damaged(&self.certificate, "its first certificate cannot be read"),
        })?;
        let ends = self.check_dates(&parsed, now)?;
        let key = PrivateKeyDer::from_pem_slice(&pair.key).map_err(|error| match error {
            _ if kinds::is_encrypted(&pair.key) => CertificateError::Encrypted(self.key.clone()),
            pem::Error::NoItemsFound => CertificateError::NoKey(self.key.clone()),
            _ => damaged(&self.key, "what stands between its BEGIN and END is no base64"),
        })?;
        let key = CertifiedKey::from_der(chain, key.clone_key(), &provider()).map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                CertificateError::Mismatch { certificate: self.certificate.clone(), key: self.key.clone() }
            }
            _ => CertificateError::Unusable { path: self.key.clone(), what: kinds::of_unusable(&key) },
        })?;
        Ok(Checked { key, ends })
    }

    /// The certificate, with a line in the log if it ends soon.
    pub(super) fn take(&self, checked: Checked) -> CertifiedKey {
        if let Some(day) = checked.ends {
            tracing::warn!("{}: the certificate expires on {day}", self.certificate.display());
        }
        checked.key
    }

    /// The day on which a certificate that counts ends, if that is soon.
    fn check_dates(
        &self,
        certificate: &ParsedCertificate<'_>,
        now: Timestamp,
    ) -> Result<Option<String>, CertificateError> {
        let path = || self.certificate.clone();
        match dates(certificate, unix(now)) {
            Dates::Expired(at) => Err(CertificateError::Expired { path: path(), at }),
            Dates::NotYet(at) => Err(CertificateError::NotYet { path: path(), at }),
            Dates::Good => {
                let soon = UnixTime::since_unix_epoch(Duration::from_secs(unix(now).as_secs()) + SOON);
                Ok(match dates(certificate, soon) {
                    Dates::Expired(at) => Some(day(at)),
                    Dates::Good | Dates::NotYet(_) => None,
                })
            }
        }
    }
}

/// What the two files hold.
pub(super) struct Pair {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Zeroizing<Vec<u8>>,
}

/// What webpki calls a certificate of another version than 3.
const UNSUPPORTED_VERSION: &str = "UnsupportedCertVersion";
/// How long before its end a certificate is worth a warning.
const SOON: Duration = Duration::from_hours(14 * 24);
/// More than any certificate or key takes.
const MOST: u64 = 1024 * 1024;

fn read(path: &Path, setting: &'static str) -> Result<Vec<u8>, CertificateError> {
    let whole = || {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(std::fs::File::open(path)?, MOST), &mut bytes)?;
        Ok(bytes)
    };
    whole().map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => CertificateError::Missing { path: path.to_owned(), setting },
        _ => CertificateError::Unreadable { path: path.to_owned(), setting, source },
    })
}

enum Dates {
    Good,
    Expired(UnixTime),
    NotYet(UnixTime),
}

/// Whether a certificate counts at a time. The library compares dates before it looks for an authority, of which it gets none.
fn dates(certificate: &ParsedCertificate<'_>, at: UnixTime) -> Dates {
    let (roots, provider) = (RootCertStore::empty(), provider());
    let algorithms = provider.signature_verification_algorithms.all;
    match verify_server_cert_signed_by_trust_anchor(certificate, &roots, &[], at, algorithms) {
        Err(Error::InvalidCertificate(Fault::ExpiredContext { not_after, .. })) => Dates::Expired(not_after),
        Err(Error::InvalidCertificate(Fault::NotValidYetContext { not_before, .. })) => Dates::NotYet(not_before),
        _ => Dates::Good,
    }
}

/// Whether a certificate has this host among its names (RFC 9525 §6).
pub(super) fn is_for(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let (Ok(certificate), Ok(host)) = (ParsedCertificate::try_from(certificate), ServerName::try_from(host)) else {
        return false;
    };
    verify_server_name(&certificate, &host).is_ok()
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(0)))
}

/// A day as ISO 8601 writes it.
fn day(at: UnixTime) -> String {
    let second = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    let moment = jiff::Timestamp::from_second(second).unwrap_or_default();
    moment.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests;
