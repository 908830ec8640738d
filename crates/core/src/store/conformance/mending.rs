//! The audit log when something is in its way: it is named, nothing is hidden, and the log goes on when somebody says so.

use super::audit::{checked, entry, rows, scribe, written};
use super::fixtures::at;
use super::race;
use crate::audit::{Caller, Finding, Link, Obstacle, Record, Repaired, Seal, Tag};
use crate::store::{AuditFilter, AuditRow, StoreError, Stores};

const ALL: AuditFilter = AuditFilter { user: None, event: None, since: None };

/// What somebody puts there who does not know the secret.
fn stray(number: u64) -> AuditRow {
    AuditRow {
        number,
        at: at(0),
        event: "user_created".into(),
        user: None,
        content: "{}".into(),
        tag: Tag::from_bytes([3; 32]),
    }
}

/// A log of four records, with others beyond its end.
async fn obstructed(stores: &Stores, strays: &[u64]) {
    written(stores, 4).await;
    let strays: Vec<AuditRow> = strays.iter().map(|number| stray(*number)).collect();
    stores.audit.import(&stores.audit.ends().await.unwrap(), &strays).await.unwrap();
}

pub async fn places_are_told_in_order_and_by_the_page(stores: Stores) {
    assert!(stores.audit.links(0, 10).await.unwrap().is_empty());
    written(&stores, 5).await;
    let expected: Vec<Link> = rows(&stores).await.iter().map(AuditRow::link).collect();
    assert_eq!(stores.audit.links(0, 10).await.unwrap(), expected);
    assert_eq!(stores.audit.links(1, 2).await.unwrap(), expected[1..3]);
}

pub async fn to_mend_overwrites_no_record(stores: Stores) {
    written(&stores, 2).await;
    let (ends, all) = (stores.audit.ends().await.unwrap(), rows(&stores).await);
    let row = stray(2);
    let moved = crate::audit::Ends { head: Seal { link: row.link(), ..ends.head }, ..ends };
    assert!(!stores.audit.mend(&row, Some(&ends), &moved).await.unwrap());
    assert!(!stores.audit.mend(&row, None, &moved).await.unwrap());
    assert_eq!((stores.audit.ends().await.unwrap(), rows(&stores).await), (ends, all));
    let row = stray(7);
    let moved = crate::audit::Ends { head: Seal { link: row.link(), ..ends.head }, ..ends };
    assert!(stores.audit.mend(&row, Some(&ends), &moved).await.unwrap());
    assert_eq!(stores.audit.ends().await.unwrap(), moved);
    assert_eq!(rows(&stores).await.last(), Some(&row));
    assert!(stores.audit.mend(&stray(9), None, &ends).await.unwrap(), "whatever is there");
    assert_eq!(stores.audit.ends().await.unwrap(), ends);
}

pub async fn to_mend_undoes_no_purge(stores: Stores) {
    obstructed(&stores, &[5]).await;
    let (ends, row) = (stores.audit.ends().await.unwrap(), stray(6));
    let mended = crate::audit::Ends { head: Seal { link: row.link(), ..ends.head }, ..ends };
    // Somebody purges between the look of a repair and what it does.
    assert_eq!(scribe(&stores).purge(at(0), || std::future::ready(())).await.unwrap(), 4);
    let (purged, all) = (stores.audit.ends().await.unwrap(), rows(&stores).await);
    assert!(!stores.audit.mend(&row, Some(&ends), &mended).await.unwrap());
    assert_eq!((stores.audit.ends().await.unwrap(), rows(&stores).await), (purged, all));
    // A repair looks anew.
    let repaired = scribe(&stores).repair(&Caller::default()).await.unwrap();
    assert_eq!(repaired, Some(Repaired { obstacle: Obstacle::Beyond { number: 5 }, number: 6 }));
    let checked = checked(&stores).await;
    assert_eq!(checked.findings, [Finding::Altered { number: 5 }, Finding::Repaired { number: 6 }]);
    assert_eq!(checked.after, 4);
}

pub async fn an_end_where_no_log_comes_is_named_and_repaired(stores: Stores) {
    let number = u64::try_from(i64::MAX).unwrap();
    written(&stores, 4).await;
    assert_eq!(scribe(&stores).purge(at(-1), || std::future::ready(())).await.unwrap(), 0);
    let ends = stores.audit.ends().await.unwrap();
    let head = Seal { link: Link { number, tag: Tag::from_bytes([3; 32]) }, seal: Tag::from_bytes([4; 32]) };
    stores.audit.import(&crate::audit::Ends { head, ..ends }, &[]).await.unwrap();
    let ours = scribe(&stores);
    for _ in 0..2 {
        let refused = ours.record(&Caller::default(), [entry(5)]).await.unwrap_err();
        let StoreError::Unavailable(why) = refused else { panic!("{refused}") };
        assert!(why.to_string().contains("where no log comes"), "{why}");
        assert!(why.to_string().contains("counterfoil audit repair"), "{why}");
        assert!(ours.ready().await.is_err() && ours.assure().await.is_err());
    }
    let missing = Finding::Missing { first: 5, last: number };
    assert_eq!(checked(&stores).await.findings, [missing, Finding::End { number }]);
    let repaired = scribe(&stores).repair(&Caller::default()).await.unwrap();
    assert_eq!(repaired, Some(Repaired { obstacle: Obstacle::TooFar { number }, number: 5 }));
    ours.ready().await.unwrap();
    ours.record(&Caller::default(), [entry(6)]).await.unwrap();
    let checked = checked(&stores).await;
    assert_eq!((&checked.findings[..], checked.records), (&[Finding::Repaired { number: 5 }][..], 8));
    assert_eq!(scribe(&stores).repair(&Caller::default()).await.unwrap(), None, "it can be written");
}

pub async fn a_beginning_that_was_moved_is_repaired_and_the_log_purged_again(stores: Stores) {
    for number in [2, u64::try_from(i64::MAX).unwrap()] {
        stores.audit.clear().await.unwrap();
        let ours = written(&stores, 4).await;
        let ends = stores.audit.ends().await.unwrap();
        let anchor = Seal { link: Link { number, tag: Tag::from_bytes([3; 32]) }, seal: Tag::from_bytes([4; 32]) };
        stores.audit.import(&crate::audit::Ends { anchor, ..ends }, &[]).await.unwrap();
        ours.record(&Caller::default(), [entry(5)]).await.unwrap();
        let purge = async || ours.purge(at(0), || std::future::ready(())).await.unwrap();
        assert_eq!(purge().await, 0, "what it hides is not taken away");
        assert!(checked(&stores).await.findings.contains(&Finding::Beginning { number }));
        let repaired = scribe(&stores).repair(&Caller::default()).await.unwrap();
        assert_eq!(repaired, Some(Repaired { obstacle: Obstacle::Beginning { number }, number: 6 }));
        let whole = checked(&stores).await;
        assert_eq!((&whole.findings[..], whole.records), (&[Finding::Repaired { number: 6 }][..], 6));
        assert_eq!(scribe(&stores).repair(&Caller::default()).await.unwrap(), None);
        assert_eq!(purge().await, 6);
        ours.record(&Caller::default(), [entry(6)]).await.unwrap();
        assert!(checked(&stores).await.is_intact());
    }
}

pub async fn a_record_beyond_the_end_is_named_by_its_own_number(stores: Stores) {
    obstructed(&stores, &[9]).await;
    let checked = checked(&stores).await;
    assert_eq!(checked.findings, [Finding::Beyond { number: 9 }], "and what was never written is not missing");
}

pub async fn a_record_in_the_way_stays_and_stops_the_log_until_it_is_repaired(stores: Stores) {
    obstructed(&stores, &[5, 6]).await;
    let ours = scribe(&stores);
    for _ in 0..2 {
        let refused = ours.record(&Caller::default(), [entry(5)]).await.unwrap_err();
        let StoreError::Unavailable(why) = refused else { panic!("{refused}") };
        assert!(why.to_string().contains("counterfoil audit repair"), "{why}");
        assert!(ours.ready().await.is_err() && ours.assure().await.is_err());
    }
    let repaired = scribe(&stores).repair(&Caller::default()).await.unwrap();
    assert_eq!(repaired, Some(Repaired { obstacle: Obstacle::Beyond { number: 5 }, number: 7 }));
    // What waited goes in by a look.
    ours.ready().await.unwrap();
    ours.assure().await.unwrap();
    ours.record(&Caller::default(), [entry(6)]).await.unwrap();
    let all = rows(&stores).await;
    assert_eq!(all.iter().map(|row| row.number).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert_eq!(all[4..6], [stray(5), stray(6)], "nothing is removed");
    assert_eq!(all[6].event, "sys_audit_repaired");
    let number = |row: &AuditRow| Record::try_from(row.clone()).unwrap().details["number"].as_u64();
    assert_eq!(all[7..].iter().map(number).collect::<Vec<_>>(), [Some(5), Some(5), Some(6)], "each attempt, once");
    let checked = checked(&stores).await;
    let altered = |number| Finding::Altered { number };
    assert_eq!(checked.findings, [altered(5), altered(6), Finding::Repaired { number: 7 }]);
    assert_eq!(scribe(&stores).repair(&Caller::default()).await.unwrap(), None, "it can be written");
    assert_eq!(rows(&stores).await.len(), 10);
}

pub async fn a_repair_hides_nothing_that_stood_behind_a_gap(stores: Stores) {
    obstructed(&stores, &[6, 8]).await;
    assert!(scribe(&stores).repair(&Caller::default()).await.unwrap().is_some());
    scribe(&stores).record(&Caller::default(), [entry(5)]).await.unwrap();
    let missing = |number| Finding::Missing { first: number, last: number };
    let altered = |number| Finding::Altered { number };
    let all = [missing(5), missing(7), altered(6), altered(8), Finding::Repaired { number: 9 }];
    assert_eq!(checked(&stores).await.findings, all);
}

pub async fn a_record_out_of_reach_is_in_nobodys_way(stores: Stores) {
    let last = u64::try_from(i64::MAX).unwrap();
    obstructed(&stores, &[last]).await;
    let ours = scribe(&stores);
    ours.ready().await.unwrap();
    ours.record(&Caller::default(), [entry(5)]).await.unwrap();
    assert_eq!(ours.repair(&Caller::default()).await.unwrap(), None);
    assert_eq!(checked(&stores).await.findings, [Finding::Beyond { number: last }]);
    // One that is in the way does not send the log there.
    stores.audit.import(&stores.audit.ends().await.unwrap(), &[stray(6)]).await.unwrap();
    let repaired = ours.repair(&Caller::default()).await.unwrap().unwrap();
    assert_eq!(repaired.number, 7);
    ours.record(&Caller::default(), [entry(6)]).await.unwrap();
}

pub async fn many_who_repair_at_once_leave_one_record_of_it(stores: Stores) {
    obstructed(&stores, &[5]).await;
    let repaired = race(&stores, |stores, racer| async move {
        let scribe = scribe(&stores);
        let repaired = scribe.repair(&Caller::default()).await.unwrap();
        scribe.record(&Caller::default(), [entry(u8::try_from(racer).unwrap())]).await.unwrap();
        repaired
    });
    let repaired = repaired.await;
    assert_eq!(repaired.iter().flatten().count(), 1, "{repaired:?}");
    let checked = checked(&stores).await;
    assert_eq!(checked.findings, [Finding::Altered { number: 5 }, Finding::Repaired { number: 6 }]);
    assert_eq!(checked.records, 6 + repaired.len() as u64);
}

pub async fn a_purge_stops_before_what_is_broken_and_goes_on_once_its_repair_is_old(stores: Stores) {
    obstructed(&stores, &[5, 8]).await;
    let ours = scribe(&stores);
    let purge = async || ours.purge(at(0), || std::future::ready(())).await.unwrap();
    assert_eq!(purge().await, 4, "up to what is broken");
    assert_eq!(purge().await, 0);
    assert!(ours.repair(&Caller::default()).await.unwrap().is_some());
    ours.record(&Caller::default(), [entry(5)]).await.unwrap();
    assert_eq!(ours.purge(at(-1), || std::future::ready(())).await.unwrap(), 0, "its repair is not that old");
    assert_eq!(rows(&stores).await.iter().map(|row| row.number).collect::<Vec<_>>(), [5, 8, 9, 10]);
    assert_eq!(purge().await, 4, "all of them");
    ours.record(&Caller::default(), [entry(6)]).await.unwrap();
    let checked = checked(&stores).await;
    assert!(checked.is_intact() && (checked.after, checked.records) == (10, 1), "{checked:?}");
}

pub async fn a_repair_that_nobody_with_the_key_has_made_lets_nothing_be_purged(stores: Stores) {
    obstructed(&stores, &[5]).await;
    let forged = AuditRow { event: "sys_audit_repaired".into(), ..stray(6) };
    stores.audit.import(&stores.audit.ends().await.unwrap(), &[forged]).await.unwrap();
    assert_eq!(scribe(&stores).purge(at(0), || std::future::ready(())).await.unwrap(), 4);
    assert_eq!(stores.audit.after(0, 10, &ALL).await.unwrap().len(), 2, "what shows it is still there");
}
