//! Whether the audit log is what was written.

use std::fmt;

use super::read::Found;
use super::{Ends, Event, Link, Record, Scribe};
use crate::store::{AuditRow, StoreError};

/// How many records are read together.
const PAGE: usize = 512;
/// How many findings are kept; the rest are counted.
const MOST_FINDINGS: usize = 50;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// This record was changed, moved or made by somebody without the key.
    Altered {
        /// The record.
        number: u64,
    },
    /// This record is there, and cannot be read.
    Damaged {
        /// The record.
        number: u64,
    },
    /// Records are missing.
    Missing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// Records stand beyond the end of the log.
    Beyond {
        /// The first of them.
        number: u64,
    },
    /// The end of the log was moved by somebody without the key.
    End {
        /// Where it says that the log ends.
        number: u64,
    },
    /// The beginning of the log was moved by somebody without the key.
    Beginning {
        /// Where it says that the log begins: after this.
        number: u64,
    },
    /// Where the log begins and ends is not there, or cannot be read.
    NoEnds,
    /// A server has noticed that the log was not as it was left, and has written it down.
    Noticed {
        /// Where.
        number: u64,
    },
    /// The log could not go on as it was, and somebody has let it go on.
    Repaired {
        /// From where on.
        number: u64,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered { number } => {
                write!(f, "record {number} is not what was written there, or does not follow the one before it")
            }
            Self::Damaged { number } => write!(f, "record {number} is damaged: it cannot be read"),
            Self::Missing { first, last } if first == last => write!(f, "record {first} is missing"),
            Self::Missing { first, last } => write!(f, "records {first} to {last} are missing"),
            Self::Beyond { number } => write!(f, "record {number} stands beyond the end of the log"),
            Self::End { number } => write!(f, "the end of the log, at {number}, was not put there by a server"),
            Self::Beginning { number } => {
                write!(f, "the beginning of the log, after {number}, was not put there by a server")
            }
            Self::NoEnds => f.write_str("where the log begins and ends is not there, or cannot be read"),
            Self::Noticed { number } => write!(f, "a server found the log changed, and says so in record {number}"),
            Self::Repaired { number } => {
                write!(
                    f,
                    "the log could not go on as it was, and was let go on by `audit repair` with record {number}, which says what was in the way"
                )
            }
        }
    }
}

/// What became of looking at every record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many records there are.
    pub records: u64,
    /// After which the log begins, because everything up to there was purged.
    pub after: u64,
    /// Where it ends.
    pub head: Link,
    /// What is not as it was written, in the order in which it shows.
    pub findings: Vec<Finding>,
    /// How many more of these there are.
    pub more: u64,
}

impl Checked {
    /// Whether all is as it was written.
    pub const fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }
}

impl Scribe {
    /// Looks at every record. Others may write and purge meanwhile. `progress` hears of each page how many have been looked at.
    pub async fn verify(&self, progress: impl Fn(u64)) -> Result<Checked, StoreError> {
        let mut walk = Walk { scribe: self, checked: Checked::default(), last: Link::default(), unproven: Vec::new() };
        if let Some(ends) = self.known_ends().await? {
            walk.begin(&ends);
        }
        loop {
            let page = self.found(walk.last.number, PAGE).await?;
            if page.is_empty() && walk.ends().await? {
                return Ok(walk.checked);
            }
            for found in &page {
                if !walk.pass(found).await? {
                    // The page is from before a purge.
                    break;
                }
            }
            progress(walk.checked.records);
        }
    }
}

struct Walk<'a> {
    scribe: &'a Scribe,
    checked: Checked,
    last: Link,
    /// Records behind a gap, of which nobody can tell by themselves whether they are what was written.
    unproven: Vec<u64>,
}

impl Walk<'_> {
    /// The log begins after the anchor.
    fn begin(&mut self, Ends { anchor, .. }: &Ends) {
        if !self.scribe.key.admits_anchor(anchor) {
            self.checked.find(Finding::Beginning { number: anchor.link.number });
        }
        (self.last, self.checked.after) = (anchor.link, anchor.link.number);
    }

    /// Looks at the next row. `false`: it is to be read again, as the log was purged beyond it.
    async fn pass(&mut self, found: &Found) -> Result<bool, StoreError> {
        let (link, expected) = (found.link(), self.last.number.saturating_add(1));
        if link.number > expected {
            let ends = self.scribe.known_ends().await?;
            if ends.is_some_and(|ends| self.was_purged_to(&ends)) {
                return Ok(false);
            }
            // Beyond the end nothing was written, so nothing is missing.
            let last = ends.map_or(u64::MAX, |ends| ends.head.link.number).min(link.number - 1);
            if last >= expected {
                self.checked.find(Finding::Missing { first: expected, last });
            }
        }
        match found {
            Found::Damaged(_) => self.checked.find(Finding::Damaged { number: link.number }),
            Found::Row(row) => self.judge(row, expected),
        }
        self.checked.records += 1;
        // What follows is judged by what is there, so that each finding stands for itself.
        self.last = link;
        Ok(true)
    }

    /// Whether the row is what was written. Nobody can tell of one whose predecessor is missing, until a repair says that the log
    /// did not go so far.
    fn judge(&mut self, row: &AuditRow, expected: u64) {
        let number = row.number;
        let is_ours = self.scribe.key.admits(&self.last, row);
        if !is_ours && number <= expected {
            self.checked.find(Finding::Altered { number });
        } else if !is_ours && self.unproven.len() < MOST_FINDINGS {
            self.unproven.push(number);
        }
        match Event::parse(&row.event) {
            Some(Event::AuditBroken) => self.checked.find(Finding::Noticed { number }),
            Some(Event::AuditRepaired) if is_ours => {
                let unproven = std::mem::take(&mut self.unproven);
                if let Some(end) = end_before(row) {
                    let strays = unproven.into_iter().filter(|number| *number > end);
                    strays.for_each(|number| self.checked.find(Finding::Altered { number }));
                }
                self.checked.find(Finding::Repaired { number });
            }
            _ => {}
        }
    }

    /// Whether the log was purged beyond the next row meanwhile. If so, it goes on from there.
    fn was_purged_to(&mut self, Ends { anchor, .. }: &Ends) -> bool {
        let purged = anchor.link.number > self.last.number && self.scribe.key.admits_anchor(anchor);
        if purged {
            self.last = anchor.link;
        }
        purged
    }

    /// Compares the last row with the head. `false`: there may be more rows by now.
    async fn ends(&mut self) -> Result<bool, StoreError> {
        let Some(Ends { head: sealed, .. }) = self.scribe.known_ends().await? else {
            self.checked.find(Finding::NoEnds);
            self.checked.head = self.last;
            return Ok(true);
        };
        let head = sealed.link;
        if head.number > self.last.number {
            let more = self.scribe.store.links(self.last.number, 1).await?;
            if !more.is_empty() {
                return Ok(false);
            }
            // Not even now, though they were there before the head was moved; unless they were purged by now.
            if self.scribe.known_ends().await?.is_some_and(|ends| self.was_purged_to(&ends)) {
                return Ok(false);
            }
            self.checked.find(Finding::Missing { first: self.last.number + 1, last: head.number });
        } else if head.number < self.last.number {
            let beyond = self.scribe.store.links(head.number, 1).await?;
            let number = beyond.first().map_or(self.last.number, |link| link.number);
            self.checked.find(Finding::Beyond { number });
        } else if head.tag != self.last.tag {
            self.checked.find(Finding::Altered { number: head.number });
        }
        if !self.scribe.key.admits_head(&sealed) {
            self.checked.find(Finding::End { number: head.number });
        }
        self.checked.head = head;
        Ok(true)
    }
}

/// Where the log ended, by the record of its repair. `None`: that was lost.
fn end_before(repair: &AuditRow) -> Option<u64> {
    Record::try_from(repair.clone()).ok()?.details.get("end")?.as_u64()
}
