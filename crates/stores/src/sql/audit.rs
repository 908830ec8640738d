//! The audit log in SQL.

use async_trait::async_trait;
use counterfoil_core::Timestamp;
use counterfoil_core::audit::{Ends, Link, Seal, Tag};
use counterfoil_core::id::UserId;
use counterfoil_core::store::{Audit, AuditFilter, AuditRow, StoreError};

use super::SqlStore;
use super::driver::{Outcome, Row, Step, Value};
use super::row::{Columns, damaged, limit};

const ENDS: &str = "select anchor, anchor_tag, anchor_seal, number, tag, seal from audit_ends";
/// Only from where it was: of two who append at once, one has to look again.
const MOVE_HEAD: &str = "update audit_ends set number = ?, tag = ?, seal = ? where number = ? and tag = ?";
const APPEND: &str = "insert into audit (number, at, event, user_id, content, tag) values (?, ?, ?, ?, ?, ?)";
const MOVE_ANCHOR: &str =
    "update audit_ends set anchor = ?, anchor_tag = ?, anchor_seal = ? where anchor = ? and anchor_tag = ?";
const PURGE: &str = "delete from audit where number <= ?";
const COUNT: &str = "select count(*) from audit";
const SET_ENDS: &str =
    "update audit_ends set anchor = ?, anchor_tag = ?, anchor_seal = ?, number = ?, tag = ?, seal = ?";
const MOVE_ENDS: &str = "update audit_ends set anchor = ?, anchor_tag = ?, anchor_seal = ?, number = ?, tag = ?, seal = ? \
                         where anchor = ? and anchor_tag = ? and anchor_seal = ? and number = ? and tag = ? and seal = ?";
const CLEAR: &str = "delete from audit";
const LINKS: &str = "select number, tag from audit where number > ? order by number limit ?";
const NO_ENDS: &str = "delete from audit_ends";
const NEW_ENDS: &str =
    "insert into audit_ends (anchor, anchor_tag, anchor_seal, number, tag, seal) values (?, ?, ?, ?, ?, ?)";

/// The four texts of a list, for what is asked about a user and an event.
macro_rules! listing {
    ($range:literal, $order:literal) => {
        [
            listing!(@ $range, "", $order),
            listing!(@ $range, " and event = ?", $order),
            listing!(@ $range, " and user_id = ?", $order),
            listing!(@ $range, " and user_id = ? and event = ?", $order),
        ]
    };
    (@ $range:literal, $more:literal, $order:literal) => {
        concat!("select number, at, event, user_id, content, tag from audit where ", $range, " and at >= ?", $more, " order by ", $order, " limit ?")
    };
}
const AFTER: [&str; 4] = listing!("number > ?", "number");
const LATEST: [&str; 4] = listing!("number > ?", "number desc");

#[async_trait]
impl Audit for SqlStore {
    async fn ends(&self) -> Result<Ends, StoreError> {
        // One row, as an append moves the one that it finds.
        let rows: [Row; 1] = self.driver.read(ENDS, Vec::new()).await?.try_into().map_err(|_| damaged("audit_ends"))?;
        let [mut row] = rows.map(Columns::of);
        let anchor = seal(&mut row)?;
        Ok(Ends { anchor, head: seal(&mut row)? })
    }

    async fn append(&self, after: &Link, rows: &[AuditRow], head: &Seal) -> Result<bool, StoreError> {
        let mut steps = Vec::with_capacity(rows.len() + 1);
        steps.push(Step::one(MOVE_HEAD, [sealed(head), place(after)].concat()));
        steps.extend(rows.iter().map(|row| Step::one(APPEND, columns(row))));
        match self.driver.write(steps).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Refused { .. } => Ok(false),
            Outcome::Conflict { .. } => Err(damaged("audit.number, of a row beyond the end of the log")),
        }
    }

    async fn after(&self, number: u64, most: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.listed(&AFTER, number, most, filter).await
    }

    async fn latest(&self, most: usize, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
        self.listed(&LATEST, 0, most, filter).await
    }

    async fn links(&self, number: u64, most: usize) -> Result<Vec<Link>, StoreError> {
        let link = |row: &mut Columns| {
            let number = row.count("audit.number")?;
            Ok(Link { number, tag: tag_of(row, "audit.tag").unwrap_or_default() })
        };
        self.all(LINKS, vec![number.into(), limit(most)], link).await
    }

    async fn mend(&self, row: &AuditRow, from: Option<&Ends>, ends: &Ends) -> Result<bool, StoreError> {
        let mut steps = match from {
            // From where they were: a purge may move one of them at the same moment.
            Some(from) => vec![Step::one(MOVE_ENDS, [both(ends), both(from)].concat())],
            None => vec![Step::any(NO_ENDS, Vec::new()), Step::one(NEW_ENDS, both(ends))],
        };
        // The last: of two who mend at once, one meets the other's row.
        steps.push(Step::one(APPEND, columns(row)));
        match self.driver.write(steps).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Refused { step: 0 } if from.is_some() => Ok(false),
            Outcome::Conflict { .. } => Ok(false),
            Outcome::Refused { .. } => Err(damaged("audit_ends")),
        }
    }

    async fn purge(&self, from: &Link, anchor: &Seal) -> Result<bool, StoreError> {
        let steps = vec![
            Step::one(MOVE_ANCHOR, [sealed(anchor), place(from)].concat()),
            Step::any(PURGE, vec![anchor.link.number.into()]),
        ];
        Ok(self.driver.write(steps).await?.is_done())
    }

    async fn count(&self) -> Result<u64, StoreError> {
        self.total(COUNT).await
    }

    async fn import(&self, ends: &Ends, rows: &[AuditRow]) -> Result<(), StoreError> {
        let mut steps = vec![Step::one(SET_ENDS, both(ends))];
        steps.extend(rows.iter().map(|row| Step::one(APPEND, columns(row))));
        match self.driver.write(steps).await? {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused { .. } => Err(damaged("audit_ends.number")),
            Outcome::Conflict { .. } => Err(StoreError::Conflict("audit record")),
        }
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let ends = Ends::default();
        let steps = vec![Step::one(SET_ENDS, both(&ends)), Step::any(CLEAR, Vec::new())];
        if self.driver.write(steps).await?.is_done() { Ok(()) } else { Err(damaged("audit_ends.number")) }
    }
}

impl SqlStore {
    async fn listed(
        &self,
        texts: &[&'static str; 4],
        number: u64,
        most: usize,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let AuditFilter { user, event, since } = filter;
        let [all, of_event, of_user, of_both] = *texts;
        let text = match (user, event) {
            (None, None) => all,
            (None, Some(_)) => of_event,
            (Some(_), None) => of_user,
            (Some(_), Some(_)) => of_both,
        };
        let since = since.map_or(i64::MIN, Timestamp::as_millis);
        let mut params: Vec<Value> = vec![number.into(), since.into()];
        params.extend(user.map(|user| user.as_bytes().into()));
        params.extend(event.as_deref().map(Value::from));
        params.push(limit(most));
        self.all(text, params, decode).await
    }
}

fn place(link: &Link) -> Vec<Value> {
    vec![link.number.into(), link.tag.to_text().into()]
}

fn sealed(seal: &Seal) -> Vec<Value> {
    [place(&seal.link), vec![seal.seal.to_text().into()]].concat()
}

fn both(ends: &Ends) -> Vec<Value> {
    [sealed(&ends.anchor), sealed(&ends.head)].concat()
}

fn seal(row: &mut Columns) -> Result<Seal, StoreError> {
    let number = row.count("audit_ends.number")?;
    let tag = tag_of(row, "audit_ends.tag")?;
    Ok(Seal { link: Link { number, tag }, seal: tag_of(row, "audit_ends.seal")? })
}

fn tag_of(row: &mut Columns, what: &str) -> Result<Tag, StoreError> {
    row.parsed(what, |text| Tag::parse(text).ok_or(()))
}

fn columns(row: &AuditRow) -> Vec<Value> {
    vec![
        row.number.into(),
        row.at.into(),
        row.event.as_str().into(),
        row.user.as_ref().map(|user| user.as_bytes().as_slice()).into(),
        row.content.as_str().into(),
        row.tag.to_text().into(),
    ]
}

/// What cannot be read is named with the row's number.
fn decode(row: &mut Columns) -> Result<AuditRow, StoreError> {
    let number = row.count("audit.number")?;
    decoded(number, row).map_err(|error| match error {
        StoreError::Damaged { what, .. } => damaged(&format!("{what} of record {number}")),
        error => error,
    })
}

fn decoded(number: u64, row: &mut Columns) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        number,
        at: row.time("audit.at")?,
        event: row.text("audit.event")?,
        user: row.optional_array("audit.user_id")?.map(UserId::from_bytes),
        content: row.text("audit.content")?,
        tag: tag_of(row, "audit.tag")?,
    })
}
