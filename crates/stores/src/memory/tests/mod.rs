//! The promises of every store, kept by this one.

mod crowd;

use super::MemoryStore;

counterfoil_core::conformance!(promises, (MemoryStore::new().stores(), ()));
