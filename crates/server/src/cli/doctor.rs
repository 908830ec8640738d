//! `counterfoil doctor`.

use counterfoil_core::Clock as _;
use counterfoil_core::keys::KeyState;
use counterfoil_core::store::StoreError;
use counterfoil_stores::{OpenError, Seen, StoreUrl};
use serde::Serialize;

use super::{Failure, args, print_warnings};
use crate::clock::SystemClock;
use crate::config::{Environment, Settings, Warning};
use crate::doctor::{Finding, Key, Level, Patient, Records, SeenFile, examine};
use crate::listener::tls::Condition;

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
    #[error("there is none yet; the first start makes it")]
    Missing,
    #[error(
        "it is of an older version (schema {found}, and this program's is {known}): the next start migrates it, so make a backup before"
    )]
    Older { found: i64, known: i64 },
    #[error(transparent)]
    Closed(#[from] OpenError),
    #[error(transparent)]
    Failed(#[from] StoreError),
}

/// Looks at the settings, the files and, where it can be opened, the store. Weak is a failure: the exit code is 1.
pub(super) async fn run(args: &args::Doctor, environment: Environment) -> Result<(), Failure> {
    let (settings, warnings) = args.common.load(environment)?;
    let records = records(&settings).await;
    let store = records.as_ref().err().map(ToString::to_string);
    let files = SeenFile::of(&settings);
    let certificate = Condition::of(&settings.server, SystemClock::start().now());
    let findings = examine(&Patient { settings: &settings, files, certificate, records: records.ok() });
    // Most warnings of the configuration are findings here.
    let is_found = |warning: &Warning| findings.iter().any(|finding| warning.is_about(&finding.key));
    print_warnings(&warnings.into_iter().filter(|warning| !is_found(warning)).collect::<Vec<_>>());
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
        (errors, warnings, hints) => {
            [number(errors, "error"), number(warnings, "warning"), number(hints, "hint")].join(", ")
        }
    });
    parts.join("\n\n")
}

fn number(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What the store holds, beside whoever uses it. It is looked at alone: neither made nor brought up to date.
async fn records(settings: &Settings) -> Result<Records, Unseen> {
    if settings.store.url == StoreUrl::Memory {
        return Err(Unseen::Memory);
    }
    let stores = match counterfoil_stores::look(&settings.store.place(), &settings.store.options()).await? {
        Seen::Nothing => return Err(Unseen::Missing),
        Seen::Older { found, known } => return Err(Unseen::Older { found, known }),
        Seen::Records(stores) => stores,
    };
    let now = SystemClock::start().now();
    let keys = stores.keys.list().await?;
    let signing = keys.into_iter().filter(|key| key.state == KeyState::Active);
    let active = signing.map(|key| Key { age: now.since(key.state_since), kid: key.kid }).collect();
    Ok(Records { active, nodes: stores.nodes.list().await?.len() })
}
