//! A source that is in use while it is copied: the copy says so, and the next one brings over what has changed.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use counterfoil_core::account::{User, Username};
use counterfoil_core::keys::KeyState;
use counterfoil_core::session::Family;
use counterfoil_core::store::copy::{self, CopyError, Stage};
use counterfoil_core::store::{Stores, Touch};
use futures_util::FutureExt as _;

use crate::content::{Size, Still, announcement, at, key, login, place, session_id, snapshot, user};
use crate::{copied, empty};

type Change = fn(&Stores);

/// Memory answers at once.
fn now<T>(call: impl Future<Output = T>) -> T {
    call.now_or_never().unwrap()
}

fn renames(stores: &Stores) {
    // One takes the name that another gave up.
    for (number, name) in [(1, "Somebody"), (2, "Person1")] {
        let user = now(stores.users.by_id(user(number).id)).unwrap().unwrap();
        let renamed = User { username: Username::parse(name).unwrap(), ..user };
        now(stores.users.change(&renamed, &[announcement(50)])).unwrap().unwrap();
    }
}

fn deletes_a_user(stores: &Stores) {
    assert!(now(stores.users.remove(user(1).id, &[announcement(51)])).unwrap());
}

fn adds_a_user(stores: &Stores) {
    now(stores.users.add(&user(700))).unwrap().unwrap();
}

fn ends_a_login(stores: &Stores) {
    assert!(now(stores.sessions.end(session_id(2), &[announcement(2)])).unwrap());
}

fn ends_a_login_silently(stores: &Stores) {
    assert!(now(stores.sessions.end(session_id(2), &[])).unwrap());
}

fn logs_in(stores: &Stores) {
    assert_eq!(now(stores.sessions.import(&[login(3001)])).unwrap(), 1);
}

fn uses_a_login(stores: &Stores) {
    let touch = Touch { session: session_id(2), seen_at: at(1000), reference: None };
    assert!(now(stores.sessions.touch(&touch)).unwrap());
}

fn changes_data(stores: &Stores) {
    assert!(now(stores.sessions.replace_data(session_id(2), &login(3).data)).unwrap());
}

fn refreshes(stores: &Stores) {
    let from = login(1).families.remove(0);
    let to = Family { generation: from.generation + 1, rotated_at: at(5), ..from.clone() };
    assert!(now(stores.sessions.rotate(&from, &to)).unwrap());
}

fn rotates_the_keys(stores: &Stores) {
    assert!(now(stores.keys.rotate("key-2", "key-3", &key(9, KeyState::Next), at(9))).unwrap());
}

fn revokes_a_key(stores: &Stores) {
    assert!(now(stores.keys.change_state("key-0", KeyState::Retired, KeyState::Revoked, at(9))).unwrap());
}

fn changes_a_fact(stores: &Stores) {
    assert!(now(stores.facts.change_fact("fact 0", Some("so it is"), Some("so it is not"))).unwrap());
}

fn appends(stores: &Stores) {
    now(stores.revocations.append(&[announcement(60)])).unwrap();
}

const CHANGES: [(&str, Change); 13] = [
    ("renames", renames),
    ("deletes a user", deletes_a_user),
    ("adds a user", adds_a_user),
    ("ends a login", ends_a_login),
    ("ends a login silently", ends_a_login_silently),
    ("logs in", logs_in),
    ("uses a login", uses_a_login),
    ("changes data", changes_data),
    ("refreshes", refreshes),
    ("rotates the keys", rotates_the_keys),
    ("revokes a key", revokes_a_key),
    ("changes a fact", changes_a_fact),
    ("appends", appends),
];

#[tokio::test]
async fn a_change_on_the_way_is_told_and_brought_over_by_the_next_run() {
    for stage in [Stage::Users, Stage::Keys, Stage::Logins, Stage::Log] {
        for (what, change) in CHANGES {
            let (from, to) = (place(Size::SMALL).await, empty());
            let has_changed = AtomicBool::new(false);
            let meddle = |progress: copy::Progress| {
                if progress.stage == stage && !has_changed.swap(true, SeqCst) {
                    change(&from);
                }
            };
            match copy::copy(&from, &to, &Still, &meddle).await {
                Err(CopyError::Changed { .. }) => {
                    assert!(to.facts.fact(copy::COPY_FACT).await.unwrap().is_some(), "{what} during {stage:?}");
                    assert!(!copied(&from, &to).await.unwrap().was_complete, "{what} during {stage:?}");
                }
                // It came in time to be copied with the rest.
                Ok(_) => {}
                Err(error) => panic!("{what} during {stage:?}: {error}"),
            }
            assert!(has_changed.load(SeqCst));
            assert_eq!(snapshot(&to).await, snapshot(&from).await, "{what} during {stage:?}");
        }
    }
}

#[tokio::test]
async fn all_of_it_at_once_is_brought_over_too() {
    for stage in [Stage::Users, Stage::Logins, Stage::Log] {
        let (from, to) = (place(Size::LARGE).await, empty());
        let has_changed = AtomicBool::new(false);
        let meddle = |progress: copy::Progress| {
            if progress.stage == stage && !has_changed.swap(true, SeqCst) {
                for change in [renames, adds_a_user, ends_a_login, logs_in, refreshes, rotates_the_keys, changes_a_fact]
                {
                    change(&from);
                }
            }
        };
        let first = copy::copy(&from, &to, &Still, &meddle).await;
        assert!(matches!(first, Err(CopyError::Changed { .. })), "{stage:?}: {first:?}");
        copied(&from, &to).await.unwrap();
        assert_eq!(snapshot(&to).await, snapshot(&from).await, "{stage:?}");
    }
}

#[tokio::test]
async fn a_change_while_the_copy_is_compared_is_told_too() {
    for (what, change) in [("adds a user", adds_a_user as Change), ("appends", appends), ("logs in", logs_in)] {
        let (from, to) = (place(Size::SMALL).await, empty());
        let has_changed = AtomicBool::new(false);
        let meddle = |progress: copy::Progress| {
            if progress.stage == Stage::Compare && !has_changed.swap(true, SeqCst) {
                change(&from);
            }
        };
        let first = copy::copy(&from, &to, &Still, &meddle).await;
        assert!(matches!(first, Err(CopyError::Changed { .. })), "{what}: {first:?}");
        copied(&from, &to).await.unwrap();
        assert_eq!(snapshot(&to).await, snapshot(&from).await, "{what}");
    }
}

#[tokio::test]
async fn what_a_target_has_forgotten_because_it_had_expired_is_not_missed() {
    let (from, to) = (place(Size::LARGE).await, empty());
    let forget = |progress: copy::Progress| {
        if progress.stage == Stage::Log {
            now(to.sessions.purge(at(0), usize::MAX)).unwrap();
        }
    };
    let copied = copy::copy(&from, &to, &Still, &forget).await.unwrap();
    // Every eleventh has expired.
    assert_eq!((copied.source.logins.sessions, copied.target.logins.sessions), (2500, 2500 - 227));
    assert!(crate::copied(&from, &to).await.unwrap().was_complete);
}
