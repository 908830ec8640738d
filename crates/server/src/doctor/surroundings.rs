//! What is weak around the settings: files that others can read, keys that are old, nodes that do not go with the rest.

use std::path::{Path, PathBuf};
use std::time::Duration;

use counterfoil_stores::StoreUrl;

use super::settings::DAY;
use super::{Finding, Level, Patient};
use crate::config::{Settings, Shown, Tls};

/// A file that others than its owner can read or write.
#[derive(Debug, Clone)]
pub(crate) struct SeenFile {
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) holds: &'static str,
    pub(crate) open_to: Others,
    /// Whether the server starts with it all the same.
    pub(crate) is_taken: bool,
}

/// Who can, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Others {
    /// Every user of the machine.
    Everybody(&'static str),
    /// Those in the group of this name.
    Group(String, &'static str),
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
    /// Those that the settings name, that are there, and that are not for their owner alone.
    pub(crate) fn of(settings: &Settings) -> Vec<Self> {
        let secret = settings.secrets.secret.is_none().then_some(settings.secrets.secret_file.as_deref()).flatten();
        let secret = secret.map(|path| (path.to_owned(), "the secret that the keys are encrypted under", false));
        let database = settings.store.url.path().map(|path| (path.to_owned(), "accounts, logins and keys", true));
        let has_password = settings.store.place().servers().any(|server| server.password.is_some());
        let config = has_password.then(|| config_file(&settings.shown())).flatten();
        let config = config.map(|path| (path, "the password of a store", true));
        let key = settings.server.tls_key.clone().filter(|_| settings.server.tls == Tls::Files);
        let key = key.map(|path| (path, "the private key of HTTPS", true));
        let named = [secret, database, config, key].into_iter().flatten();
        named
            .filter_map(|(path, holds, is_taken)| Some(Self { open_to: open_to(&path)?, path, holds, is_taken }))
            .collect()
    }
}

/// The file in which the address of a store stands.
fn config_file(shown: &[Shown]) -> Option<PathBuf> {
    let address = |shown: &&Shown| ["store.url", "store.sessions"].contains(&shown.key.as_str());
    // `FILE:line:column`
    let mut places = shown.iter().filter(address).filter_map(|shown| shown.origin.rsplitn(3, ':').nth(2));
    places.next().map(PathBuf::from)
}

/// `None`: nobody, or it is not there, or this system does not say.
#[cfg(unix)]
fn open_to(path: &Path) -> Option<Others> {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::metadata(path).ok()?;
    // The same three bits for the owner, the group and everybody else.
    let can = |bits: u32| match bits & 0o7 {
        0 => None,
        4 | 5 => Some("read"),
        2 | 3 => Some("write"),
        1 => Some("run"),
        _ => Some("read and write"),
    };
    let everybody = can(about.mode()).map(Others::Everybody);
    everybody.or_else(|| can(about.mode() >> 3).map(|can| Others::Group(group(about.gid()), can)))
}

#[cfg(not(unix))]
fn open_to(_: &Path) -> Option<Others> {
    None
}

/// The name of a group of this machine, or else its number.
#[cfg(unix)]
fn group(id: u32) -> String {
    let number = id.to_string();
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    // `name:password:number:members`
    let mut lines = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = lines.find(|parts| parts.get(2) == Some(&number.as_str()));
    found.and_then(|parts| parts.first().map(ToString::to_string)).unwrap_or(number)
}

pub(super) fn examine(patient: &Patient<'_>, shown: &[Shown]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = patient.files.iter().map(open).collect();
    findings.extend(certificate(patient, shown));
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

fn open(file: &SeenFile) -> Finding {
    let (path, holds) = (file.path.display(), file.holds);
    let (level, who, can) = match &file.open_to {
        Others::Everybody(can) => (Level::Error, "everybody on this machine".to_owned(), can),
        Others::Group(name, can) => {
            let level = match (file.is_taken, *can) {
                (false, _) => Level::Error,
                (true, "write" | "read and write") => Level::Warning,
                (true, _) => Level::Hint,
            };
            (level, format!("everybody in the group `{name}`"), can)
        }
    };
    let refused = if file.is_taken { "" } else { ", and the server does not start with it" };
    let why = format!("{who} can {can} {holds}{refused}");
    // A group may be meant: that of the server, or of those who keep the backups.
    let unless = if level == Level::Hint { ", unless all of that group may" } else { "" };
    Finding::beside(level, &path.to_string(), why, format!("chmod 600 {path}{unless}"))
}

/// What is wrong with the certificate that browsers are shown.
fn certificate(patient: &Patient<'_>, shown: &[Shown]) -> Vec<Finding> {
    let of = |level, why: &str, change: &str| Finding::of(shown, level, "server.tls_certificate", why, change);
    match &patient.certificate {
        None => Vec::new(),
        Some(Err(error)) => {
            let change = "tls_certificate = \"…\" and tls_key = \"…\", of a pair that is in order";
            vec![of(Level::Error, &format!("the server does not start: {error}"), change)]
        }
        Some(Ok(condition)) => {
            let host = patient.settings.server.public_url.host();
            let ends = condition.ends.as_ref().map(|day| {
                let why = format!("it expires on {day}, and no browser talks to the server from then on");
                of(Level::Warning, &why, "# the same files, renewed: a server that runs reads them again")
            });
            let elsewhere = (!condition.is_for_host).then(|| {
                let why = format!("it is not for {host}, where browsers expect the server: they refuse it");
                of(Level::Warning, &why, "tls_certificate = \"…\", one for that host; or else change public_url")
            });
            ends.into_iter().chain(elsewhere).collect()
        }
    }
}

/// Keys are exchanged by servers that run. One much older than it should be was forgotten.
fn old(key: &Key, settings: &Settings) -> Option<Finding> {
    let most = settings.keys.rotate_after.map_or(DAY * 365, |after| after + DAY * 30);
    let days = key.age.as_secs() / 86_400;
    let what = format!("the key {}", key.kid);
    let why = format!("it has been signing for {days} days");
    (key.age > most).then(|| Finding::beside(Level::Warning, &what, why, "counterfoil key rotate".to_owned()))
}
