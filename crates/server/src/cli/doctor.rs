//! `counterfoil doctor`.

use counterfoil_core::Clock as _;
use counterfoil_core::keys::KeyState;
use counterfoil_core::store::StoreError;
use counterfoil_stores::{OpenError, StoreUrl, sqlite};
use serde::Serialize;

use super::{Failure, args};
use crate::clock::SystemClock;
use crate::config::{Environment, Settings};
use crate::doctor::{Finding, Key, Level, Patient, Records, SeenFile, examine};

/// What was found.
#[derive(Serialize)]
struct Report {
    /// Whether nothing is worse than a hint.
    ok: bool,
    findings: Vec<Finding>,
    /// Why the store was not looked at; `null` when it was.
    store: Option<String>,
}

/// Why the records were not looked at.
#[derive(Debug, thiserror::Error)]
enum Unseen {
    #[error("a store in memory is seen by its own server alone")]
    Memory,
    #[error("there is none yet")]
    Missing,
    #[error(transparent)]
    Closed(#[from] OpenError),
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Looks at the settings, the files and, where it can be opened, the store. Weak is a failure: the exit code is 1.
pub(super) async fn run(args: &args::Doctor, environment: Environment) -> Result<(), Failure> {
    // Warnings of the configuration are findings here.
    let (settings, _) = args.common.load(environment)?;
    let records = records(&settings).await;
    let store = records.as_ref().err().map(ToString::to_string);
    let files = SeenFile::of(&settings);
    let findings = examine(&Patient { settings: &settings, files, records: records.ok() });
    let ok = findings.iter().all(|finding| finding.level == Level::Hint);
    let report = Report { ok, findings, store };
    args.output.text(&report, || told(&report))?;
    if report.ok { Ok(()) } else { Err(Failure::Said) }
}

fn told(report: &Report) -> String {
    let mut parts: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if let Some(why) = &report.store {
        parts.push(format!("The store was not looked at: {why}"));
    }
    let count = |level| report.findings.iter().filter(|finding| finding.level == level).count();
    parts.push(match (count(Level::Error), count(Level::Warning), count(Level::Hint)) {
        (0, 0, 0) => "Nothing is weak.".to_owned(),
        (errors, warnings, hints) => format!("{errors} errors, {warnings} warnings, {hints} hints"),
    });
    parts.join("\n\n")
}

/// What the store holds, beside whoever uses it. One that is not there is not made.
async fn records(settings: &Settings) -> Result<Records, Unseen> {
    if settings.store.url == StoreUrl::Memory {
        return Err(Unseen::Memory);
    }
    let opened = counterfoil_stores::open_existing(&settings.store.place(), &settings.store.options()).await;
    let opened = opened.map_err(|error| match error {
        OpenError::File(sqlite::OpenError::Missing { .. }) => Unseen::Missing,
        error => error.into(),
    })?;
    let now = SystemClock::start().now();
    let keys = opened.stores.keys.list().await?;
    let signing = keys.into_iter().filter(|key| key.state == KeyState::Active);
    let active = signing.map(|key| Key { age: now.since(key.state_since), kid: key.kid }).collect();
    Ok(Records { active, nodes: opened.stores.nodes.list().await?.len() })
}
