//! A log that cannot be written any more, and how it goes on.
//!
//! A server that finds it so does not help itself: what stands where it would write was written by somebody else, and a person should
//! look at it first. Then the log goes on after all that is there, with a record that says so. Nothing is removed or changed, so
//! whatever does not fit is named by every later look, and the record itself as well.

use std::fmt;

use super::read::known_ends;
use super::scribe::{BATCH, in_vain, row};
use super::{Caller, Ends, Entry, Event, Link, Scribe, Seal};
use crate::Clock as _;
use crate::store::{Audit, StoreError};

/// No log comes so far by being written: an end beyond was put there by somebody else, and leaves too little room behind it.
const FURTHEST: u64 = 1 << 62;
/// A row that is so far beyond the end is left where it is: the log will not come there.
const REACH: u64 = 1 << 40;
/// How many rows are looked at together.
const PAGE: usize = 4096;
/// How often somebody else may be faster.
const ATTEMPTS: usize = 256;

/// What keeps the log from being written, or for ever from being purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Where the log begins and ends is not there, or cannot be read.
    NoEnds,
    /// The end is where no log comes.
    TooFar {
        /// Its number.
        number: u64,
    },
    /// The beginning was put there by somebody without the key, so nothing is purged.
    Beginning {
        /// After which record it is.
        number: u64,
    },
    /// A row stands beyond the end, where the next records belong.
    Beyond {
        /// Its number.
        number: u64,
    },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEnds => f.write_str("where the audit log begins and ends is not there, or cannot be read"),
            Self::TooFar { number } => {
                write!(f, "the end of the audit log was put at record {number}, where no log comes")
            }
            Self::Beginning { number } => {
                write!(
                    f,
                    "the beginning of the audit log, after {number}, was not put there by a server, so nothing is purged"
                )
            }
            Self::Beyond { number } => {
                write!(f, "record {number} of the audit log stands beyond its end, where the next ones belong")
            }
        }
    }
}

/// A log that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repaired {
    /// What was in the way.
    pub obstacle: Obstacle,
    /// The record that says so, with which it goes on.
    pub number: u64,
}

/// What keeps an audit log from being written, so far as it shows without its key.
///
/// # Errors
/// The store's.
pub async fn obstacle(store: &dyn Audit) -> Result<Option<Obstacle>, StoreError> {
    within(store, BATCH as u64).await
}

/// The same up to so many numbers after the log's end.
async fn within(store: &dyn Audit, reach: u64) -> Result<Option<Obstacle>, StoreError> {
    let Some(ends) = known_ends(store).await? else { return Ok(Some(Obstacle::NoEnds)) };
    if let Some(obstacle) = out_of_reach(ends.head.link) {
        return Ok(Some(obstacle));
    }
    let head = ends.head.link.number;
    let Some(next) = store.links(head, 1).await?.pop() else { return Ok(None) };
    if next.number - head > reach || known_ends(store).await? != Some(ends) {
        // If the end has moved meanwhile, the log can be written.
        return Ok(None);
    }
    Ok(Some(Obstacle::Beyond { number: next.number }))
}

impl Scribe {
    /// Lets a log that cannot be written, or of which the beginning was moved, go on after all that is there, with a record of that. `None`: it
    /// can be written and purged, and nothing has changed.
    pub async fn repair(&self, caller: &Caller) -> Result<Option<Repaired>, StoreError> {
        for _ in 0..ATTEMPTS {
            let known = self.known_ends().await?;
            let mut ends = known.unwrap_or_default();
            let end = known.map(|ends| ends.head.link).filter(|end| out_of_reach(*end).is_none());
            let last = self.last_after(end.unwrap_or_else(|| self.beginning(&ends))).await?;
            let moved = (!self.key.admits_anchor(&ends.anchor))
                .then_some(Obstacle::Beginning { number: ends.anchor.link.number });
            let Some(obstacle) = within(&*self.store, REACH).await?.or(moved) else { return Ok(None) };
            if self.known_ends().await? != known {
                // Somebody else has repaired it after the first look. Whoever does it from here on takes the very number that we would.
                continue;
            }
            let what = match obstacle {
                Obstacle::NoEnds => "its ends were missing",
                Obstacle::TooFar { .. } => "its end was out of reach",
                Obstacle::Beginning { .. } => "its beginning was moved",
                Obstacle::Beyond { .. } => "records stood beyond its end",
            };
            let entry = Entry::new(Event::AuditRepaired).with("what", what);
            let entry = entry.with("goes_on_after", last.number);
            let mut entry = match end {
                Some(end) => entry.with("end", end.number),
                None => entry,
            };
            // It gets a seal of ours below, so that it had none is said here.
            if known.is_some_and(|ends| !self.key.admits_head(&ends.head)) {
                entry = entry.with("end_was", "not put there by a server");
            }
            if moved.is_some() {
                entry = entry.with("beginning_was", "not put there by a server");
            }
            let draft = entry.draft(caller, self.clock.now())?;
            let row = row(&self.key, &last, &draft);
            // What is lost of the beginning is not made up: that its first records are there, nobody knows any more.
            ends.head = self.key.head(row.link());
            if moved.is_some() {
                ends.anchor = Seal::default();
            }
            // Ends that can be read may be moved by a purge: then it is looked anew.
            if self.store.mend(&row, known.as_ref(), &ends).await? {
                draft.tell();
                return Ok(Some(Repaired { obstacle, number: row.number }));
            }
        }
        Err(in_vain("others write to the audit log all the time"))
    }

    /// Where a log begins of which nobody knows where it ends.
    fn beginning(&self, ends: &Ends) -> Link {
        if self.key.admits_anchor(&ends.anchor) { ends.anchor.link } else { Link::default() }
    }

    /// The last of the rows that follow `link` without too large a gap.
    async fn last_after(&self, link: Link) -> Result<Link, StoreError> {
        let mut last = link;
        loop {
            let page = self.store.links(last.number, PAGE).await?;
            let (before, full) = (last, page.len() == PAGE);
            for link in page {
                if link.number - last.number > REACH {
                    return Ok(last);
                }
                last = link;
            }
            if !full || last == before {
                return Ok(last);
            }
        }
    }
}

/// What is wrong with an end from which the log cannot go on.
pub(super) fn out_of_reach(end: Link) -> Option<Obstacle> {
    (end.number > FURTHEST).then_some(Obstacle::TooFar { number: end.number })
}
