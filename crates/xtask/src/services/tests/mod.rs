//! What each server promises: it answers, it can be made to fail, it keeps what it must, and nothing of it remains.

mod databases;
mod fresh;
mod proxy;
mod redis;

use std::path::{Path, PathBuf};

use super::Options;

/// The processes that work in a folder.
fn processes_in(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir("/proc").expect("Linux").flatten();
    let link = |process: &PathBuf| std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    all.map(|process| process.path()).filter(link).collect()
}

/// That nothing is left of a server whose folder was this.
fn assert_gone(folder: &Path) {
    assert!(!folder.exists(), "{} is left", folder.display());
    let left = processes_in(folder);
    assert!(left.is_empty(), "{left:?}");
}

/// TLS by a certificate that is made now, and the folder that it is in.
fn tls() -> (Options, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    (Options::default().tls(certificate, key), folder)
}
