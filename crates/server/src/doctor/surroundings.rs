//! What is weak around the settings: files that others can read, keys that are old, nodes that do not go with the rest.

use std::path::{Path, PathBuf};
use std::time::Duration;

use counterfoil_stores::StoreUrl;

use super::settings::DAY;
use super::{Finding, Level, Patient};
use crate::config::{Settings, Shown};

/// A file, and whether others than its owner can read or write it.
#[derive(Debug, Clone)]
pub(crate) struct SeenFile {
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) holds: &'static str,
    pub(crate) open_to_others: bool,
}

/// What a store holds, so far as it matters here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    /// The keys that sign.
    pub(crate) active: Vec<Key>,
    /// How many servers follow its log.
    pub(crate) nodes: usize,
}

/// A key that signs.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) kid: String,
    /// For how long it has been signing.
    pub(crate) age: Duration,
}

impl SeenFile {
    /// Those that the settings name and that are there.
    pub(crate) fn of(settings: &Settings) -> Vec<Self> {
        let secret = settings.secrets.secret.is_none().then_some(settings.secrets.secret_file.as_deref()).flatten();
        let secret = secret.map(|path| (path.to_owned(), "the secret that the keys are encrypted under"));
        let database = settings.store.url.path().map(|path| (path.to_owned(), "accounts, logins and keys"));
        let has_password = settings.store.place().servers().any(|server| server.password.is_some());
        let config = has_password.then(|| config_file(&settings.shown())).flatten();
        let config = config.map(|path| (path, "the password of a store"));
        let key = settings.server.tls_key.clone().map(|path| (path, "the private key of HTTPS"));
        let named = [secret, database, config, key].into_iter().flatten();
        named.filter_map(|(path, holds)| Some(Self { open_to_others: is_open(&path)?, path, holds })).collect()
    }
}

/// The file in which the address of a store stands.
fn config_file(shown: &[Shown]) -> Option<PathBuf> {
    let address = |shown: &&Shown| ["store.url", "store.sessions"].contains(&shown.key.as_str());
    // `FILE:line:column`
    let mut places = shown.iter().filter(address).filter_map(|shown| shown.origin.rsplitn(3, ':').nth(2));
    places.next().map(PathBuf::from)
}

/// `None`: it is not there, or this system does not say.
#[cfg(unix)]
fn is_open(path: &Path) -> Option<bool> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(std::os::unix::fs::MetadataExt::mode(&metadata) & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> Option<bool> {
    None
}

pub(super) fn examine(patient: &Patient<'_>, shown: &[Shown]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = patient.files.iter().filter(|file| file.open_to_others).map(readable).collect();
    if let Some(records) = &patient.records {
        findings.extend(records.active.iter().filter_map(|key| old(key, patient.settings)));
        if records.nodes > 1 && matches!(patient.settings.store.url, StoreUrl::Sqlite(_)) {
            let why =
                "several servers share one file: they must be on one machine, and it must not be a network's file";
            findings.push(Finding::of(shown, Level::Hint, "store.url", why, "url = \"postgres://…\""));
        }
    }
    findings
}

fn readable(file: &SeenFile) -> Finding {
    let path = file.path.display();
    let why = format!("others on this machine can read or write {}, which is in it", file.holds);
    Finding::beside(Level::Error, &path.to_string(), why, format!("chmod 600 {path}"))
}

/// Keys are exchanged by servers that run. One much older than it should be was forgotten.
fn old(key: &Key, settings: &Settings) -> Option<Finding> {
    let most = settings.keys.rotate_after.map_or(DAY * 365, |after| after + DAY * 30);
    let days = key.age.as_secs() / 86_400;
    let what = format!("the key {}", key.kid);
    let why = format!("it has been signing for {days} days");
    (key.age > most).then(|| Finding::beside(Level::Warning, &what, why, "counterfoil key rotate".to_owned()))
}
