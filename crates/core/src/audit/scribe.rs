//! Writing records down, in the order of their coming and none twice.
//!
//! Whoever has something to record puts it into a queue and asks for the turn. Whoever has the turn writes all that waits, so that many
//! records are one step of the store. Processes on one store find out by the head, which is moved from what it was, and the one that
//! was too late writes its records anew, behind the others'.
//!
//! A record that was not written stays in the queue, and goes in with the next one: what has happened has happened, though whoever asked was
//! told that it could not be done.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::flood::{Floods, Source};
use super::pace::{Pace, retry_after};
use super::record::Draft;
use super::repair::{obstacle, out_of_reach};
use super::{Caller, ChainKey, Detail, Ends, Entry, Event, Link, Tag};
use crate::store::{Audit, AuditRow, StoreError};
use crate::{Clock, FloorClock};

/// How many records are one step at most.
pub(super) const BATCH: usize = 256;
/// How many may wait. Only a store that fails lets it come to that.
const MOST_WAITING: usize = 10_000;
/// How often others may be faster before it is said that it could not be done now. Each time, one of them has written: so this is how
/// many writes of others one of ours may have to let pass.
const ATTEMPTS: u64 = 1_000;

/// Writes the audit log.
pub struct Scribe {
    pub(super) store: Arc<dyn Audit>,
    pub(super) key: ChainKey,
    pub(super) clock: Arc<FloorClock>,
    queue: Mutex<VecDeque<Waiting>>,
    turn: tokio::sync::Mutex<Chain>,
    floods: Floods,
    /// Whether the last write was done, or the last look has found nothing in its way.
    is_well: AtomicBool,
}

/// A record in the queue, and who waits for it.
struct Waiting {
    draft: Draft,
    heard: Option<oneshot::Sender<Written>>,
}

/// That a record is durable, or why not.
type Written = Result<(), Arc<StoreError>>;
type Answer = oneshot::Receiver<Written>;

/// What is known of the log.
#[derive(Default)]
struct Chain {
    /// Where it ends, unless others have written since. `None`: the store must say it.
    head: Option<Link>,
    /// The furthest end that this process has seen.
    seen: Link,
    /// What was sent and not answered. It may be there, or come to be as long as the head is where it was.
    unanswered: Vec<Attempt>,
    /// When it is our turn among the processes that write.
    pace: Pace,
    /// Whether it has been said that nothing can be written.
    complained: bool,
}

/// An attempt to write the first of the queue.
#[derive(Clone, PartialEq, Eq)]
struct Attempt {
    after: Link,
    last: Link,
    records: usize,
}

impl Scribe {
    /// One that writes into `store`.
    pub fn new(store: Arc<dyn Audit>, key: ChainKey, clock: Arc<FloorClock>) -> Self {
        let (queue, turn, floods, is_well) = Default::default();
        Self { store, key, clock, queue, turn, floods, is_well }
    }

    /// Says what has happened in the log, and keeps it. Once this returns, it is durable; or it is one of a flood that strangers
    /// have made, and is counted.
    pub async fn record(&self, caller: &Caller, entries: impl IntoIterator<Item = Entry>) -> Result<(), StoreError> {
        if self.is_full() {
            // Nobody else would make room: what waits was left by those who were told that it could not be written.
            let mut chain = self.turn.lock().await;
            if self.is_full() {
                drop(self.take_turn(&mut chain).await);
            }
        }
        let mut answers = Vec::new();
        for entry in entries {
            answers.extend(self.say(caller, entry)?);
        }
        for answer in answers {
            self.written(answer).await?;
        }
        Ok(())
    }

    /// Whether the log can be written, as far as that is known without a look; with one, if the last write has failed or there was none yet.
    /// For what had better not be done without its record.
    pub async fn assure(&self) -> Result<(), StoreError> {
        if self.is_well.load(Relaxed) { Ok(()) } else { self.ready().await }
    }

    /// Whether the log can be written. What waits because a write has failed goes in now.
    pub async fn ready(&self) -> Result<(), StoreError> {
        if let Some(obstacle) = obstacle(&*self.store).await? {
            self.is_well.store(false, Relaxed);
            return Err(advised(StoreError::Damaged { what: obstacle.to_string(), source: None }));
        }
        if !self.is_well.load(Relaxed) && !self.queue().is_empty() {
            let mut chain = self.turn.lock().await;
            if !self.queue().is_empty() {
                self.take_turn(&mut chain).await.map_err(in_vain)?;
            }
        }
        self.is_well.store(true, Relaxed);
        Ok(())
    }

    /// What stands for a name that somebody has typed and that nobody has.
    pub fn pseudonym(&self, name: &str) -> Detail {
        Detail::pseudonym(self.key.pseudonym(name))
    }

    /// Says it in the log and, if it is to be kept, puts it into the queue.
    fn say(&self, caller: &Caller, mut entry: Entry) -> Result<Option<Answer>, StoreError> {
        let event = entry.event;
        let kept = match Source::of(&entry) {
            _ if !event.is_kept() => false,
            None => true,
            Some(source) => match self.floods.admit(source, self.clock.monotonic()) {
                None => false,
                Some(0) => true,
                Some(passed_over) => {
                    entry = entry.with("passed_over", passed_over);
                    true
                }
            },
        };
        let draft = entry.draft(caller, self.clock.now())?;
        draft.tell();
        if !kept {
            return Ok(None);
        }
        let (heard, answer) = oneshot::channel();
        let mut queue = self.queue();
        if queue.len() >= MOST_WAITING {
            tracing::error!(event = event.name(), "a record was dropped: the audit log cannot be written");
            return Err(in_vain("too many records wait for the audit log"));
        }
        queue.push_back(Waiting { draft, heard: Some(heard) });
        Ok(Some(answer))
    }

    /// Waits until what `answer` is about is durable, and takes a turn at writing if it comes to that.
    async fn written(&self, mut answer: Answer) -> Result<(), StoreError> {
        loop {
            let mut chain = self.turn.lock().await;
            match answer.try_recv() {
                Ok(outcome) => return outcome.map_err(in_vain),
                Err(oneshot::error::TryRecvError::Closed) => return Err(in_vain("a record was lost")),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            drop(self.take_turn(&mut chain).await);
        }
    }

    /// Writes the first of the queue, and tells those who wait for it what came of it.
    async fn take_turn(&self, chain: &mut Chain) -> Written {
        let written = self.write(chain).await;
        self.is_well.store(written.is_ok(), Relaxed);
        match written {
            Ok(records) => {
                if std::mem::take(&mut chain.complained) {
                    tracing::info!("the audit log can be written again");
                }
                for heard in self.queue().drain(..records).filter_map(|waiting| waiting.heard) {
                    // Whoever has hung up does not need to know.
                    drop(heard.send(Ok(())));
                }
                Ok(())
            }
            Err(error) => {
                let error = Arc::new(advised(error));
                if !std::mem::replace(&mut chain.complained, true) {
                    tracing::error!(error = &*error as &dyn Error, "the audit log cannot be written");
                }
                for heard in self.queue().iter_mut().filter_map(|waiting| waiting.heard.take()) {
                    drop(heard.send(Err(Arc::clone(&error))));
                }
                Err(error)
            }
        }
    }

    /// Writes the first of the queue. Returns how many are durable.
    async fn write(&self, chain: &mut Chain) -> Result<usize, StoreError> {
        let wait = chain.pace.wait(self.clock.monotonic());
        if !wait.is_zero() {
            self.clock.pause(wait).await;
        }
        for round in 0..ATTEMPTS {
            let head = match chain.head.take() {
                Some(head) => head,
                None => self.head(chain).await?,
            };
            if let Some(records) = self.was_written(chain, &head).await? {
                return Ok(records);
            }
            let rows = self.rows(head);
            let last = rows.last().map_or(head, AuditRow::link);
            // From here on it may be there, whatever becomes of us.
            let attempt = Attempt { after: head, last, records: rows.len() };
            let is_first = !chain.unanswered.contains(&attempt);
            if is_first {
                chain.unanswered.push(attempt);
            }
            let began = self.clock.monotonic();
            if self.store.append(&head, &rows, &self.key.head(last)).await? {
                chain.pace.wrote(began, self.clock.monotonic());
                chain.unanswered.clear();
                (chain.head, chain.seen) = (Some(last), last);
                return Ok(rows.len());
            }
            if is_first {
                // The store has said that nothing came of it. Of one like it that was not answered, it has not.
                chain.unanswered.pop();
            }
            chain.pace.met_others(self.clock.monotonic());
            self.clock.pause(retry_after(round, |below| last.tag.lot(below))).await;
        }
        Err(in_vain("others write to the audit log all the time"))
    }

    /// Where the log ends. That it is not as it was left is itself worth a record, which no later one hides.
    async fn head(&self, chain: &mut Chain) -> Result<Link, StoreError> {
        let Ends { head, .. } = self.store.ends().await?;
        if let Some(obstacle) = out_of_reach(head.link) {
            return Err(StoreError::Damaged { what: obstacle.to_string(), source: None });
        }
        let reason = if !self.key.admits_head(&head) {
            Some("its end was moved by somebody without the key")
        } else if head.link.number < chain.seen.number {
            Some("records that this process has seen are gone")
        } else {
            None
        };
        if let Some(reason) = reason
            && !self.queue().iter().any(|waiting| waiting.draft.event == Event::AuditBroken)
        {
            let entry = Entry::new(Event::AuditBroken).failed().with("reason", reason);
            let entry = entry.with("found", head.link.number).with("expected", chain.seen.number);
            let draft = entry.draft(&Caller::default(), self.clock.now())?;
            draft.tell();
            self.queue().push_back(Waiting { draft, heard: None });
        }
        chain.seen = head.link;
        Ok(head.link)
    }

    /// How many of the queue are there already, by an attempt whose answer was lost.
    async fn was_written(&self, chain: &mut Chain, head: &Link) -> Result<Option<usize>, StoreError> {
        // As long as the end is where it was, nothing has come of an attempt.
        // A later one begins with the records of an earlier one, whose last is there as well then.
        for attempt in chain.unanswered.iter().rev().filter(|attempt| attempt.after != *head) {
            let before = attempt.last.number.saturating_sub(1);
            if self.store.links(before, 1).await?.first() == Some(&attempt.last) {
                let records = attempt.records;
                chain.unanswered.clear();
                return Ok(Some(records));
            }
        }
        // The end has moved on without them, so they never will be.
        chain.unanswered.retain(|attempt| attempt.after == *head);
        Ok(None)
    }

    /// The first of the queue as rows that follow `before`.
    fn rows(&self, mut before: Link) -> Vec<AuditRow> {
        let queue = self.queue();
        let rows = queue.iter().take(BATCH).map(|Waiting { draft, .. }| {
            let row = row(&self.key, &before, draft);
            before = row.link();
            row
        });
        rows.collect()
    }

    fn is_full(&self) -> bool {
        self.queue().len() >= MOST_WAITING
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The row after `before`.
pub(super) fn row(key: &ChainKey, before: &Link, draft: &Draft) -> AuditRow {
    let mut row = AuditRow {
        number: before.number.saturating_add(1),
        at: draft.at,
        event: draft.event.name().to_owned(),
        user: draft.user,
        content: draft.text.clone(),
        tag: Tag::default(),
    };
    row.tag = key.tag(before, &row);
    row
}

/// That it was not written.
pub(super) fn in_vain(why: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Unavailable(why.into())
}

/// What is in the way of the log will be there the next time as well: it says what to do.
fn advised(error: StoreError) -> StoreError {
    match error {
        StoreError::Damaged { what, source } => {
            let what = format!(
                "{what}; `counterfoil audit verify` says what is wrong with the audit log, and `counterfoil audit repair` lets it go on"
            );
            StoreError::Damaged { what, source }
        }
        error => error,
    }
}
