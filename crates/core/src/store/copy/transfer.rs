//! Bringing records over. What is there already is left: whether it is right, the comparison judges.

use futures_util::future::{try_join, try_join_all};

use super::mark::Mark;
use super::{COPY_FACT, CopyError, Pair, Stage};
use crate::account::User;
use crate::audit::{Ends, Link, Seal};
use crate::id::UserId;
use crate::store::{AuditFilter, Login, StoreError, TallyChange};
use crate::system::{SECRET_FACT, SESSIONS_FACT};

/// How many users are under way at once.
const USERS: usize = 64;
/// How many logins are read together.
const PAGE: usize = 512;
/// How many logins are one step, at least. A file is the faster the more they are.
const LOGINS: usize = 2048;
/// How many entries of the log are one step.
const ENTRIES: usize = 512;
/// How many records of the audit log are removed at once.
const DROPPED: usize = 4096;

impl Pair<'_> {
    pub(super) async fn users(&self, mark: &mut Mark<'_>) -> Result<(), CopyError> {
        let total = self.from.users.count().await.map_err(CopyError::Source)?;
        // A cursor that cannot be read says nothing, and all are gone through.
        let mut after = mark.cursor().and_then(|cursor| cursor.parse::<UserId>().ok());
        let mut done = match after {
            Some(_) => self.to.users.count().await.map_err(CopyError::Target)?,
            None => 0,
        };
        loop {
            let page = self.from.users.list(after, USERS).await.map_err(CopyError::Source)?;
            let Some(last) = page.last() else { return Ok(()) };
            try_join_all(page.iter().map(|user| self.add(user))).await.map_err(CopyError::Target)?;
            after = Some(last.id);
            mark.advance_to(Some(last.id.to_string())).await?;
            done += page.len() as u64;
            self.report(Stage::Users, done, total);
        }
    }

    /// How often was guessed, so that a move unlocks nobody and locks nobody. The last of all, and not compared: guesses may come at any
    /// time.
    pub(super) async fn tallies(&self) -> Result<(), CopyError> {
        let mut after = None;
        loop {
            let page = self.to.attempts.list(after, PAGE).await.map_err(CopyError::Target)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (budget, _) in page {
                if self.from.attempts.tally(budget).await.map_err(CopyError::Source)?.is_none() {
                    self.to.attempts.forget(budget).await.map_err(CopyError::Target)?;
                }
            }
        }
        after = None;
        loop {
            let page = self.from.attempts.list(after, PAGE).await.map_err(CopyError::Source)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(*last);
            let mut changes = Vec::with_capacity(page.len());
            for (budget, tally) in page {
                let from = self.to.attempts.tally(budget).await.map_err(CopyError::Target)?;
                changes.push(TallyChange { budget, from, to: Some(tally) });
            }
            if !self.to.attempts.change(&changes).await.map_err(CopyError::Target)? {
                return Err(CopyError::Busy);
            }
        }
    }

    async fn add(&self, user: &User) -> Result<(), StoreError> {
        match self.to.users.add(user).await {
            Ok(Ok(()) | Err(_)) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn keys(&self) -> Result<(), CopyError> {
        let keys = self.from.keys.list().await.map_err(CopyError::Source)?;
        for (key, done) in keys.iter().zip(1..) {
            self.to.keys.add(key).await.map_err(CopyError::Target)?;
            self.report(Stage::Keys, done, keys.len() as u64);
        }
        Ok(())
    }

    pub(super) async fn logins(&self, mark: &mut Mark<'_>) -> Result<(), CopyError> {
        let total = self.from.sessions.count().await.map_err(CopyError::Source)?.sessions;
        let mut cursor = mark.cursor().map(str::to_owned);
        let mut done = match cursor {
            Some(_) => self.to.sessions.count().await.map_err(CopyError::Target)?.sessions,
            None => 0,
        };
        loop {
            let (begin, mut logins) = (cursor.clone(), Vec::new());
            while logins.len() < LOGINS {
                let page = self.from.sessions.export(cursor.as_deref(), PAGE).await.map_err(CopyError::Source)?;
                logins.extend(page.logins);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            // That all before these are there is noted while they are stored: one sync of a disk may do for both.
            try_join(self.import(&logins), mark.advance_to(begin)).await?;
            done += logins.len() as u64;
            self.report(Stage::Logins, done, total);
            if cursor.is_none() {
                return Ok(());
            }
        }
    }

    async fn import(&self, logins: &[Login]) -> Result<(), CopyError> {
        match self.to.sessions.import(logins).await {
            // Something of an earlier attempt stands in the way.
            Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(CopyError::Target(error)),
        }
    }

    pub(super) async fn log(&self) -> Result<(), CopyError> {
        let head = self.from.revocations.head().await.map_err(CopyError::Source)?;
        let total = self.from.revocations.count().await.map_err(CopyError::Source)?;
        let mut done = 0;
        // Entries come in order and move the head with them, so up to there all are there.
        let mut position = self.to.revocations.head().await.map_err(CopyError::Target)?;
        loop {
            let page = self.from.revocations.after(position, ENTRIES).await.map_err(CopyError::Source)?;
            let last = page.last().map(|entry| entry.position);
            self.to.revocations.import(&page, last.unwrap_or(head)).await.map_err(CopyError::Target)?;
            done += page.len() as u64;
            self.report(Stage::Log, done, total);
            let Some(last) = last else { return Ok(()) };
            position = last;
        }
    }

    /// Rows are brought over with the tags that they have: no key is needed, and whoever has it can verify the copy.
    pub(super) async fn audit(&self) -> Result<(), CopyError> {
        let ends = self.from.audit.ends().await.map_err(CopyError::Source)?;
        let total = self.from.audit.count().await.map_err(CopyError::Source)?;
        let all = AuditFilter::default();
        let there = self.to.audit.ends().await.map_err(CopyError::Target)?;
        let last = self.to.audit.latest(1, &all).await.map_err(CopyError::Target)?.pop();
        let mut after = last.as_ref().map_or(ends.anchor.link.number, |last| last.number);
        // What an earlier attempt has left is gone on with if it is still the source's, but for what was purged there since.
        let goes_on = match &last {
            None => there == Ends::default(),
            Some(last) => {
                let before = last.number.saturating_sub(1);
                let same = self.from.audit.after(before, 1, &all).await.map_err(CopyError::Source)?;
                let (anchor, was) = (ends.anchor.link, there.anchor.link);
                (was == anchor || was.number < anchor.number) && same.first() == Some(last)
            }
        };
        if goes_on {
            self.drop_audit(there.anchor.link, ends.anchor.link.number).await?;
        } else {
            // What has come since the first look is of another copy, which is under way.
            if self.to.audit.ends().await.map_err(CopyError::Target)? != there {
                return Err(CopyError::Busy);
            }
            self.drop_audit(there.anchor.link, u64::MAX).await?;
            self.to.audit.clear().await.map_err(CopyError::Target)?;
            after = ends.anchor.link.number;
        }
        let mut done = 0;
        loop {
            let page = self.from.audit.after(after, ENTRIES, &all).await.map_err(CopyError::Source)?;
            match self.to.audit.import(&ends, &page).await {
                Ok(()) => {}
                Err(StoreError::Conflict(_)) => return Err(CopyError::Busy),
                Err(error) => return Err(CopyError::Target(error)),
            }
            done += page.len() as u64;
            self.report(Stage::Audit, done, total);
            let Some(last) = page.last() else { return Ok(()) };
            after = last.number;
        }
    }

    /// Removes the target's records after `from`, up to and with number `until`, some at once: there may be any number of them.
    async fn drop_audit(&self, mut from: Link, until: u64) -> Result<(), CopyError> {
        loop {
            let page = self.to.audit.links(from.number, DROPPED).await.map_err(CopyError::Target)?;
            let Some(link) = page.into_iter().rfind(|link| link.number <= until) else { return Ok(()) };
            // Without a seal: nobody opens a copy before it has the ends of its source.
            let anchor = Seal { link, ..Seal::default() };
            if !self.to.audit.purge(&from, &anchor).await.map_err(CopyError::Target)? {
                return Err(CopyError::Busy);
            }
            from = link;
        }
    }

    pub(super) async fn facts(&self) -> Result<(), CopyError> {
        for (name, content) in self.from.facts.list().await.map_err(CopyError::Source)? {
            if !is_of_the_copy(&name) {
                self.to.facts.change_fact(&name, None, Some(&content)).await.map_err(CopyError::Target)?;
            }
        }
        Ok(())
    }
}

/// Whether the fact is about the copy itself: the mark, whether it keeps its logins apart, and the secret, which comes last.
pub(super) fn is_of_the_copy(name: &str) -> bool {
    [COPY_FACT, SESSIONS_FACT, SECRET_FACT].contains(&name)
}
