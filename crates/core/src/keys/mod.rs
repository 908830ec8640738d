//! The keys of a system: its secret, and how private keys are kept under it.

pub mod seal;
