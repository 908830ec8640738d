//! The audit log: who has done what from where, kept in the store, and bound together so that nobody can change it unseen.
//!
//! An [`Entry`] is what has happened. The [`Scribe`] gives it its place in the chain and returns once it is durable. What a store
//! has to do for that is [`store::Audit`](crate::store::Audit); the key of the chain never gets there.

mod chain;
mod event;
mod flood;
mod keep;
mod pace;
mod read;
mod record;
mod repair;
mod scribe;
mod verify;

pub use chain::{ChainKey, Ends, Link, Seal, Tag};
pub use event::Event;
pub use keep::DEFAULT_KEEP;
pub use record::{Actor, Detail, Entry, Outcome, Record};
pub use repair::{Obstacle, Repaired, obstacle};
pub use scribe::Scribe;
pub use verify::{Checked, Finding};

use crate::session::Origin;

/// On whose behalf something is done, as far as that is known before anything is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub actor: Actor,
    /// From where.
    pub origin: Origin,
    /// In which request.
    pub request: Option<String>,
}

impl Default for Caller {
    /// The process itself.
    fn default() -> Self {
        Self { actor: Actor::System, origin: Origin::default(), request: None }
    }
}
