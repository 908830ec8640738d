//! TLS to the server: who is believed, and who is not.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use xtask::services::{Options as Settings, Postgres};

use super::*;
use crate::address::Tls;
use crate::server::{Fault, ServerError};

/// An authority of its own, and its certificate in a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server whose certificate is for `name`.
    fn server(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Postgres {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let [certificate, secret] = ["server.pem", "server.key"].map(|name| self.folder.path().join(name));
        std::fs::write(&certificate, params.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
        std::fs::write(&secret, key.serialize_pem()).unwrap();
        Postgres::start(&Settings::default().tls(certificate, secret)).unwrap()
    }
}

async fn open(server: &str, ca: &Path) -> Result<PostgresStore, ServerError> {
    let url = ServerUrl { tls: Tls::Verified { ca: Some(ca.to_owned()) }, ..url(server) };
    PostgresStore::open(&url, &Options::patient()).await
}

fn distrust(opened: Result<PostgresStore, ServerError>) -> &'static str {
    match opened.err().unwrap().fault {
        Fault::Certificate { why, remedy } => {
            assert_eq!(remedy.contains("`sslrootcert=FILE`"), why.starts_with("nobody"), "{remedy}");
            why
        }
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cr_08_a_server_is_believed_by_its_authority_and_name() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server("127.0.0.1", |_| ());
    let store = open(&server.url(), &authority.file()).await.unwrap();
    store.stores().facts.ready().await.unwrap();
    let protected = server.query("select count(*) from pg_stat_ssl join pg_stat_activity using (pid) where ssl and application_name = 'counterfoil'");
    assert_ne!(protected.unwrap().trim(), "0", "the connection is not protected");

    assert_eq!(distrust(open(&server.url(), &other.file()).await), "nobody whom we trust has signed it");
    let named = server.url().replace("127.0.0.1", "localhost");
    assert_eq!(distrust(open(&named, &authority.file()).await), "it is for another host");
    let system = ServerUrl { tls: Tls::Verified { ca: None }, ..url(&server.url()) };
    assert_eq!(distrust(PostgresStore::open(&system, &Options::patient()).await), "nobody whom we trust has signed it");
}

#[tokio::test(flavor = "multi_thread")]
async fn cr_08_an_expired_certificate_is_not_believed() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", |params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    assert_eq!(distrust(open(&server.url(), &authority.file()).await), "it has expired");
}

#[tokio::test]
async fn a_server_without_tls_is_not_talked_to() {
    let database = fresh::postgres().unwrap();
    let error = open(&database.url(), &Authority::new().file()).await.err().unwrap();
    assert_eq!(error.fault, Fault::NoTls("sslmode=disable"));
}

#[tokio::test]
async fn a_file_of_authorities_that_is_no_good_is_named() {
    let authority = Authority::new();
    let nowhere = authority.folder.path().join("nowhere.pem");
    let empty = authority.folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    for file in [nowhere, empty] {
        let error = open("postgres://me:hunter2@127.0.0.1:9/mine", &file).await.err().unwrap();
        let Fault::Authority(why) = &error.fault else { panic!("{error}") };
        assert!(why.contains(&file.display().to_string()), "{why}");
    }
}
