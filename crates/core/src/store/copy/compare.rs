//! Comparing each record of the source with the target's.

use std::collections::{HashMap, VecDeque};

use super::transfer::is_of_the_copy;
use super::{CopyError, Pair, Stage};
use crate::account::{Email, User};
use crate::revocation::{Entry, Position};
use crate::session::{Family, Reference};
use crate::store::{AuditFilter, Facts, Login, Revocations, Sessions, StoreError};
use crate::{Clock, Timestamp};

/// How many records are read together.
const PAGE: usize = 512;

impl Pair<'_> {
    /// Where the target first differs from the source. What has expired may be missing in either.
    pub(super) async fn difference(&self) -> Result<Option<String>, CopyError> {
        let head = self.from.revocations.head().await.map_err(CopyError::Source)?;
        if self.to.revocations.head().await.map_err(CopyError::Target)? != head {
            return Ok(Some("the revocation log".to_owned()));
        }
        let keys = self.from.keys.list().await.map_err(CopyError::Source)?;
        if self.to.keys.list().await.map_err(CopyError::Target)? != keys {
            return Ok(Some("the signing keys".to_owned()));
        }
        let ours = facts(&*self.from.facts).await.map_err(CopyError::Source)?;
        if facts(&*self.to.facts).await.map_err(CopyError::Target)? != ours {
            return Ok(Some("the facts".to_owned()));
        }
        if let Some(what) = self.users_differ().await? {
            return Ok(Some(what));
        }
        if let Some(what) = self.log_differs().await? {
            return Ok(Some(what));
        }
        if self.audit_differs().await? {
            return Ok(Some("the audit log".to_owned()));
        }
        if self.shares_sessions() { Ok(None) } else { self.logins_differ().await }
    }

    async fn users_differ(&self) -> Result<Option<String>, CopyError> {
        let mut after = None;
        loop {
            let ours = self.from.users.list(after, PAGE).await.map_err(CopyError::Source)?;
            let theirs = self.to.users.list(after, PAGE).await.map_err(CopyError::Target)?;
            // Both are in the order of the ids.
            let differs = |(ours, theirs)| !same_user(ours, theirs);
            if let Some((user, _)) = ours.iter().zip(&theirs).find(|pair| differs(*pair)) {
                return Ok(Some(format!("the user {}", user.id)));
            }
            if ours.len() != theirs.len() {
                return Ok(Some("the number of users".to_owned()));
            }
            let Some(last) = ours.last() else { return Ok(None) };
            after = Some(last.id);
        }
    }

    async fn log_differs(&self) -> Result<Option<String>, CopyError> {
        let now = self.clock.now();
        let (mut ours, mut theirs) = (Living::of(&*self.from.revocations), Living::of(&*self.to.revocations));
        loop {
            let entry = ours.next(now).await.map_err(CopyError::Source)?;
            if theirs.next(now).await.map_err(CopyError::Target)? != entry {
                return Ok(Some("the revocation log".to_owned()));
            }
            if entry.is_none() {
                return Ok(None);
            }
        }
    }

    async fn audit_differs(&self) -> Result<bool, CopyError> {
        let ends = self.from.audit.ends().await.map_err(CopyError::Source)?;
        if self.to.audit.ends().await.map_err(CopyError::Target)? != ends {
            return Ok(true);
        }
        let (mut after, all) = (0, AuditFilter::default());
        loop {
            let ours = self.from.audit.after(after, PAGE, &all).await.map_err(CopyError::Source)?;
            if self.to.audit.after(after, PAGE, &all).await.map_err(CopyError::Target)? != ours {
                return Ok(true);
            }
            let Some(last) = ours.last() else { return Ok(false) };
            after = last.number;
        }
    }

    async fn logins_differ(&self) -> Result<Option<String>, CopyError> {
        let (ours, theirs) = (&*self.from.sessions, &*self.to.sessions);
        let total = ours.count().await.map_err(CopyError::Source)?;
        if let Some(what) = self.all_in(ours, theirs, total.sessions, CopyError::Source, CopyError::Target).await? {
            return Ok(Some(what));
        }
        let copied = theirs.count().await.map_err(CopyError::Target)?;
        // Every one of the source is there: as many means that nothing else is. A store that forgets may have fewer.
        if copied == total {
            return Ok(None);
        }
        self.all_in(theirs, ours, copied.sessions, CopyError::Target, CopyError::Source).await
    }

    /// The first login of `here` that is not alike `there`.
    async fn all_in(
        &self,
        here: &dyn Sessions,
        there: &dyn Sessions,
        total: u64,
        here_failed: fn(StoreError) -> CopyError,
        there_failed: fn(StoreError) -> CopyError,
    ) -> Result<Option<String>, CopyError> {
        let (mut cursor, mut done) = (None::<String>, 0);
        loop {
            let page = here.export(cursor.as_deref(), PAGE).await.map_err(here_failed)?;
            if let Some(login) = differing(&page.logins, there, self.clock).await.map_err(there_failed)?.first() {
                return Ok(Some(format!("the session {}", login.session.id)));
            }
            done += page.logins.len() as u64;
            self.report(Stage::Compare, done, total);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(None);
            }
        }
    }
}

/// Those of the logins that the store does not hold alike.
pub(super) async fn differing<'l>(
    logins: &'l [Login],
    store: &dyn Sessions,
    clock: &dyn Clock,
) -> Result<Vec<&'l Login>, StoreError> {
    let ids: Vec<_> = logins.iter().map(|login| login.session.id).collect();
    let held: HashMap<_, _> = store.logins(&ids).await?.into_iter().map(|login| (login.session.id, login)).collect();
    // Later than the look: what was missing because it had expired is known to have.
    let now = clock.now();
    Ok(logins.iter().filter(|login| !is_held(login, held.get(&login.session.id), now)).collect())
}

/// Whether of the login everything is held that has not expired.
fn is_held(login: &Login, held: Option<&Login>, now: Timestamp) -> bool {
    if login.session.expires_at <= now {
        return true;
    }
    let Some(held) = held else { return false };
    let reference = |reference: &Reference| {
        let lives = reference.expires_at > now && reference.idle_expires_at.is_none_or(|idle| idle > now);
        !lives || held.references.contains(reference)
    };
    let family = |family: &Family| family.expires_at <= now || held.families.contains(family);
    held.session == login.session
        && held.data == login.data
        && login.references.iter().all(reference)
        && login.families.iter().all(family)
}

/// Whether two users are the same in each field.
pub(super) fn same_user(one: &User, other: &User) -> bool {
    let names = |user: &User| {
        let email = user.email.as_ref();
        [
            Some(user.username.as_str().to_owned()),
            Some(user.username.key().to_owned()),
            email.map(|email| Email::as_str(email).to_owned()),
            email.map(|email| Email::key(email).to_owned()),
        ]
    };
    let rest = |user: &User| (user.id, user.state, user.standing, user.version, user.created_at);
    names(one) == names(other)
        && rest(one) == rest(other)
        && one.password.as_str() == other.password.as_str()
        && one.roles == other.roles
        && one.metadata == other.metadata
}

/// What has not expired of a log, entry by entry.
struct Living<'a> {
    log: &'a dyn Revocations,
    position: Position,
    page: VecDeque<Entry>,
}

impl<'a> Living<'a> {
    fn of(log: &'a dyn Revocations) -> Self {
        Self { log, position: Position(0), page: VecDeque::new() }
    }

    async fn next(&mut self, now: Timestamp) -> Result<Option<Entry>, StoreError> {
        loop {
            match self.page.pop_front() {
                Some(entry) if entry.expires_at > now => return Ok(Some(entry)),
                Some(_) => {}
                None => {
                    self.page = self.log.after(self.position, PAGE).await?.into();
                    let Some(last) = self.page.back() else { return Ok(None) };
                    self.position = last.position;
                }
            }
        }
    }
}

/// The facts about the installation itself.
async fn facts(store: &dyn Facts) -> Result<Vec<(String, String)>, StoreError> {
    let mut facts = store.list().await?;
    facts.retain(|(name, _)| !is_of_the_copy(name));
    Ok(facts)
}
