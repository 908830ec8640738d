//! `counterfoil store …`

mod bar;
mod place;
mod restored;

use std::path::Path;
use std::time::Duration;

use counterfoil_core::store::copy::{self, Copied, CopyError, Records};
use counterfoil_core::store::{StoreError, Stores};
use counterfoil_stores::{Options, Place, StoreUrl};
use serde::Serialize;

use super::output::{aligned, note};
use super::{Failure, args, chain};
use crate::clock::SystemClock;
use crate::config::Environment;
use crate::listener::asked_to_end;
use crate::startup::StartError;
use bar::Bar;

/// Does what the command says.
pub(super) async fn run(command: args::Store, environment: Environment) -> Result<(), Failure> {
    match command {
        args::Store::Copy(args) => copy(&args).await,
        args::Store::Restored(args) => restored::run(args, environment).await,
    }
}

async fn copy(args: &args::CopyStore) -> Result<(), Failure> {
    let from = place::read("from", &args.from, args.from_sessions.as_deref())?;
    let to = place::read("to", &args.to, args.to_sessions.as_deref())?;
    place::check(&from, &to)?;
    let options = Options { timeout: PATIENCE, ..Options::default() };
    let open = async |place: &Place| counterfoil_stores::open(place, &options).await.map_err(StartError::from);
    let source = counterfoil_stores::open_existing(&from, &options).await.map_err(StartError::from)?.stores;
    let target = if place::share_sessions(&from, &to) {
        // Opened by itself: to remove a user from it must not end the sessions that both share.
        let rest = open(&Place::of(to.store.clone())).await?.stores;
        Stores { sessions: source.sessions.clone(), bypassed: Some(rest.sessions), ..rest }
    } else {
        open(&to).await?.stores
    };
    note("note: servers on the source should be stopped: if anything changes meanwhile, the copy is not complete");
    let bar = Bar::new();
    let clock = SystemClock::start();
    let report = |progress| bar.show(progress);
    let done = tokio::select! {
        done = copy::copy(&source, &target, &clock, &report) => done.map_err(|error| why(&error)),
        () = asked_to_end() => Err(Failure::Refused(format!("interrupted: {AGAIN}"))),
    };
    bar.finish();
    let copied = done?;
    args.output.text(&Answer::of(&copied), || text(&copied, &from, &to))
}

/// For how long a server may be silent: hundreds of logins are one step, and nobody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// What to do about a copy that broke off.
const AGAIN: &str = "run the same command again, and it goes on where it was";

/// Why there is no complete copy, and what to do about it.
fn why(error: &CopyError) -> Failure {
    match error {
        CopyError::Source(StoreError::Unavailable(_)) | CopyError::Target(StoreError::Unavailable(_)) => {
            Failure::Refused(format!("{}: {AGAIN}", chain(error)))
        }
        _ => Failure::because(error),
    }
}

/// What is printed.
#[derive(Serialize)]
struct Answer {
    /// Whether the copy was complete before, so that nothing was done.
    was_complete: bool,
    source: Counts,
    target: Counts,
}

/// How many records of each kind there are.
#[derive(Serialize)]
struct Counts {
    users: u64,
    keys: u64,
    sessions: u64,
    references: u64,
    families: u64,
    revocations: u64,
    audit: u64,
    facts: u64,
}

impl Answer {
    fn of(copied: &Copied) -> Self {
        Self {
            was_complete: copied.was_complete,
            source: Counts::of(&copied.source),
            target: Counts::of(&copied.target),
        }
    }
}

impl Counts {
    const fn of(records: &Records) -> Self {
        Self {
            users: records.users,
            keys: records.keys,
            sessions: records.logins.sessions,
            references: records.logins.references,
            families: records.logins.families,
            revocations: records.revocations,
            audit: records.audit,
            facts: records.facts,
        }
    }

    const fn rows(&self) -> [(&'static str, u64); 8] {
        [
            ("users", self.users),
            ("signing keys", self.keys),
            ("sessions", self.sessions),
            ("references", self.references),
            ("refresh families", self.families),
            ("revocations", self.revocations),
            ("audit records", self.audit),
            ("facts", self.facts),
        ]
    }
}

/// What was done, and what is to be done next.
fn text(copied: &Copied, from: &Place, to: &Place) -> String {
    let head = if copied.was_complete {
        "This was a complete copy already, and has been compared again. Nothing has changed."
    } else {
        "Everything is copied, and has been compared."
    };
    let Answer { source, target, .. } = Answer::of(copied);
    let mut rows = vec![["", "source", "target"].map(str::to_owned).to_vec()];
    rows.extend(
        source
            .rows()
            .into_iter()
            .zip(target.rows())
            .map(|((name, source), (_, target))| [name.to_owned(), source.to_string(), target.to_string()].to_vec()),
    );
    let sessions = to.sessions.as_ref().map(|sessions| format!(", store.sessions = {:?}", sessions.to_string()));
    let settings = format!("store.url = {:?}{}", to.store.to_string(), sessions.unwrap_or_default());
    format!(
        "{head}\n\n{}\n\nStart the servers on the copy, and none on the source any more: {settings}\n\
         The secret stays the same. Where COUNTERFOIL_SECRET is set, leave it so. Otherwise it is in a file, {} unless \
         secrets.secret_file names another, and is now looked for in {}: put the same file there.",
        aligned(&rows),
        secret_file(&from.store),
        secret_file(&to.store),
    )
}

/// Where servers look for the secret unless told otherwise.
fn secret_file(store: &StoreUrl) -> String {
    let file =
        store.path().map_or_else(|| Path::new("counterfoil.secret").to_owned(), |path| path.with_extension("secret"));
    file.display().to_string()
}
