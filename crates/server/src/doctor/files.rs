//! Files that others than their owner can read, or put something else into.

use std::path::{Path, PathBuf};

use counterfoil_stores::address;

use super::{Finding, Level};
use crate::config::{Settings, Shown, Tls};

/// A file that others than its owner can read or write.
#[derive(Debug, Clone)]
pub(crate) struct SeenFile {
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) holds: &'static str,
    pub(crate) open_to: Others,
    pub(crate) guard: Guard,
}

/// What is demanded of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Nobody else reads it, or the server does not start.
    Enforced,
    /// Nobody else reads it.
    Secret,
    /// Everybody may read it, and nobody else writes it.
    Genuine,
}

/// Who can, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Others {
    /// Every user of the machine.
    Everybody(&'static str),
    /// Those in the group of this name.
    Group(String, &'static str),
    /// Every user of the machine can put another file in its place.
    Replacing,
}

/// A file that the settings name.
struct Named {
    path: PathBuf,
    holds: &'static str,
    guard: Guard,
}

impl SeenFile {
    /// Those that the settings name, that are there, and that are open to others than their owner.
    pub(crate) fn of(settings: &Settings) -> Vec<Self> {
        let seen = |Named { path, holds, guard }| Some(Self { open_to: open_to(&path, guard)?, path, holds, guard });
        named(settings).into_iter().filter_map(seen).collect()
    }
}

fn named(settings: &Settings) -> Vec<Named> {
    use Guard::{Enforced, Genuine, Secret};
    let secret = settings.secrets.secret.is_none().then(|| settings.secrets.secret_file.clone()).flatten();
    let database = settings.store.url.path();
    let speaks_tls = settings.server.tls == Tls::Files;
    let certificate = settings.server.tls_certificate.clone().filter(|_| speaks_tls);
    let key = settings.server.tls_key.clone().filter(|_| speaks_tls);
    let (shown, place) = (settings.shown(), settings.store.place());
    let has_password = place.servers().any(|server| server.password.is_some()) && addresses_file(&shown).is_some();
    let config =
        if has_password { ("the password of a store", Secret) } else { ("what the server is told to do", Genuine) };
    let mut files = vec![
        (secret, ("the secret that the keys are encrypted under", Enforced)),
        (database.map(Path::to_owned), ("accounts, logins and keys", Secret)),
        // SQLite gives them the mode that the file had when they were made.
        (database.map(|path| beside(path, "-wal")), ("accounts, logins and keys", Secret)),
        (config_file(&shown), config),
        (key, ("the private key of HTTPS", Secret)),
        (certificate, ("the certificate of HTTPS", Genuine)),
        (settings.passwords.breached_hashes.clone(), ("the passwords that nobody may choose", Genuine)),
    ];
    files.extend(place.servers().filter_map(|server| match &server.tls {
        address::Tls::Verified { ca: Some(file) } => {
            Some((Some(file.clone()), ("whom a server of a store is believed", Genuine)))
        }
        address::Tls::Verified { ca: None } | address::Tls::Off => None,
    }));
    files.into_iter().filter_map(|(path, (holds, guard))| Some(Named { path: path?, holds, guard })).collect()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The file in which the address of a store stands.
fn addresses_file(shown: &[Shown]) -> Option<PathBuf> {
    let address = |shown: &&Shown| ["store.url", "store.sessions"].contains(&shown.key.as_str());
    shown.iter().filter(address).find_map(file_of)
}

/// The configuration file, if it says anything.
fn config_file(shown: &[Shown]) -> Option<PathBuf> {
    shown.iter().find_map(file_of)
}

/// The file of `FILE:line:column`.
fn file_of(shown: &Shown) -> Option<PathBuf> {
    shown.origin.rsplitn(3, ':').nth(2).map(PathBuf::from)
}

/// `None`: to nobody who matters, or it is not there, or this system does not say.
#[cfg(unix)]
fn open_to(path: &Path, guard: Guard) -> Option<Others> {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::metadata(path).ok()?;
    let of_matter = if guard == Guard::Genuine { WRITE } else { READ | WRITE | RUN };
    // The same three bits for the owner, the group and everybody else.
    let can = |bits: u32| match bits & of_matter {
        0 => None,
        4 | 5 => Some("read"),
        2 | 3 => Some("write"),
        1 => Some("run"),
        _ => Some("read and write"),
    };
    if let Some(can) = can(about.mode()) {
        return Some(Others::Everybody(can));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = std::fs::metadata(folder).ok()?.mode();
    // Whoever may write a folder may remove any file and put another one there, unless the folder keeps each its owner's.
    if folder & WRITE != 0 && folder & STICKY == 0 {
        return Some(Others::Replacing);
    }
    can(about.mode() >> 3).map(|can| Others::Group(group(about.gid()), can))
}

#[cfg(unix)]
const READ: u32 = 0o4;
#[cfg(unix)]
const WRITE: u32 = 0o2;
#[cfg(unix)]
const RUN: u32 = 0o1;
#[cfg(unix)]
const STICKY: u32 = 0o1000;

#[cfg(not(unix))]
fn open_to(_: &Path, _: Guard) -> Option<Others> {
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

/// What is said of a file.
pub(super) fn examine(file: &SeenFile) -> Finding {
    let (path, holds) = (file.path.display(), file.holds);
    let refused = if file.guard == Guard::Enforced { ", and the server does not start with it" } else { "" };
    let (who, can, level) = match &file.open_to {
        Others::Everybody(can) => ("everybody on this machine".to_owned(), *can, Level::Error),
        Others::Replacing => {
            let why = format!("everybody on this machine can put another file in its place, and it holds {holds}");
            let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let change = format!("chmod o-w {}", folder.display());
            return Finding::beside(Level::Error, &path.to_string(), why, change);
        }
        Others::Group(name, can) => {
            let level = match (file.guard, *can) {
                (Guard::Enforced, _) => Level::Error,
                (Guard::Secret, "write" | "read and write") => Level::Warning,
                (Guard::Secret | Guard::Genuine, _) => Level::Hint,
            };
            (format!("everybody in the group `{name}`"), *can, level)
        }
    };
    let why = format!("{who} can {can} {holds}{refused}");
    // A group may be meant: that of the server, or of those who keep the backups.
    let unless = if level == Level::Hint { ", unless all of that group may" } else { "" };
    let mode = if file.guard == Guard::Genuine { "go-w" } else { "600" };
    Finding::beside(level, &path.to_string(), why, format!("chmod {mode} {path}{unless}"))
}
