//! What is weak in a configuration, why, and what to write instead.
//!
//! Each rule is a row of a table: [`settings::rules`] for settings, [`clients::RULES`] for what each client may be. What depends on more
//! than the settings is in [`files`] (who can read and write them), [`stores`] (what they hold, and their servers) and
//! [`surroundings`] (everything else).

mod clients;
mod files;
mod settings;
mod stores;
mod surroundings;

#[cfg(test)]
mod tests;

use std::fmt;

use counterfoil_core::Timestamp;
use serde::Serialize;

use crate::config::{Settings, Shown};
use crate::listener::tls::{CertificateError, Condition};
use crate::startup::{BreachedFileError, Breaches, StartError};

pub(crate) use files::SeenFile;
pub(crate) use stores::{Kept, Key, Records, Unusable};
pub(crate) use surroundings::Machine;

/// What is examined.
pub(crate) struct Patient<'a> {
    /// The settings as they hold.
    pub(crate) settings: &'a Settings,
    /// The files that they name, so far as they are there.
    pub(crate) files: Vec<SeenFile>,
    /// The certificate that the server would answer with; `None` if it is in no file.
    pub(crate) certificate: Option<Result<Condition, CertificateError>>,
    /// The file of stolen passwords; `None` if there is none.
    pub(crate) breached: Option<Result<Breaches, BreachedFileError>>,
    /// What was learnt of the stores.
    pub(crate) kept: Kept,
    /// What would end a start, though the store can be used.
    pub(crate) start: Option<StartError>,
    /// What the machine lets a process do.
    pub(crate) machine: Machine,
    /// What time it is.
    pub(crate) now: Timestamp,
}

impl<'a> Patient<'a> {
    /// The settings alone.
    pub(crate) fn of(settings: &'a Settings, now: Timestamp) -> Self {
        let (files, certificate, breached, start) = (Vec::new(), None, None, None);
        Self { settings, files, certificate, breached, kept: Kept::default(), start, machine: Machine::default(), now }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Whoever looks for it gets in, or reads along.
    Error,
    /// It is weaker than it need be.
    Warning,
    /// Worth knowing.
    Hint,
}

/// Something weak.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// The setting's full name, or what else is concerned.
    pub(crate) key: String,
    /// Its value, without any password.
    pub(crate) value: Option<String>,
    /// Who says so.
    pub(crate) origin: Option<String>,
    /// Why it is weak.
    pub(crate) why: String,
    /// What to write or to run instead.
    pub(crate) change: String,
}

/// Everything weak, the worst first.
pub(crate) fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let shown = patient.settings.shown();
    let mut findings = Vec::new();
    for rule in settings::rules().filter(|rule| (rule.weak)(patient.settings)) {
        findings.push(Finding::of(&shown, rule.level, rule.key, rule.why, rule.change));
    }
    for client in patient.settings.clients.iter() {
        for rule in clients::RULES.iter().filter(|rule| (rule.weak)(client)) {
            let key = format!("clients.{}.{}", client.id, rule.key);
            findings.push(Finding::of(&shown, rule.level, &key, rule.why, rule.change));
        }
    }
    findings.extend(patient.files.iter().map(files::examine));
    findings.extend(surroundings::examine(patient, &shown));
    findings.extend(stores::examine(patient, &shown));
    findings.sort_by_key(|finding| finding.level);
    findings
}

impl Finding {
    /// About a setting. `change` is the line that replaces its own.
    fn of(shown: &[Shown], level: Level, key: &str, why: &str, change: &str) -> Self {
        let setting = shown.iter().find(|shown| shown.key == key);
        let table = key.rsplit_once('.').map_or_else(String::new, |(table, _)| format!("[{table}] "));
        Self {
            level,
            key: key.to_owned(),
            value: setting.and_then(|setting| setting.value.as_ref()).map(ToString::to_string),
            origin: setting.map(|setting| setting.origin.clone()),
            why: why.to_owned(),
            change: format!("{table}{change}"),
        }
    }

    /// About something that is no setting.
    fn beside(level: Level, what: &str, why: String, change: String) -> Self {
        Self { level, key: what.to_owned(), value: None, origin: None, why, change }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.level, self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        if let Some(origin) = &self.origin {
            write!(f, " ({origin})")?;
        }
        write!(f, "\n  why: {}\n  instead: {}", self.why, self.change)
    }
}
