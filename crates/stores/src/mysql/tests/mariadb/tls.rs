//! The way to a server, encrypted and to nobody else.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use xtask::services::{self, MariaDb};

use super::*;

/// An authority, and a certificate that it has signed for `name`.
struct Files {
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

fn certify(folder: &Path, label: &str, name: &str) -> Files {
    let file = |what: &str, text: String| {
        let path = folder.join(format!("{label}-{what}.pem"));
        fs::write(&path, text).unwrap();
        path
    };
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = file("authority", params.self_signed(&key).unwrap().pem());
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    Files { authority, certificate: file("certificate", leaf.pem()), key: file("key", key.serialize_pem()) }
}

fn trusting(url: &str, authority: &Path) -> String {
    format!("{url}?sslrootcert={}", authority.display())
}

fn server(files: &Files) -> MariaDb {
    MariaDb::start(&services::Options::default().tls(&files.certificate, &files.key)).unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn cr_08_a_server_is_believed_by_its_authority_alone() {
    let folder = folder();
    let (files, others) = (certify(folder.path(), "ours", "127.0.0.1"), certify(folder.path(), "others", "127.0.0.1"));
    let server = server(&files);
    server.query("alter user counterfoil@'127.0.0.1' require ssl").unwrap();
    assert_eq!(refusal(&server.url()).await.fault, Fault::Login, "in the clear it takes nobody");
    let stores = open(&trusting(&server.url(), &files.authority)).await.unwrap().stores();
    stores.facts.ready().await.unwrap();

    let error = refusal(&trusting(&server.url(), &others.authority)).await;
    assert!(matches!(&error.fault, Fault::Certificate { .. }), "{error}");
    assert!(error.to_string().contains("nobody whom we trust has signed it"), "{error}");
    // The system's authorities do not know it either.
    let error = refusal(&format!("{}?sslmode=verify-full", server.url())).await;
    assert!(matches!(&error.fault, Fault::Certificate { .. } | Fault::Authority(_)), "{error}");
}

#[tokio::test]
async fn cr_08_a_certificate_for_another_host_is_not_believed() {
    let folder = folder();
    let files = certify(folder.path(), "other-host", "database.example.org");
    let server = server(&files);
    let error = refusal(&trusting(&server.url(), &files.authority)).await;
    assert!(error.to_string().contains("it is for another host"), "{error}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_the_clear() {
    let database = fresh::mariadb().unwrap();
    let folder = folder();
    let files = certify(folder.path(), "ours", "127.0.0.1");
    let error = refusal(&trusting(&database.url(), &files.authority)).await;
    assert_eq!(error.fault, Fault::NoTls("sslmode=disable"));
    assert!(error.to_string().contains("it offers no TLS: turn it on there"), "{error}");
}

#[tokio::test]
async fn a_file_of_authorities_that_is_no_good_is_named() {
    let folder = folder();
    let (empty, missing) = (folder.path().join("empty.pem"), folder.path().join("missing.pem"));
    fs::write(&empty, "no certificate here").unwrap();
    for (file, why) in [(&empty, "empty.pem holds no certificate in PEM"), (&missing, "missing.pem is not there")] {
        let error = refusal(&trusting("mysql://u:p@127.0.0.1:9/d", file)).await;
        assert!(matches!(error.fault, Fault::Authority(_)) && error.to_string().contains(why), "{error}");
    }
}
