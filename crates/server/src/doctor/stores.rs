//! What is weak in the stores: what they hold, and the servers that keep it.

use std::time::Duration;

use counterfoil_core::audit::Obstacle;
use counterfoil_stores::{OpenError, ServerError, StoreUrl, Weakness, sqlite};

use super::settings::DAY;
use super::{Finding, Level, Patient};
use crate::config::{Settings, Shown};

/// What was learnt of the stores.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// `None` when the store was not read.
    pub(crate) records: Option<Records>,
    /// What cannot be used, and the setting that names it.
    pub(crate) unusable: Vec<(&'static str, Unusable)>,
    /// What servers that can be used do less well than they could, and the setting that names them.
    pub(crate) weaknesses: Vec<(&'static str, Weakness)>,
}

/// What a store holds, so far as it matters here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    /// The keys that sign.
    pub(crate) active: Vec<Key>,
    /// How many servers follow its log.
    pub(crate) nodes: usize,
    /// What keeps its audit log from being written.
    pub(crate) obstacle: Option<Obstacle>,
}

/// A key that signs.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) kid: String,
    /// For how long it has been signing.
    pub(crate) age: Duration,
}

/// Why a store cannot be used.
#[derive(Debug, Clone)]
pub(crate) struct Unusable {
    /// In one sentence, which ends with what to do about it.
    pub(crate) sentence: String,
    /// Whether it may be otherwise in a moment.
    pub(crate) may_pass: bool,
}

impl From<&ServerError> for Unusable {
    fn from(error: &ServerError) -> Self {
        Self { sentence: error.to_string(), may_pass: error.fault.may_pass() }
    }
}

impl From<&OpenError> for Unusable {
    fn from(error: &OpenError) -> Self {
        match error {
            OpenError::Server(error) => error.into(),
            OpenError::File(error) => {
                Self { sentence: error.to_string(), may_pass: matches!(error, sqlite::OpenError::Locked { .. }) }
            }
        }
    }
}

pub(super) fn examine(patient: &Patient<'_>, shown: &[Shown]) -> Vec<Finding> {
    let Kept { records, unusable, weaknesses } = &patient.kept;
    let mut findings: Vec<Finding> = unusable.iter().map(|(key, unusable)| refused(key, unusable, shown)).collect();
    findings.extend(weaknesses.iter().map(|(key, weakness)| weak(key, weakness, shown)));
    if let Some(records) = records {
        findings.extend(records.active.iter().filter_map(|key| old(key, patient.settings)));
        findings.extend(records.obstacle.map(stuck));
        if records.nodes > 1 && matches!(patient.settings.store.url, StoreUrl::Sqlite(_)) {
            let why =
                "several servers share one file: they must be on one machine, and it must not be a network's file";
            findings.push(Finding::of(shown, Level::Hint, "store.url", why, "url = \"postgres://…\""));
        }
    }
    findings
}

/// A store that cannot be used. What to do stands behind the last colon of the sentence.
fn refused(key: &str, unusable: &Unusable, shown: &[Shown]) -> Finding {
    let Unusable { sentence, may_pass } = unusable;
    let (what, remedy) = sentence.rsplit_once(": ").unwrap_or((sentence, "name another one"));
    let (level, why) = if *may_pass {
        (Level::Warning, format!("as long as it is so, no server starts and what needs it is answered 503: {what}"))
    } else {
        (Level::Error, format!("the server does not start: {what}"))
    };
    let name = key.rsplit('.').next().unwrap_or(key);
    Finding::of(shown, level, key, &why, &format!("{name} = \"…\"; {remedy}"))
}

fn weak(key: &str, weakness: &Weakness, shown: &[Shown]) -> Finding {
    let Weakness { product, place, what } = weakness;
    let level = if what.is_slight() { Level::Hint } else { Level::Warning };
    let mut finding = Finding::of(shown, level, key, &format!("{product} at {place}: {what}"), "");
    finding.change = format!("{}, in the configuration of {product}", what.remedy());
    finding
}

/// Without its record, no login is stored.
fn stuck(obstacle: Obstacle) -> Finding {
    let why = format!("logins are answered 503, as they cannot be written down: {obstacle}");
    let change = "counterfoil audit verify, and when it is known who did that, counterfoil audit repair";
    Finding::beside(Level::Error, "the audit log", why, change.to_owned())
}

/// Keys are exchanged by servers that run. One much older than it should be was forgotten.
fn old(key: &Key, settings: &Settings) -> Option<Finding> {
    let most = settings.keys.rotate_after.map_or(DAY * 365, |after| after + DAY * 30);
    let days = key.age.as_secs() / 86_400;
    let what = format!("the key {}", key.kid);
    let why = format!("it has been signing for {days} days");
    (key.age > most).then(|| Finding::beside(Level::Warning, &what, why, "counterfoil key rotate".to_owned()))
}
