//! What no longer counts: the log of it, and the copy that every verifier holds.

mod feed;
mod lease;
mod log;
mod others;
mod replica;
mod restored;

pub use feed::{Follower, News};
pub use lease::Lease;
pub use log::{Announcement, Entry, Position, Standing, Target};
pub use others::{Others, Wait};
pub use replica::{Replica, Subject, Version};
