//! Tallies of failed attempts.

use super::fixtures::{at, budget};
use super::{RACERS, race, winners};
use crate::Timestamp;
use crate::store::{BudgetId, Stores, Tally, TallyChange};

fn tally(failures: u32) -> Tally {
    Tally { failures, recent: failures, noted_at: at(i64::from(failures)), expires_at: None }
}

fn change(number: u16, from: Option<Tally>, to: Option<Tally>) -> TallyChange {
    TallyChange { budget: budget(number), from, to }
}

async fn counted(stores: &Stores, number: u16) -> Option<Tally> {
    stores.attempts.tally(budget(number)).await.unwrap()
}

pub async fn a_tally_comes_back_as_it_was_stored(stores: Stores) {
    assert_eq!(counted(&stores, 1).await, None);
    let most = Tally {
        failures: u32::MAX,
        recent: u32::MAX - 1,
        noted_at: at(1),
        expires_at: Some(Timestamp::from_millis(i64::MAX)),
    };
    let both = [change(1, None, Some(tally(3))), change(2, None, Some(most))];
    assert!(stores.attempts.change(&both).await.unwrap());
    assert_eq!(counted(&stores, 1).await, Some(tally(3)));
    assert_eq!(counted(&stores, 2).await, Some(most));
    assert_eq!(counted(&stores, 3).await, None);
}

pub async fn a_tally_changes_only_from_what_it_is(stores: Stores) {
    let attempts = &stores.attempts;
    let (one, two) = (Some(tally(1)), Some(tally(2)));
    assert!(!attempts.change(&[change(1, one, two)]).await.unwrap(), "there is none");
    assert!(!attempts.change(&[change(1, one, None)]).await.unwrap());
    assert!(attempts.change(&[change(1, None, one)]).await.unwrap());
    assert!(!attempts.change(&[change(1, None, two)]).await.unwrap(), "there is one");
    for other in
        [Tally { failures: 2, ..tally(1) }, Tally { recent: 2, ..tally(1) }, Tally { noted_at: at(2), ..tally(1) }]
    {
        assert!(!attempts.change(&[change(1, Some(other), two)]).await.unwrap());
        assert!(!attempts.change(&[change(1, Some(other), None)]).await.unwrap());
    }
    assert_eq!(counted(&stores, 1).await, one);
    let same_but_for_its_expiry = Some(Tally { expires_at: Some(at(9)), ..tally(1) });
    assert!(attempts.change(&[change(1, same_but_for_its_expiry, two)]).await.unwrap());
    assert_eq!(counted(&stores, 1).await, two);
    assert!(attempts.change(&[change(1, two, two)]).await.unwrap(), "to what it is already");
    assert!(attempts.change(&[change(1, two, None)]).await.unwrap());
    assert_eq!(counted(&stores, 1).await, None);
}

pub async fn changes_of_several_tallies_are_one_step(stores: Stores) {
    let attempts = &stores.attempts;
    assert!(attempts.change(&[change(1, None, Some(tally(1)))]).await.unwrap());
    let (fresh, outdated) = (change(2, None, Some(tally(1))), change(1, Some(tally(7)), Some(tally(8))));
    for changes in [[fresh, outdated], [outdated, fresh]] {
        assert!(!attempts.change(&changes).await.unwrap());
        assert_eq!(counted(&stores, 1).await, Some(tally(1)));
        assert_eq!(counted(&stores, 2).await, None, "nothing of it is done");
    }
    assert!(attempts.change(&[fresh, change(1, Some(tally(1)), None)]).await.unwrap());
    assert_eq!(counted(&stores, 1).await, None);
    assert_eq!(counted(&stores, 2).await, Some(tally(1)));
    assert!(attempts.change(&[]).await.unwrap());
}

pub async fn a_forgotten_tally_is_gone_whatever_it_said(stores: Stores) {
    stores.attempts.forget(budget(1)).await.unwrap();
    for number in [1, 2] {
        assert!(stores.attempts.change(&[change(number, None, Some(tally(5)))]).await.unwrap());
    }
    stores.attempts.forget(budget(1)).await.unwrap();
    assert_eq!(counted(&stores, 1).await, None);
    assert_eq!(counted(&stores, 2).await, Some(tally(5)));
}

pub async fn tallies_are_listed_in_pages_by_budget(stores: Stores) {
    let numbers = [300, 2, 1, 256, 77];
    for number in numbers {
        assert!(stores.attempts.change(&[change(number, None, Some(tally(number.into())))]).await.unwrap());
    }
    let (mut listed, mut after): (Vec<(BudgetId, Tally)>, _) = (Vec::new(), None);
    loop {
        let page = stores.attempts.list(after, 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some(*last);
        listed.extend(page);
    }
    assert_eq!(listed, [1, 2, 77, 256, 300].map(|number| (budget(number), tally(number.into()))));
}

pub async fn a_purge_of_tallies_takes_the_expired_and_no_others(stores: Stores) {
    for (number, expires_at) in [(1, Some(at(10))), (2, Some(at(20))), (3, Some(at(21))), (4, None), (5, Some(at(5)))] {
        let to = Some(Tally { expires_at, ..tally(1) });
        assert!(stores.attempts.change(&[change(number, None, to)]).await.unwrap());
    }
    assert_eq!(stores.attempts.purge(at(20), 2).await.unwrap(), 2);
    assert!(counted(&stores, 2).await.is_some(), "what expired first goes first");
    assert_eq!(stores.attempts.purge(at(20), 2).await.unwrap(), 1);
    assert_eq!(stores.attempts.purge(at(20), 2).await.unwrap(), 0);
    let left: Vec<_> = stores.attempts.list(None, 9).await.unwrap().into_iter().map(|(budget, _)| budget).collect();
    assert_eq!(left, [budget(3), budget(4)]);
}

pub async fn lg_06_of_those_who_change_one_tally_at_once_one_does(stores: Stores) {
    let mut from = None;
    for failures in 1..=4 {
        let to = Some(tally(failures));
        let won = winners(&stores, move |stores, racer| async move {
            // Each has an address of its own, as guessers may.
            let address =
                change(1_000 + u16::try_from(racer).unwrap() + 100 * u16::try_from(failures).unwrap(), None, to);
            stores.attempts.change(&[change(1, from, to), address]).await.unwrap()
        });
        assert_eq!(won.await, 1);
        assert_eq!(counted(&stores, 1).await, to);
        let addresses = stores.attempts.list(None, 1_000).await.unwrap().len() - 1;
        assert_eq!(addresses, usize::try_from(failures).unwrap(), "whoever lost has changed nothing");
        from = to;
    }
    let won =
        winners(
            &stores,
            move |stores, _| async move { stores.attempts.change(&[change(1, from, None)]).await.unwrap() },
        );
    assert_eq!(won.await, 1);
}

pub async fn lg_06_failures_that_are_counted_at_once_are_all_counted(stores: Stores) {
    // From one address, at an account each: two tallies in a step, one of them everybody's.
    let counted_once = race(&stores, |stores, racer| async move {
        let account = change(u16::try_from(racer).unwrap(), None, Some(tally(1)));
        loop {
            let from = counted(&stores, 500).await;
            let to = Some(tally(from.map_or(0, |tally| tally.failures) + 1));
            if stores.attempts.change(&[account, change(500, from, to)]).await.unwrap() {
                return;
            }
        }
    });
    assert_eq!(counted_once.await.len(), RACERS);
    assert_eq!(counted(&stores, 500).await.unwrap().failures, u32::try_from(RACERS).unwrap());
    assert_eq!(stores.attempts.list(None, 1_000).await.unwrap().len(), RACERS + 1);
}
