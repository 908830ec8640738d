//! `counterfoil doctor`.

use counterfoil_core::Clock as _;
use counterfoil_core::audit;
use counterfoil_core::keys::KeyState;
use counterfoil_core::store::{StoreError, Stores};
use counterfoil_stores::{OpenError, Seen, StoreUrl};
use serde::Serialize;

use super::{Failure, args, print_warnings};
use crate::clock::SystemClock;
use crate::config::{Environment, Settings, Warning};
use crate::doctor::{Finding, Kept, Key, Level, Machine, Patient, Records, SeenFile, Unusable, examine};
use crate::listener::raise_open_files;
use crate::listener::tls::Condition;
use crate::startup::{self, Breaches};

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

/// Looks at the settings, the files and, where they can be opened, the stores. Weak is a failure: the exit code is 1.
pub(super) async fn run(args: &args::Doctor, environment: Environment) -> Result<(), Failure> {
    let (settings, warnings) = args.common.load(environment)?;
    let now = SystemClock::start().now();
    let mut kept = Kept::default();
    let stores = stores(&settings, &mut kept).await;
    let read = match &stores {
        Ok(stores) => records(stores).await.map_err(Unseen::from),
        Err(_) => Ok(Records::default()),
    };
    let unseen = stores.as_ref().err().or(read.as_ref().err());
    kept.unusable.extend(unseen.and_then(Unseen::trouble).map(|trouble| ("store.url", trouble)));
    let store = unseen.map(ToString::to_string);
    let told = matches!(unseen, Some(Unseen::Closed(_) | Unseen::Failed(_)));
    look_at_sessions(&settings, &mut kept).await;
    let start = startup::examine(&settings, stores.as_ref().ok()).await.err();
    kept.records = if unseen.is_none() { read.ok() } else { None };
    let findings = examine(&Patient {
        files: SeenFile::of(&settings),
        certificate: Condition::of(&settings.server, now),
        breached: settings.passwords.breached_hashes.as_deref().map(Breaches::of),
        kept,
        start,
        machine: Machine {
            open_files: raise_open_files(),
            processors: std::thread::available_parallelism().ok().map(usize::from),
        },
        ..Patient::of(&settings, now)
    });
    // Most warnings of the configuration are findings here.
    let is_found = |warning: &Warning| findings.iter().any(|finding| warning.is_about(&finding.key));
    print_warnings(&warnings.into_iter().filter(|warning| !is_found(warning)).collect::<Vec<_>>());
    let ok = findings.iter().all(|finding| finding.level == Level::Hint);
    let report = Report { ok, findings, store };
    args.output.text(&report, || text(&report, told))?;
    if report.ok { Ok(()) } else { Err(Failure::Said) }
}

/// `told`: why the store was not looked at is among the findings.
fn text(report: &Report, told: bool) -> String {
    let mut parts: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if let Some(why) = report.store.as_ref().filter(|_| !told) {
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

impl Unseen {
    /// What is wrong with the store, if it is that.
    fn trouble(&self) -> Option<Unusable> {
        match self {
            Self::Memory | Self::Missing | Self::Older { .. } => None,
            Self::Closed(error) => Some(error.into()),
            Self::Failed(error) => {
                let may_pass = matches!(error, StoreError::Unavailable(_));
                Some(Unusable { sentence: error.to_string(), may_pass })
            }
        }
    }
}

/// The store, to be read beside whoever uses it. It is looked at alone: neither made nor brought up to date.
async fn stores(settings: &Settings, kept: &mut Kept) -> Result<Stores, Unseen> {
    if settings.store.url == StoreUrl::Memory {
        return Err(Unseen::Memory);
    }
    let (seen, weaknesses) = counterfoil_stores::look(&settings.store.url, &settings.store.options()).await?;
    kept.weaknesses.extend(weaknesses.into_iter().map(|weakness| ("store.url", weakness)));
    match seen {
        Seen::Nothing => Err(Unseen::Missing),
        Seen::Older { found, known } => Err(Unseen::Older { found, known }),
        Seen::Records(stores) => Ok(stores),
    }
}

async fn records(stores: &Stores) -> Result<Records, StoreError> {
    let now = SystemClock::start().now();
    let signing = stores.keys.list().await?.into_iter().filter(|key| key.state == KeyState::Active);
    let active = signing.map(|key| Key { age: now.since(key.state_since), kid: key.kid }).collect();
    let obstacle = audit::obstacle(&*stores.audit).await?;
    Ok(Records { active, nodes: stores.nodes.list().await?.len(), obstacle })
}

async fn look_at_sessions(settings: &Settings, kept: &mut Kept) {
    let Some(url) = &settings.store.sessions else { return };
    match counterfoil_stores::look_at_sessions(url, &settings.store.options()).await {
        Ok(weaknesses) => {
            kept.weaknesses.extend(weaknesses.into_iter().map(|weakness| ("store.sessions", weakness)));
        }
        Err(error) => kept.unusable.push(("store.sessions", (&error).into())),
    }
}
