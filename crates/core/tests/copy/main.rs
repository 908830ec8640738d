//! Moving an installation: a copy is whole or known to be partial, whatever happens on the way.
#![expect(clippy::unwrap_used, unreachable_pub, reason = "this is a test")]

mod apart;
mod content;
mod faulty;
mod meanwhile;
mod refusals;
mod steps;

use std::sync::Mutex;
use std::sync::atomic::Ordering::SeqCst;

use counterfoil_core::store::Stores;
use counterfoil_core::store::copy::{self, Copied, CopyError, Progress, Stage};
use counterfoil_core::system::SECRET_FACT;
use counterfoil_stores::{MemoryStore, SqliteOptions, SqliteStore};
use proptest::prelude::*;
use tempfile::TempDir;

use content::{Size, Still, place, snapshot};
use faulty::{Fault, failing};

async fn copied(from: &Stores, to: &Stores) -> Result<Copied, CopyError> {
    copy::copy(from, to, &Still, &|_| {}).await
}

fn empty() -> Stores {
    MemoryStore::new().stores()
}

fn sqlite(folder: &TempDir, name: &str) -> Stores {
    SqliteStore::open(&folder.path().join(name), &SqliteOptions::default()).unwrap().stores()
}

#[tokio::test]
async fn a_copy_is_equal_between_any_two_kinds_of_store() {
    let folder = tempfile::tempdir().unwrap();
    let first = place(Size::LARGE).await;
    let places = [empty(), sqlite(&folder, "one"), sqlite(&folder, "two"), empty()];
    let mut from = &first;
    for to in &places {
        let copied = copied(from, to).await.unwrap();
        assert!(!copied.was_complete);
        assert_eq!(copied.source, copied.target);
        assert_eq!((copied.target.users, copied.target.logins.sessions, copied.target.revocations), (150, 2500, 1070));
        assert_eq!(snapshot(to).await, snapshot(&first).await);
        from = to;
    }
}

#[tokio::test]
async fn a_copy_that_fails_at_any_call_is_completed_by_the_next() {
    let from = place(Size::SMALL).await;
    let expected = snapshot(&from).await;
    for fails_after in [false, true] {
        let fault = if fails_after { Fault::After } else { Fault::Before };
        for call in 0.. {
            let to = empty();
            let (failing_to, calls) = failing(&to, fault(call));
            let result = copied(&from, &failing_to).await;
            if calls.load(SeqCst) <= call {
                assert!(result.is_ok() && call > 40, "it ended at {call}: {result:?}");
                break;
            }
            assert!(matches!(result, Err(CopyError::Target(_))), "call {call}: {result:?}");
            let facts = to.facts.list().await.unwrap();
            let has = |name: &str| facts.iter().any(|(fact, _)| fact == name);
            let is_complete = has(SECRET_FACT) && !has(copy::COPY_FACT);
            assert_eq!(copied(&from, &to).await.unwrap().was_complete, is_complete, "call {call}");
            assert_eq!(snapshot(&to).await, expected, "call {call}");
        }
    }
}

#[tokio::test]
async fn a_source_that_fails_at_any_call_is_left_as_it_was() {
    let from = place(Size::SMALL).await;
    let expected = snapshot(&from).await;
    let to = empty();
    for call in 0.. {
        let (failing_from, calls) = failing(&from, Fault::Before(call));
        let result = copied(&failing_from, &to).await;
        assert_eq!(snapshot(&from).await, expected, "call {call}");
        if calls.load(SeqCst) <= call {
            assert!(result.is_ok() && call > 5, "it ended at {call}: {result:?}");
            break;
        }
        assert!(matches!(result, Err(CopyError::Source(_))), "call {call}: {result:?}");
    }
    assert_eq!(snapshot(&to).await, expected);
}

#[tokio::test]
async fn a_complete_copy_is_said_to_be_one_and_left_as_it_is() {
    let (from, to) = (place(Size::SMALL).await, empty());
    assert!(!copied(&from, &to).await.unwrap().was_complete);
    let before = snapshot(&to).await;
    let again = copied(&from, &to).await.unwrap();
    assert!(again.was_complete);
    assert_eq!(again.source, again.target);
    assert_eq!(snapshot(&to).await, before);
}

#[tokio::test]
async fn progress_goes_through_every_stage_and_to_the_end_of_each() {
    let heard = Mutex::new(Vec::<Progress>::new());
    let hear = |progress| heard.lock().unwrap().push(progress);
    copy::copy(&place(Size::LARGE).await, &empty(), &Still, &hear).await.unwrap();
    let heard = heard.into_inner().unwrap();
    assert!(heard.is_sorted_by_key(|progress| (progress.stage, progress.done)));
    for (stage, total) in
        [(Stage::Users, 150), (Stage::Keys, 4), (Stage::Logins, 2500), (Stage::Log, 1070), (Stage::Compare, 2500)]
    {
        let last = heard.iter().rfind(|progress| progress.stage == stage);
        assert_eq!(last, Some(&Progress { stage, done: total, total }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Interrupted as often as one likes: each attempt goes on where it can, and the last is complete.
    #[test]
    fn any_content_survives_any_interruptions(
        users in 0_u16..150, logins in 0_u16..2500, entries in 0_u16..1100, facts in 0_u16..4,
        calls in prop::collection::vec((0_u64..4000, any::<bool>()), 0..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let from = place(Size { users, logins, entries, purged: entries / 3, facts }).await;
            let to = empty();
            for (call, fails_after) in calls {
                let fault = if fails_after { Fault::After(call) } else { Fault::Before(call) };
                let (failing_to, _) = failing(&to, fault);
                let result = copied(&from, &failing_to).await;
                assert!(matches!(result, Ok(_) | Err(CopyError::Target(_))), "{result:?}");
            }
            copied(&from, &to).await.unwrap();
            assert_eq!(snapshot(&to).await, snapshot(&from).await);
        });
    }
}
