//! Refresh tokens: one live leaf, idempotent renewal, theft.

use super::*;
use crate::SystemEntropy;
use crate::client::builtin_clients;
use crate::credential::Kind;
use crate::id::{ClientId, SessionId, UserId};
use crate::revocation::Position;
use crate::session::Origin;

const WINDOW: Duration = Duration::from_secs(30);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn key() -> SuccessorKey {
    SuccessorKey::new(&[1; 32])
}

fn first() -> (Zeroizing<String>, Family) {
    let api = builtin_clients().unwrap().into_iter().find(|client| client.id.as_str() == "api").unwrap();
    let session = Session {
        id: SessionId::from_bytes([1; 16]),
        user: UserId::from_bytes([2; 16]),
        client: ClientId::parse("api").unwrap(),
        kind: Kind::Jwt,
        generation: 0,
        scopes: Vec::new(),
        authenticated_at: at(0),
        last_seen_at: at(0),
        expires_at: at(100_000),
        origin: Origin::default(),
        position: Position(4),
    };
    issue(&session, &api, Vec::new(), at(0), &key(), &SystemEntropy::default()).unwrap()
}

fn present(token: &str, family: &Family, now: Timestamp) -> Judgement {
    judge(family, &RefreshToken::parse(token).unwrap(), &key(), now, WINDOW)
}

fn rotated(token: &str, family: &Family, now: Timestamp) -> (Zeroizing<String>, Family) {
    match present(token, family, now) {
        Judgement::Rotate { family, token } => (token, family),
        _ => panic!("the live token did not rotate"),
    }
}

#[test]
fn the_live_token_gives_way_to_one_successor() {
    let (a, family) = first();
    let (b, after) = rotated(&a, &family, at(10));
    assert_ne!(a, b);
    assert_eq!(after.generation, 1);
    assert_eq!(rotated(&a, &family, at(10)).0, b, "a racing caller computes the same one");
    rotated(&b, &after, at(20));
}

#[test]
fn a_lost_answer_is_repeated_within_the_window_and_theft_after_it() {
    let (a, family) = first();
    let (b, family) = rotated(&a, &family, at(10));
    assert!(matches!(present(&a, &family, at(40)), Judgement::Repeat { token } if token == b));
    assert!(matches!(present(&a, &family, at(41)), Judgement::Reused));
}

#[test]
fn tk_05_an_older_token_is_theft_even_within_the_window() {
    let (a, family) = first();
    let (b, family) = rotated(&a, &family, at(10));
    let (_, family) = rotated(&b, &family, at(11));
    assert!(matches!(present(&a, &family, at(11)), Judgement::Reused));
    assert!(matches!(present(&b, &family, at(11)), Judgement::Repeat { .. }));
}

#[test]
fn a_made_up_token_does_not_end_a_family() {
    let (a, family) = first();
    let (_, family) = rotated(&a, &family, at(10));
    let made_up = |key: &SuccessorKey, generation| key.tagged(family.id, generation, Zeroizing::new([5; 32])).write();
    for generation in [0, 1, 2, u32::MAX] {
        let guess = made_up(&SuccessorKey::new(&[2; 32]), generation);
        assert!(matches!(present(&guess, &family, at(11)), Judgement::Forged), "{generation}");
    }
    for generation in [0, 1] {
        let of_no_descent = made_up(&key(), generation);
        assert!(matches!(present(&of_no_descent, &family, at(11)), Judgement::Forged), "{generation}");
    }
}

#[test]
fn a_token_that_is_ahead_of_its_row_takes_the_live_ones_place() {
    let (a, at_0) = first();
    let (b, at_1) = rotated(&a, &at_0, at(10));
    let (c, at_2) = rotated(&b, &at_1, at(20));
    for lost in [&at_0, &at_1] {
        let (d, row) = rotated(&c, lost, at(30));
        assert_eq!(rotated(&c, &at_2, at(30)).0, d, "the same successor as if nothing had been lost");
        assert_eq!((row.generation, row.rotated_at), (3, at(30)));
        assert!(matches!(present(&c, &row, at(30)), Judgement::Repeat { token } if token == d));
        for old in [&a, &b] {
            assert!(matches!(present(old, &row, at(30)), Judgement::Reused), "one live leaf");
        }
        assert!(matches!(present(&c, lost, at(100_000)), Judgement::Expired));
    }
    let (again, row) = rotated(&a, &at_0, at(30));
    assert_eq!(again, b, "whoever comes with the one that the row knows gets what was handed out before");
    rotated(&c, &row, at(31));
    let last = key().tagged(at_0.id, u32::MAX, Zeroizing::new([5; 32])).write();
    assert!(matches!(present(&last, &at_0, at(30)), Judgement::Expired), "after the last generation there is none");
}

#[test]
fn another_key_has_other_successors() {
    let (a, family) = first();
    let (_, family) = rotated(&a, &family, at(10));
    let presented = RefreshToken::parse(&a).unwrap();
    let judgement = judge(&family, &presented, &SuccessorKey::new(&[2; 32]), at(11), WINDOW);
    assert!(matches!(judgement, Judgement::Forged));
}

#[test]
fn a_family_ends_when_it_says_and_rotation_does_not_prolong_it() {
    let (a, family) = first();
    assert_eq!(family.expires_at, at(100_000), "not later than its session");
    let (b, family) = rotated(&a, &family, at(99_999));
    assert_eq!(family.expires_at, at(100_000));
    assert!(matches!(present(&b, &family, at(100_000)), Judgement::Expired));
}

#[test]
fn a_token_is_read_as_it_was_written_and_shows_no_secret() {
    let (a, family) = first();
    let token = RefreshToken::parse(&a).unwrap();
    assert_eq!((token.family, token.write().as_str()), (family.id, a.as_str()));
    assert!(!format!("{token:?}").contains(&a[30..60]));
}

#[test]
fn a_guess_is_refused_before_its_descent_is_followed() {
    let (a, family) = first();
    let (_, family) = rotated(&a, &family, at(10));
    let mut guess = RefreshToken::parse(&a).unwrap();
    guess.tag[0] ^= 1;
    assert!(matches!(judge(&family, &guess, &key(), at(11), WINDOW), Judgement::Forged));
}
