//! Rotations of refresh tokens that were perhaps done, and whose answer nobody has had.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::Timestamp;
use crate::credential::refresh::RefreshToken;
use crate::id::FamilyId;
use crate::session::Family;

/// How many are remembered. In an outage nearly all refreshes fail before they have rotated anything.
const MOST: usize = 10_000;

/// For how long: longer than an outage. Another process may have handed the successor out meanwhile, and then this is how long the old token is good
/// here for one who has copied it.
const LONGEST: Duration = Duration::from_hours(24);

/// What this process remembers of rotations that it could not answer for.
///
/// The time in which an answer may be repeated counts from the moment when there was one: an outage that is longer than that
/// time must not turn whoever comes back after it into a thief.
#[derive(Default)]
pub struct Unanswered(Mutex<HashMap<(FamilyId, u32), Note>>);

#[derive(Clone, Copy)]
struct Note {
    answered_at: Option<Timestamp>,
    expires_at: Timestamp,
}

impl Unanswered {
    /// The rotation of `presented` was begun, and nobody has had its successor.
    pub(super) fn note(&self, presented: &RefreshToken, family: &Family, now: Timestamp) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() >= MOST {
            notes.retain(|_, note| note.expires_at > now);
        }
        if notes.len() < MOST {
            let note = Note { answered_at: None, expires_at: now.after(LONGEST).min(family.expires_at) };
            let held = notes.entry((presented.family, presented.generation())).or_insert(note);
            // Whoever goes on asking is still without an answer.
            if held.answered_at.is_none() {
                held.expires_at = note.expires_at;
            }
        }
    }

    /// Its successor was handed out.
    pub(super) fn answered(&self, presented: &RefreshToken, now: Timestamp) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(note) = notes.get_mut(&(presented.family, presented.generation())) {
            note.answered_at.get_or_insert(now);
        }
    }

    /// Since when the successor of `presented` was to be had, if that is later than its family's row says.
    pub(super) fn since(&self, presented: &RefreshToken, family: &Family, now: Timestamp) -> Timestamp {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let note = notes.get(&(presented.family, presented.generation())).filter(|note| note.expires_at > now);
        note.map_or(family.rotated_at, |note| note.answered_at.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;
    use crate::client::builtin_clients;
    use crate::credential::refresh::{SuccessorKey, issue};
    use crate::credential::{Kind, SecretHash};
    use crate::id::{SessionId, UserId};
    use crate::revocation::Position;
    use crate::session::{Origin, Session};

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_seconds(hours * 3_600)
    }

    /// A family of 30 days, and its token.
    fn first() -> (RefreshToken, Family) {
        let api = builtin_clients().unwrap().into_iter().find(|client| client.id.as_str() == "api").unwrap();
        let session = Session {
            id: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            client: api.id.clone(),
            kind: Kind::Jwt,
            generation: 0,
            scopes: Vec::new(),
            authenticated_at: at(0),
            last_seen_at: at(0),
            expires_at: at(720),
            origin: Origin::default(),
            position: Position(0),
        };
        let key = SuccessorKey::new(&[1; 32]);
        let (token, family) = issue(&session, &api, Vec::new(), at(0), &key, &SystemEntropy::default()).unwrap();
        let family = Family { generation: 1, hash: SecretHash::from_bytes([0; 32]), ..family };
        (RefreshToken::parse(&token).unwrap(), family)
    }

    #[test]
    fn a_token_that_nobody_comes_back_with_is_an_old_one_again() {
        let (unanswered, (token, family)) = (Unanswered::default(), first());
        unanswered.note(&token, &family, at(10));
        let later = Timestamp::from_seconds(10 * 3_600 + 86_399);
        assert_eq!(unanswered.since(&token, &family, later), later, "it is still waited for");
        assert_eq!(unanswered.since(&token, &family, at(34)), family.rotated_at);
        unanswered.note(&token, &family, later);
        assert_eq!(unanswered.since(&token, &family, at(34)), at(34), "who asks again waits anew");
    }

    #[test]
    fn an_outage_leaves_room_for_the_next_one() {
        let (unanswered, (token, family)) = (Unanswered::default(), first());
        for _ in 0..MOST {
            let (other, family) = first();
            unanswered.note(&other, &family, at(10));
        }
        unanswered.note(&token, &family, at(40));
        assert_eq!(unanswered.since(&token, &family, at(40)), at(40));
    }
}
