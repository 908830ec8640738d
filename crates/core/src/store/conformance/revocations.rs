//! The revocation log.

use std::collections::BTreeSet;

use super::fixtures::{at, changed, session_id, user, user_id};
use super::{RACERS, race};
use crate::id::{ClientId, TokenId};
use crate::revocation::{Entry, Position, Standing, Target};
use crate::store::{Announcement, Stores};

/// How many entries each appender of a race appends, in calls of two.
const EACH: u64 = 10;

pub async fn a_new_log_is_empty(stores: Stores) {
    assert_eq!(stores.revocations.head().await.unwrap(), Position(0));
    assert!(stores.revocations.after(Position(0), 10).await.unwrap().is_empty());
}

pub async fn entries_come_back_as_they_were_appended(stores: Stores) {
    let token = TokenId::from_bytes([7; 16]);
    let targets = [
        Target::Session { session: session_id(1) },
        Target::Token { token },
        Target::User { user: user_id(1), standing: Standing { generation: 4, spared: None } },
        Target::User { user: user_id(1), standing: Standing { generation: 5, spared: Some(session_id(2)) } },
        Target::User { user: user_id(1), standing: Standing { generation: 6, spared: Some(token.login()) } },
        Target::Client { client: ClientId::parse("web:1/a").unwrap() },
        Target::System,
        Target::Restored,
        Target::Changed { user: user_id(1), version: 0, roles: None },
        Target::Changed { user: user_id(1), version: 7, roles: Some(BTreeSet::new()) },
        Target::Changed { user: user_id(1), version: 8, roles: Some(user(1).roles) },
        Target::Key { kid: "key \"1\"'ü".to_owned() },
        Target::Ring,
    ];
    let announcements: Vec<_> =
        targets.into_iter().zip(0..).map(|(target, millis)| Announcement { target, expires_at: at(millis) }).collect();
    let (first, rest) = announcements.split_at(1);
    assert_eq!(stores.revocations.append(first).await.unwrap(), Position(1));
    assert_eq!(stores.revocations.append(rest).await.unwrap(), Position(13));
    let expected: Vec<_> = announcements
        .into_iter()
        .zip(1..)
        .map(|(Announcement { target, expires_at }, position)| Entry {
            position: Position(position),
            target,
            expires_at,
        })
        .collect();
    assert_eq!(stores.revocations.after(Position(0), 100).await.unwrap(), expected);
}

pub async fn appending_nothing_changes_nothing(stores: Stores) {
    assert_eq!(stores.revocations.append(&[]).await.unwrap(), Position(0));
    stores.revocations.append(&[changed(1)]).await.unwrap();
    assert_eq!(stores.revocations.append(&[]).await.unwrap(), Position(1));
}

pub async fn pages_of_the_log_are_in_order_and_complete(stores: Stores) {
    for number in 1..=25 {
        // Those that come later expire sooner.
        let announcement = Announcement { expires_at: at(-i64::from(number)), ..changed(number) };
        assert_eq!(stores.revocations.append(&[announcement]).await.unwrap(), Position(number.into()));
    }
    let (mut seen, mut position) = (Vec::new(), Position(0));
    while let page = stores.revocations.after(position, 7).await.unwrap()
        && let Some(last) = page.last()
    {
        assert!(page.len() <= 7 && last.position > position, "a page is too long or comes again");
        position = last.position;
        seen.extend(page.into_iter().map(|entry| entry.target));
    }
    assert_eq!(seen, (1..=25).map(|number| changed(number).target).collect::<Vec<_>>());
    assert!(stores.revocations.after(Position(25), 7).await.unwrap().is_empty());
    assert!(stores.revocations.after(Position(0), 0).await.unwrap().is_empty());
}

/// Appends [`EACH`] entries and returns the positions that it was told.
async fn append(stores: Stores, number: usize) -> Vec<Position> {
    let announcement = changed(u16::try_from(number).unwrap());
    let mut positions = Vec::new();
    for _ in 0..EACH / 2 {
        positions.push(stores.revocations.append(&[announcement.clone(), announcement.clone()]).await.unwrap());
    }
    positions
}

pub async fn concurrent_appenders_leave_no_gap(stores: Stores) {
    let mut told = race(&stores, append).await.concat();
    told.sort_unstable();
    let total = EACH * RACERS as u64;
    assert_eq!(told, (1..=total / 2).map(|pair| Position(pair * 2)).collect::<Vec<_>>(), "each was told its own place");
    let entries = stores.revocations.after(Position(0), usize::MAX).await.unwrap();
    let positions: Vec<_> = entries.iter().map(|entry| entry.position).collect();
    assert_eq!(positions, (1..=total).map(Position).collect::<Vec<_>>());
    for pair in entries.chunks(2) {
        assert_eq!(
            pair.first().unwrap().target,
            pair.last().unwrap().target,
            "what was appended together stands together"
        );
    }
    assert_eq!(stores.revocations.head().await.unwrap(), Position(total));
}

pub async fn a_follower_misses_nothing(stores: Stores) {
    let total = EACH * RACERS as u64;
    let followed = stores.revocations.clone();
    let follower = tokio::spawn(async move {
        let mut position = Position(0);
        while position.0 < total {
            // The head is read first: up to there, all must be there.
            let head = followed.head().await.unwrap();
            let page = followed.after(position, 16).await.unwrap();
            assert!(!page.is_empty() || head <= position, "the head is ahead of what can be read");
            for entry in page {
                assert_eq!(entry.position.0, position.0 + 1, "an entry appeared behind the follower");
                position = entry.position;
            }
            tokio::task::yield_now().await;
        }
    });
    race(&stores, append).await;
    follower.await.unwrap();
}

pub async fn a_purge_of_the_log_takes_the_expired_and_keeps_the_head(stores: Stores) {
    let log = &stores.revocations;
    // Expiring in another order than they stand: 3 and 6 live longest.
    for expires_at in [500, 100, 900, 300, 200, 900] {
        log.append(&[Announcement { target: Target::Ring, expires_at: at(expires_at) }]).await.unwrap();
    }
    assert_eq!(log.purge(at(500), 0).await.unwrap(), 0);
    assert_eq!(log.purge(at(500), 3).await.unwrap(), 3);
    assert_eq!(log.purge(at(500), 3).await.unwrap(), 1, "what expires now has expired");
    assert_eq!(log.purge(at(500), 3).await.unwrap(), 0);
    let left: Vec<_> = log.after(Position(0), 10).await.unwrap().into_iter().map(|entry| entry.position.0).collect();
    assert_eq!(left, [3, 6]);
    assert_eq!(log.purge(at(900), 10).await.unwrap(), 2);
    assert_eq!(log.head().await.unwrap(), Position(6), "an empty log does not begin anew");
    assert_eq!(log.append(&[changed(1)]).await.unwrap(), Position(7));
}
