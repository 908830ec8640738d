//! Moving a whole installation from one place to another, so that nobody is logged out.
//!
//! A copy that was interrupted, whenever that was, is gone on with by asking for it again: a fact in the target says how far
//! it is, and every step may be repeated. Until the copy is complete and has been compared with its source, no server opens
//! it. Everything sealed stays sealed: no secret is needed.

mod compare;
mod mark;
mod prune;
mod transfer;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{LoginCounts, StoreError, Stores};
use crate::Clock;
use crate::system::{SECRET_FACT, SESSIONS_FACT, holds_living};
use mark::{Begun, Mark};

/// The fact by which an unfinished copy is known. It is gone once the copy is complete.
pub const COPY_FACT: &str = "copy";

/// What a copy goes through, in this order.
///
/// The log comes after the logins: of a login that ended in between, at least its end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Removes from an earlier attempt what the source no longer has, or has otherwise.
    Prune,
    /// Accounts.
    Users,
    /// Signing keys, sealed.
    Keys,
    /// Sessions, with their data, references and families.
    Logins,
    /// The revocation log.
    Log,
    /// The audit log, with its tags.
    Audit,
    /// Facts about the installation.
    Facts,
    /// Compares each record of the source with the target's.
    Compare,
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// How many records it has been through; of logins, how many sessions.
    pub done: u64,
    /// How many there are, about.
    pub total: u64,
}

/// Hears of each step.
pub type Report<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// How many records of each kind a place holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Records {
    /// Accounts.
    pub users: u64,
    /// Signing keys.
    pub keys: u64,
    /// Sessions, their references and their families.
    pub logins: LoginCounts,
    /// Entries of the revocation log.
    pub revocations: u64,
    /// Records of the audit log.
    pub audit: u64,
    /// Facts about the installation.
    pub facts: u64,
}

/// A copy that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Whether the target was a complete copy before, so that nothing was done.
    pub was_complete: bool,
    /// What the source holds.
    pub source: Records,
    /// What the target holds. Less, if it forgets by itself what has expired.
    pub target: Records,
}

/// Why there is no complete copy. The source is as it was; what the target has, the next attempt goes on with.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source was never used by a server.
    #[error("the source holds no installation: no server has ever been started on it")]
    NoInstallation,
    /// The source is itself a copy that was not finished.
    #[error("the source is itself an unfinished copy: finish that one first, or copy from where it came")]
    SourceUnfinished,
    /// The logins of the source are elsewhere, and nobody has said where.
    #[error("the source keeps its sessions apart from the rest: name that place by --from-sessions")]
    SessionsApart,
    /// Logins that count are in the source, and another place for them is named.
    #[error("the source itself holds sessions, which would be left behind: leave --from-sessions out")]
    SessionsInside,
    /// What is named as the place of the source's logins is not.
    #[error("--from-sessions does not name the place where the sessions of the source are: correct it")]
    SourceSessions,
    /// The logins are to be put where another installation keeps its own.
    #[error(
        "the target's place for sessions belongs to another installation: give this one a `prefix` of its own in \
         --to-sessions, or another server"
    )]
    OtherSessions,
    /// The target is in use.
    #[error(
        "the target is not empty, and holds no unfinished copy of this source: give one that nothing was stored in"
    )]
    NotEmpty,
    /// The target holds the beginnings of another copy.
    #[error("the target holds an unfinished copy of another installation: give one that nothing was stored in")]
    OtherSource,
    /// Somebody else writes to the target's mark.
    #[error("another `store copy` is writing to the target")]
    Busy,
    /// The copy is not what the source is now.
    #[error(
        "the source has changed while it was copied ({what}): stop the servers on it and run the same command again"
    )]
    Changed {
        /// Where the first difference is.
        what: String,
    },
    /// The source failed.
    #[error("the source cannot be read")]
    Source(#[source] StoreError),
    /// The target failed.
    #[error("the target cannot be used")]
    Target(#[source] StoreError),
}

/// Copies everything that `from` holds to `to`, which must be empty or hold an unfinished copy of the same installation.
/// Where both have the very same store of sessions, these stay where they are.
///
/// A source in use is not harmed, yet the copy is complete only if nothing changed meanwhile; otherwise this says so, and the
/// next call brings over what is new and different. What has expired may be missing in the copy.
pub async fn copy(from: &Stores, to: &Stores, clock: &dyn Clock, report: Report<'_>) -> Result<Copied, CopyError> {
    if from.facts.fact(COPY_FACT).await.map_err(CopyError::Source)?.is_some() {
        return Err(CopyError::SourceUnfinished);
    }
    let secret = from.facts.fact(SECRET_FACT).await.map_err(CopyError::Source)?.ok_or(CopyError::NoInstallation)?;
    check_source(from, &secret, clock).await?;
    check_target(to, &secret).await?;
    let pair = Pair { from, to, clock, report };
    let was_complete = match mark::begin(to, &secret, pair.shares_sessions()).await? {
        Begun::Unfinished(mark) => {
            if to.bypassed.is_some() && !to.sessions.belongs_to(&secret).await.map_err(CopyError::Target)? {
                return Err(CopyError::OtherSessions);
            }
            pair.finish(mark, &secret).await?;
            false
        }
        Begun::PerhapsComplete => {
            if pair.difference().await?.is_some() {
                return Err(CopyError::NotEmpty);
            }
            true
        }
    };
    let source = records(from).await.map_err(CopyError::Source)?;
    let target = records(to).await.map_err(CopyError::Target)?;
    Ok(Copied { was_complete, source, target })
}

/// Refuses a source whose logins are not where they are said to be.
async fn check_source(from: &Stores, secret: &str, clock: &dyn Clock) -> Result<(), CopyError> {
    let are_apart = from.facts.fact(SESSIONS_FACT).await.map_err(CopyError::Source)?.is_some();
    match &from.bypassed {
        None if are_apart => Err(CopyError::SessionsApart),
        Some(bypassed) if !are_apart && holds_living(&**bypassed, clock).await.map_err(CopyError::Source)? => {
            Err(CopyError::SessionsInside)
        }
        Some(_) if from.sessions.owner().await.map_err(CopyError::Source)?.as_deref() != Some(secret) => {
            Err(CopyError::SourceSessions)
        }
        None | Some(_) => Ok(()),
    }
}

/// Refuses a target whose place for logins is another installation's, before anything is written.
async fn check_target(to: &Stores, secret: &str) -> Result<(), CopyError> {
    if to.bypassed.is_none() {
        return Ok(());
    }
    match to.sessions.owner().await.map_err(CopyError::Target)? {
        Some(owner) if owner != secret => Err(CopyError::OtherSessions),
        _ => Ok(()),
    }
}

/// Whether the store holds a copy that is not complete. No server may open it.
pub async fn is_unfinished(stores: &Stores) -> Result<bool, StoreError> {
    Ok(stores.facts.fact(COPY_FACT).await?.is_some())
}

/// The two ends of a copy.
struct Pair<'a> {
    from: &'a Stores,
    to: &'a Stores,
    clock: &'a dyn Clock,
    report: Report<'a>,
}

impl Pair<'_> {
    /// Whether the logins stay where they are.
    fn shares_sessions(&self) -> bool {
        Arc::ptr_eq(&self.from.sessions, &self.to.sessions)
    }

    /// Goes on from the mark to the end.
    async fn finish(&self, mut mark: Mark<'_>, secret: &str) -> Result<(), CopyError> {
        let before = self.tally().await?;
        loop {
            match mark.stage() {
                Stage::Prune => self.prune().await?,
                Stage::Users => self.users(&mut mark).await?,
                Stage::Keys => self.keys().await?,
                Stage::Logins if self.shares_sessions() => {}
                Stage::Logins => self.logins(&mut mark).await?,
                Stage::Log => self.log().await?,
                Stage::Audit => self.audit().await?,
                Stage::Facts => self.facts().await?,
                Stage::Compare => break,
            }
            mark.next_stage().await?;
        }
        let mut difference = self.difference().await?;
        if difference.is_none() {
            difference = before.difference(&self.tally().await?);
        }
        if let Some(what) = difference {
            mark.move_to(Stage::Prune, None).await?;
            return Err(CopyError::Changed { what });
        }
        self.tallies().await?;
        mark.complete(secret).await
    }

    async fn tally(&self) -> Result<Tally, CopyError> {
        let tally = async || {
            Ok(Tally {
                users: self.from.users.count().await?,
                sessions: self.from.sessions.count().await?.sessions,
                head: self.from.revocations.head().await?.0,
                audit: self.from.audit.ends().await?.head.link.number,
            })
        };
        tally().await.map_err(CopyError::Source)
    }

    fn report(&self, stage: Stage, done: u64, total: u64) {
        (self.report)(Progress { stage, done, total: total.max(done) });
    }
}

/// What tells that a source was in use while it was copied.
struct Tally {
    users: u64,
    sessions: u64,
    head: u64,
    audit: u64,
}

impl Tally {
    /// What has changed since. Fewer sessions may be those that the source has forgotten by itself.
    fn difference(&self, later: &Self) -> Option<String> {
        let changed = [
            ("users", self.users != later.users),
            ("logins", self.sessions < later.sessions),
            ("the revocation log", self.head != later.head),
            ("the audit log", self.audit != later.audit),
        ];
        changed.into_iter().find(|(_, changed)| *changed).map(|(what, _)| what.to_owned())
    }
}

async fn records(stores: &Stores) -> Result<Records, StoreError> {
    Ok(Records {
        users: stores.users.count().await?,
        keys: stores.keys.list().await?.len() as u64,
        logins: stores.sessions.count().await?,
        revocations: stores.revocations.count().await?,
        audit: stores.audit.count().await?,
        // That sessions are kept apart is a fact about the place.
        facts: stores.facts.list().await?.iter().filter(|(name, _)| name != SESSIONS_FACT).count() as u64,
    })
}

impl Stage {
    /// Its name in the plural, as people call what it is about.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prune => "leftovers",
            Self::Users => "users",
            Self::Keys => "signing keys",
            Self::Logins => "sessions",
            Self::Log => "revocations",
            Self::Audit => "audit records",
            Self::Facts => "facts",
            Self::Compare => "comparison",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Prune => Self::Users,
            Self::Users => Self::Keys,
            Self::Keys => Self::Logins,
            Self::Logins => Self::Log,
            Self::Log => Self::Audit,
            Self::Audit => Self::Facts,
            Self::Facts | Self::Compare => Self::Compare,
        }
    }
}
