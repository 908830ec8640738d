//! Signing keys: the ring that they hang on, and the seal that they are stored under.

mod record;

pub use record::{KeyRecord, KeyState};
