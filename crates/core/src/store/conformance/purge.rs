//! Removing what has expired.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use super::failing::{Fault, Way, failing};
use super::fixtures::{at, budget, changed, family, granted, login, reference, session_id, user_id};
use super::{RACERS, race};
use crate::authority::{Purged, Reach, purge};
use crate::revocation::Position;
use crate::session::{Family, Grant, Reference, Session};
use crate::store::{Announcement, Stores, Tally, TallyChange};
use crate::{Clock, Timestamp};

/// A clock that has stopped.
struct At(i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        at(self.0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn pause(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// When what has expired has expired.
const THEN: i64 = 100;
const NOW: At = At(THEN);

/// Of each kind so many that have expired, and some that have not.
async fn fill(stores: &Stores, expired: u16) -> Purged {
    for number in 0..expired {
        let (session, reference) = login(number, user_id(number % 3));
        let session = Session { expires_at: at(THEN), ..session };
        stores.sessions.open(&session, &granted(&reference)).await.unwrap();
        let announcement = Announcement { expires_at: at(THEN), ..changed(number) };
        stores.revocations.append(&[announcement, changed(number)]).await.unwrap();
        for (number, expires_at) in
            [(number, Some(at(THEN))), (500 + number, None), (1_000 + number, Some(at(THEN + 1)))]
        {
            let to = Some(Tally { failures: 1, recent: 1, noted_at: at(0), expires_at });
            assert!(stores.attempts.change(&[TallyChange { budget: budget(number), from: None, to }]).await.unwrap());
        }
    }
    let (living, first) = login(expired, user_id(1));
    stores.sessions.open(&living, &granted(&first)).await.unwrap();
    for number in 0..expired {
        let number = 1_000 + number;
        let old = Reference { expires_at: at(THEN), ..reference(number, living.id) };
        assert!(stores.sessions.attach(&granted(&old)).await.unwrap());
        let old = Family { expires_at: at(THEN), ..family(number, living.id) };
        assert!(stores.sessions.attach(&Grant::Family(old)).await.unwrap());
    }
    let expired = u64::from(expired);
    Purged { sessions: expired, grants: 2 * expired, entries: expired, attempts: expired }
}

/// That what has not expired is all there is.
async fn only_the_living_are_left(stores: &Stores, expired: u16) {
    assert_eq!(purge(stores, &NOW, Reach::All, 5, || async {}).await.unwrap(), Purged::default());
    assert!(stores.sessions.by_id(session_id(expired)).await.unwrap().is_some());
    let lines = stores.revocations.after(Position(0), 1_000).await.unwrap();
    assert_eq!(lines.len(), usize::from(expired));
    assert_eq!(stores.attempts.list(None, 1_000).await.unwrap().len(), 2 * usize::from(expired));
    for number in 0..expired {
        assert!(stores.sessions.by_id(session_id(number)).await.unwrap().is_none());
    }
}

pub async fn a_purge_counts_each_kind_and_leaves_the_living(stores: Stores) {
    let expected = fill(&stores, 12).await;
    let before = At(THEN - 1);
    assert_eq!(purge(&stores, &before, Reach::All, 5, || async {}).await.unwrap(), Purged::default());
    let pauses = AtomicUsize::new(0);
    let pause = || async {
        let _ = pauses.fetch_add(1, SeqCst);
    };
    assert_eq!(purge(&stores, &NOW, Reach::All, 5, pause).await.unwrap(), expected);
    // Twelve are two full batches and a rest; of the grants a batch holds as many references as families.
    assert_eq!(pauses.load(SeqCst), 8, "others get their turn after each full batch");
    only_the_living_are_left(&stores, 12).await;
}

pub async fn the_purge_that_comes_again_spares_a_store_that_forgets_by_itself(stores: Stores) {
    let all = fill(&stores, 12).await;
    let by_itself = stores.sessions.forgets_by_itself();
    let expected =
        if by_itself { Purged { entries: all.entries, attempts: all.attempts, ..Purged::default() } } else { all };
    assert_eq!(purge(&stores, &NOW, Reach::Needed, 5, || async {}).await.unwrap(), expected);
    let left = purge(&stores, &NOW, Reach::All, 5, || async {}).await.unwrap();
    assert_eq!(left.total() > 0, by_itself, "by hand everything goes");
    only_the_living_are_left(&stores, 12).await;
}

pub async fn purgers_at_once_count_each_record_once(stores: Stores) {
    let expired = u16::try_from(RACERS).unwrap() * 3;
    let expected = fill(&stores, expired).await;
    let purged =
        race(
            &stores,
            |stores, _| async move { purge(&stores, &NOW, Reach::All, 4, tokio::task::yield_now).await.unwrap() },
        );
    let sum = purged.await.into_iter().fold(Purged::default(), |sum, part| Purged {
        sessions: sum.sessions + part.sessions,
        grants: sum.grants + part.grants,
        entries: sum.entries + part.entries,
        attempts: sum.attempts + part.attempts,
    });
    assert_eq!(sum, expected);
    only_the_living_are_left(&stores, expired).await;
}

pub async fn a_purge_that_breaks_off_says_what_it_has_done(stores: Stores) {
    let expected = fill(&stores, 12).await;
    let fault = Fault::new();
    let broken = failing(&stores, &Arc::clone(&fault));
    // The fourth batch is the first one of grants.
    fault.aim(3, Way::Unsent);
    fault.arm(true);
    let error = purge(&broken, &NOW, Reach::All, 5, || async {}).await.unwrap_err();
    assert_eq!(error.done, Purged { sessions: 12, ..Purged::default() });
    let rest = purge(&broken, &NOW, Reach::All, 5, || async {}).await.unwrap();
    assert_eq!(rest, Purged { sessions: 0, ..expected });
    only_the_living_are_left(&stores, 12).await;
}
