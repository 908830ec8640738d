//! An audit log that somebody has had their hands in.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::audit::{Caller, ChainKey, Entry, Event, Finding, Link, Obstacle, Repaired, Scribe};
use counterfoil_core::id::UserId;
use counterfoil_core::store::{AuditFilter, StoreError, Stores};
use counterfoil_core::{Clock, FloorClock, Timestamp};

use super::{fresh, tamper};

/// Time stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_900_000_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

fn scribe(stores: &Stores) -> Scribe {
    Scribe::new(stores.audit.clone(), ChainKey::new(&[7; 32]), Arc::new(FloorClock::new(Arc::new(Still))))
}

async fn written(stores: &Stores, records: u8) -> Scribe {
    let scribe = scribe(stores);
    let entries = (0..records).map(|number| Entry::new(Event::UserCreated).about(UserId::from_bytes([number; 16])));
    scribe.record(&Caller::default(), entries).await.unwrap();
    scribe
}

async fn findings(scribe: &Scribe) -> Vec<Finding> {
    scribe.verify(|_| {}).await.unwrap().findings
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named_and_the_rest_is_looked_at() {
    let (stores, (store, _folder)) = fresh();
    let scribe = written(&stores, 9).await;
    for (column, content) in
        [("user_id", "x'0102'"), ("event", "cast(x'ff6f' as text)"), ("content", "cast(x'ff' as text)")]
    {
        let before = format!(
            "create table if not exists kept as select * from audit; update audit set {column} = {content} where number in (3, 5)"
        );
        tamper(&store.path, &before);
        // One that was changed as well, beside one that cannot be read.
        tamper(&store.path, "update audit set at = at + 1 where number = 6");
        let expected = [Finding::Damaged { number: 3 }, Finding::Damaged { number: 5 }, Finding::Altered { number: 6 }];
        assert_eq!(findings(&scribe).await, expected, "{column}");
        let error = stores.audit.after(0, 10, &AuditFilter::default()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the store holds something that cannot be read: audit.{column} of record 3")
        );
        let back = format!(
            "update audit set at = at - 1 where number = 6; \
             update audit set {column} = (select {column} from kept where kept.number = audit.number)"
        );
        tamper(&store.path, &back);
        assert!(findings(&scribe).await.is_empty());
    }
    tamper(&store.path, "update audit set tag = 'no tag' where number = 4");
    assert_eq!(findings(&scribe).await, [Finding::Damaged { number: 4 }, Finding::Altered { number: 5 }]);
}

#[tokio::test]
async fn a_log_without_its_ends_is_named_and_goes_on_when_somebody_says_so() {
    for damage in [
        "delete from audit_ends",
        "update audit_ends set tag = 'no tag'",
        "update audit_ends set number = -1",
        // The tag of no record, as nobody writes it.
        "update audit_ends set tag = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'",
        "update audit_ends set anchor_tag = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'",
        "insert into audit_ends select * from audit_ends",
    ] {
        let (stores, (store, _folder)) = fresh();
        let ours = written(&stores, 3).await;
        tamper(&store.path, damage);
        let found = findings(&ours).await;
        assert_eq!(found, [Finding::NoEnds], "{damage}");
        // The one that knows where the log ended finds out by the store too.
        for scribe in [&ours, &scribe(&stores)] {
            scribe.ready().await.unwrap_err();
        }
        let refused = scribe(&stores).record(&Caller::default(), [Entry::new(Event::SysStartup)]).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{damage}");
        let repaired = ours.repair(&Caller::default()).await.unwrap();
        assert_eq!(repaired, Some(Repaired { obstacle: Obstacle::NoEnds, number: 4 }), "{damage}");
        ours.ready().await.unwrap();
        written(&stores, 1).await;
        let checked = ours.verify(|_| {}).await.unwrap();
        assert_eq!(checked.findings, [Finding::Repaired { number: 4 }], "{damage}");
        assert_eq!((checked.records, checked.head.number), (5, 5));
    }
}

#[tokio::test]
async fn what_had_been_purged_before_the_ends_were_lost_is_not_made_up() {
    let (stores, (store, _folder)) = fresh();
    let scribe = written(&stores, 6).await;
    let third = stores.audit.links(2, 1).await.unwrap()[0];
    assert!(stores.audit.purge(&Link::default(), &ChainKey::new(&[7; 32]).anchor(third)).await.unwrap());
    assert!(findings(&scribe).await.is_empty());
    tamper(&store.path, "delete from audit_ends");
    scribe.repair(&Caller::default()).await.unwrap().unwrap();
    let expected = [Finding::Missing { first: 1, last: 3 }, Finding::Repaired { number: 7 }];
    assert_eq!(findings(&scribe).await, expected);
    // When the repair is as old as what is purged, it is the beginning.
    assert_eq!(scribe.purge(Timestamp::from_millis(i64::MAX), || std::future::ready(())).await.unwrap(), 4);
    assert!(findings(&scribe).await.is_empty());
}
