//! Credentials that were believed before.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use crate::Timestamp;
use crate::credential::{Identity, SecretHash};
use crate::revocation::{Replica, Version};
use crate::session::{Reference, Session, touch_interval};
use crate::store::Touch;

/// About what an entry takes beside its text: the identity and the table's own share.
const ENTRY_BYTES: u64 = 400;

/// A bounded memory, by the full text of the credential: two spellings of one token are two entries.
pub(super) struct Memory(Cache<Text<Box<str>>, Arc<Remembered>, ByBytes>);

/// The text of a credential: compared whole, and hashed by its end.
///
/// There stands what nobody but us can choose, and what no two share: of a token the signature, of a reference the secret.
/// To hash all of a token would take as long as the rest of the check.
#[derive(PartialEq, Eq)]
struct Text<T>(T);

/// So many bytes of the end are hashed: 24 of a signature.
const HASHED: usize = 32;

impl<T: AsRef<str>> Hash for Text<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let bytes = self.0.as_ref().as_bytes();
        state.write(bytes.last_chunk::<HASHED>().map_or(bytes, <[u8; HASHED]>::as_slice));
    }
}

impl Equivalent<Text<Box<str>>> for Text<&str> {
    fn equivalent(&self, kept: &Text<Box<str>>) -> bool {
        *self.0 == *kept.0
    }
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Text<Box<str>>, Arc<Remembered>> for ByBytes {
    fn weight(&self, text: &Text<Box<str>>, _: &Arc<Remembered>) -> u64 {
        text.0.len() as u64 + ENTRY_BYTES
    }
}

impl Memory {
    pub(super) fn new(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / (ENTRY_BYTES + 100)).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(entries, bytes, ByBytes))
    }

    pub(super) fn find(&self, text: &str) -> Option<Arc<Remembered>> {
        self.0.get(&Text(text))
    }

    pub(super) fn keep(&self, text: &str, remembered: Remembered) {
        self.0.insert(Text(text.into()), Arc::new(remembered));
    }

    pub(super) fn forget(&self, text: &str) {
        self.0.remove(&Text(text));
    }
}

/// A credential that was believed, and what has to be asked before it is believed again.
pub(super) struct Remembered {
    pub(super) identity: Arc<Identity>,
    /// What the replica held when it was last checked.
    checked: AtomicU64,
    /// What the replica held before the store was read.
    read_at: Version,
    usage: Option<Usage>,
}

/// How a reference is used, so that its store hears of it now and then.
struct Usage {
    hash: SecretHash,
    idle: Option<Duration>,
    interval: Duration,
    /// When it ends for lack of use; milliseconds.
    idle_expires_at: AtomicI64,
    /// When the store is to hear of a use again; milliseconds.
    due_at: AtomicI64,
}

impl Remembered {
    pub(super) fn self_contained(identity: Arc<Identity>, version: Version) -> Self {
        Self { identity, checked: AtomicU64::new(version.0), read_at: version, usage: None }
    }

    pub(super) fn reference(
        identity: Arc<Identity>,
        reference: &Reference,
        session: &Session,
        version: Version,
    ) -> Self {
        let interval = touch_interval(reference.idle);
        let usage = Usage {
            hash: reference.hash,
            idle: reference.idle,
            interval,
            idle_expires_at: AtomicI64::new(reference.idle_expires_at.map_or(i64::MAX, Timestamp::as_millis)),
            due_at: AtomicI64::new(session.last_seen_at.after(interval).as_millis()),
        };
        Self { identity, checked: AtomicU64::new(version.0), read_at: version, usage: Some(usage) }
    }

    /// Whether it has not idled out, as far as is known here. Each time that it has not is a use.
    pub(super) fn in_use(&self, now: Timestamp) -> bool {
        let Some(Usage { idle: Some(idle), idle_expires_at, .. }) = &self.usage else { return true };
        if now.as_millis() >= idle_expires_at.load(Ordering::Relaxed) {
            return false;
        }
        idle_expires_at.fetch_max(now.after(*idle).as_millis(), Ordering::Relaxed);
        true
    }

    /// Whether the log says nothing against it. When nothing was taken in since it was last asked, this is one comparison.
    pub(super) fn checked_against(&self, replica: &Replica) -> bool {
        let version = replica.version();
        if self.checked.load(Ordering::Acquire) == version.0 {
            return true;
        }
        if !replica.admits(&self.identity.subject()) {
            return false;
        }
        // What is remembered of its user may be out of date, the roles above all.
        if !replica.unchanged(self.identity.user, self.read_at) {
            return false;
        }
        self.checked.fetch_max(version.0, Ordering::Release);
        true
    }

    /// The use to tell the store of, when one is due. Of many callers at once, one gets it.
    pub(super) fn due(&self, now: Timestamp) -> Option<Touch> {
        let usage = self.usage.as_ref()?;
        let due_at = usage.due_at.load(Ordering::Relaxed);
        if now.as_millis() < due_at {
            return None;
        }
        let next = now.after(usage.interval).as_millis();
        usage.due_at.compare_exchange(due_at, next, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        let idle_expires_at = usage.idle.map(|idle| now.after(idle));
        let session = self.identity.session?;
        Some(Touch { session, seen_at: now, reference: Some((usage.hash, idle_expires_at)) })
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, RandomState};

    use super::*;

    #[test]
    fn texts_that_end_alike_are_told_apart() {
        let state = RandomState::new();
        let end = "x".repeat(HASHED);
        let (one, other) = (format!("one.{end}"), format!("other.{end}"));
        assert_eq!(state.hash_one(Text(one.as_str())), state.hash_one(Text(other.as_str())), "they collide");
        let kept = Text(Box::<str>::from(one.as_str()));
        assert!(Text(one.as_str()).equivalent(&kept));
        assert!(!Text(other.as_str()).equivalent(&kept), "a collision is not a match");
    }

    #[test]
    fn what_is_kept_is_found_by_its_text() {
        let state = RandomState::new();
        for text in ["", "short", "exactly thirty-two bytes of text", "somewhat more than thirty-two bytes of text"] {
            let kept = Text(Box::<str>::from(text));
            assert_eq!(state.hash_one(Text(text)), state.hash_one(&kept), "{text}");
            assert!(Text(text).equivalent(&kept), "{text}");
        }
        assert_ne!(state.hash_one(Text("short")), state.hash_one(Text("shorT")));
    }
}
