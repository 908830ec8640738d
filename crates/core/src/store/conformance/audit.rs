//! The audit log: its rows, and that the chain over them gives every tampering away.

use std::sync::Arc;

use super::failing::{Fault, Way, failing};
use super::fixtures::{at, user_id};
use super::{RACERS, race, winners};
use crate::audit::{Caller, ChainKey, Checked, Ends, Entry, Event, Finding, Link, Scribe, Seal, Tag};
use crate::store::{AuditFilter, AuditRow, StoreError, Stores};
use crate::{Clock, FloorClock, Timestamp};

const ALL: AuditFilter = AuditFilter { user: None, event: None, since: None };

/// Time stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        at(0)
    }

    fn monotonic(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    fn pause(&self, _: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::task::yield_now())
    }
}

pub(super) fn scribe(stores: &Stores) -> Scribe {
    Scribe::new(stores.audit.clone(), ChainKey::new(&[7; 32]), Arc::new(FloorClock::new(Arc::new(Still))))
}

pub(super) fn entry(number: u8) -> Entry {
    Entry::new(Event::UserCreated).about(user_id(number.into())).with("number", u64::from(number))
}

/// A log of so many records, each about a user of its own.
pub(super) async fn written(stores: &Stores, records: u8) -> Scribe {
    let scribe = scribe(stores);
    for number in 1..=records {
        scribe.record(&Caller::default(), [entry(number)]).await.unwrap();
    }
    scribe
}

pub(super) async fn checked(stores: &Stores) -> Checked {
    scribe(stores).verify(|_| {}).await.unwrap()
}

pub(super) async fn rows(stores: &Stores) -> Vec<AuditRow> {
    stores.audit.after(0, 10_000, &ALL).await.unwrap()
}

fn row(number: u64, event: &str) -> AuditRow {
    let tag = Tag::from_bytes([u8::try_from(number % 251).unwrap(); 32]);
    let content = format!("{{\"said\":\"ü\\u2028\\\"'{number}\"}}");
    AuditRow { number, at: at(i64::try_from(number).unwrap()), event: event.into(), user: None, content, tag }
}

fn seal(row: &AuditRow) -> Seal {
    Seal { link: row.link(), seal: Tag::from_bytes([9; 32]) }
}

pub async fn a_new_audit_log_is_empty_and_whole(stores: Stores) {
    assert_eq!(stores.audit.ends().await.unwrap(), Ends::default());
    assert_eq!(stores.audit.count().await.unwrap(), 0);
    assert!(rows(&stores).await.is_empty());
    assert!(checked(&stores).await.is_intact());
}

pub async fn rows_come_back_as_they_were_appended(stores: Stores) {
    let log = &stores.audit;
    let first = AuditRow { user: Some(user_id(3)), content: "x".repeat(20_000), ..row(1, "user_created") };
    let rest = [row(2, "user_deleted"), AuditRow { at: at(-5), ..row(3, "authn_login_fail") }];
    assert!(log.append(&Link::default(), std::slice::from_ref(&first), &seal(&first)).await.unwrap());
    assert!(log.append(&first.link(), &rest, &seal(&rest[1])).await.unwrap());
    let expected = [&[first], rest.as_slice()].concat();
    assert_eq!(rows(&stores).await, expected);
    assert_eq!(log.after(1, 1, &ALL).await.unwrap(), expected[1..2]);
    assert_eq!(log.latest(2, &ALL).await.unwrap(), [expected[2].clone(), expected[1].clone()]);
    assert_eq!(log.ends().await.unwrap(), Ends { anchor: Seal::default(), head: seal(&expected[2]) });
    assert_eq!(log.count().await.unwrap(), 3);
}

pub async fn an_append_from_elsewhere_changes_nothing(stores: Stores) {
    let log = &stores.audit;
    let first = row(1, "a");
    assert!(log.append(&Link::default(), std::slice::from_ref(&first), &seal(&first)).await.unwrap());
    let second = row(2, "b");
    for elsewhere in
        [Link::default(), Link { number: 2, ..first.link() }, Link { tag: Tag::from_bytes([8; 32]), ..first.link() }]
    {
        assert!(!log.append(&elsewhere, std::slice::from_ref(&second), &seal(&second)).await.unwrap());
    }
    assert_eq!(rows(&stores).await, std::slice::from_ref(&first));
    assert_eq!(log.ends().await.unwrap().head, seal(&first));
}

pub async fn a_race_to_append_has_one_winner(stores: Stores) {
    for number in 1..=4 {
        let after = rows(&stores).await.last().map(AuditRow::link).unwrap_or_default();
        let won = winners(&stores, move |stores, racer| async move {
            let row = AuditRow { content: format!("{racer}"), ..row(number, "a") };
            stores.audit.append(&after, std::slice::from_ref(&row), &seal(&row)).await.unwrap()
        });
        assert_eq!(won.await, 1);
        assert_eq!(rows(&stores).await.len() as u64, number);
    }
}

pub async fn many_who_write_at_once_leave_one_chain(stores: Stores) {
    const EACH: u8 = 5;
    race(&stores, |stores, racer| async move {
        // Each is a process of its own, and two of its requests are at it.
        let scribe = scribe(&stores);
        let racer = u8::try_from(racer).unwrap();
        let some = async |from| {
            for number in from..from + EACH {
                scribe.record(&Caller::default(), [entry(racer), entry(number)]).await.unwrap();
            }
        };
        futures_util::future::join(some(0), some(100)).await;
    })
    .await;
    let total = RACERS as u64 * u64::from(EACH) * 4;
    let written = rows(&stores).await;
    assert_eq!(written.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=total).collect::<Vec<_>>());
    let checked = checked(&stores).await;
    assert!(checked.is_intact() && checked.records == total && checked.head.number == total, "{checked:?}");
}

pub async fn a_record_is_there_once_whatever_answer_is_lost(stores: Stores) {
    let fault = Fault::new();
    let (ours, others) = (scribe(&failing(&stores, &fault)), scribe(&stores));
    let mut written = 0;
    let mut next = || {
        written += 1;
        [entry(written)]
    };
    for way in [Way::Unsent, Way::Unanswered] {
        for call in 0..4 {
            // Alone, and with somebody else who writes before and after.
            for is_alone in [true, false] {
                if !is_alone {
                    others.record(&Caller::default(), next()).await.unwrap();
                }
                fault.aim(call, way);
                fault.arm(true);
                let said = ours.record(&Caller::default(), next()).await;
                fault.arm(false);
                assert_eq!(said.is_err(), fault.was_met(), "call {call}, {way:?}");
                if !is_alone {
                    others.record(&Caller::default(), next()).await.unwrap();
                }
                ours.record(&Caller::default(), next()).await.unwrap();
            }
        }
    }
    let mut found: Vec<u64> = Vec::new();
    for row in rows(&stores).await {
        let record = crate::audit::Record::try_from(row).unwrap();
        found.extend(record.details["number"].as_u64());
    }
    found.sort_unstable();
    assert_eq!(found, (1..=u64::from(written)).collect::<Vec<_>>());
    assert!(checked(&stores).await.is_intact());
}

pub async fn a_list_has_what_was_asked_for(stores: Stores) {
    let log = &stores.audit;
    let mut before = Link::default();
    for number in 1..=12 {
        let user = (number % 3 != 0).then(|| user_id(u16::try_from(number % 3).unwrap()));
        let row = AuditRow { user, ..row(number, if number % 2 == 0 { "even" } else { "odd" }) };
        assert!(log.append(&before, std::slice::from_ref(&row), &seal(&row)).await.unwrap());
        before = row.link();
    }
    let (user, event) = (Some(user_id(1)), Some("even".to_owned()));
    for (filter, expected) in [
        (ALL, (1..=12).collect::<Vec<u64>>()),
        (AuditFilter { user, ..ALL }, vec![1, 4, 7, 10]),
        (AuditFilter { event: event.clone(), ..ALL }, vec![2, 4, 6, 8, 10, 12]),
        (AuditFilter { since: Some(at(9)), ..ALL }, vec![9, 10, 11, 12]),
        (AuditFilter { user, event, since: Some(at(5)) }, vec![10]),
        (AuditFilter { event: Some("eve".to_owned()), ..ALL }, vec![]),
    ] {
        let numbers = |rows: Vec<AuditRow>| rows.into_iter().map(|row| row.number).collect::<Vec<_>>();
        assert_eq!(numbers(log.after(0, 100, &filter).await.unwrap()), expected, "{filter:?}");
        let mut newest = numbers(log.latest(2, &filter).await.unwrap());
        newest.reverse();
        assert_eq!(newest, expected[expected.len().saturating_sub(2)..], "{filter:?}");
    }
}

pub async fn what_remains_after_a_purge_hangs_together(stores: Stores) {
    let scribe = written(&stores, 6).await;
    assert_eq!(scribe.purge(at(-1), || std::future::ready(())).await.unwrap(), 0, "nothing is that old");
    let (log, anchor) = (&stores.audit, rows(&stores).await[3].link());
    let forged = Seal { link: anchor, seal: Tag::from_bytes([1; 32]) };
    assert!(!log.purge(&anchor, &forged).await.unwrap(), "it begins elsewhere");
    assert_eq!(rows(&stores).await.len(), 6);
    let sealed = ChainKey::new(&[7; 32]).anchor(anchor);
    assert!(log.purge(&Link::default(), &sealed).await.unwrap());
    assert!(!log.purge(&Link::default(), &sealed).await.unwrap(), "once");
    let left = checked(&stores).await;
    assert!(left.is_intact() && (left.after, left.records) == (4, 2), "{left:?}");
    assert_eq!(scribe.purge(at(0), || std::future::ready(())).await.unwrap(), 2);
    scribe.record(&Caller::default(), [entry(7)]).await.unwrap();
    let left = checked(&stores).await;
    assert!(left.is_intact() && (left.after, left.records) == (6, 1), "an empty log does not begin anew: {left:?}");
}

pub async fn an_imported_audit_log_is_the_same(stores: Stores) {
    written(&stores, 5).await;
    let (ends, all) = (stores.audit.ends().await.unwrap(), rows(&stores).await);
    stores.audit.clear().await.unwrap();
    assert_eq!((stores.audit.ends().await.unwrap(), stores.audit.count().await.unwrap()), (Ends::default(), 0));
    stores.audit.import(&ends, &all[..2]).await.unwrap();
    let again = stores.audit.import(&ends, &all[1..]).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "nothing is overwritten");
    stores.audit.import(&ends, &all[2..]).await.unwrap();
    assert_eq!((stores.audit.ends().await.unwrap(), rows(&stores).await), (ends, all));
    written(&stores, 1).await;
    assert!(checked(&stores).await.is_intact(), "and it goes on from there");
}

/// What somebody does who can write to the database but does not know the secret.
type Tampering = fn(&mut Ends, &mut Vec<AuditRow>);

pub async fn lo_01_every_tampering_is_named(stores: Stores) {
    written(&stores, 9).await;
    let (ends, all) = (stores.audit.ends().await.unwrap(), rows(&stores).await);
    let missing = |first, last| Finding::Missing { first, last };
    let altered = |number| Finding::Altered { number };
    let cases: Vec<(&str, Tampering, Finding)> = vec![
        ("the first is removed", |_, rows| drop(rows.remove(0)), missing(1, 1)),
        ("one in the middle is removed", |_, rows| drop(rows.remove(4)), missing(5, 5)),
        ("the last are removed", |_, rows| rows.truncate(7), missing(8, 9)),
        ("all are removed", |_, rows| rows.clear(), missing(1, 9)),
        (
            "the last are removed, and the head is moved back to what is left",
            |ends, rows| {
                rows.truncate(7);
                ends.head.link = rows[6].link();
            },
            Finding::End { number: 7 },
        ),
        (
            "the first are removed, as if they had been purged",
            |ends, rows| {
                ends.anchor = Seal { link: rows[2].link(), ..ends.anchor };
                rows.drain(..3);
            },
            Finding::Beginning { number: 3 },
        ),
        (
            "the same, with the seal of the head",
            |ends, rows| {
                ends.anchor = Seal { link: rows[8].link(), seal: ends.head.seal };
                rows.clear();
            },
            Finding::Beginning { number: 9 },
        ),
        ("another user", |_, rows| rows[4].user = Some(user_id(99)), altered(5)),
        ("no user", |_, rows| rows[4].user = None, altered(5)),
        ("another time", |_, rows| rows[0].at = at(1), altered(1)),
        ("another event", |_, rows| rows[8].event = "user_deleted".into(), altered(9)),
        ("another text", |_, rows| rows[5].content = rows[5].content.replace("system", "nobody"), altered(6)),
        ("another tag", |_, rows| rows[6].tag = rows[5].tag, altered(7)),
        (
            "two are exchanged",
            |_, rows| {
                rows.swap(3, 4);
                (rows[3].number, rows[4].number) = (4, 5);
            },
            altered(4),
        ),
        (
            "one is put in between",
            |ends, rows| {
                rows.insert(3, rows[3].clone());
                for (row, number) in rows.iter_mut().zip(1..) {
                    row.number = number;
                }
                ends.head.link.number = 10;
            },
            altered(5),
        ),
        (
            "one is put at the end",
            |_, rows| rows.push(AuditRow { number: 10, ..rows[8].clone() }),
            Finding::Beyond { number: 10 },
        ),
    ];
    for (what, tamper, finding) in cases {
        let (mut ends, mut rows) = (ends, all.clone());
        tamper(&mut ends, &mut rows);
        stores.audit.clear().await.unwrap();
        stores.audit.import(&ends, &rows).await.unwrap();
        let checked = checked(&stores).await;
        assert!(checked.findings.contains(&finding), "{what}: {checked:?}");
    }
    stores.audit.clear().await.unwrap();
    stores.audit.import(&ends, &all).await.unwrap();
    assert!(checked(&stores).await.is_intact(), "put back, it is whole again");
    let other = Scribe::new(stores.audit.clone(), ChainKey::new(&[8; 32]), Arc::new(FloorClock::new(Arc::new(Still))));
    assert!(!other.verify(|_| {}).await.unwrap().is_intact(), "with another secret none of it is believed");
}

pub async fn a_head_that_was_moved_is_written_down(stores: Stores) {
    let scribe = written(&stores, 4).await;
    let (mut ends, mut all) = (stores.audit.ends().await.unwrap(), rows(&stores).await);
    // The last two are cut off, and the head follows: the next record would hide that.
    all.truncate(2);
    ends.head.link = all[1].link();
    stores.audit.clear().await.unwrap();
    stores.audit.import(&ends, &all).await.unwrap();
    scribe.record(&Caller::default(), [entry(5)]).await.unwrap();
    written(&stores, 1).await;
    let checked = checked(&stores).await;
    assert!(matches!(checked.findings[..], [Finding::Noticed { .. }]), "{checked:?}");
}
