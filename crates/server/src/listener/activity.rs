//! What a connection is doing.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The requests of one connection: those that are being answered, and how many there have been.
#[derive(Debug, Default)]
pub(super) struct Activity {
    answering: AtomicUsize,
    begun: AtomicUsize,
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct Answering<'a>(&'a Activity);

impl Activity {
    pub(super) fn begin(&self) -> Answering<'_> {
        self.answering.fetch_add(1, Relaxed);
        self.begun.fetch_add(1, Relaxed);
        Answering(self)
    }

    pub(super) fn is_answering(&self) -> bool {
        self.answering.load(Relaxed) > 0
    }

    /// How many requests have begun.
    pub(super) fn begun(&self) -> usize {
        self.begun.load(Relaxed)
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Relaxed);
    }
}
