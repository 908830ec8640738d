//! Signing keys: the ring that they hang on, and the seal that they are stored under.

mod record;
mod ring;
pub mod seal;

pub use record::{KeyRecord, KeyState};
pub use ring::{KeyRing, RingError, RingKey, RingView, SIGNING_LAG};
