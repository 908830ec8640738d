//! Rotations of refresh tokens that were perhaps done, and whose answer nobody has had.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::Timestamp;
use crate::credential::refresh::RefreshToken;
use crate::id::FamilyId;
use crate::session::Family;

/// How many are remembered. In an outage nearly all refreshes fail before they have rotated anything.
const MOST: usize = 10_000;

/// What this process remembers of rotations that it could not answer for.
///
/// The time in which an answer may be repeated counts from the moment when there was one: an outage that is longer than that
/// time must not turn whoever comes back after it into a thief.
#[derive(Default)]
pub struct Unanswered(Mutex<HashMap<(FamilyId, u32), Note>>);

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
            let note = Note { answered_at: None, expires_at: family.expires_at };
            notes.entry((presented.family, presented.generation())).or_insert(note);
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
        let note = notes.get(&(presented.family, presented.generation()));
        note.map_or(family.rotated_at, |note| note.answered_at.unwrap_or(now))
    }
}
