//! TLS to the server: its certificate and name are verified against the authorities that are trusted.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::server::Fault;

/// TLS 1.2 or later. Trusts the authorities in the file or, without one, the system's.
pub(super) fn verifying(ca: Option<&Path>) -> Result<ClientConfig, Fault> {
    let roots = match ca {
        Some(file) => named(file)?,
        None => systems()?,
    };
    // Named here, because what is linked beside this crate may bring another provider or set another default.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::Authority(format!("cannot be used: {error}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn named(file: &Path) -> Result<RootCertStore, Fault> {
    let refuse = |why: String| Fault::Authority(format!("{} {why}", file.display()));
    let unreadable =
        |error: &dyn std::fmt::Display| refuse(format!("cannot be read ({error}): correct its name or rights"));
    let pem = std::fs::read(file).map_err(|error| unreadable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unreadable(&error))?;
        roots
            .add(certificate)
            .map_err(|error| refuse(format!("holds a certificate that is not understood: {error}")))?;
    }
    if roots.is_empty() {
        return Err(refuse("holds no certificate in PEM: name the file of the authority".to_owned()));
    }
    Ok(roots)
}

fn systems() -> Result<RootCertStore, Fault> {
    let mut roots = RootCertStore::empty();
    // The system's store may hold relics that nobody understands any more.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(Fault::Authority(
            "of the system are missing: install `ca-certificates`, or name a file in the address (sslrootcert=FILE)"
                .to_owned(),
        ));
    }
    Ok(roots)
}
