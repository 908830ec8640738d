//! What is weak around the settings: a certificate, a list of stolen passwords, the machine, what keeps a server from starting.

use super::settings::DAY;
use super::{Finding, Level, Patient};
use crate::config::{SECRET_VARIABLE, Shown};
use crate::listener::Limits;
use crate::startup::{Breaches, SecretError, StartError};

/// What a machine lets a process do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Machine {
    /// How many files it may have open.
    pub(crate) open_files: Option<u64>,
    /// How many threads run at a time.
    pub(crate) processors: Option<usize>,
}

pub(super) fn examine(patient: &Patient<'_>, shown: &[Shown]) -> Vec<Finding> {
    let mut findings = certificate(patient, shown);
    findings.extend(breached(patient, shown));
    findings.extend(start(patient, shown));
    findings.extend(connections(patient, shown));
    findings.extend(workers(patient, shown));
    findings
}

/// What is wrong with the certificate that browsers are shown.
fn certificate(patient: &Patient<'_>, shown: &[Shown]) -> Vec<Finding> {
    let of = |level, why: &str, change: &str| Finding::of(shown, level, "server.tls_certificate", why, change);
    match &patient.certificate {
        None => Vec::new(),
        Some(Err(error)) => {
            let change = "tls_certificate = \"…\" and tls_key = \"…\", of a pair that is in order";
            vec![of(Level::Error, &refused(error), change)]
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

/// What is wrong with the list of stolen passwords.
fn breached(patient: &Patient<'_>, shown: &[Shown]) -> Option<Finding> {
    let of = |level, why: &str, change: &str| Finding::of(shown, level, "passwords.breached_hashes", why, change);
    match patient.breached.as_ref()? {
        Err(error) => Some(of(
            Level::Error,
            &refused(error),
            "breached_hashes = \"…\", the file of SHA-1 hashes that is ordered by hash",
        )),
        Ok(Breaches { written_at }) => {
            let age = patient.now.since((*written_at)?);
            let why = format!(
                "it is {} days old, and what has been stolen since is accepted as a new password",
                age.as_secs() / DAY.as_secs()
            );
            let change = "# the same file, loaded anew: haveibeenpwned-downloader, then mv over the old one";
            (age > DAY * 365).then(|| of(Level::Hint, &why, change))
        }
    }
}

/// What would end a start, beyond what is found elsewhere.
fn start(patient: &Patient<'_>, shown: &[Shown]) -> Option<Finding> {
    use counterfoil_core::system::OpenError;
    let error = patient.start.as_ref()?;
    let (key, change) = match error {
        // These are said of the file, or of the store.
        StartError::Secret(SecretError::Readable { .. } | SecretError::Store(_))
        | StartError::System(OpenError::Store(_)) => {
            return None;
        }
        StartError::Secret(SecretError::WeakVariable(_)) => {
            let change = "COUNTERFOIL_SECRET=…, made by `head -c 32 /dev/urandom | base64`".to_owned();
            return Some(Finding::beside(Level::Error, SECRET_VARIABLE, refused(error), change));
        }
        StartError::System(OpenError::SessionsApart) => ("store.sessions", "sessions = \"rediss://…\""),
        StartError::System(OpenError::SessionsInside) => ("store.sessions", "# without the line of sessions"),
        StartError::System(OpenError::UnfinishedCopy) => {
            ("store.url", "# the same: run the same `counterfoil store copy` again")
        }
        StartError::Secret(_) | StartError::System(_) => {
            ("secrets.secret_file", "secret_file = \"…\", the file with the secret of this store")
        }
        _ => return None,
    };
    Some(Finding::of(shown, Level::Error, key, &refused(error), change))
}

fn refused(error: &impl std::fmt::Display) -> String {
    format!("the server does not start: {error}")
}

/// Numbers of connections that the machine does not have, or that one address may take up.
fn connections(patient: &Patient<'_>, shown: &[Shown]) -> Vec<Finding> {
    let server = &patient.settings.server;
    let open_files = patient.machine.open_files;
    let (limits, room) = (Limits::new(server, open_files), Limits::room(open_files));
    let mut findings = Vec::new();
    if let Some(room) = room
        && limits.connections > room
        && server.max_connections > 0
    {
        let why = format!(
            "this process may have {} files open, which leaves {room} for connections: beyond them nobody is answered, not even 503",
            open_files.unwrap_or_default()
        );
        let change =
            "max_connections = 0, which takes what there is; or else raise the limit (LimitNOFILE= of systemd)";
        findings.push(Finding::of(shown, Level::Warning, "server.max_connections", &why, change));
    }
    let is_said = server.max_connections > 0 || server.max_connections_per_address > 0;
    if is_said && limits.connections_per_address > limits.connections / 2 {
        let why = "one address can take more than half of all connections, and so keep the others out";
        let change = format!("max_connections_per_address = {}", (limits.connections / 16).max(1));
        findings.push(Finding::of(shown, Level::Warning, "server.max_connections_per_address", why, &change));
    }
    findings
}

/// Threads that take the processors from those who are logged in.
fn workers(patient: &Patient<'_>, shown: &[Shown]) -> Option<Finding> {
    let (workers, processors) =
        (usize::try_from(patient.settings.passwords.workers).ok()?, patient.machine.processors?);
    let why = format!(
        "this machine runs {processors} threads at a time: a storm of logins takes them all, and makes those wait who are logged in"
    );
    (workers > 1 && workers >= processors)
        .then(|| Finding::of(shown, Level::Warning, "passwords.workers", &why, "workers = 0"))
}
