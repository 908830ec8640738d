//! What no longer counts: the log of it, and the copy that every verifier holds.

mod lease;
mod log;
mod replica;

pub use lease::Lease;
pub use log::{Entry, Position, Spared, Standing, Target};
pub use replica::{Replica, Subject};
