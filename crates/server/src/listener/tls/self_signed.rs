//! A certificate for development, made at the start and kept in memory alone.

use aws_lc_rs::digest::{SHA256, digest};
use counterfoil_core::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::CertifiedKey;

use super::{CertificateError, provider};

/// The hosts of a machine that is reached from itself.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// One for this machine and for `host`, from yesterday on for a year.
pub(super) fn make(host: &str, now: Timestamp) -> Result<CertifiedKey, CertificateError> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut names: Vec<String> = HERE.map(str::to_owned).to_vec();
    if !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Counterfoil, self-signed");
    let today = jiff::Timestamp::from_millisecond(now.as_millis()).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let at = |day: Date| date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs());
    params.not_before = at(today.yesterday().unwrap_or(today));
    params.not_after = at(today.saturating_add(jiff::Span::new().years(1)));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Ok(CertifiedKey::from_der(vec![certificate.der().clone()], key.into(), &provider())?)
}

/// The SHA-256 of a certificate in pairs of hexadecimal digits, as browsers show it.
pub fn fingerprint(certificate: &[u8]) -> String {
    let pairs = digest(&SHA256, certificate).as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::super::files::is_for;
    use super::*;

    #[test]
    fn it_is_for_this_machine_and_the_public_host() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let made = make("auth.example", now).unwrap();
        for host in ["localhost", "127.0.0.1", "[::1]", "auth.example"] {
            assert!(is_for(&made.cert[0], host), "{host}");
        }
        assert!(!is_for(&made.cert[0], "example"));
        assert!(make("[::1]", now).is_ok());
        assert_ne!(fingerprint(&made.cert[0]), fingerprint(&make("localhost", now).unwrap().cert[0]));
        assert_eq!(fingerprint(&made.cert[0]).len(), 32 * 3 - 1);
    }
}
